/* SPDX-License-Identifier: BSD-3-Clause */
/* The user's terminal (or pipe) as the guest's. */
#ifndef POWERCUT_GUEST_USER_TERMINAL_H
#define POWERCUT_GUEST_USER_TERMINAL_H

#include <stdbool.h>

/* What the guest should know of standard input. */
struct terminal_size {
  bool interactive;             /* it is a terminal */
  unsigned rows, columns;       /* 24 and 80 if it does not say */
};

extern struct terminal_size terminal_size (void);

/* Make the Unix socket PATH for QEMU to connect to.  Returns a descriptor that listens, or -1 after a message. */
extern int terminal_listen (const char *path);

/* Carry bytes between standard input and output and the last that connected to LISTENER, until that one hangs up (the
 * guest went off), or until a stop was asked for.  A terminal is in raw mode meanwhile.  The end of a pipe ends the
 * input in the guest, too (AGENT_SHELL_END).  Returns 0, or -1 after a message.
 */
extern int terminal_relay (int listener);

#endif
