/* SPDX-License-Identifier: BSD-3-Clause */
/* The system calls that change a file system, or may: what their arguments are, and what follows from a success. */
#ifndef POWERCUT_GUEST_AGENT_SYSTEM_CALLS_H
#define POWERCUT_GUEST_AGENT_SYSTEM_CALLS_H

#include <stdint.h>

enum call_effect {
  CALL_CHANGES,                 /* it has changed what its arguments name */
  CALL_OPENS,                   /* so it has if its flags make or empty a file, which its result then is */
  CALL_CONTROLS,                /* so it has if its request, an ioctl's, hands something to the kernel */
  CALL_ASKS,                    /* what it asked others to do may have changed anything */
  CALL_STORES,                  /* what was stored in memory has become data of files mapped there */
  CALL_UNMAPS,                  /* so it has before the call, which takes the memory away */
  CALL_SYNCS,                   /* nothing changes, but what comes after it is another thing */
};

/* FORM has a letter for each argument that is written down:
 *   p   path                                i   descriptor of what is changed
 *   d   descriptor of a directory           j   descriptor of what is not
 *   P   path from the directory before it   s   text
 *   a   address of a socket                 b   anything in memory, which is not looked at
 *   n   number   u   unsigned number   h   number in hexadecimal   m   mode   x   request of an ioctl
 *   O   flags of open   H   struct open_how   R   of rename   A   of the calls with `at`   F   mode of fallocate
 */
struct system_call {
  long number;
  const char *name, *form;
  enum call_effect effect;
};

#define CALL_ARGUMENTS_MAX 6

/* A call as a thread made it. */
struct call {
  int thread;                   /* its pid, of which memory and descriptors are */
  const struct system_call *what;       /* NULL: none of these */
  uint64_t arguments[CALL_ARGUMENTS_MAX];
};

/* The call NUMBER of this machine's own, or NULL if it is none of those. */
extern const struct system_call *system_call_find (uint64_t number);

/* The flags of CALL, which opens a file. */
extern uint64_t call_open_flags (const struct call *call);

/* CALL as strace(1) would print it, to free, or NULL if out of memory.  RESULT is shown if it is more than 0.  Long
 * texts are cut, and descriptors shown with what they are.
 */
extern char *call_text (const struct call *call, int64_t result);

#endif
