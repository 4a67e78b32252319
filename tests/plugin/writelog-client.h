/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the plugin writelog have in common. */
#ifndef POWERCUT_TESTS_PLUGIN_WRITELOG_CLIENT_H
#define POWERCUT_TESTS_PLUGIN_WRITELOG_CLIENT_H

#include "log/reader.h"
#include "tests/plugin/server.h"

/* Start a server with log.bin and these parameters. */
#define START(...) server_start ("writelog", "log=log.bin", "directory=.", __VA_ARGS__, NULL)

/* The log of a server that was stopped. */
extern struct write_log *open_log (void);

/* Stop the server; its log must then be EXPECTED, in the form of log-text.h. */
extern void stop_and_check_log (const char *expected);

/* What DEVICE holds if everything in the log is done in the order of issue, into IMAGE. */
extern void replay (const struct write_log *log, unsigned device, char *image);

#endif
