/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that are asked something and may say no: unlike in process_output, failure is an answer, not a message. */
#ifndef POWERCUT_COMMON_CAPTURE_H
#define POWERCUT_COMMON_CAPTURE_H

struct capture {
  int status;                   /* exit status, or 128 + the signal that ended it */
  char *output;                 /* all of its standard output, NUL behind it; free with capture_free */
  char *complaint;              /* the last line of its standard error, without newline, perhaps empty */
};

/* Run ARGV (as in process_start) to its end.  Returns 0 and fills *capture whatever its exit status is, or -1 after a
 * message if it could not be run or the user asked to stop meanwhile (the program is ended then).
 */
extern int capture_run (const char *const *argv, struct capture *capture);
extern void capture_free (struct capture *capture);

#endif
