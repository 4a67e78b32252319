# SPDX-License-Identifier: BSD-3-Clause
# What observes runs in the guest, too, whose agent compiles it itself; libjudge is the host's.
noinst_LTLIBRARIES += checker/libobserve.la checker/libjudge.la
observe_sources = \
	checker/observe/allocation.c checker/observe/allocation.h checker/observe/content.c checker/observe/content.h \
	checker/observe/extents.c checker/observe/facts.c \
	checker/observe/file.c checker/observe/flags.c checker/observe/flags.h \
	checker/observe/layout.c checker/observe/layout.h checker/observe/observer.h \
	checker/observe/lines.c checker/observe/lines.h checker/observe/links.c checker/observe/links.h \
	checker/observe/order.c checker/observe/order.h \
	checker/observe/paths.c checker/observe/paths.h checker/observe/sectors.c checker/observe/sectors.h \
	checker/observe/tree.c checker/observe/tree.h checker/observe/usage.c checker/observe/usage.h \
	checker/observe/xattrs.c \
	checker/workload/arguments.c checker/workload/arguments.h checker/workload/blocks.c checker/workload/parser.h \
	checker/workload/language.c checker/workload/language.h checker/workload/pattern.c checker/workload/pattern.h \
	checker/workload/progress.c checker/workload/progress.h checker/workload/words.c checker/workload/words.h
checker_libobserve_la_SOURCES = $(observe_sources)
checker_libobserve_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)
checker_libjudge_la_SOURCES = \
	checker/judge.c checker/judge.h checker/kernel-fault.c checker/kernel-fault.h checker/moment.h \
	checker/observations.c checker/observations.h checker/oracle.c checker/oracle.h \
	checker/outcome.c checker/outcome.h checker/verdict.h checker/violation.c checker/violation.h \
	checker/watched-pages.c checker/watched-pages.h \
	checker/persistence/attributes.c checker/persistence/attributes.h \
	checker/persistence/doing.c checker/persistence/doing.h \
	checker/persistence/hearing.h checker/persistence/match.c checker/persistence/match.h \
	checker/persistence/paths.c checker/persistence/paths.h \
	checker/persistence/persistence.c checker/persistence/persistence.h \
	checker/persistence/promises.c checker/persistence/promises.h \
	checker/persistence/report.c checker/persistence/report.h \
	checker/persistence/state.c checker/persistence/state.h checker/persistence/walk.c checker/persistence/walk.h \
	checker/persistence/written.c checker/persistence/written.h \
	checker/observe/allocation-text.c checker/observe/pages.c checker/observe/pages.h \
	checker/observe/tree-text.c checker/observe/tree-text.h \
	checker/workload/acl.c checker/workload/acl.h checker/workload/allocation.c checker/workload/allocation.h \
	checker/workload/attributes.c checker/workload/attributes.h \
	checker/workload/data.c checker/workload/data.h checker/workload/flags.c checker/workload/flags.h \
	checker/workload/forms.c checker/workload/forms.h \
	checker/workload/generate.c checker/workload/generate.h checker/workload/inodes.c checker/workload/inodes.h \
	checker/workload/jlang.c checker/workload/jlang.h checker/workload/jlang-operations.c \
	checker/workload/jlang-parts.h checker/workload/jlang-result.c \
	checker/workload/names.c checker/workload/names.h checker/workload/needs.c checker/workload/needs.h \
	checker/workload/opens.c checker/workload/opens.h \
	checker/workload/processes.c checker/workload/processes.h \
	checker/workload/random.c checker/workload/random.h \
	checker/workload/random-forms.c checker/workload/random-forms.h \
	checker/workload/sharing.c checker/workload/sharing.h \
	checker/workload/simulation.c checker/workload/simulation.h \
	checker/workload/subvolumes.c checker/workload/subvolumes.h
checker_libjudge_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)
checker_libjudge_la_LIBADD = filesystem/libfilesystem.la
