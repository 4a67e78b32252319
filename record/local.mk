# SPDX-License-Identifier: BSD-3-Clause
bin_PROGRAMS += record/powercut
record_powercut_SOURCES = \
	batch/corpus/corpus.c batch/corpus/corpus.h \
	batch/corpus/add.c \
	batch/corpus/cells.c \
	batch/corpus/find.c \
	batch/corpus/junit.c \
	batch/corpus/log.c batch/corpus/log.h \
	batch/corpus/report.c \
	batch/corpus/run.c \
	batch/corpus/trust.c \
	checker/workload/generate.c checker/workload/generate.h \
	commands/gen.c \
	commands/import.c commands/import.h \
	checker/workload/jlang.c checker/workload/jlang.h \
	commands/kernel.c commands/kernel.h \
	record/log-part.c record/log-part.h \
	batch/matrix/matrix.c batch/matrix/matrix.h \
	batch/matrix/cells.c batch/matrix/cells.h \
	batch/matrix/html.c \
	batch/matrix/report.c batch/matrix/report.h \
	batch/matrix/verdict.c batch/matrix/verdict.h \
	record/mkfs.c record/mkfs.h \
	batch/pool.c batch/pool.h \
	commands/powercut.c \
	record/record.c record/record.h \
	commands/record.c commands/record.h \
	record/recorder.c record/recorder.h \
	record/recording-check.c record/recording-check.h \
	batch/worker.c batch/worker.h \
	record/workload-file.c record/workload-file.h
record_powercut_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS)
record_powercut_LDADD = \
	record/libcorpus.la replay/libreplay.la common/libmessage.la

# What tests need of it.
noinst_LTLIBRARIES += record/libcorpus.la
record_libcorpus_la_SOURCES = \
	batch/corpus/case.c batch/corpus/case.h \
	batch/corpus/verdict.c batch/corpus/verdict.h
record_libcorpus_la_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
