/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMON_CLOCK_H
#define POWERCUT_COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

/* What CLOCK shows, in seconds. */
static inline double
clock_seconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* Milliseconds by a clock that nobody sets. */
static inline int64_t
clock_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
