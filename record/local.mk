# SPDX-License-Identifier: BSD-3-Clause
noinst_LTLIBRARIES += record/librecord.la
record_librecord_la_SOURCES = \
	record/ask.c record/ask.h record/guest-files.c record/guest-files.h record/kept-disks.c record/kept-disks.h record/log-part.c record/log-part.h \
	record/mkfs.c record/mkfs.h record/preparation-key.c record/preparation-key.h record/prepare.c record/prepare.h \
	record/prepared.c record/prepared.h record/record.c record/record.h \
	record/recorder.c record/recorder.h record/recording-check.c record/recording-check.h record/recording-disks.c record/recording-disks.h \
	record/recording-paths.c record/recording-paths.h \
	record/recordings.c record/recordings.h record/server.c record/server.h record/setup-marks.c record/setup-marks.h \
	record/update.c record/update.h record/workload-file.c record/workload-file.h
record_librecord_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS)
