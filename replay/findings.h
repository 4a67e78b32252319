/* SPDX-License-Identifier: BSD-3-Clause */
/* What was found wrong: runs that found the same thing make one finding. */
#ifndef POWERCUT_FINDINGS_H
#define POWERCUT_FINDINGS_H

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>

struct finding {
  const char *kind;             /* `atomicity`, `durability`, `unmountable`, `kernel` or `hang`; static */
  char *detail;
  char *state;                  /* id of the first state */
  char *after;                  /* the last mark before it */
  bool repeated;                /* false: a fresh boot did not show it again, and it counts for no state */
  mpz_t states;                 /* how many states show it */
};

struct findings {
  struct finding *list;
  size_t count, room;
};

/* Add one; if there is one of the same kind, detail and mark already, its states only.  The texts are copied.  Returns 0, or
 * -1 with errno ENOMEM.
 */
extern int findings_add (struct findings *findings, const struct finding *finding);
extern void findings_free (struct findings *findings);

#endif
