/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "guest/agent/pace.h"

/* Whether NUMBER is one of those that are taken of 2^HALVED: evenly spread, and not in step with a program that makes
 * the same few calls again and again.
 */
static bool
is_taken (uint64_t number, unsigned halved)
{
  return halved == 0 || number * UINT64_C (0x9e3779b97f4a7c15) >> (64 - halved) == 0;   /* the golden ratio */
}

enum pace_step
pace_next (struct pace *pace)
{
  pace->calls++;
  if (pace->spent_ms < PACE_SPENT_MAX_MS && is_taken (pace->calls, pace->halved)) {
    pace->acts++;
    if (pace->acts >= PACE_FIRST + (uint64_t) PACE_MORE * pace->halved && pace->halved < 63)
      pace->halved++;
    return PACE_ACT;
  }
  if (pace->told)
    return PACE_LEAVE;
  pace->told = true;
  return PACE_TELL;
}
