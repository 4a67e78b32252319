/* SPDX-License-Identifier: BSD-3-Clause */
/* What was found wrong: runs that found the same kind of thing make one finding. */
#ifndef POWERCUT_REPLAY_FINDINGS_H
#define POWERCUT_REPLAY_FINDINGS_H

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>

#include "checker/outcome.h"
#include "log/reader.h"

enum confirmation {
  FINDING_UNCONFIRMED,          /* no fresh guest has tried yet */
  FINDING_REPEATED,             /* a freshly booted guest saw it, too */
  FINDING_UNREPEATED,           /* a freshly booted guest did not see it */
};

struct finding {
  enum violation kind;
  char *after;                  /* the last mark or system call before it */
  mpz_t states;                 /* how many states show it */
  bool atomic, durable;         /* what it leaves of the two verdicts */

  /* Of the first of these states. */
  char *detail;
  char *cause;                  /* the detail without numbers and hashes; findings_add's own */
  char *state;                  /* id */
  char *place;                  /* which is first: sorts by crash point, then in the order of its search */
  struct outcome outcome;
  unsigned depth;               /* how many recoveries were interrupted before it was seen */
  enum confirmation confirmation;

  struct minimal *minimal;      /* the smallest state that fails so, or NULL; findings_add leaves it */
};

struct findings {
  struct finding *list;
  size_t count;
};

/* The text of the last mark at POSITION or before, or the system call that it is of, without powercut's other own; to
 * free, NULL with errno ENOMEM.
 */
extern char *finding_after (const struct write_log *log, uint32_t position);

/* Add one; if there is one of the same kind and mark already, and their details differ in numbers and hashes at most,
 * join the two: torn contents are wrong in a thousand ways, for one cause.  One that a fresh guest did not see is
 * joined with none that it did see.  The texts are copied.  Returns 0, or -1 with errno ENOMEM.
 */
extern int findings_add (struct findings *findings, const struct finding *finding);

/* Whether what was seen once, of this kind and detail after this mark, counts: 0 if all that was found of it was not
 * seen again on a fresh boot, else 1; -1 with errno ENOMEM.
 */
extern int findings_confirmed (const struct findings *findings, enum violation kind, const char *detail,
                               const char *after);

/* Whether a fresh guest saw a finding of this kind and detail after this mark already: 1, 0, or -1 with errno ENOMEM.
 */
extern int findings_repeated (const struct findings *findings, enum violation kind, const char *detail,
                              const char *after);

/* Whether there is a finding of the kind and the cause that FINDING has, after whatever mark and confirmed as it is. */
extern bool findings_have (const struct findings *findings, const struct finding *finding);

/* Sort by place. */
extern void findings_sort (struct findings *findings);
extern void findings_free (struct findings *findings);

#endif
