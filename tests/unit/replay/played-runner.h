/* SPDX-License-Identifier: BSD-3-Clause */
/* Guests that are played, in the place of replay/runner.c. */
#ifndef POWERCUT_TESTS_UNIT_REPLAY_PLAYED_RUNNER_H
#define POWERCUT_TESTS_UNIT_REPLAY_PLAYED_RUNNER_H

#include <stdatomic.h>

#include "log/crash-state.h"
#include "replay/runner.h"
#include "tests/unit/make-log.h"

#define PLAYED_SEEN_MAX 64
#define PLAYED_TREE_MAX 32

struct runner {
  struct crash_state *state;
  struct write_log *own;        /* the log that it is of, if it was told to change */
  struct control_seen seen[PLAYED_SEEN_MAX];
  size_t seen_count;
  char tree[PLAYED_TREE_MAX];
  struct log_tape tape;
  bool renewed;
};

/* What every test has to say: the log, and what a run of the runner's state does: it fills `seen`, `tree` and `tape`,
 * which are empty, and *outcome, which is all zeros.
 */
extern const struct write_log *history;
extern void play_run (struct runner *runner, const char *marks, struct outcome *outcome);

/* Let the run read SECTOR of the first disk: its letter. */
extern char play_read (struct runner *runner, uint32_t sector);

extern atomic_uint runs, boots;

#endif
