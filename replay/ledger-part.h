/* SPDX-License-Identifier: BSD-3-Clause */
/* The insides of a ledger. */
#ifndef POWERCUT_REPLAY_LEDGER_PART_H
#define POWERCUT_REPLAY_LEDGER_PART_H

#include "common/journal.h"
#include "replay/ledger.h"
#include "replay/worker.h"

/* Kinds of records. */
enum ledger_kind {
  LEDGER_PART = 1,              /* what the key of a part is the hash of */
  LEDGER_RELEASE,
  LEDGER_TREE,
  LEDGER_LOCATED,
  LEDGER_RUN,
  LEDGER_MISMATCH,
  LEDGER_CONFIRMATION,
  LEDGER_CONTENTS,
  LEDGER_REPLAY,
  LEDGER_REPLAY_END,
};

struct ledger {
  struct journal_file **journals;
  size_t count;
  struct journal_file *more;    /* that to which is added, or NULL: it is the only one */
  bool has_end;                 /* of the replay that was begun: one before it came there, and was killed after that */
};

/* What a fresh guest said. */
struct confirmed {
  enum violation kind;
  char *state;
  bool repeated;
};

struct ledger_part {
  struct ledger *ledger;
  struct journal_file *reading; /* the file that is read */
  struct session *session;
  uint64_t key;
  bool known;                   /* the ledger has the part */
  struct read_step *steps;      /* of the last run in the file: the next one is told by where it differs */
  size_t step_count;
  struct confirmed *confirmed;
  size_t confirmed_count;
  struct findings repeated;     /* those that were */
  char *contents[2];            /* digests, or NULL */
};

/* Let the steps of the last run be its first SHARED ones and COUNT more, STEPS, which need not be aligned.  Returns 0,
 * or -1 after a message.
 */
extern int ledger_take_steps (struct ledger_part *part, const void *steps, size_t shared, size_t count);

/* Let the session of the part OPAQUE know what RECORD says, if it is of the part: a journal_visit. */
extern int ledger_restore (void *opaque, const struct journal_record *record);

#endif
