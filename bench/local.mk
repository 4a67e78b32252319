# SPDX-License-Identifier: BSD-3-Clause
# `make bench` prints ratios: each pair is measured side by side in one run.
# They are made by `make check`, too, so that they are right when they are wanted.
BENCHES = bench/mount-loop bench/observe-tree bench/open-log bench/plan-log bench/replay-run bench/start-guest
check_PROGRAMS += $(BENCHES)
bench_mount_loop_SOURCES = bench/mount-loop.c bench/median.h
bench_observe_tree_SOURCES = bench/observe-tree.c bench/median.h
bench_observe_tree_LDADD = \
	guest/libguest.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(CJSON_LIBS)
bench_start_guest_SOURCES = bench/start-guest.c bench/median.h
bench_start_guest_LDADD = \
	guest/libguest.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(CJSON_LIBS)
bench_open_log_SOURCES = bench/open-log.c
bench_open_log_LDADD = log/liblog.la common/libcommon.la common/libmessage.la $(XXHASH_LIBS)
bench_plan_log_SOURCES = bench/plan-log.c
bench_plan_log_LDADD = replay/libreplay.la common/libmessage.la
bench_replay_run_SOURCES = bench/replay-run.c bench/median.h
bench_replay_run_CFLAGS = $(AM_CFLAGS) $(LIBNBD_CFLAGS)
bench_replay_run_LDADD = replay/libreplay.la common/libmessage.la
EXTRA_DIST += bench/batch.sh bench/device.sh bench/functions.sh bench/journal-records.py bench/killing.sh bench/observing.sh bench/preparing.sh bench/recording.sh \
	bench/replaying.sh bench/searching.sh bench/schedules.sh bench/starting.sh \
	bench/large.sh bench/large/check.sh bench/large/load.sh bench/large/prepare.sh

bench: all $(BENCHES)
	$(srcdir)/bench/starting.sh $(abs_top_builddir)
	$(srcdir)/bench/preparing.sh $(abs_top_builddir)
	$(srcdir)/bench/killing.sh $(abs_top_builddir)
	$(srcdir)/bench/recording.sh $(abs_top_builddir)
	$(srcdir)/bench/device.sh $(abs_top_builddir)
	bench/open-log
	bench/plan-log
	$(srcdir)/bench/replaying.sh $(abs_top_builddir)
	$(srcdir)/bench/searching.sh $(abs_top_builddir)
	$(srcdir)/bench/schedules.sh $(abs_top_builddir)
	$(srcdir)/bench/batch.sh $(abs_top_builddir)
	$(srcdir)/bench/observing.sh $(abs_top_builddir)

# Recordings of minutes, which need root and a network.
bench-large: all
	$(srcdir)/bench/large.sh $(abs_top_builddir)
.PHONY: bench bench-large
