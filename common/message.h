/* SPDX-License-Identifier: BSD-3-Clause */
/* Error messages.  Every function here that fails has said why, in one line, before it returns -1 or NULL. */
#ifndef POWERCUT_COMMON_MESSAGE_H
#define POWERCUT_COMMON_MESSAGE_H

/* Say what went wrong, with what, and what to do, in one line without a newline; %m is errno's text.  errno is kept.
 * Programs link libmessage, which prints `NAME: TEXT` on standard error; the nbdkit plugins hand it to nbdkit_error.
 * The linker knows it by another name, because libcom_err, which comes with libext2fs, has an error_message of its own.
 */
extern void error_message (const char *format, ...)
  __asm__ ("powercut_error_message") __attribute__ ((format (printf, 1, 2)));

/* Say so.  Returns -1. */
static inline int
out_of_memory (void)
{
  error_message ("out of memory");
  return -1;
}

#endif
