/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_GEN_H
#define POWERCUT_COMMANDS_GEN_H

/* `powercut gen`: make workloads; ARGV[0] is that word.  Returns the exit status. */
extern int gen_command (int argc, char **argv);

#endif
