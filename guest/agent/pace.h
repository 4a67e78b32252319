/* SPDX-License-Identifier: BSD-3-Clause */
/* After which of an update's system calls the rest of the system acts: after each at first, and if there are very many,
 * after ever fewer of them.
 */
#ifndef POWERCUT_GUEST_AGENT_PACE_H
#define POWERCUT_GUEST_AGENT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_FIRST 64           /* so many calls are all followed by it */
#define PACE_MORE 32            /* after so many more only every second as often */
#define PACE_SPENT_MAX_MS 30000 /* no more after that */

struct pace {                   /* begins as zeros */
  uint64_t calls;               /* seen so far */
  uint64_t acts;                /* of them were followed by it */
  unsigned halved;              /* how often: of 2^halved calls one is followed by it now */
  int64_t spent_ms;             /* in acts, which who acts adds up */
  bool told;                    /* that it is not each any more */
};

enum pace_step {
  PACE_ACT,
  PACE_TELL,                    /* leave it, and tell, for it is the first that is left */
  PACE_LEAVE,
};

/* What to do after the next call. */
extern enum pace_step pace_next (struct pace *pace);

#endif
