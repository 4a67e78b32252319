# SPDX-License-Identifier: BSD-3-Clause
# libobserve runs in the guest too (the agent is static); libjudge is the host's.
noinst_LTLIBRARIES += checker/libobserve.la checker/libjudge.la
checker_libobserve_la_SOURCES = \
	checker/content.c checker/content.h \
	checker/sectors.c checker/sectors.h \
	checker/tree.c checker/tree.h \
	checker/workload.c checker/workload.h
checker_libobserve_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)
checker_libjudge_la_SOURCES = \
	checker/judge.c checker/judge.h \
	checker/kernel-fault.c checker/kernel-fault.h \
	checker/pages.c checker/pages.h \
	checker/persistence.c checker/persistence.h \
	checker/simulate.c checker/simulate.h \
	checker/tree-text.c checker/tree-text.h
checker_libjudge_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)
