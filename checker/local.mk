# SPDX-License-Identifier: BSD-3-Clause
# libobserve runs in the guest too (the agent is static); libjudge is the host's.
noinst_LTLIBRARIES += checker/libobserve.la checker/libjudge.la
checker_libobserve_la_SOURCES = \
	checker/observe/content.c checker/observe/content.h \
	checker/observe/sectors.c checker/observe/sectors.h \
	checker/observe/tree.c checker/observe/tree.h \
	checker/workload/language.c checker/workload/language.h
checker_libobserve_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)
checker_libjudge_la_SOURCES = \
	checker/judge.c checker/judge.h \
	checker/kernel-fault.c checker/kernel-fault.h \
	checker/persistence.c checker/persistence.h \
	checker/watched-pages.c checker/watched-pages.h \
	checker/observe/pages.c checker/observe/pages.h \
	checker/observe/tree-text.c checker/observe/tree-text.h \
	checker/workload/simulation.c checker/workload/simulation.h
checker_libjudge_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)
checker_libjudge_la_LIBADD = filesystem/libfilesystem.la
