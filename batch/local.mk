# SPDX-License-Identifier: BSD-3-Clause
# The grid, and what makes it one of the corpus or of the matrix.
noinst_LTLIBRARIES += batch/libbatch.la
batch_libbatch_la_SOURCES = \
	batch/environments.c batch/grid.c batch/grid.h batch/keep.c batch/keep.h batch/pool.c batch/pool.h batch/report.c \
	batch/replaying.c batch/resume.c batch/resume.h batch/result.c batch/result.h batch/worker.c batch/worker.h \
	batch/corpus/add.c batch/corpus/case.c batch/corpus/case.h batch/corpus/cause.c batch/corpus/cause.h \
	batch/corpus/cell-outcome.c batch/corpus/cell-outcome.h batch/corpus/cells.c batch/corpus/corpus.h \
	batch/corpus/find.c batch/corpus/json.c batch/corpus/junit.c batch/corpus/list.c batch/corpus/log.c batch/corpus/log.h \
	batch/corpus/name-set.c batch/corpus/name-set.h \
	batch/corpus/remarks.c batch/corpus/remarks.h batch/corpus/report.c batch/corpus/run.c \
	batch/corpus/settings.c batch/corpus/settings.h batch/corpus/sweep.c batch/corpus/sweep.h \
	batch/corpus/trust.c batch/corpus/workload-stream.c batch/corpus/workload-stream.h \
	batch/matrix/cell-summary.c batch/matrix/cell-summary.h batch/matrix/cells.c batch/matrix/document.c \
	batch/matrix/matrix.c batch/matrix/matrix.h batch/matrix/report.c
batch_libbatch_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS)
