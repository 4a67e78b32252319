/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked of a replay.  Those that say how a whole log is searched and reported are options of `powercut run`. */
#ifndef POWERCUT_COMMANDS_REPLAY_OPTIONS_H
#define POWERCUT_COMMANDS_REPLAY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/options.h"
#include "log/choice.h"
#include "log/reader.h"
#include "replay/chosen-points.h"
#include "replay/shares.h"
#include "replay/report/filter.h"
#include "replay/report/outputs.h"
#include "replay/trust.h"

struct kept;
struct live_first;

struct replay_options {
  struct guest_options guest;

  /* How a whole log is searched. */
  bool all_prefixes, prefixes_only, no_reduction, minimize, stop_at_first;
  uint64_t jobs;                /* 0: one for each processor */
  uint64_t limit;               /* most runs at one crash point; 0: no limit */
  uint64_t seconds;             /* most time at one crash point; 0: no limit */
  uint64_t total_seconds;       /* ... and at all of them */
  const char *points;           /* words; chosen is what they mean */
  struct chosen_points chosen;
  uint64_t seed, audit_percent;
  const char *tear;             /* a word; tear_mode is what it means */
  enum tear_mode tear_mode;
  uint64_t atomic_bytes;
  uint64_t nested;              /* how often the power fails again, during recovery */
  uint64_t nested_limit;        /* most runs at one crash point of a recovery; 0: no limit */
  const char *lose;             /* the name of a disk that does not come back, `any`, or NULL */
  const char *fault;            /* what the device does wrong (replay/fault.h), or NULL */
  const char *fault_there;      /* what it has done wrong in the log already, or NULL */
  bool readonly_device;         /* what is done with each state before recovery */
  bool fsck, usable;            /* and after the observation */
  const char *trim;             /* a word: any or zero */
  struct outputs outputs;

  /* What else is done with a log: one of these at most, and state with the last four. */
  bool list;
  const char *state, *export, *serve, *bundle;
  const char *recovered;        /* the id of the state that this recovery was of, or NULL */
  uint32_t recovery_from;       /* where in the log a recovery begins that was interrupted (log/aftermath.h), or 0 */
  bool shell, before_recovery;
  struct filter filter;

  const char *shard;            /* words; share is what they mean */
  struct share share;
  const char *const *joined;    /* files of all shards, which are put together (commands/merge.c), or NULL */
  size_t joined_count;
  bool joined_timed;            /* not all of them had the time to come to an end */
  const char *release;          /* the kernel's that they were made with ... */
  const char *identity;         /* ... and what tells their guests from others (guest/identity.h) */
  const char *resume;           /* file that remembers what runs saw (replay/ledger.h), or NULL */
  bool growing;                 /* the logs are not to their ends: they go on, or were not let to (session-config.h) */
  const char *learnt;           /* file in which a live replay of the logs remembers what runs saw, or NULL */
  const struct live_first *live;        /* what that told, or NULL: there was none */
  bool trust_log;               /* what the log names may be taken from this machine */
  const char *const *logs;      /* one, or several recordings of one update */
  size_t log_count;

  /* Asked for one more recording of the update when those that there are have been searched; NEWS says whether the
   * last of them showed something that no other did.  Returns 1 with *log, its path, which lasts as long as
   * MORE_OPAQUE; 0 if there is none; -1 after a message.  NULL: there are no more.
   */
  int (*more) (void *more_opaque, bool news, const char **log);
  void *more_opaque;

  struct kept *kept;            /* a guest that is used again and again, or NULL */
};

#define REPLAY_OPTIONS_DEFAULT \
  { .filter = FILTER_ALL, .tear = "prefix", .atomic_bytes = TEAR_ATOMIC_USUAL, .trim = "any", .limit = 4096, \
    .nested_limit = 64 }

/* What OPTIONS ask of a replay of LOGS: a line of escaped words (common/escape.h) that two replays have in common if
 * they may be put together.  Before what they ask come the shard, whether all is covered that can be, the RELEASE of
 * the kernel, the IDENTITY of the guests, the number of logs, their paths and their hashes: enum replay_word.  To free;
 * NULL after a message.
 */
extern char *replay_options_words (const struct replay_options *options, const struct write_log *const *logs,
                                   const char *release, const char *identity);

/* Whether WORD is one of the options in such a line: others may do what nobody asked for, as the line may be anybody's.
 */
extern bool replay_option_asks (const char *word);

#define REPLAY_TIMED "timed"
#define REPLAY_LOG_HASH "log:"  /* before that of a log */

/* Where in such a line, taken apart, is what. */
enum replay_word {
  REPLAY_WORD_SHARD,            /* I/N */
  REPLAY_WORD_BOUNDS,           /* REPLAY_TIMED if time was limited */
  REPLAY_WORD_RELEASE,
  REPLAY_WORD_IDENTITY,
  REPLAY_WORD_LOGS,             /* their number; from the next on their paths, then hashes, then options */
  REPLAY_WORD_PATHS,
};

/* Add the rows of what says how a log is searched, and of the reports, to TABLE: not those of the guest. */
extern void replay_options_add (struct option_table *table, struct replay_options *options);

/* Add the rows of what is done with a state after the observation, which are among those, too. */
extern void replay_options_add_later (struct option_table *table, struct replay_options *options);

/* Add the row of --trust-log, for a command to which a log is given. */
extern void replay_options_add_trust (struct option_table *table, struct replay_options *options);

/* Check what was parsed, but for the log itself, and complete it.  Returns 0, or -1 after a message. */
extern int replay_options_check (struct replay_options *options);

/* Check NESTED and LIMIT, of --nested and --nested-limit, which may be NULL.  Returns 0, or -1 after a message. */
extern int nested_check (const char *nested, const char *limit);

/* Complete what the command line left open by what LOG was recorded with.  Returns 0, or -1 after a message. */
extern int replay_options_complete (struct replay_options *options, const struct write_log *log);

/* What of this machine may be taken for the log; it points into OPTIONS. */
extern struct trust replay_options_trust (const struct replay_options *options);

/* The command line of program `replay`.  Returns 0, or -1 after a message. */
extern int replay_options_parse (int argc, char **argv, struct replay_options *options);

#endif
