# SPDX-License-Identifier: BSD-3-Clause
bin_PROGRAMS += record/powercut
record_powercut_SOURCES = \
	record/kernel-command.c record/kernel-command.h \
	record/mkfs.c record/mkfs.h \
	record/powercut.c \
	record/record.c record/record.h
record_powercut_CFLAGS = $(AM_CFLAGS) $(LIBNBD_CFLAGS)
record_powercut_LDADD = \
	guest/libguest.la log/liblog.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(LIBNBD_LIBS) $(XXHASH_LIBS)
