/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "guest/agent/pace.h"

enum pace_step
pace_next (struct pace *pace)
{
  pace->calls++;
  if (pace->spent_ms < PACE_SPENT_MAX_MS && pace->calls % (UINT64_C (1) << pace->halved) == 0) {
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
