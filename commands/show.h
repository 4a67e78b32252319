/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_SHOW_H
#define POWERCUT_COMMANDS_SHOW_H

/* `powercut show`: print a log for people to read; ARGV[0] is that word.  Returns the exit status. */
extern int show_command (int argc, char **argv);

#endif
