# SPDX-License-Identifier: BSD-3-Clause
# Unit and plugin tests print TAP; shell tests speak with their exit status.
LOG_DRIVER = $(top_srcdir)/tests/timed-driver env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(top_srcdir)/tests/timed-driver $(SHELL) $(top_srcdir)/build-aux/test-driver
TEST_EXTENSIONS = .sh
# The time limit is for a test that hangs: libcheck's own of 4 s strikes on a busy machine.
AM_TESTS_ENVIRONMENT = CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT-120}; export CK_DEFAULT_TIMEOUT; \
	srcdir='$(abs_top_srcdir)'; builddir='$(abs_top_builddir)'; PLUGIN_DIR='$(abs_top_builddir)/nbd-plugin/.libs'; \
	export srcdir builddir PLUGIN_DIR;
if SANITIZERS
AM_TESTS_ENVIRONMENT += PATH='$(abs_top_srcdir)/tests/sanitized':$$PATH; export PATH;
endif

# Quick tests need no guest, VM tests boot one.  The longest stand first, so that in the end no job waits for another's.
UNIT_TESTS =
VM_TESTS = \
	tests/vm/test-check.sh tests/vm/test-compressed.sh tests/vm/test-snapshots.sh tests/vm/test-prepared.sh tests/vm/test-guest-trouble.sh tests/vm/test-pool.sh \
	tests/vm/test-databases.sh tests/vm/test-system-updates.sh tests/vm/test-filesystems.sh tests/vm/test-freeze.sh \
	tests/vm/test-search-equals-brute-force.sh tests/vm/test-verdicts.sh tests/vm/test-minimize.sh \
	tests/vm/test-uml.sh tests/vm/test-first-violation.sh tests/vm/test-replay-is-exact.sh tests/vm/test-many-files.sh \
	tests/vm/test-missing-cipher.sh tests/vm/test-confirmation.sh tests/vm/test-import-dm-log-writes.sh \
	tests/vm/test-programs.sh tests/vm/test-matrix.sh tests/vm/test-marks.sh tests/vm/test-corpus.sh \
	tests/vm/test-what-replay-finds.sh tests/vm/test-device.sh tests/vm/test-settle.sh tests/vm/test-pages.sh tests/vm/test-paths.sh \
	tests/vm/test-steps.sh tests/vm/test-recording-agrees-with-filter-log.sh tests/vm/test-results-as-before.sh \
	tests/vm/test-background.sh tests/vm/test-workload.sh tests/vm/test-one-state.sh tests/vm/test-shell.sh \
	tests/vm/test-reports.sh tests/vm/test-several-disks.sh tests/vm/test-ci.sh tests/vm/test-shards.sh tests/vm/test-nested.sh tests/vm/test-stacked-disks.sh \
	tests/vm/test-findings.sh tests/vm/test-xfstests.sh
SHELL_TESTS = \
	tests/test-mutants.sh tests/test-bad-log.sh tests/test-model.sh tests/test-strangers.sh tests/test-usage.sh \
	tests/test-bad-input.sh tests/test-completion.sh tests/test-docs-agree.sh tests/test-export.sh tests/test-findings.sh \
	tests/test-hostile-names.sh tests/test-house.sh tests/test-import-blklogwrites.sh \
	tests/test-import-nbd-datalog.sh tests/test-kernel-list.sh tests/test-program-cases.sh \
	tests/test-record-agrees-with-filter-log.sh tests/test-show.sh tests/test-site.sh tests/test-uml-keeper.sh \
	tests/test-unpacking.sh tests/test-workload.sh

include tests/unit/local.mk
include tests/plugin/local.mk
check_PROGRAMS += $(UNIT_TESTS)
# The compiler links them: all their own libraries are archives, about which libtool would think six times as long.
archives = $(foreach library,$(filter %.la,$(unit_libraries)),$(dir $(library)).libs/$(notdir $(library:.la=.a)))
$(UNIT_TESTS): private LINK = $(CCLD) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o $@
$(UNIT_TESTS): private LDADD = $(archives) $(filter-out %.la,$(unit_libraries))
check_PROGRAMS += tests/hostile-reports tests/vm/starts-others
tests_vm_starts_others_SOURCES = tests/vm/starts-others.c
tests_vm_starts_others_LDADD =
if GUEST_TESTS
TESTS += $(VM_TESTS)
endif
TESTS += $(SHELL_TESTS) $(UNIT_TESTS)
EXTRA_DIST += tests/vm/xfstests tests/vm/logs/before tests/timed-driver tests/whole.mk
EXTRA_DIST += $(SHELL_TESTS) $(VM_TESTS) tests/vm/test-slurm.sh tests/functions.sh tests/mutants tests/junit.xsd tests/compare-dm-log.pl tests/damage-log.py \
	tests/vm/logs/btrfs-lost-tmpfile/case.ini tests/vm/logs/btrfs-lost-tmpfile/log.zst \
	tests/vm/logs/btrfs-lost-tmpfile-workload/case.ini tests/vm/logs/btrfs-lost-tmpfile-workload/log.zst \
	tests/model/compare.py tests/model/crash_model.py tests/model/random_log.py tests/model/undecided.py tests/model/write_log.py \
	tests/vm/filter-operations.pl tests/vm/pool-jobs.pl tests/sanitized/nbdkit

# Without guests.
# Not `all`, which is another make: beside the tests' programs it would make the same libraries at the same time.
check-quick: all-am $(check_PROGRAMS)
	$(MAKE) check TESTS="$(UNIT_TESTS) $(SHELL_TESTS)"

# What a sanitizer build runs, with a quarter of the random inputs: not the tests in which nbdkit ends with an error, where it hangs with
# ASan's runtime in it.
check-sanitized: all-am $(check_PROGRAMS)
	UNIT_ROUNDS_PERCENT=25 $(MAKE) check TESTS="tests/test-bad-log.sh $(filter tests/unit/%,$(UNIT_TESTS)) $(filter tests/plugin/test-writelog%,$(filter-out %-failures,$(UNIT_TESTS))) \
		tests/test-docs-agree.sh"

# The unit and plugin tests under valgrind, with a thirtieth of their random inputs; libcheck must not fork there.  Not test-vm: its guests are children of forked tests,
# and the valgrind of Debian 12 knows no pidfd_open.  Not test-tracer and test-call-stop: they would follow valgrind's calls.
VALGRIND_COMMAND = valgrind --quiet --leak-check=full --error-exitcode=119 --keep-debuginfo=yes
check-valgrind: all-am $(check_PROGRAMS)
	$(MAKE) check TESTS="$(filter-out tests/unit/guest/test-vm tests/unit/guest/agent/test-call-stop tests/unit/guest/agent/test-tracer,$(UNIT_TESTS))" LOG_COMPILER="env CK_FORK=no CK_DEFAULT_TIMEOUT=0 UNIT_ROUNDS_PERCENT=3 $(LIBTOOL) --mode=execute $(VALGRIND_COMMAND)"

# The recipe for Slurm, with a cluster of its own: as root, with the packages slurm-wlm and munge.
check-slurm: all-am $(check_PROGRAMS)
	$(MAKE) check TESTS=tests/vm/test-slurm.sh

# What tests keep for one another.
distclean-local:
	rm -rf tests/cache

.PHONY: check-quick check-sanitized check-slurm check-valgrind
