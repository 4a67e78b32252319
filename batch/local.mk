# SPDX-License-Identifier: BSD-3-Clause
# The grids of cells; libcorpus is what tests need of them.
noinst_LTLIBRARIES += batch/libbatch.la batch/libcorpus.la
batch_libbatch_la_SOURCES = \
	batch/pool.c batch/pool.h \
	batch/worker.c batch/worker.h \
	batch/corpus/add.c \
	batch/corpus/cells.c \
	batch/corpus/corpus.h \
	batch/corpus/find.c \
	batch/corpus/junit.c \
	batch/corpus/list.c \
	batch/corpus/log.c batch/corpus/log.h \
	batch/corpus/report.c \
	batch/corpus/run.c \
	batch/corpus/trust.c \
	batch/matrix/cells.c batch/matrix/cells.h \
	batch/matrix/html.c \
	batch/matrix/matrix.c batch/matrix/matrix.h \
	batch/matrix/report.c batch/matrix/report.h \
	batch/matrix/verdict.c batch/matrix/verdict.h
batch_libbatch_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS)
batch_libcorpus_la_SOURCES = \
	batch/corpus/case.c batch/corpus/case.h \
	batch/corpus/verdict.c batch/corpus/verdict.h
batch_libcorpus_la_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
