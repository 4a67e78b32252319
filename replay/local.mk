# SPDX-License-Identifier: BSD-3-Clause
# libreplay has all but main, for the unit tests.
noinst_LTLIBRARIES += replay/libreplay.la
replay_libreplay_la_SOURCES = \
	replay/search/big-number.c replay/search/big-number.h \
	replay/explain/blame.c replay/explain/blame.h replay/explain/blame-names.h \
	replay/explain/blame-btrfs.c \
	replay/explain/blame-ext.c \
	replay/explain/blame-journal.c replay/explain/blame-journal.h \
	replay/explain/blame-xfs.c \
	replay/bundle.c replay/bundle.h \
	replay/search/read-sets.c replay/search/read-sets.h \
	replay/device.c replay/device.h \
	replay/dump.c replay/dump.h \
	log/image.c log/image.h \
	replay/filter.c replay/filter.h \
	replay/findings.c replay/findings.h \
	replay/freeze.c replay/freeze.h \
	replay/json.c replay/json.h \
	replay/junit.c \
	replay/kept.c replay/kept.h \
	replay/list.c replay/list.h \
	replay/explain/minimal.c replay/explain/minimal.h \
	replay/search/ddmin.c replay/search/ddmin.h \
	replay/search/model.c replay/search/model.h \
	replay/observations.c replay/observations.h \
	replay/options.c replay/options.h \
	checker/oracle.c checker/oracle.h \
	replay/outputs.c replay/outputs.h \
	replay/page-chart.c replay/page-chart.h \
	replay/page-finding.c \
	replay/page-pages.c \
	replay/page-table.c replay/page-table.h \
	replay/page.c replay/page.h \
	checker/watched-pages.c checker/watched-pages.h \
	replay/explain/reason.c replay/explain/reason.h \
	replay/replay.c replay/replay.h \
	replay/report-cases.c replay/report-cases.h \
	replay/report.c replay/report.h \
	replay/run-lines.c replay/run-lines.h \
	replay/runner.c replay/runner.h \
	replay/search/search.c replay/search/search.h \
	replay/session.c replay/session.h \
	replay/shell.c replay/shell.h \
	replay/tally.c replay/tally.h \
	replay/tap.c \
	replay/trust.c replay/trust.h \
	replay/unchanged.c replay/unchanged.h
replay_libreplay_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(XXHASH_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(EXT2FS_CFLAGS)
replay_libreplay_la_LIBADD = \
	guest/libguest.la checker/libjudge.la checker/libobserve.la log/liblog.la common/libsandbox.la common/libcommon.la \
	$(ARCHIVE_LIBS) $(CJSON_LIBS) $(EXT2FS_LIBS) $(GMP_LIBS) $(LIBNBD_LIBS) $(SECCOMP_LIBS) $(XXHASH_LIBS)

bin_PROGRAMS += replay/replay
replay_replay_SOURCES = replay/main.c
replay_replay_LDADD = replay/libreplay.la common/libmessage.la

# `powercut show`.
pkglibexec_PROGRAMS += replay/show
replay_show_SOURCES = replay/show.c
replay_show_LDADD = replay/libreplay.la common/libmessage.la
