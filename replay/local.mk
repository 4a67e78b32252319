# SPDX-License-Identifier: BSD-3-Clause
# libreplay has all but main, for the unit tests.
noinst_LTLIBRARIES += replay/libreplay.la
replay_libreplay_la_SOURCES = \
	replay/certificates.c replay/certificates.h \
	replay/device.c replay/device.h \
	replay/findings.c replay/findings.h \
	replay/freeze.c replay/freeze.h \
	replay/list.c replay/list.h \
	replay/model.c replay/model.h \
	replay/observations.c replay/observations.h \
	replay/oracle.c replay/oracle.h \
	replay/page-table.c replay/page-table.h \
	replay/pages.c replay/pages.h \
	replay/report.c replay/report.h \
	replay/runner.c replay/runner.h \
	replay/search.c replay/search.h \
	replay/session.c replay/session.h \
	replay/tally.c replay/tally.h
replay_libreplay_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS)
replay_libreplay_la_LIBADD = \
	guest/libguest.la checker/libjudge.la checker/libobserve.la log/liblog.la common/libcommon.la \
	$(ARCHIVE_LIBS) $(CJSON_LIBS) $(GMP_LIBS) $(LIBNBD_LIBS) $(XXHASH_LIBS)

bin_PROGRAMS += replay/replay
replay_replay_SOURCES = replay/replay.c
replay_replay_LDADD = replay/libreplay.la common/libmessage.la
