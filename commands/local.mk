# SPDX-License-Identifier: BSD-3-Clause
# Main programs; each is built in the directory that it is known by.
bin_PROGRAMS += record/powercut replay/replay
record_powercut_SOURCES = \
	commands/bundle.c commands/commands.h commands/corpus.c commands/export.c commands/gen.c commands/import.c \
	commands/cache.c commands/kernel.c commands/live.c commands/live.h commands/live-follow.c commands/live-follow.h \
	commands/matrix.c commands/merge.c commands/powercut.c commands/run.c commands/run.h commands/show.c \
	commands/workload.c
record_powercut_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS)
record_powercut_LDADD = \
	batch/libbatch.la record/librecord.la commands/libcommands.la replay/libreplay.la common/libmessage.la

# Serving the options of `replay`, for who calls it.
noinst_LTLIBRARIES += commands/libcommands.la
commands_libcommands_la_SOURCES = \
	commands/arguments.c commands/arguments.h commands/replay.c commands/replay.h \
	commands/replay-again.c commands/replay-again.h \
	commands/replay-bundle.c commands/replay-bundle.h commands/replay-config.c commands/replay-config.h \
	commands/replay-options.c commands/replay-options.h commands/replay-plan.c commands/replay-plan.h \
	commands/replay-state.c commands/replay-state.h commands/replay-visit.c commands/replay-visit.h commands/replay-words.c
commands_libcommands_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS)

replay_replay_SOURCES = commands/replay-main.c
replay_replay_LDADD = commands/libcommands.la replay/libreplay.la common/libmessage.la
