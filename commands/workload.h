/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_WORKLOAD_H
#define POWERCUT_COMMANDS_WORKLOAD_H

/* `powercut workload`: check a workload and print it; ARGV[0] is that word.  Returns the exit status. */
extern int workload_command (int argc, char **argv);

#endif
