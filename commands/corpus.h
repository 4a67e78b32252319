/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_CORPUS_H
#define POWERCUT_COMMANDS_CORPUS_H

/* `powercut corpus`; ARGV[0] is that word.  Returns the exit status. */
extern int corpus_command (int argc, char **argv);

#endif
