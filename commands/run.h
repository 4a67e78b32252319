/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_RUN_H
#define POWERCUT_COMMANDS_RUN_H

#include "batch/worker.h"

/* `powercut run`: record, and replay what was recorded; ARGV[0] is that word.  With KEEPER not NULL its guests are
 * used, and some are left there.  Returns the exit status.
 */
extern int run_command (int argc, char **argv, struct keeper *keeper);

#endif
