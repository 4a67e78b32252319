/* SPDX-License-Identifier: BSD-3-Clause */
/* What several commands ask of their arguments. */
#ifndef POWERCUT_COMMANDS_ARGUMENTS_H
#define POWERCUT_COMMANDS_ARGUMENTS_H

/* The one argument that is no option, a log; FIRST is what options_parse has returned.  NULL after a message. */
extern const char *only_log (int argc, char **argv, int first);

/* Can the file OUTPUT (NULL: it was not given) be made of INPUT?  Neither the log itself nor something else than a file
 * may be replaced.  Returns 0, or -1 after a message.
 */
extern int check_output (const char *output, const char *input);

#endif
