/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands in the place of a guest: a reader whose next read or write depends on what it has read, as a recovery's
 * does.
 */
#ifndef POWERCUT_TESTS_UNIT_REPLAY_SEARCH_READER_H
#define POWERCUT_TESTS_UNIT_REPLAY_SEARCH_READER_H

#include "log/crash-state.h"
#include "replay/search/read-sets.h"
#include "tests/unit/make-log.h"

#define DEVICES 2
#define SECTORS 16
#define BLOCKS (SECTORS / BLOCK_SECTORS)

/* For what is asserted of every run: ck_assert writes to a file each time. */
#define ASSERT_QUICKLY(condition) \
  do { \
    if (!(condition)) \
      ck_abort_msg ("not so: %s", #condition); \
  } while (0)

/* Devices as a reader has them: what it wrote itself, and below that a laid-out state, or one that its reads decide. */
struct guest {
  struct crash_state *state;    /* NULL: `letters` */
  char letters[DEVICES][SECTORS];
  char written_letters[DEVICES][SECTORS];
  unsigned written[DEVICES][BLOCKS], noted[DEVICES][BLOCKS];    /* a bit for each sector */
  struct control_seen seen[DEVICES * SECTORS];
  size_t seen_count;
  struct log_tape *tape;        /* takes what is written, and when it is flushed; or NULL */
};

/* Gives an observation of what it reads. */
struct reader {
  uint64_t (*observe) (const struct reader *reader, struct guest *guest);
  uint64_t seed;
  unsigned steps;
  bool writes;
  bool flushes;                 /* if it writes */
};

/* Reads and writes here and there: all that was read says where, what, and whether to stop. */
extern uint64_t wander (const struct reader *reader, struct guest *guest);

/* Reads the first device from start to end.  Sees a bit for each sector that is not zeros. */
extern uint64_t read_in_order (const struct reader *reader, struct guest *guest);

/* The last sector is all that is read before it is written. */
extern uint64_t write_and_read (const struct reader *reader, struct guest *guest);

/* Sees the reader's seed. */
extern uint64_t read_nothing (const struct reader *reader, struct guest *guest);

#endif
