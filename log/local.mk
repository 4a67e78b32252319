# SPDX-License-Identifier: BSD-3-Clause
noinst_LTLIBRARIES += log/liblog.la
log_liblog_la_SOURCES = \
	log/aftermath.c log/aftermath.h log/base-image.c log/base-image.h log/calls.c log/calls.h log/checksum.c log/checksum.h log/choice.c log/choice.h \
	log/chosen-orders.c log/chosen-orders.h log/contest.c log/contest.h log/copy.c log/copy.h log/orders.c log/orders.h log/pack.c log/packed.c log/packed.h \
	log/crash-state.c log/crash-state.h log/cut.c log/cut.h log/derived.c log/derived.h log/device.c log/device.h \
	log/files.c log/files.h log/format.h \
	log/guard.c log/guard.h log/image.c log/image.h log/index.c log/index.h log/info.c log/info.h \
	log/paths.c log/paths.h log/reader.c log/reader.h log/record.c log/record.h log/state-id.c log/state-id.h \
	log/tape.c log/tape.h log/torn.c log/torn.h \
	log/trims.c log/trims.h log/writer.c log/writer.h \
	log/foreign/dm-log-writes.c log/foreign/dm-log-writes.h log/foreign/epochs.c log/foreign/epochs.h \
	log/foreign/export.c log/foreign/export.h log/foreign/file.c log/foreign/file.h \
	log/foreign/import.c log/foreign/import.h log/foreign/importer.c log/foreign/importer.h \
	log/foreign/nbd-datalog.c log/foreign/nbd-datalog.h
log_liblog_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS) $(ZSTD_CFLAGS)
log_liblog_la_LIBADD = $(XXHASH_LIBS) $(ZSTD_LIBS)
