/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that record. */
#ifndef POWERCUT_COMMANDS_RECORD_H
#define POWERCUT_COMMANDS_RECORD_H

#include "batch/worker.h"

/* `powercut record`; ARGV[0] is that word.  Returns the exit status. */
extern int record_command (int argc, char **argv);

/* `powercut run`: record, and replay what was recorded.  With KEEPER not NULL its guests are used, and some are left there. */
extern int run_command (int argc, char **argv, struct keeper *keeper);

#endif
