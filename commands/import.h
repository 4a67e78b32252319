/* SPDX-License-Identifier: BSD-3-Clause */
/* `powercut import` and `powercut export`: logs of other recorders' formats. */
#ifndef POWERCUT_COMMANDS_IMPORT_H
#define POWERCUT_COMMANDS_IMPORT_H

/* Run the command line ARGV, whose ARGV[0] is `import` or `export`.  Each returns the exit status: 0, or 2 after a message, or
 * 128 and the signal that stopped it.
 */
extern int import_command (int argc, char **argv);
extern int export_command (int argc, char **argv);

#endif
