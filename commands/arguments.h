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

/* Say that WORD is none of WORDS, NULL at the end, that COMMAND begins with: which it is near to, or else USAGE. */
extern void refuse_word (const char *command, const char *word, const char *const *words, const char *usage);

#endif
