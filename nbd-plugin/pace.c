/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "nbd-plugin/pace.h"

#define QUIET_GAPS 4            /* of the median: what a program does between two requests differs much */

void
pace_come (struct client_pace *pace, uint64_t now_ns)
{
  const bool answered = pace->in_flight++ == 0 && pace->answered_ns > 0;

  if (answered && now_ns - pace->answered_ns >= PACE_GAP_MIN_NS)
    pace->gaps_ns[pace->gap_count++ % PACE_GAPS] = now_ns - pace->answered_ns;
}

void
pace_answered (struct client_pace *pace, uint64_t now_ns)
{
  if (--pace->in_flight == 0)
    pace->answered_ns = now_ns;
}

static int
compare_gaps (const void *left, const void *right)
{
  const uint64_t a = *(const uint64_t *) left, b = *(const uint64_t *) right;

  return a < b ? -1 : a > b;
}

uint64_t
pace_quiet_ns (const struct client_pace *pace)
{
  const size_t count = pace->gap_count < PACE_GAPS ? pace->gap_count : PACE_GAPS;
  uint64_t gaps_ns[PACE_GAPS], quiet_ns;

  memcpy (gaps_ns, pace->gaps_ns, sizeof gaps_ns);
  qsort (gaps_ns, count, sizeof *gaps_ns, compare_gaps);
  quiet_ns = count > 0 ? QUIET_GAPS * gaps_ns[count / 2] : 0;
  if (quiet_ns < PACE_QUIET_MIN_NS)
    return PACE_QUIET_MIN_NS;
  return quiet_ns < PACE_QUIET_MAX_NS ? quiet_ns : PACE_QUIET_MAX_NS;
}
