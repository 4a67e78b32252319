# SPDX-License-Identifier: BSD-3-Clause
# One program a file: a new test is a name here.  automake takes the source by the name, and LDADD for all programs that say nothing else;
# of the libraries the linker takes what the test uses, the rooms above before those below.  They stand in the order of the rooms.
check_LTLIBRARIES += tests/unit/libunit.la
tests_unit_libunit_la_SOURCES = \
	tests/unit/checker/judged.c tests/unit/checker/judged.h \
	tests/unit/checker/seen-pages.c tests/unit/checker/seen-pages.h \
	tests/unit/checker/observe/made-tree.c tests/unit/checker/observe/made-tree.h \
	tests/unit/checker/persistence/left.c tests/unit/checker/persistence/left.h \
	tests/unit/checker/workload/acls.h tests/unit/checker/workload/parsed.c tests/unit/checker/workload/parsed.h \
	tests/unit/foreign-log.c tests/unit/foreign-log.h tests/unit/make-log.c tests/unit/make-log.h \
	tests/unit/message.c tests/unit/message.h tests/unit/put-kernel.c tests/unit/put-kernel.h \
	tests/unit/unit.c tests/unit/unit.h tests/unit/work.c tests/unit/work.h \
	tests/unit/log/foreign/importing.c tests/unit/log/foreign/importing.h \
	tests/unit/log/craft.c tests/unit/log/craft.h tests/unit/log/given.c tests/unit/log/given.h \
	tests/unit/log/states.c tests/unit/log/states.h \
	tests/unit/vhost/driver.c tests/unit/vhost/driver.h \
	tests/unit/vhost/served.c tests/unit/vhost/served.h \
	tests/unit/guest/play-qemu.c tests/unit/guest/play-qemu.h \
	tests/unit/guest/initramfs/archive.c tests/unit/guest/initramfs/archive.h \
	tests/unit/guest/initramfs/executable.c tests/unit/guest/initramfs/executable.h \
	tests/unit/replay/search/brute-force.c tests/unit/replay/search/brute-force.h \
	tests/unit/replay/search/points.c tests/unit/replay/search/points.h \
	tests/unit/replay/search/reader.c tests/unit/replay/search/reader.h \
	tests/unit/replay/search/sightings.c tests/unit/replay/search/sightings.h \
	tests/unit/replay/search/trial.c tests/unit/replay/search/trial.h
unit_libraries = \
	tests/unit/libunit.la commands/libcommands.la batch/libbatch.la record/librecord.la replay/libreplay.la vhost/libvhost.la \
	common/libmessage.la $(CHECK_LIBS) \
	$(ARCHIVE_LIBS) $(CJSON_LIBS) $(EXT2FS_LIBS) $(GMP_LIBS) $(LIBNBD_LIBS) $(SECCOMP_LIBS) $(XXHASH_LIBS) $(ZSTD_LIBS)
LDADD = $(unit_libraries)
AM_CFLAGS += $(ARCHIVE_CFLAGS) $(CHECK_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS) $(ZSTD_CFLAGS)

UNIT_TESTS += \
	tests/unit/common/test-array tests/unit/common/test-complaint tests/unit/common/test-journal tests/unit/common/test-number \
	tests/unit/common/test-options tests/unit/common/test-printable tests/unit/common/test-process \
	tests/unit/common/test-publish tests/unit/common/test-ranges \
	tests/unit/common/test-sandbox tests/unit/common/test-stamp tests/unit/common/test-text tests/unit/common/test-workdir \
	tests/unit/filesystem/test-filesystem tests/unit/filesystem/test-fsck \
	tests/unit/log/test-calls tests/unit/log/test-choice tests/unit/log/test-crash-state \
	tests/unit/log/test-crash-state-model tests/unit/log/test-paths \
	tests/unit/log/test-cut tests/unit/log/test-format tests/unit/log/test-format-fields \
	tests/unit/log/test-format-random tests/unit/log/test-index tests/unit/log/test-packed tests/unit/log/test-recorders \
	tests/unit/log/foreign/test-export tests/unit/log/foreign/test-import tests/unit/log/foreign/test-import-truth \
	tests/unit/vhost/test-blk tests/unit/vhost/test-console tests/unit/vhost/test-memory \
	tests/unit/vhost/test-queue tests/unit/vhost/test-serve \
	tests/unit/nbd-plugin/test-busy tests/unit/nbd-plugin/test-crashstate-control tests/unit/nbd-plugin/test-hold \
	tests/unit/nbd-plugin/test-logged-devices tests/unit/nbd-plugin/test-pace \
	tests/unit/nbd-plugin/test-run-io tests/unit/nbd-plugin/test-sector-map \
	tests/unit/nbd-plugin/test-writelog-control \
	tests/unit/checker/observe/test-allocation tests/unit/checker/observe/test-damaged-tree tests/unit/checker/observe/test-layout \
	tests/unit/checker/observe/test-links \
	tests/unit/checker/observe/test-pages \
	tests/unit/checker/observe/test-sectors tests/unit/checker/observe/test-tree \
	tests/unit/checker/observe/test-tree-text tests/unit/checker/observe/test-watched-paths \
	tests/unit/checker/observe/test-usage tests/unit/checker/observe/test-xattrs \
	tests/unit/checker/workload/test-acl tests/unit/checker/workload/test-generate tests/unit/checker/workload/test-language \
	tests/unit/checker/persistence/test-allocation tests/unit/checker/persistence/test-attributes \
	tests/unit/checker/workload/test-random tests/unit/checker/workload/test-simulation \
	tests/unit/checker/workload/test-subvolumes \
	tests/unit/checker/persistence/test-any-change tests/unit/checker/persistence/test-any-workload \
	tests/unit/checker/persistence/test-opened-and-shared \
	tests/unit/checker/persistence/test-processes tests/unit/checker/workload/test-processes \
	tests/unit/checker/workload/test-progress \
	tests/unit/checker/persistence/test-persistence \
	tests/unit/checker/persistence/test-promises tests/unit/checker/persistence/test-subvolumes \
	tests/unit/checker/test-judge tests/unit/checker/test-kernel-fault tests/unit/checker/test-oracle \
	tests/unit/checker/test-outcome tests/unit/checker/test-violation tests/unit/checker/test-watched-pages \
	tests/unit/guest/agent/test-answer tests/unit/guest/agent/test-path-tool \
	tests/unit/guest/agent/test-sync tests/unit/guest/agent/test-thaw \
	tests/unit/guest/agent/test-call-stop tests/unit/guest/agent/test-tracer tests/unit/guest/agent/test-unpack \
	tests/unit/guest/agent/test-original tests/unit/guest/agent/test-readonly tests/unit/guest/agent/test-repair \
	tests/unit/guest/agent/test-settings tests/unit/guest/agent/test-usable \
	tests/unit/guest/kernel/test-fetch tests/unit/guest/kernel/test-find tests/unit/guest/kernel/test-program \
	tests/unit/guest/kernel/test-asked tests/unit/guest/kernel/test-unpack \
	tests/unit/guest/initramfs/test-entries tests/unit/guest/initramfs/test-libraries \
	tests/unit/guest/initramfs/test-modules tests/unit/guest/initramfs/test-packed \
	tests/unit/guest/initramfs/test-programs \
	tests/unit/guest/test-base tests/unit/guest/test-disks tests/unit/guest/test-jobs tests/unit/guest/test-missing \
	tests/unit/guest/test-qmp tests/unit/guest/test-saved tests/unit/guest/test-saved-locks \
	tests/unit/guest/test-uml-machine tests/unit/guest/test-vm \
	tests/unit/record/test-kept-disks tests/unit/record/test-log-part tests/unit/record/test-recording-disks \
	tests/unit/record/test-recording-paths tests/unit/record/test-recordings \
	tests/unit/replay/search/test-data-classes \
	tests/unit/replay/search/test-model tests/unit/replay/search/test-model-naive tests/unit/replay/search/test-pending \
	tests/unit/replay/search/test-read-sets tests/unit/replay/search/test-search tests/unit/replay/search/test-state-counts \
	tests/unit/replay/explain/test-blame tests/unit/replay/explain/test-minimal \
	tests/unit/replay/explain/test-reason \
	tests/unit/replay/test-chosen-points tests/unit/replay/test-device tests/unit/replay/test-expected tests/unit/replay/test-fault \
	tests/unit/replay/test-findings \
	tests/unit/replay/test-freeze tests/unit/replay/test-located tests/unit/replay/test-runner \
	tests/unit/replay/test-ledger tests/unit/replay/test-shards tests/unit/replay/test-session tests/unit/replay/test-schedule tests/unit/replay/test-interrupt \
	tests/unit/replay/report/test-html tests/unit/replay/report/test-page-table tests/unit/replay/report/test-report \
	tests/unit/batch/test-grid tests/unit/batch/test-resume \
	tests/unit/batch/corpus/test-case tests/unit/batch/corpus/test-cause tests/unit/batch/corpus/test-cell-outcome \
	tests/unit/batch/corpus/test-find tests/unit/batch/corpus/test-name-set tests/unit/batch/corpus/test-remarks \
	tests/unit/batch/corpus/test-workload-stream \
	tests/unit/batch/matrix/test-cell-summary tests/unit/batch/matrix/test-document \
	tests/unit/commands/test-merge

# What is in no library.
tests_unit_nbd_plugin_test_busy_SOURCES = tests/unit/nbd-plugin/test-busy.c nbd-plugin/busy.c
tests_unit_nbd_plugin_test_logged_devices_SOURCES = \
	tests/unit/nbd-plugin/test-logged-devices.c nbd-plugin/logged-devices.c nbd-plugin/sector-map.c
tests_unit_nbd_plugin_test_run_io_SOURCES = \
	tests/unit/nbd-plugin/test-run-io.c nbd-plugin/overlay.c nbd-plugin/run-io.c
tests_unit_nbd_plugin_test_sector_map_SOURCES = tests/unit/nbd-plugin/test-sector-map.c nbd-plugin/sector-map.c
agent_trace = \
	guest/agent/call-place.c guest/agent/call-text.c guest/agent/disturb.c guest/agent/mark.c guest/agent/pace.c \
	guest/agent/call-stop.c guest/agent/system-calls.c guest/agent/tracee.c guest/agent/tracer.c
tests_unit_guest_agent_test_path_tool_SOURCES = \
	tests/unit/guest/agent/test-path-tool.c guest/agent/devices.c guest/agent/path-tool.c
tests_unit_guest_agent_test_thaw_SOURCES = \
	tests/unit/guest/agent/test-thaw.c $(agent_trace) guest/agent/freeze.c guest/agent/modprobe.c guest/agent/modules.c \
	guest/agent/tools.c guest/agent/trace-tool.c guest/agent/workload.c guest/agent/workload-files.c \
	guest/agent/workload-operations.c guest/agent/workload-sharing.c guest/agent/workload-subvolumes.c
tests_unit_guest_agent_test_unpack_SOURCES = tests/unit/guest/agent/test-unpack.c guest/agent/unpack.c
tests_unit_guest_agent_test_readonly_SOURCES = \
	tests/unit/guest/agent/test-readonly.c guest/agent/readonly.c guest/agent/activity.c guest/agent/devices.c \
	guest/agent/answer.c
tests_unit_guest_agent_test_original_SOURCES = tests/unit/guest/agent/test-original.c guest/agent/original.c
tests_unit_guest_agent_test_repair_SOURCES = \
	tests/unit/guest/agent/test-repair.c guest/agent/repair.c guest/agent/answer.c guest/agent/devices.c
tests_unit_guest_agent_test_settings_SOURCES = tests/unit/guest/agent/test-settings.c guest/agent/settings.c
tests_unit_guest_agent_test_usable_SOURCES = \
	tests/unit/guest/agent/test-usable.c guest/agent/usable.c guest/agent/answer.c
tests_unit_guest_agent_test_sync_SOURCES = \
	tests/unit/guest/agent/test-sync.c guest/agent/activity.c guest/agent/devices.c guest/agent/sync.c
tests_unit_guest_agent_test_call_stop_SOURCES = tests/unit/guest/agent/test-call-stop.c guest/agent/call-stop.c
tests_unit_guest_agent_test_tracer_SOURCES = tests/unit/guest/agent/test-tracer.c $(agent_trace)
played_runner = tests/unit/replay/played-runner.c tests/unit/replay/played-runner.h
tests_unit_replay_test_session_SOURCES = tests/unit/replay/test-session.c $(played_runner)
tests_unit_replay_test_chosen_points_SOURCES = tests/unit/replay/test-chosen-points.c $(played_runner)
tests_unit_replay_test_shards_SOURCES = tests/unit/replay/test-shards.c $(played_runner)
tests_unit_replay_test_ledger_SOURCES = tests/unit/replay/test-ledger.c $(played_runner)
tests_unit_replay_test_interrupt_SOURCES = tests/unit/replay/test-interrupt.c $(played_runner)
tests_unit_commands_test_merge_SOURCES = tests/unit/commands/test-merge.c commands/merge.c
