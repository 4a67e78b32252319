/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMON_CLOCK_H
#define POWERCUT_COMMON_CLOCK_H

#include <time.h>

/* What CLOCK shows, in seconds. */
static inline double
clock_seconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

#endif
