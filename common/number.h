/* SPDX-License-Identifier: BSD-3-Clause */
/* Strict parsing of the numbers that users type. */
#ifndef POWERCUT_COMMON_NUMBER_H
#define POWERCUT_COMMON_NUMBER_H

#include <stdint.h>

/* Each parses the whole of TEXT into *result and returns 0, or returns -1 with errno EINVAL (not such a number) or
 * ERANGE (more than MAXIMUM or than the type holds) and *result unchanged.  They print nothing: the caller knows the
 * option's name.
 */

/* Decimal digits only: no sign, no space. */
extern int parse_unsigned (const char *text, uint64_t maximum, uint64_t *result);

/* Bytes: digits and optionally one of K M G T (powers of 1024), as in `300M`. */
extern int parse_size (const char *text, uint64_t *size_bytes);

/* Seconds: digits and optionally one of s m h, as in `90` or `5m`. */
extern int parse_seconds (const char *text, uint64_t *seconds);

#endif
