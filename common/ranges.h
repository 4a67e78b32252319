/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of bytes of a file, as ranges in order that neither overlap nor touch. */
#ifndef POWERCUT_COMMON_RANGES_H
#define POWERCUT_COMMON_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_range {
  uint64_t from, to;            /* up to, not including; UINT64_MAX: all from there */
};

struct byte_ranges {
  struct byte_range *list;      /* to free */
  size_t count;
};

/* Add RANGE; take it out.  Both return 0, or -1 after a message. */
extern int ranges_add (struct byte_ranges *ranges, struct byte_range range);
extern int ranges_remove (struct byte_ranges *ranges, struct byte_range range);

/* Leave of RANGES what OTHERS have, too; be what OTHERS are.  Both return as above. */
extern int ranges_intersect (struct byte_ranges *ranges, const struct byte_ranges *others);
extern int ranges_copy (struct byte_ranges *ranges, const struct byte_ranges *others);

/* Whether all of RANGE, which is not empty, is in RANGES; whether some of it is. */
extern bool ranges_cover (const struct byte_ranges *ranges, struct byte_range range);
extern bool ranges_meet (const struct byte_ranges *ranges, struct byte_range range);

#endif
