/* SPDX-License-Identifier: BSD-3-Clause */
/* Choices: which part of a pending write is there, and how writes may be torn.
 *
 * Whether a write may be there in part is the tear mode:
 *   none    whole or not at all
 *   prefix  its units land in order, so that any leading part may be there
 *   any     any of its units may be there
 * What the device never tears (its sector, its block) may be larger than the log's sector: a unit, aligned on the
 * device.  A write is torn at the units' boundaries alone; the stretches between two of them are the write's pieces.
 *
 * And how two overlapping writes lie that were in flight together (log/orders.h): as they were issued, or the other way
 * round.
 */
#ifndef POWERCUT_LOG_CHOICE_H
#define POWERCUT_LOG_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/reader.h"

enum choice_kind {
  CHOICE_PRESENT = 0,
  CHOICE_ABSENT = 1,
  CHOICE_UNDECIDED = 2,         /* decided when a read needs it */

  /* About `write` and one that was issued later, whose number is in `first`: */
  CHOICE_UNDER = 4,             /* it lies under that one, as ever */
  CHOICE_OVER = 5,              /* it lies over it */
  CHOICE_UNORDERED = 6,         /* decided when a read needs it, as all orders of the group that both are in */
};

static inline bool
choice_kind_is_of_order (enum choice_kind kind)
{
  return kind >= CHOICE_UNDER;
}

/* A decision has two sides: 0 if it is for what is usual (there, or as issued), else 1. */
static inline unsigned
choice_side (enum choice_kind kind)
{
  return kind & 1;
}

/* Sectors FIRST to LAST of a write, counted from its start in units of LOG_SECTOR.  What lies beyond the write's end is
 * ignored.
 */
struct choice {
  uint32_t write;               /* its number in the log */
  uint32_t first, last;
  enum choice_kind kind;
};

#define CHOICE_END UINT32_MAX   /* as `last`: to the write's end */

static inline struct choice
choice_whole (uint32_t write, enum choice_kind kind)
{
  return (struct choice) { write, 0, CHOICE_END, kind };
}

enum tear_mode {
  TEAR_NONE,
  TEAR_PREFIX,
  TEAR_ANY,
};

#define TEAR_ATOMIC_USUAL 4096  /* bytes */

struct tear {
  enum tear_mode mode;
  uint32_t atomic_bytes;        /* that the device never tears: a power of two, LOG_SECTOR or more */
};

/* How undecided writes are decided. */
struct decision_rule {
  struct tear tear;
  enum preference {
    PREFER_PRESENT,
    PREFER_ABSENT,
    PREFER_RANDOM,              /* a hash of seed, write and the piece's first sector */
  } preference;
  uint64_t seed;
};

/* A crash state in the making. */
struct selection {
  uint32_t point;               /* position of the crash point */
  const struct choice *choices; /* in order: a later one overrides an earlier one where they overlap */
  size_t count;
  struct decision_rule rule;
};

/* The last sector of WRITE. */
extern uint32_t write_last_sector (const struct log_write *write);

/* The number of pieces of WRITE, or 1 if writes are not torn. */
extern uint32_t tear_pieces (const struct tear *tear, const struct log_write *write);

/* All that is decided about write number NUMBER of LOG when its sector SECTOR is there (KIND CHOICE_PRESENT) or not. */
extern struct choice tear_choice (const struct tear *tear, const struct write_log *log, uint32_t number,
                                  uint32_t sector, enum choice_kind kind);

/* The alternative to CHOICE, which tear_choice gave. */
extern struct choice tear_turned (const struct tear *tear, const struct write_log *log, struct choice choice);

/* What is not as usual under CHOICES, COUNT of them in order: choices of CHOICE_ABSENT in the order of the writes and
 * of their sectors, as few as can be, then choices of CHOICE_OVER in the order of both writes; *unusual_count in all.
 * What is undecided is as usual.  Two lists of choices make the same state if and only if these are the same.  To free;
 * NULL with errno ENOMEM, or EINVAL if the choices contradict one another.
 */
extern struct choice *choices_unusual (const struct write_log *log, const struct choice *choices, size_t count,
                                       size_t *unusual_count);

/* What RULE makes of the piece of an undecided write that begins with SECTOR: CHOICE_PRESENT or CHOICE_ABSENT. */
extern enum choice_kind rule_prefers (const struct decision_rule *rule, uint32_t write, uint32_t sector);

#endif
