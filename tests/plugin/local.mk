# SPDX-License-Identifier: BSD-3-Clause
# nbdkit with the plugins from the build tree, and clients of it; PLUGIN_DIR says where they are.
plugin_test_server = tests/plugin/server.c tests/plugin/server.h
log_text = tests/plugin/log-text.c tests/plugin/log-text.h
AM_CFLAGS += $(LIBNBD_CFLAGS)

crashstate_client = tests/plugin/crashstate-client.c tests/plugin/crashstate-client.h $(plugin_test_server)
writelog_client = tests/plugin/writelog-client.c tests/plugin/writelog-client.h $(plugin_test_server) $(log_text)

UNIT_TESTS += \
	tests/plugin/test-crashstate \
	tests/plugin/test-crashstate-run \
	tests/plugin/test-crashstate-vhost \
	tests/plugin/test-writelog \
	tests/plugin/test-writelog-content \
	tests/plugin/test-writelog-control \
	tests/plugin/test-writelog-failures \
	tests/plugin/test-writelog-late \
	tests/plugin/test-writelog-paths
tests_plugin_test_crashstate_SOURCES = tests/plugin/test-crashstate.c $(crashstate_client)
tests_plugin_test_crashstate_run_SOURCES = tests/plugin/test-crashstate-run.c $(crashstate_client)
tests_plugin_test_crashstate_vhost_SOURCES = tests/plugin/test-crashstate-vhost.c $(crashstate_client)
tests_plugin_test_writelog_SOURCES = tests/plugin/test-writelog.c $(writelog_client)
tests_plugin_test_writelog_content_SOURCES = tests/plugin/test-writelog-content.c $(writelog_client)
tests_plugin_test_writelog_control_SOURCES = tests/plugin/test-writelog-control.c $(writelog_client)
tests_plugin_test_writelog_failures_SOURCES = tests/plugin/test-writelog-failures.c $(plugin_test_server)
tests_plugin_test_writelog_late_SOURCES = tests/plugin/test-writelog-late.c $(writelog_client)
tests_plugin_test_writelog_paths_SOURCES = tests/plugin/test-writelog-paths.c $(writelog_client)

# What shell tests use.
check_PROGRAMS += tests/plugin/dump-log tests/plugin/workload
tests_plugin_dump_log_SOURCES = tests/plugin/dump-log.c $(log_text)
EXTRA_DIST += tests/plugin/compare-records.pl
