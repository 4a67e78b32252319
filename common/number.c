/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/number.h"

/* Parses leading digits; *end is left at the first character that is none. */
static int
parse_digits (const char *text, const char **end, uint64_t *result)
{
  uint64_t value = 0;

  if (*text < '0' || *text > '9') {
    errno = EINVAL;
    return -1;
  }
  for (; *text >= '0' && *text <= '9'; text++)
    if (__builtin_mul_overflow (value, 10, &value) || __builtin_add_overflow (value, *text - '0', &value)) {
      errno = ERANGE;
      return -1;
    }
  *end = text;
  *result = value;
  return 0;
}

/* Parses digits and at most one of the letters of UNITS, which stand for the factors in FACTORS. */
static int
parse_with_unit (const char *text, const char *units, const uint64_t *factors, uint64_t maximum, uint64_t *result)
{
  const char *end, *unit;
  bool overflow = false;
  uint64_t value;

  if (parse_digits (text, &end, &value) == -1)
    return -1;
  if (*end != '\0') {
    unit = strchr (units, *end);
    if (unit == NULL || end[1] != '\0') {
      errno = EINVAL;
      return -1;
    }
    overflow = __builtin_mul_overflow (value, factors[unit - units], &value);
  }
  if (overflow || value > maximum) {
    errno = ERANGE;
    return -1;
  }
  *result = value;
  return 0;
}

int
parse_unsigned (const char *text, uint64_t maximum, uint64_t *result)
{
  return parse_with_unit (text, "", NULL, maximum, result);
}

int
parse_size (const char *text, uint64_t *size_bytes)
{
  static const uint64_t factors[] = {
    UINT64_C (1) << 10, UINT64_C (1) << 10, UINT64_C (1) << 20, UINT64_C (1) << 30, UINT64_C (1) << 40
  };

  return parse_with_unit (text, "kKMGT", factors, INT64_MAX, size_bytes);
}

int
parse_seconds (const char *text, uint64_t *seconds)
{
  static const uint64_t factors[] = { 1, 60, 3600 };

  return parse_with_unit (text, "smh", factors, UINT64_MAX, seconds);
}
