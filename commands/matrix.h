/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_MATRIX_H
#define POWERCUT_COMMANDS_MATRIX_H

/* `powercut matrix`; ARGV[0] is that word.  Returns the exit status. */
extern int matrix_command (int argc, char **argv);

#endif
