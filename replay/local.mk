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
	replay/report/bundle.c replay/report/bundle.h \
	replay/search/read-sets.c replay/search/read-sets.h \
	replay/device.c replay/device.h \
	replay/report/dump.c replay/report/dump.h \
	log/image.c log/image.h \
	replay/report/filter.c replay/report/filter.h \
	replay/findings.c replay/findings.h \
	replay/freeze.c replay/freeze.h \
	replay/report/json.c replay/report/json.h \
	replay/report/junit.c \
	replay/guest-cache.c replay/guest-cache.h \
	replay/report/list.c replay/report/list.h \
	replay/explain/minimal.c replay/explain/minimal.h \
	replay/search/ddmin.c replay/search/ddmin.h \
	replay/search/model.c replay/search/model.h \
	replay/observations.c replay/observations.h \
	commands/replay-options.c commands/replay-options.h \
	checker/oracle.c checker/oracle.h \
	replay/report/outputs.c replay/report/outputs.h \
	replay/report/html-chart.c replay/report/html-chart.h \
	replay/report/html-finding.c \
	replay/report/html-pages.c \
	replay/report/page-table.c replay/report/page-table.h \
	replay/report/html.c replay/report/html.h \
	checker/watched-pages.c checker/watched-pages.h \
	replay/explain/reason.c replay/explain/reason.h \
	commands/replay.c commands/replay.h \
	replay/report/cases.c replay/report/cases.h \
	replay/report/text.c replay/report/text.h \
	replay/report/run-lines.c replay/report/run-lines.h \
	replay/runner.c replay/runner.h \
	replay/search/search.c replay/search/search.h \
	replay/session.c replay/session.h \
	replay/shell.c replay/shell.h \
	replay/tally.c replay/tally.h \
	replay/report/tap.c \
	replay/trust.c replay/trust.h \
	replay/unchanged.c replay/unchanged.h
replay_libreplay_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(XXHASH_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(EXT2FS_CFLAGS)
replay_libreplay_la_LIBADD = \
	guest/libguest.la checker/libjudge.la checker/libobserve.la log/liblog.la common/libsandbox.la common/libcommon.la \
	$(ARCHIVE_LIBS) $(CJSON_LIBS) $(EXT2FS_LIBS) $(GMP_LIBS) $(LIBNBD_LIBS) $(SECCOMP_LIBS) $(XXHASH_LIBS)

bin_PROGRAMS += replay/replay
replay_replay_SOURCES = commands/replay-main.c
replay_replay_LDADD = replay/libreplay.la common/libmessage.la

# `powercut show`.
pkglibexec_PROGRAMS += replay/show
replay_show_SOURCES = commands/show.c
replay_show_LDADD = replay/libreplay.la common/libmessage.la
