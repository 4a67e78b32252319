# SPDX-License-Identifier: BSD-3-Clause
bin_PROGRAMS += record/powercut
record_powercut_SOURCES = \
	record/gen.c record/gen.h \
	record/gen-command.c \
	record/jlang.c record/jlang.h \
	record/import-command.c record/import-command.h \
	record/kernel-command.c record/kernel-command.h \
	record/matrix.c record/matrix.h \
	record/matrix-cells.c record/matrix-cells.h \
	record/matrix-page.c \
	record/matrix-report.c record/matrix-report.h \
	record/matrix-verdict.c record/matrix-verdict.h \
	record/mkfs.c record/mkfs.h \
	record/pool.c record/pool.h \
	record/powercut.c \
	record/record.c record/record.h \
	record/workload-file.c record/workload-file.h
record_powercut_CFLAGS = $(AM_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS)
record_powercut_LDADD = \
	guest/libguest.la checker/libjudge.la checker/libobserve.la log/liblog.la common/libcommon.la common/libmessage.la \
	$(ARCHIVE_LIBS) $(CJSON_LIBS) $(LIBNBD_LIBS) $(XXHASH_LIBS)
