# SPDX-License-Identifier: BSD-3-Clause
# nbdkit with the plugins from the build tree, and clients of it; PLUGIN_DIR says where they are.
plugin_test_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS) $(LIBNBD_CFLAGS)
plugin_test_libs = log/liblog.la common/libcommon.la common/libmessage.la $(LIBNBD_LIBS) $(CHECK_LIBS)
plugin_test_server = tests/plugin/server.c tests/plugin/server.h tests/unit/unit.h
log_text = tests/plugin/log-text.c tests/plugin/log-text.h

UNIT_TESTS += tests/plugin/test-writelog tests/plugin/test-writelog-failures tests/plugin/test-crashstate
tests_plugin_test_writelog_SOURCES = tests/plugin/test-writelog.c $(plugin_test_server) $(log_text)
tests_plugin_test_writelog_CFLAGS = $(plugin_test_cflags)
tests_plugin_test_writelog_LDADD = $(plugin_test_libs)
tests_plugin_test_writelog_failures_SOURCES = tests/plugin/test-writelog-failures.c $(plugin_test_server)
tests_plugin_test_writelog_failures_CFLAGS = $(plugin_test_cflags)
tests_plugin_test_writelog_failures_LDADD = $(plugin_test_libs)
tests_plugin_test_crashstate_SOURCES = tests/plugin/test-crashstate.c $(plugin_test_server)
tests_plugin_test_crashstate_CFLAGS = $(plugin_test_cflags)
tests_plugin_test_crashstate_LDADD = $(plugin_test_libs)

# What shell tests use.
check_PROGRAMS += tests/plugin/dump-log tests/plugin/workload
tests_plugin_dump_log_SOURCES = tests/plugin/dump-log.c $(log_text)
tests_plugin_dump_log_LDADD = log/liblog.la common/libcommon.la common/libmessage.la
tests_plugin_workload_SOURCES = tests/plugin/workload.c
tests_plugin_workload_CFLAGS = $(AM_CFLAGS) $(LIBNBD_CFLAGS)
tests_plugin_workload_LDADD = common/libcommon.la $(LIBNBD_LIBS)
EXTRA_DIST += tests/plugin/compare-records.pl
