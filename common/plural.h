/* SPDX-License-Identifier: BSD-3-Clause */
/* The word behind a number: `1 flush`, `2 flushes`. */
#ifndef POWERCUT_COMMON_PLURAL_H
#define POWERCUT_COMMON_PLURAL_H

#include <stdint.h>
#include <string.h>

static inline const char *
plural (uint64_t count, const char *one, const char *many)
{
  return count == 1 ? one : many;
}

/* The same for a number that is written in digits. */
static inline const char *
plural_of_digits (const char *digits, const char *one, const char *many)
{
  return strcmp (digits, "1") == 0 ? one : many;
}

#endif
