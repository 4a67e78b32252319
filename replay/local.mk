# SPDX-License-Identifier: BSD-3-Clause
# libreplay has all but main, for the unit tests.
noinst_LTLIBRARIES += replay/libreplay.la
replay_libreplay_la_SOURCES = \
	replay/blame.c replay/blame.h replay/blame-names.h \
	replay/blame-btrfs.c \
	replay/blame-ext.c \
	replay/blame-xfs.c \
	replay/bundle.c replay/bundle.h \
	replay/certificates.c replay/certificates.h \
	replay/device.c replay/device.h \
	replay/export.c replay/export.h \
	replay/findings.c replay/findings.h \
	replay/freeze.c replay/freeze.h \
	replay/kept.c replay/kept.h \
	replay/list.c replay/list.h \
	replay/minimal.c replay/minimal.h \
	replay/minimize.c replay/minimize.h \
	replay/model.c replay/model.h \
	replay/observations.c replay/observations.h \
	replay/oracle.c replay/oracle.h \
	replay/page-table.c replay/page-table.h \
	replay/pages.c replay/pages.h \
	replay/reason.c replay/reason.h \
	replay/replay.c replay/replay.h \
	replay/report.c replay/report.h \
	replay/runner.c replay/runner.h \
	replay/search.c replay/search.h \
	replay/session.c replay/session.h \
	replay/shell.c replay/shell.h \
	replay/tally.c replay/tally.h
replay_libreplay_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(XXHASH_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(EXT2FS_CFLAGS)
replay_libreplay_la_LIBADD = \
	guest/libguest.la checker/libjudge.la checker/libobserve.la log/liblog.la common/libcommon.la \
	$(ARCHIVE_LIBS) $(CJSON_LIBS) $(EXT2FS_LIBS) $(GMP_LIBS) $(LIBNBD_LIBS) $(XXHASH_LIBS)

bin_PROGRAMS += replay/replay
replay_replay_SOURCES = replay/main.c
replay_replay_LDADD = replay/libreplay.la common/libmessage.la
