# SPDX-License-Identifier: BSD-3-Clause
# libreplay has all but main, for the unit tests.
noinst_LTLIBRARIES += replay/libreplay.la
replay_libreplay_la_SOURCES = \
	replay/answer.c replay/answer.h replay/chosen-points.c replay/chosen-points.h replay/confirm.c replay/confirm.h replay/estimate.c replay/estimate.h replay/contents.c replay/contents.h \
	replay/crew.c replay/crew.h replay/enter.c replay/enter.h replay/interrupt.c replay/interrupt.h replay/level.c replay/level.h replay/device.c replay/device.h replay/expand.c replay/expand.h \
	replay/ledger.c replay/ledger.h replay/ledger-fields.c replay/ledger-fields.h replay/ledger-part.h replay/ledger-replays.c replay/ledger-restore.c \
	replay/made.c replay/made.h replay/located.c replay/located.h replay/located-pages.c replay/located-pages.h \
	replay/page-counts.c replay/page-counts.h \
	replay/expected.c replay/expected.h replay/fault.c replay/fault.h replay/findings.c replay/findings.h replay/freeze.c replay/freeze.h \
	replay/guest-cache.c replay/guest-cache.h replay/points.c replay/points.h replay/recovery.c replay/recovery.h \
	replay/reduce.c replay/reduce.h replay/results.c replay/results.h replay/runner.c replay/runner.h \
	replay/schedule.c replay/schedule.h replay/session.c replay/session.h replay/session-config.h replay/shares.c replay/shares.h replay/shell.c replay/shell.h \
	replay/tally.c replay/tally.h replay/trust.c replay/trust.h replay/unchanged.c replay/unchanged.h \
	replay/worker.c replay/worker.h \
	replay/explain/blame.c replay/explain/blame.h replay/explain/blame-btrfs.c replay/explain/blame-ext.c \
	replay/explain/blame-journal.c replay/explain/blame-journal.h replay/explain/blame-layout.h \
	replay/explain/blame-xfs.c replay/explain/minimal.c replay/explain/minimal.h \
	replay/explain/names.c replay/explain/names.h replay/explain/reason.c replay/explain/reason.h \
	replay/report/bundle.c replay/report/bundle.h replay/report/dump.c replay/report/dump.h \
	replay/report/filter.c replay/report/filter.h replay/report/format.h replay/report/html.c \
	replay/report/html-chart.c replay/report/html-chart.h replay/report/html-fates.c replay/report/html-fates.h \
	replay/report/html-finding.c replay/report/html-finding.h \
	replay/report/html-schedules.c replay/report/html-schedules.h \
	replay/report/html-pages.c replay/report/html-pages.h replay/report/html-put.c replay/report/html-put.h \
	replay/report/html-scale.c replay/report/html-scale.h replay/report/json.c \
	replay/report/json-text.c replay/report/json-text.h replay/report/junit.c \
	replay/report/list.c replay/report/list.h replay/report/outputs.c replay/report/outputs.h \
	replay/report/page-table.c replay/report/page-table.h replay/report/report.c replay/report/report.h replay/report/run-lines.c replay/report/run-lines.h \
	replay/report/state.c replay/report/state.h replay/report/tap.c \
	replay/report/test-cases.c replay/report/test-cases.h replay/report/text.c replay/report/text.h \
	replay/search/big-number.c replay/search/big-number.h \
	replay/search/crash-points.c replay/search/crash-points.h \
	replay/search/data-classes.c replay/search/data-classes.h \
	replay/search/data-groups.c replay/search/data-groups.h \
	replay/search/ddmin.c replay/search/ddmin.h \
	replay/search/agreeing.c replay/search/inside.h replay/search/random.h replay/search/model.c replay/search/model.h replay/search/moments.c replay/search/moments.h \
	replay/search/node.c replay/search/node.h replay/search/pending.c replay/search/pending.h \
	replay/search/read-sets.c replay/search/read-sets.h replay/search/search.c replay/search/search.h \
	replay/search/state-counts.c replay/search/state-counts.h
replay_libreplay_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(XXHASH_CFLAGS) $(LIBNBD_CFLAGS) $(CJSON_CFLAGS) $(EXT2FS_CFLAGS)
replay_libreplay_la_LIBADD = \
	guest/libguest.la checker/libjudge.la checker/libobserve.la nbd-plugin/libcontrol.la \
	log/liblog.la common/libsandbox.la common/libcommon.la \
	$(ARCHIVE_LIBS) $(CJSON_LIBS) $(EXT2FS_LIBS) $(GMP_LIBS) $(LIBNBD_LIBS) $(SECCOMP_LIBS) $(XXHASH_LIBS)

