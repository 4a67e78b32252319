/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_BUNDLE_H
#define POWERCUT_COMMANDS_BUNDLE_H

/* `powercut bundle`: pack one violation; ARGV[0] is that word.  Returns the exit status. */
extern int bundle_command (int argc, char **argv);

#endif
