/* SPDX-License-Identifier: BSD-3-Clause */
/* No import shows what no crash can leave, and a cautious one shows all that one can. */
#include <config.h>

#include <string.h>

#include "replay/search/model.h"
#include "tests/unit/log/foreign/importing.h"

#define FUA 2

/* The recorders themselves, played from their descriptions, record a random workload of which everything is known.
 * Each write has a sector of its own, so that a state of the device is the set of writes that are there.
 */
#define PLAY_WRITES 7
#define PLAY_FLUSHES 4

struct play {
  struct log_maker *truth;
  struct bytes kernel, qemu;    /* what the recorders write */
  unsigned writes, flushes;     /* that were issued */
  struct {
    uint32_t issue;
    unsigned sector;
    bool fua;
  } flight[PLAY_WRITES];
  unsigned flight_count;
  unsigned unflushed[PLAY_WRITES], unflushed_count;     /* the kernel's list of completed writes, by sector */
  unsigned covered[PLAY_WRITES], covered_count;         /* those that were there when the flush was issued */
  uint32_t flush;               /* its issue */
  bool flushing;
};

static void
log_kernel_write (struct play *play, unsigned sector, uint64_t flags)
{
  dm_write (&play->kernel, flags, sector, (const char[]) { (char) ('a' + sector), '\0' });
}

static void
play_issue (struct play *play, bool fua)
{
  unsigned sector = play->writes++;

  play->flight[play->flight_count].sector = sector;
  play->flight[play->flight_count].fua = fua;
  play->flight[play->flight_count++].issue
    = add_write (play->truth, 0, sector, (const char[]) { (char) ('a' + sector), '\0' }, fua ? LOG_FLAG_FUA : 0);
}

static void
play_complete (struct play *play, unsigned which)
{
  unsigned sector = play->flight[which].sector;

  add_completion (play->truth, play->flight[which].issue, 0);
  if (play->flight[which].fua)
    log_kernel_write (play, sector, FUA);
  else
    play->unflushed[play->unflushed_count++] = sector;
  dm_write (&play->qemu, 0, sector, (const char[]) { (char) ('a' + sector), '\0' });
  play->flight[which] = play->flight[--play->flight_count];
}

static void
play_flush (struct play *play)
{
  play->flush = add_flush (play->truth, 0);
  play->flushing = true;
  play->flushes++;
  memcpy (play->covered, play->unflushed, sizeof play->covered);
  play->covered_count = play->unflushed_count;
  play->unflushed_count = 0;
}

static void
play_flushed (struct play *play)
{
  add_completion (play->truth, play->flush, 0);
  play->flushing = false;
  for (unsigned i = 0; i < play->covered_count; i++)
    log_kernel_write (play, play->covered[i], 0);
  dm_flush (&play->kernel);
  dm_flush (&play->qemu);
}

enum quiet {
  QUIET_NEVER,
  QUIET_AT_COMPLETION,          /* nothing is in flight when a flush is completed */
  QUIET_DURING_FLUSH,           /* nothing is in flight as long as a flush is */
};

/* Play a workload to its end.  Without WITH_FUA there is none, as for QEMU. */
static struct write_log *
play_all (struct play *play, struct dice *dice, bool with_fua, enum quiet quiet)
{
  *play = (struct play) { .truth = make_log (1, PLAY_WRITES) };
  dm_begin (&play->kernel, 512);
  dm_begin (&play->qemu, 512);
  while (play->writes < PLAY_WRITES || play->flushing || play->flight_count > 0) {
    bool still = play->flushing && quiet == QUIET_DURING_FLUSH;

    switch (roll (dice, 4)) {
    case 0:
      if (play->writes < PLAY_WRITES && !still)
        play_issue (play, with_fua && roll (dice, 3) == 0);
      break;
    case 1:
      if (play->flight_count > 0)
        play_complete (play, roll (dice, play->flight_count));
      break;
    case 2:
      if (!play->flushing && play->flushes < PLAY_FLUSHES && (quiet != QUIET_DURING_FLUSH || play->flight_count == 0))
        play_flush (play);
      break;
    case 3:
      if (play->flushing && (quiet == QUIET_NEVER || play->flight_count == 0))
        play_flushed (play);
    }
  }
  /* The kernel logs the rest when the target is removed. */
  for (unsigned i = 0; i < play->unflushed_count; i++)
    log_kernel_write (play, play->unflushed[i], 0);
  return finish_log (play->truth);
}

/* The crash states, as sets of writes (a bit for each sector), after each number of completed flushes. */
struct states {
  bool there[PLAY_FLUSHES + 1][1 << PLAY_WRITES];
};

static void
find_states (const struct write_log *log, struct states *states)
{
  memset (states, 0, sizeof *states);
  for (uint32_t position = 0; position < log->event_count; position++) {
    uint32_t *pending, issued = log_writes_until (log, position);
    int64_t count = model_pending (log, position, &pending);
    unsigned flushes = 0, durable = 0;

    for (uint32_t i = 0; i < log->flush_count; i++)
      flushes += log->flushes[i].completion <= position;
    for (uint32_t i = 0; i < issued; i++)
      if (model_find_pending (pending, (uint32_t) count, i) == NULL)
        durable |= 1u << log->writes[i].offset_bytes / LOG_SECTOR;
    for (unsigned choice = 0; choice < 1u << count; choice++) {
      unsigned there = durable;

      for (unsigned i = 0; i < count; i++)
        if (choice >> i & 1)
          there |= 1u << log->writes[pending[i]].offset_bytes / LOG_SECTOR;
      states->there[flushes][there] = true;
    }
    free (pending);
  }
}

/* Every state of A is one of B. */
static void
assert_states_within (const struct states *a, const struct states *b, int seed, const char *what)
{
  for (unsigned flushes = 0; flushes <= PLAY_FLUSHES; flushes++)
    for (unsigned there = 0; there < 1 << PLAY_WRITES; there++)
      ck_assert_msg (!a->there[flushes][there] || b->there[flushes][there],
                     "seed %d: after %u flushes, writes %x: %s", seed,
                     flushes, there, what);
}

static void
hold_against (const struct bytes *bytes, const struct import_options *options, const struct states *truth, int seed)
{
  static struct states found;
  struct write_log *log = import_well (bytes, *options);

  find_states (log, &found);
  write_log_close (log);
  if (options->order == ORDER_LOGGED)
    assert_states_within (&found, truth, seed, "no crash can leave this");
  else
    assert_states_within (truth, &found, seed, "a crash can leave this, and it is not there");
}

static void
play_and_hold (int seed, bool for_qemu, enum import_order order, enum quiet quiet)
{
  struct dice dice = { (uint64_t) seed };
  static struct states truth;
  struct import_options options = for_qemu ? qemu : kernel;
  struct play play;
  struct write_log *log = play_all (&play, &dice, !for_qemu, quiet);

  find_states (log, &truth);
  options.order = order;
  options.size_bytes = PLAY_WRITES * LOG_SECTOR;
  hold_against (for_qemu ? &play.qemu : &play.kernel, &options, &truth, seed);
  write_log_close (log);
  bytes_free (&play.kernel);
  bytes_free (&play.qemu);
}

START_TEST (as_logged_no_state_is_impossible)
{
  for (unsigned seed = 0; seed < unit_rounds (60); seed++) {
    play_and_hold (seed, false, ORDER_LOGGED, QUIET_NEVER);
    play_and_hold (seed, true, ORDER_LOGGED, QUIET_NEVER);
  }
}
END_TEST

START_TEST (cautiously_no_state_is_missing)
{
  for (unsigned seed = 0; seed < unit_rounds (60); seed++) {
    play_and_hold (seed, false, ORDER_CAUTIOUS, QUIET_DURING_FLUSH);
    play_and_hold (seed, true, ORDER_CAUTIOUS, QUIET_AT_COMPLETION);
  }
}
END_TEST

UNIT_TEST_MAIN ("import-truth", as_logged_no_state_is_impossible, cautiously_no_state_is_missing)
