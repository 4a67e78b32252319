/* SPDX-License-Identifier: BSD-3-Clause */
/* How fast a client is: from an answer to what it asks next.  Times are in nanoseconds, and given by the caller. */
#ifndef POWERCUT_NBD_PLUGIN_PACE_H
#define POWERCUT_NBD_PLUGIN_PACE_H

#include <stddef.h>
#include <stdint.h>

#define PACE_GAPS 64
#define PACE_GAP_MIN_NS UINT64_C (100000)       /* what comes sooner was on its way already */

/* What is waited for a client whose pace says less, or more. */
#define PACE_QUIET_MIN_NS UINT64_C (4000000)
#define PACE_QUIET_MAX_NS UINT64_C (50000000)

struct client_pace {
  uint64_t gaps_ns[PACE_GAPS];  /* the last ones */
  size_t gap_count;             /* of all */
  unsigned in_flight;           /* requests without an answer */
  uint64_t answered_ns;         /* when there was none left; 0: never yet */
};

extern void pace_come (struct client_pace *pace, uint64_t now_ns);
extern void pace_answered (struct client_pace *pace, uint64_t now_ns);

/* For how long nothing may have come from a client of this pace until it can be taken to wait for answers. */
extern uint64_t pace_quiet_ns (const struct client_pace *pace);

#endif
