# SPDX-License-Identifier: BSD-3-Clause
# libcommon: what every program here needs.  libmessage says where errors go; the plugins bring their own.
noinst_LTLIBRARIES += common/libcommon.la common/libmessage.la
common_libcommon_la_SOURCES = \
	common/append.h common/array.h common/cache.c common/cache.h common/capture.c common/capture.h common/cleanup.h common/clock.h \
	common/complaint.c common/complaint.h common/escape.c common/escape.h common/exit-status.h common/html-style.h \
	common/ini.c common/ini.h common/journal.c common/journal.h common/lock.c common/lock.h common/message.h \
	common/nbdkit.c common/nbdkit.h common/nearest.c common/nearest.h \
	common/number.c common/number.h common/options.c common/options.h common/parts.c common/parts.h \
	common/places.c common/places.h common/plural.h common/printable.c common/printable.h \
	common/process.c common/process.h common/progress.c common/progress.h common/publish.c common/publish.h \
	common/ranges.c common/ranges.h common/sparse.c common/sparse.h \
	common/stamp.c common/stamp.h common/standard-output.c common/standard-output.h common/stop.c common/stop.h \
	common/terminal.c common/terminal.h common/text.h common/text-list.c common/text-list.h \
	common/words.c common/words.h common/workdir.c common/workdir.h
# The cases of the corpus are not built: in a build tree they are the sources'.
common_libcommon_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DCASESDIR='"$(pkgdatadir)/cases"' -DSOURCE_CASES='"$(abs_top_srcdir)/corpus/cases"' \
	-DFINDINGSDIR='"$(pkgdatadir)/findings"' -DSOURCE_FINDINGS='"$(abs_top_srcdir)/corpus/findings"'
common_libmessage_la_SOURCES = common/message.c common/message.h
common_libmessage_la_LIBADD = common/libcommon.la

# Work without rights; for the programs that read what strangers made.
noinst_LTLIBRARIES += common/libsandbox.la
common_libsandbox_la_SOURCES = common/sandbox.c common/sandbox.h
common_libsandbox_la_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
common_libsandbox_la_LIBADD = common/libcommon.la $(SECCOMP_LIBS)
