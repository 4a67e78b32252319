/* SPDX-License-Identifier: BSD-3-Clause */
/* What earlier runs read and what they saw, so that a run that would read the same again need not be made.
 *
 * A run's read set is every sector that it read before it wrote it and whose content can differ from one explored crash
 * point to another or from one crash state to another, with that content; what the run saw is kept with it.  Recovery
 * is a function of what it reads: any state that agrees with a read set, at whatever crash point, gives what that run
 * saw.  What that means is asked of the oracle anew.
 *
 * Read sets are kept as a trie in the order of the reads: a node asks for the content of some sectors, and its branches
 * are the answers.  Since a deterministic reader that got the same answers so far reads the same next, most nodes ask
 * one question.
 */
#ifndef POWERCUT_REPLAY_SEARCH_READ_SETS_H
#define POWERCUT_REPLAY_SEARCH_READ_SETS_H

#include "checker/outcome.h"
#include "log/crash-state.h"
#include "log/tape.h"
#include "nbd-plugin/crashstate-control.h"
#include "replay/search/crash-points.h"

struct read_sets;

/* For the crash points POINTS of LOG; both must outlive the read sets.  NULL with errno ENOMEM.  All functions may be
 * called by several threads at once.
 */
extern struct read_sets *read_sets_new (const struct write_log *log, const struct crash_points *points);
extern void read_sets_free (struct read_sets *sets);

/* Before anything is kept: states of other logs will be asked for, too, whose devices are the same in number and size,
 * or of this one as it is later.  All that a run reads can differ in these, and belongs to its read set.
 */
extern void read_sets_open (struct read_sets *sets);

/* What a run of STATE would see that depends on INPUTS besides (a number for all that it is given but the device), or
 * NULL if that is not known.  The undecided writes that such a run would need are then decided in STATE as the run
 * would; without an answer STATE is left anyhow.  The outcome is valid until read_sets_free.  With TAPE not NULL, only
 * what has one is known: its bytes are copied to *tape, and are to free.
 */
extern const struct outcome *read_sets_find (struct read_sets *sets, struct crash_state *state, uint64_t inputs,
                                             struct log_tape *tape);

enum read_set_result {
  READ_SET_KEPT,
  READ_SET_CONTRADICTED,        /* a run that read the same saw something else: not the device alone decides */
  READ_SET_FAILED,              /* errno is ENOMEM */
  READ_SET_UNTOLD,              /* who listens has failed after a message */
};

/* Keep what a run of STATE and INPUTS, with all that the run decided, read (SEEN) and saw (OUTCOME), and its TAPE
 * unless that is NULL.  All is copied.
 */
extern enum read_set_result read_sets_add (struct read_sets *sets, struct crash_state *state, uint64_t inputs,
                                           const struct control_seen *seen, size_t count,
                                           const struct outcome *outcome, const struct log_tape *tape);

/* What a run read, and what it saw, apart from any log: for another process to know it, too. */
struct known_reads {
  uint64_t inputs;
  const struct read_step {
    uint64_t block;
    uint32_t device, sectors;
    uint64_t content[2];        /* a hash of the block with zeros in all other sectors */
  } *steps;                     /* in the order of the reads */
  size_t count;
  const struct outcome *outcome;
  const struct log_tape *tape;  /* or NULL */
};

/* Is told of each run that is kept, one at a time, or told again when its tape is.  Returns 0, or -1 after a message.
 */
typedef int read_sets_listener (void *listener, const struct known_reads *known);

/* Let LISTEN be told, before anything is kept. */
extern void read_sets_listen (struct read_sets *sets, read_sets_listener *listen, void *listener);

/* Keep a run that another process was told of; nobody is told.  All is copied. */
extern enum read_set_result read_sets_restore (struct read_sets *sets, const struct known_reads *known);

/* Whether OUTCOME, as read_sets_find gave it, is of a run of another process that nobody has asked this of before: who
 * counts runs counts it now.
 */
extern bool read_sets_count_restored (struct read_sets *sets, const struct outcome *outcome);

#endif
