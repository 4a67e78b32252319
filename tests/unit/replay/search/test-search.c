/* SPDX-License-Identifier: BSD-3-Clause */
/* The search is held against a visit of every legal state, which is laid out from the log's records and the words of
 * the model alone.  In the place of a guest stands a reader whose next read or write depends on what it has read, as a
 * recovery's does.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/state-id.h"
#include "replay/search/node.h"
#include "replay/search/read-sets.h"
#include "replay/search/search.h"
#include "tests/unit/make-log.h"

#define DEVICES 2
#define SECTORS 16
#define BLOCKS (SECTORS / BLOCK_SECTORS)
#define WRITES_MAX 512
#define WORKERS_MAX 8

/* For what is asserted of every run: ck_assert writes to a file each time. */
#define ASSERT_QUICKLY(condition) \
  do { \
    if (!(condition)) \
      ck_abort_msg ("not so: %s", #condition); \
  } while (0)

/* A write or flush as the log's records tell it. */
struct operation {
  unsigned device, first, count;        /* sectors */
  uint32_t issue, completion;   /* positions; LOG_NEVER if it failed or did not complete */
  bool fua;
  char letters[SECTORS];
};

struct history {
  struct operation writes[WRITES_MAX], flushes[WRITES_MAX];
  unsigned write_count, flush_count;
};

static void
note_operation (struct history *history, const struct log_event *event)
{
  struct operation *operation = event->record.kind == LOG_FLUSH ? &history->flushes[history->flush_count++]
    : &history->writes[history->write_count++];

  ASSERT_QUICKLY (history->flush_count < WRITES_MAX);
  ASSERT_QUICKLY (history->write_count < WRITES_MAX);
  *operation = (struct operation) {
    .device = event->record.device, .first = (unsigned) (event->record.offset / LOG_SECTOR),
    .count = event->record.length / LOG_SECTOR, .issue = event->position, .completion = LOG_NEVER,
    .fua = event->record.flags & LOG_FLAG_FUA
  };
  for (unsigned i = 0; i < operation->count; i++)
    operation->letters[i] = event->record.kind == LOG_WRITE ? sector_letter (event->data + i * LOG_SECTOR) : '.';
}

static void
note_completion (struct history *history, const struct log_event *event)
{
  if (event->record.length != 0)
    return;                     /* it failed */
  for (unsigned i = 0; i < history->write_count; i++)
    if (history->writes[i].issue == event->record.offset)
      history->writes[i].completion = event->position;
  for (unsigned i = 0; i < history->flush_count; i++)
    if (history->flushes[i].issue == event->record.offset)
      history->flushes[i].completion = event->position;
}

static void
read_history (const struct write_log *log, struct history *history)
{
  struct log_cursor cursor;
  struct log_event event;

  history->write_count = history->flush_count = 0;
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event))
    if (event.record.kind == LOG_COMPLETION)
      note_completion (history, &event);
    else if (event.record.kind != LOG_MARK)
      note_operation (history, &event);
}

static bool
is_durable (const struct history *history, const struct operation *write, uint32_t point)
{
  if (write->completion > point)
    return false;
  for (unsigned i = 0; i < history->flush_count; i++) {
    const struct operation *flush = &history->flushes[i];

    if (flush->device == write->device && write->completion < flush->issue && flush->completion <= point)
      return true;
  }
  return write->fua;
}

/* One legal state after the other. */
struct states {
  const struct history *history;
  uint32_t point;
  struct tear tear;
  struct {
    const struct operation *write;
    unsigned pieces;
    unsigned value, end;        /* one of `end` ways in which it may be there */
  } pending[WRITES_MAX];
  unsigned pending_count;
};

/* The number of the device's sector that has sector SECTOR of WRITE, counted from that of the write's start. */
static unsigned
piece_of (const struct tear *tear, const struct operation *write, unsigned sector)
{
  unsigned unit = tear->sector_bytes / LOG_SECTOR;

  return tear->mode == TEAR_NONE ? 0 : (write->first + sector) / unit - write->first / unit;
}

static void
first_state (struct states *states, const struct history *history, uint32_t point, const struct tear *tear)
{
  *states = (struct states) { .history = history, .point = point, .tear = *tear };
  for (unsigned i = 0; i < history->write_count && history->writes[i].issue <= point; i++) {
    const struct operation *write = &history->writes[i];
    unsigned pieces = piece_of (tear, write, write->count - 1) + 1;

    if (is_durable (history, write, point))
      continue;
    ASSERT_QUICKLY (pieces < 20);
    states->pending[states->pending_count].write = write;
    states->pending[states->pending_count].pieces = pieces;
    states->pending[states->pending_count++].end = tear->mode == TEAR_PREFIX ? pieces + 1 : 1u << pieces;
  }
}

static bool
next_state (struct states *states)
{
  for (unsigned i = 0; i < states->pending_count; i++) {
    if (++states->pending[i].value < states->pending[i].end)
      return true;
    states->pending[i].value = 0;
  }
  return false;
}

/* What is on the devices in the present state. */
static void
lay_out_state (const struct states *states, char letters[DEVICES][SECTORS])
{
  const struct history *history = states->history;
  unsigned at = 0;

  memset (letters, '.', (size_t) DEVICES * SECTORS);
  for (unsigned i = 0; i < history->write_count && history->writes[i].issue <= states->point; i++) {
    const struct operation *write = &history->writes[i];
    bool pending = at < states->pending_count && states->pending[at].write == write;
    unsigned value = pending ? states->pending[at++].value : 0;

    for (unsigned sector = 0; sector < write->count; sector++) {
      unsigned piece = piece_of (&states->tear, write, sector);

      if (!pending || (states->tear.mode == TEAR_PREFIX ? piece < value : value >> piece & 1))
        letters[write->device][write->first + sector] = write->letters[sector];
    }
  }
}

/* Devices as a reader has them: what it wrote itself, and below that a laid-out state, or one that its reads decide. */
struct guest {
  struct crash_state *state;    /* NULL: `letters` */
  char letters[DEVICES][SECTORS];
  char written_letters[DEVICES][SECTORS];
  unsigned written[DEVICES][BLOCKS], noted[DEVICES][BLOCKS];    /* a bit for each sector */
  struct control_seen seen[DEVICES * SECTORS];
  size_t seen_count;
};

/* Sectors FIRST to FIRST + COUNT - 1 of a block. */
static unsigned
sector_bits (unsigned first, unsigned count)
{
  return ((1u << count) - 1) << first;
}

/* What the plugin crashstate tells of a read. */
static void
note_read (struct guest *guest, unsigned device, unsigned block, unsigned sectors)
{
  sectors &= ~guest->noted[device][block];
  if (sectors == 0)
    return;
  guest->noted[device][block] |= sectors;
  guest->seen[guest->seen_count++] = (struct control_seen) { .block = block, .device = device, .sectors = sectors };
}

/* All sectors are in one block. */
static void
read_part (struct guest *guest, unsigned device, unsigned first, unsigned count, char *letters)
{
  unsigned block = first / BLOCK_SECTORS, skip = first % BLOCK_SECTORS;
  unsigned missing = sector_bits (skip, count) & ~guest->written[device][block];
  char bytes[BLOCK_SIZE];

  if (guest->state && missing)
    crash_state_read_block (guest->state, device, block, missing, bytes);
  for (unsigned i = 0; i < count; i++)
    if (!(missing & 1u << (skip + i)))
      letters[i] = guest->written_letters[device][first + i];
    else
      letters[i] = guest->state ? sector_letter (bytes + (skip + i) * LOG_SECTOR) : guest->letters[device][first + i];
  note_read (guest, device, block, missing);
}

static void
read_sectors (struct guest *guest, unsigned device, unsigned first, unsigned count, char *letters)
{
  while (count > 0) {
    unsigned room = BLOCK_SECTORS - first % BLOCK_SECTORS, part = count < room ? count : room;

    read_part (guest, device, first, part, letters);
    first += part;
    letters += part;
    count -= part;
  }
}

static void
write_sectors (struct guest *guest, unsigned device, unsigned first, unsigned count, char letter)
{
  for (unsigned sector = first; sector < first + count; sector++) {
    guest->written[device][sector / BLOCK_SECTORS] |= 1u << sector % BLOCK_SECTORS;
    guest->written_letters[device][sector] = letter;
  }
}

/* Gives an observation of what it reads. */
struct reader {
  uint64_t (*observe) (const struct reader *reader, struct guest *guest);
  uint64_t seed;
  unsigned steps;
  bool writes;
};

/* Reads and writes here and there: all that was read says where, what, and whether to stop. */
static uint64_t
wander (const struct reader *reader, struct guest *guest)
{
  struct dice dice = { reader->seed };
  char letters[3];

  for (unsigned step = 0; step < reader->steps && roll (&dice, 24) != 0; step++) {
    unsigned device = roll (&dice, DEVICES), first = roll (&dice, SECTORS), room = SECTORS - first;
    unsigned count = 1 + roll (&dice, room < sizeof letters ? room : sizeof letters);

    if (reader->writes && roll (&dice, 4) == 0) {
      write_sectors (guest, device, first, count, "xyz"[roll (&dice, 3)]);
      continue;
    }
    read_sectors (guest, device, first, count, letters);
    for (unsigned i = 0; i < count; i++)
      dice.state = dice.state * 31 + (unsigned char) letters[i];
  }
  return (uint64_t) roll (&dice, UINT32_MAX) << 32 | roll (&dice, UINT32_MAX);
}

/* Reads the first device from start to end.  Sees a bit for each sector that is not zeros. */
static uint64_t
read_in_order (const struct reader *reader, struct guest *guest)
{
  uint64_t there = 0;
  char letter;

  (void) reader;
  for (unsigned sector = 0; sector < SECTORS; sector++) {
    read_sectors (guest, 0, sector, 1, &letter);
    there |= (uint64_t) (letter != '.') << sector;
  }
  return there;
}

/* The last sector is all that is read before it is written. */
static uint64_t
write_and_read (const struct reader *reader, struct guest *guest)
{
  write_sectors (guest, 0, 0, SECTORS - 1, 'b');
  return read_in_order (reader, guest);
}

static uint64_t
read_nothing (const struct reader *reader, struct guest *guest)
{
  (void) guest;
  return reader->seed;
}

/* Runs, or states that share an observation. */
struct tally {
  struct entry {
    uint64_t observation, states;
    char *place;                /* of a run, to free; or NULL */
  } *entries;
  size_t count, room;
};

static void
tally_add (struct tally *tally, uint64_t observation, uint64_t states, char *place)
{
  if (tally->count == tally->room) {
    tally->room = tally->room ? tally->room * 2 : 64;
    tally->entries = reallocarray (tally->entries, tally->room, sizeof *tally->entries);
    ASSERT_QUICKLY (tally->entries);
  }
  tally->entries[tally->count++] = (struct entry) { observation, states, place };
}

static void
tally_free (struct tally *tally)
{
  for (size_t i = 0; i < tally->count; i++)
    free (tally->entries[i].place);
  free (tally->entries);
  memset (tally, 0, sizeof *tally);
}

static int
compare_observations (const void *left, const void *right)
{
  const struct entry *a = left, *b = right;

  return a->observation < b->observation ? -1 : a->observation > b->observation;
}

static int
compare_places (const void *left, const void *right)
{
  const struct entry *a = left, *b = right;

  return strcmp (a->place, b->place);
}

static void
sort_entries (struct tally *tally, int (*compare) (const void *, const void *))
{
  if (tally->count > 0)
    qsort (tally->entries, tally->count, sizeof *tally->entries, compare);
}

/* How many states there are of each observation of FROM. */
static struct tally
states_by_observation (struct tally *from)
{
  struct tally sums = { .count = 0 };

  sort_entries (from, compare_observations);
  for (size_t i = 0; i < from->count; i++)
    if (sums.count > 0 && sums.entries[sums.count - 1].observation == from->entries[i].observation)
      sums.entries[sums.count - 1].states += from->entries[i].states;
    else
      tally_add (&sums, from->entries[i].observation, from->entries[i].states, NULL);
  return sums;
}

static void
assert_same_observations (struct tally *a, struct tally *b)
{
  struct tally left = states_by_observation (a), right = states_by_observation (b);

  ASSERT_QUICKLY (left.count == right.count);
  for (size_t i = 0; i < left.count; i++) {
    ASSERT_QUICKLY (left.entries[i].observation == right.entries[i].observation);
    ASSERT_QUICKLY (left.entries[i].states == right.entries[i].states);
  }
  tally_free (&left);
  tally_free (&right);
}

/* Whether the same runs were made, in any order. */
static bool
are_same_runs (struct tally *a, struct tally *b)
{
  bool same = a->count == b->count;

  sort_entries (a, compare_places);
  sort_entries (b, compare_places);
  for (size_t i = 0; same && i < a->count; i++)
    same = strcmp (a->entries[i].place, b->entries[i].place) == 0 && a->entries[i].states == b->entries[i].states
      && a->entries[i].observation == b->entries[i].observation;
  return same;
}

/* A search with a reader for a guest, and what came of it. */
struct trial {
  struct search_config config;
  struct reader reader;
  bool fickle;                  /* the reader is another one each time */
  struct read_sets *read_sets;    /* NULL: every run is made */
  unsigned workers;
  struct dice dice;             /* says which worker is done next */
  struct search *search;
  struct crash_state *state, *other;
  struct tally runs;
  uint64_t remembered;
  mpz_t states, covered;
};

static struct trial
begin_trial (const struct write_log *log, const struct crash_point *point, struct tear tear, struct reader reader)
{
  struct trial trial = {
    .config = {
      .log = log, .point = point->position, .pending = point->pending, .pending_count = point->pending_count,
        .tear = tear,
      .reduce = true
    },
    .reader = reader, .workers = 1
  };

  trial.state = crash_state_new (log);
  trial.other = crash_state_new (log);
  ck_assert_ptr_nonnull (trial.state);
  ck_assert_ptr_nonnull (trial.other);
  mpz_inits (trial.states, trial.covered, NULL);
  return trial;
}

static void
end_trial (struct trial *trial)
{
  search_free (trial->search);
  crash_state_free (trial->state);
  crash_state_free (trial->other);
  tally_free (&trial->runs);
  mpz_clears (trial->states, trial->covered, NULL);
}

/* Run the reader on SELECTION. */
static uint64_t
observe (const struct trial *trial, struct crash_state *state, const struct selection *selection, struct guest *guest)
{
  *guest = (struct guest) { .state = state };
  ASSERT_QUICKLY (crash_state_select (state, selection) == 0);
  return trial->reader.observe (&trial->reader, guest);
}

/* SELECTION with MORE choices behind its own, which are to free. */
static struct selection
extended (const struct selection *selection, const struct choice *more, size_t count, struct choice **choices)
{
  struct selection result = *selection;

  *choices = calloc (selection->count + count + 1, sizeof **choices);
  ASSERT_QUICKLY (*choices);
  for (size_t i = 0; i < selection->count; i++)
    (*choices)[i] = selection->choices[i];
  for (size_t i = 0; i < count; i++)
    (*choices)[selection->count + i] = more[i];
  result.choices = *choices;
  result.count = selection->count + count;
  return result;
}

static struct outcome
outcome_of (uint64_t observation)
{
  struct outcome outcome = { .kind = OUTCOME_TREE };

  snprintf (outcome.digest, sizeof outcome.digest, "%016jx", (uintmax_t) observation);
  return outcome;
}

/* The run that was remembered instead, decided in `state`, would have been this one. */
static uint64_t
assert_remembered_right (struct trial *trial, const struct selection *selection, const struct outcome *known)
{
  CLEANUP_FREE struct choice *choices = NULL;
  struct guest guest;
  uint64_t observation = observe (trial, trial->other, selection, &guest);
  const struct outcome outcome = outcome_of (observation);
  size_t count, expected;
  const struct choice *decisions = crash_state_decisions (trial->state, &count);
  const struct choice *own = crash_state_decisions (trial->other, &expected);

  ASSERT_QUICKLY (outcome_same (known, &outcome));
  ASSERT_QUICKLY (count == expected);
  for (size_t i = 0; i < count; i++)
    ASSERT_QUICKLY (memcmp (&decisions[i], &own[i], sizeof own[i]) == 0);
  const struct selection decided = extended (selection, decisions, count, &choices);
  ASSERT_QUICKLY (observe (trial, trial->other, &decided, &guest) == observation);
  crash_state_decisions (trial->other, &count);
  ASSERT_QUICKLY (count == 0);
  return observation;
}

static void
keep_read_set (struct trial *trial, const struct selection *selection, const struct guest *guest, uint64_t observation)
{
  CLEANUP_FREE struct choice *choices = NULL;
  const struct outcome outcome = outcome_of (observation);
  size_t count;
  const struct choice *decisions = crash_state_decisions (trial->state, &count);
  const struct selection decided = extended (selection, decisions, count, &choices);

  ASSERT_QUICKLY (crash_state_select (trial->other, &decided) == 0);
  ASSERT_QUICKLY (read_sets_add (trial->read_sets, trial->other, 0, guest->seen, guest->seen_count, &outcome)
                  == READ_SET_KEPT);
  crash_state_decisions (trial->other, &count);
  ASSERT_QUICKLY (count == 0); /* the run had decided all that it read */
}

/* What a run of SELECTION sees, remembered or real; what was decided is in `state` then. */
static uint64_t
run_or_remember (struct trial *trial, const struct selection *selection)
{
  const struct outcome *known;
  struct guest guest;
  uint64_t observation;

  if (trial->read_sets) {
    ASSERT_QUICKLY (crash_state_select (trial->state, selection) == 0);
    known = read_sets_find (trial->read_sets, trial->state, 0);
    trial->remembered += known != NULL;
    if (known)
      return assert_remembered_right (trial, selection, known);
  }
  observation = observe (trial, trial->state, selection, &guest);
  if (trial->read_sets)
    keep_read_set (trial, selection, &guest, observation);
  return observation;
}

/* The decided choices alone must give what the run saw: with everything else absent, and as a state id, which leaves
 * everything else there.
 */
static void
assert_decided_enough (struct trial *trial, const struct node *leaf, uint64_t observation)
{
  const struct search_config *config = &trial->config;
  CLEANUP_FREE struct choice *decided = NULL, *absent = NULL, *parsed = NULL, *choices = NULL;
  CLEANUP_FREE char *id = NULL;
  size_t count, parsed_count;
  struct guest guest;
  uint32_t point;

  decided = node_decided (leaf, &count);
  absent = calloc (config->pending_count + 1, sizeof *absent);
  ASSERT_QUICKLY (decided);
  ASSERT_QUICKLY (absent);
  for (uint32_t i = 0; i < config->pending_count; i++)
    absent[i] = choice_whole (config->pending[i], CHOICE_ABSENT);
  const struct selection rest_absent = {
    .point = config->point, .choices = absent, .count = config->pending_count, .rule = { .tear = config->tear }
  };
  const struct selection selection = extended (&rest_absent, decided, count, &choices);
  ASSERT_QUICKLY (observe (trial, trial->other, &selection, &guest) == observation);

  id = state_id_format (config->log, config->point, decided, count);
  ASSERT_QUICKLY (id);
  ASSERT_QUICKLY (state_id_parse (id, config->log, &point, &parsed, &parsed_count) == 0);
  const struct selection named = {
    .point = point, .choices = parsed, .count = parsed_count, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } }
  };
  ASSERT_QUICKLY (point == config->point);
  ASSERT_QUICKLY (observe (trial, trial->other, &named, &guest) == observation);
}

/* The first run decides everything for `there`, the second one everything against it. */
static void
assert_first_places (const struct trial *trial, const char *place)
{
  if (trial->runs.count < 2)
    ASSERT_QUICKLY (strspn (place, trial->runs.count == 0 ? "+" : "-") == strlen (place));
}

static void
enter_run (struct trial *trial, const struct node *leaf, uint64_t observation, const mpz_t states)
{
  char *place = node_place (leaf);

  ASSERT_QUICKLY (place);
  if (!trial->fickle && !trial->config.prefix_only) {
    assert_decided_enough (trial, leaf, observation);
    assert_first_places (trial, place);
  }
  ASSERT_QUICKLY (mpz_sgn (states) > 0);
  if (!trial->config.reduce)
    ASSERT_QUICKLY (mpz_cmp_ui (states, 1) == 0);
  tally_add (&trial->runs, observation, mpz_fits_ulong_p (states) ? mpz_get_ui (states) : 0, place);
  mpz_add (trial->covered, trial->covered, states);
}

static void
answer_task (struct trial *trial, const struct task *task)
{
  CLEANUP_FREE struct choice *choices = NULL;
  const struct choice *decisions;
  struct selection selection;
  const struct node *leaf;
  uint64_t observation;
  size_t count;
  mpz_t states;

  mpz_init (states);
  ASSERT_QUICKLY (search_selection (trial->search, task, &selection, &choices) == 0);
  observation = run_or_remember (trial, &selection);
  trial->reader.seed += trial->fickle;
  decisions = crash_state_decisions (trial->state, &count);
  if (!trial->config.reduce || trial->config.prefix_only)
    ASSERT_QUICKLY (count == 0);
  ASSERT_QUICKLY (search_answer (trial->search, task, decisions, count, states, &leaf) == 0);
  enter_run (trial, leaf, observation, states);
  mpz_clear (states);
}

/* Make a search to its end, with workers that each have a task at a time. */
static void
explore (struct trial *trial)
{
  struct task tasks[WORKERS_MAX];
  unsigned taken = 0;
  mpz_t covered;

  trial->search = search_new (&trial->config);
  ck_assert_ptr_nonnull (trial->search);
  for (;;) {
    enum search_step step = SEARCH_TASK;

    while (taken < trial->workers && (step = search_take (trial->search, &tasks[taken])) == SEARCH_TASK)
      taken++;
    ASSERT_QUICKLY (step == (taken == trial->workers ? SEARCH_TASK : taken ? SEARCH_WAIT : SEARCH_DONE));
    if (taken == 0)
      break;
    struct task *done = &tasks[roll (&trial->dice, taken)];
    answer_task (trial, done);
    *done = tasks[--taken];
  }
  mpz_init (covered);
  search_covered (trial->search, covered);
  ck_assert_int_eq (model_count_states (trial->config.log, trial->config.pending, trial->config.pending_count,
                                        &trial->config.tear, trial->states), 0);
  ck_assert_int_eq (mpz_cmp (covered, trial->covered), 0);
  ck_assert_int_le (mpz_cmp (covered, trial->states), 0);
  mpz_clear (covered);
}

static void
explore_all (struct trial *trial)
{
  explore (trial);
  ck_assert_int_eq (mpz_cmp (trial->covered, trial->states), 0);
}

/* What every legal state shows, without search, crash_state and model. */
static struct tally
visit_states (const struct history *history, const struct trial *trial)
{
  struct tally tally = { .count = 0 };
  struct states states;

  first_state (&states, history, trial->config.point, &trial->config.tear);
  do {
    struct guest guest = { .state = NULL };

    lay_out_state (&states, guest.letters);
    tally_add (&tally, trial->reader.observe (&trial->reader, &guest), 1, NULL);
  } while (next_state (&states));
  return tally;
}

/* What the comparisons of many crash points came to. */
struct effort {
  uint64_t states, runs, remembered;
};

/* All ways to visit a crash point agree. */
static void
compare_ways (const struct history *history, const struct write_log *log, const struct crash_point *point,
              struct tear tear,
              struct reader reader, struct read_sets *read_sets, struct effort *effort)
{
  struct trial reduced = begin_trial (log, point, tear, reader), remembering = begin_trial (log, point, tear, reader);
  struct trial whole = begin_trial (log, point, tear, reader);
  struct tally every = visit_states (history, &reduced);

  whole.config.reduce = false;
  remembering.read_sets = read_sets;
  explore_all (&reduced);
  explore_all (&whole);
  explore_all (&remembering);
  ck_assert_uint_eq (mpz_get_ui (reduced.states), every.count);
  ck_assert_uint_eq (whole.runs.count, every.count);
  ck_assert_uint_le (reduced.runs.count, every.count);
  ck_assert (are_same_runs (&reduced.runs, &remembering.runs));
  assert_same_observations (&reduced.runs, &every);
  assert_same_observations (&whole.runs, &every);
  effort->states += every.count;
  effort->runs += remembering.runs.count - remembering.remembered;
  effort->remembered += remembering.remembered;
  tally_free (&every);
  end_trial (&reduced);
  end_trial (&whole);
  end_trial (&remembering);
}

/* Whether no crash point has more than MAX states. */
static bool
has_few_states (const struct write_log *log, const struct crash_points *points, const struct tear *tear, unsigned max)
{
  bool few = true;
  mpz_t states;

  mpz_init (states);
  for (size_t i = 0; i < points->count && few; i++) {
    model_count_states (log, points->points[i].pending, points->points[i].pending_count, tear, states);
    few = mpz_cmp_ui (states, max) <= 0;
  }
  mpz_clear (states);
  return few;
}

static const struct tear tears[] = {
  { TEAR_NONE, 512 }, { TEAR_PREFIX, 512 }, { TEAR_PREFIX, 1024 }, { TEAR_ANY, 512 }, { TEAR_ANY, 1024 }
};
#define TEAR_COUNT (int) (sizeof tears / sizeof tears[0])
#define STATES_USUAL 256
#define STATES_MAX 4096
#define LOG_COUNT 200           /* for each of `tears` */

static const struct log_shape shapes[] = {
  { DEVICES, SECTORS, 3, 4, 6, true }, { DEVICES, SECTORS, 5, 4, 6, true }, { DEVICES, SECTORS, 2, 4, 8, true },
  { DEVICES, SECTORS, 6, 4, 10, true }
};
#define SHAPE_COUNT (sizeof shapes / sizeof shapes[0])

static struct write_log *
make_log_and_points (struct dice *dice, unsigned number, struct crash_points *points)
{
  struct write_log *log = make_random_log (dice, &shapes[number % SHAPE_COUNT]);

  ck_assert_int_eq (model_crash_points (log, false, points), 0);
  return log;
}

/* All ways to visit all crash points of a log, from first to last or backwards, with read_sets that outlive them. */
static void
compare_log (const struct write_log *log, const struct crash_points *points, struct tear tear, struct reader reader,
             bool backwards, struct effort *effort)
{
  struct read_sets *read_sets = read_sets_new (log, points);
  struct history history;

  ck_assert_ptr_nonnull (read_sets);
  read_history (log, &history);
  for (size_t i = 0; i < points->count; i++)
    compare_ways (&history, log, &points->points[backwards ? points->count - 1 - i : i], tear, reader, read_sets,
                  effort);
  read_sets_free (read_sets);
}

START_TEST (what_is_read_decides_as_every_state_does)
{
  struct effort efforts[TEAR_COUNT];
  unsigned counts[TEAR_COUNT] = { 0 };
  struct dice dice = { 0 };

  memset (efforts, 0, sizeof efforts);
  for (unsigned number = 0, satisfied = 0; satisfied < TEAR_COUNT; number++) {
    struct crash_points points;
    struct write_log *log = make_log_and_points (&dice, number, &points);
    const struct reader reader = { wander, number, 1 + roll (&dice, 24), number / SHAPE_COUNT % 2 };

    for (int i = 0; i < TEAR_COUNT; i++)
      if (counts[i] < LOG_COUNT
          && has_few_states (log, &points, &tears[i], counts[i] % 16 ? STATES_USUAL : STATES_MAX)) {
        compare_log (log, &points, tears[i], reader, number % 3 == 0, &efforts[i]);
        satisfied += ++counts[i] == LOG_COUNT;
      }
    crash_points_free (&points);
    write_log_close (log);
  }
  for (int i = 0; i < TEAR_COUNT; i++) {
    ck_assert_uint_gt (efforts[i].remembered, LOG_COUNT);
    ck_assert_uint_gt (efforts[i].runs, LOG_COUNT);
    ck_assert_uint_lt (efforts[i].runs, efforts[i].states / 2);
  }
}
END_TEST

/* A random log for which TEAR leaves a few states. */
static struct write_log *
make_small_log (struct dice *dice, const struct tear *tear, struct crash_points *points)
{
  for (unsigned number = 0;; number++) {
    struct write_log *log = make_log_and_points (dice, number, points);

    if (has_few_states (log, points, tear, STATES_USUAL))
      return log;
    crash_points_free (points);
    write_log_close (log);
  }
}

/* COUNT pending writes of one sector each, on sectors of their own from 0 on, and the end as the one crash point. */
static struct write_log *
log_of_writes (uint32_t count, struct crash_points *points)
{
  struct log_maker *maker = make_log (DEVICES, count > SECTORS ? count : SECTORS);

  for (uint32_t i = 0; i < count; i++)
    add_write (maker, 0, i, "a", 0);
  struct write_log *log = finish_log (maker);
  ck_assert_int_eq (model_crash_points (log, false, points), 0);
  ck_assert_uint_eq (points->count, 1);
  ck_assert_uint_eq (points->points[0].pending_count, count);
  return log;
}

static const struct tear whole = { TEAR_NONE, LOG_SECTOR };

static unsigned
count_absent (const struct entry *run)
{
  unsigned absent = 0;

  for (const char *c = run->place; *c; c++)
    absent += *c == '-';
  return absent;
}

START_TEST (the_most_telling_states_come_first)
{
  /* All, none, each dropped, each alone, all pairs dropped, all pairs alone, the rest. */
  static const struct {
    unsigned runs, absent;
  } stages[] = { { 1, 0 }, { 1, 6 }, { 6, 1 }, { 6, 5 }, { 15, 2 }, { 15, 4 }, { 20, 3 } };
  struct crash_points points;
  struct write_log *log = log_of_writes (6, &points);

  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial trial = begin_trial (log, points.points, whole, (struct reader) { read_in_order, 0, 0, false });
    unsigned at = 0;

    trial.config.reduce = reduce;
    explore_all (&trial);
    ck_assert_uint_eq (trial.runs.count, 64);
    for (unsigned stage = 0; stage < sizeof stages / sizeof stages[0]; stage++)
      for (unsigned i = 0; i < stages[stage].runs; i++, at++) {
        const struct entry *run = &trial.runs.entries[at];

        ck_assert_uint_eq (count_absent (run), stages[stage].absent);
        ck_assert_int_eq (__builtin_popcountll (run->observation), 6 - (int) stages[stage].absent);
      }
    end_trial (&trial);
  }
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (a_limit_ends_the_search_after_so_many_runs)
{
  struct crash_points points;
  struct write_log *log = log_of_writes (6, &points);
  const struct reader reader = { read_in_order, 0, 0, false };
  struct trial all = begin_trial (log, points.points, whole, reader);

  explore_all (&all);
  for (unsigned limit = 1; limit <= 80; limit++) {
    struct trial trial = begin_trial (log, points.points, whole, reader);
    unsigned expected = limit < 64 ? limit : 64;

    trial.config.limit = limit;
    trial.config.reduce = limit % 2;
    explore (&trial);
    ck_assert_uint_eq (trial.runs.count, expected);
    ck_assert_int_eq (mpz_cmp_ui (trial.covered, expected), 0);
    for (unsigned i = 0; i < expected; i++)
      ck_assert_str_eq (trial.runs.entries[i].place, all.runs.entries[i].place);
    end_trial (&trial);
  }
  end_trial (&all);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

/* Explore up to LIMIT with so many workers. */
static struct trial
explore_with (const struct write_log *log, const struct crash_point *point, struct tear tear, struct reader reader,
              uint64_t limit,
              unsigned workers, uint64_t order)
{
  struct trial trial = begin_trial (log, point, tear, reader);

  trial.config.limit = limit;
  trial.config.seed = 3;
  trial.config.reduce = limit % 4;
  trial.workers = workers;
  trial.dice.state = order;
  explore (&trial);
  return trial;
}

START_TEST (a_limited_search_covers_the_same_with_any_workers)
{
  struct dice dice = { 100 + (uint64_t) _i };
  bool cut = false;

  for (unsigned number = 0; number < 10; number++) {
    struct crash_points points;
    struct write_log *log = make_small_log (&dice, &tears[_i], &points);
    const struct reader reader = { wander, number, 24, number % 2 };

    for (size_t i = 0; i < points.count; i++) {
      uint64_t limit = 1 + roll (&dice, 100);
      struct trial alone = explore_with (log, &points.points[i], tears[_i], reader, limit, 1, 0);

      cut |= mpz_cmp (alone.covered, alone.states) < 0;
      for (unsigned order = 0; order < 4; order++) {
        struct trial shared = explore_with (log, &points.points[i], tears[_i], reader, limit, order < 3 ? 3
                                            : WORKERS_MAX, order);

        ck_assert (are_same_runs (&alone.runs, &shared.runs));
        end_trial (&shared);
      }
      end_trial (&alone);
    }
    crash_points_free (&points);
    write_log_close (log);
  }
  ck_assert (cut);
}
END_TEST

/* 158 of 4096 states come before random ones; SEED is of these. */
static struct trial
explore_at_random (const struct write_log *log, const struct crash_point *point, uint64_t seed)
{
  struct trial trial = begin_trial (log, point, whole, (struct reader) { read_in_order, 0, 0, false });

  trial.config.limit = 300;
  trial.config.seed = seed;
  trial.workers = 3;
  explore (&trial);
  return trial;
}

START_TEST (the_seed_says_what_is_random)
{
  struct crash_points points;
  struct write_log *log = log_of_writes (12, &points);
  struct trial one = explore_at_random (log, points.points, 1), again = explore_at_random (log, points.points, 1);
  struct trial two = explore_at_random (log, points.points, 2);

  ck_assert (are_same_runs (&one.runs, &again.runs));
  ck_assert (!are_same_runs (&one.runs, &two.runs));
  end_trial (&one);
  end_trial (&again);
  end_trial (&two);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (the_next_batch_waits_for_all_answers)
{
  struct crash_points points;
  struct write_log *log = log_of_writes (4, &points);
  struct trial trial = begin_trial (log, points.points, whole, (struct reader) { read_in_order, 0, 0, false });
  struct task tasks[4], extra;

  trial.search = search_new (&trial.config);
  for (unsigned i = 0; i < 2; i++) {
    ck_assert_int_eq (search_take (trial.search, &tasks[0]), SEARCH_TASK);
    ck_assert_int_eq (search_take (trial.search, &extra), SEARCH_WAIT);
    ck_assert_int_eq (tasks[0].preference, i == 0 ? PREFER_PRESENT : PREFER_ABSENT);
    answer_task (&trial, &tasks[0]);
  }
  for (unsigned i = 0; i < 4; i++) {
    ck_assert_int_eq (search_take (trial.search, &tasks[i]), SEARCH_TASK);
    ck_assert_int_eq (tasks[i].preference, PREFER_PRESENT);
  }
  for (unsigned i = 0; i < 4; i++) {
    ck_assert_int_eq (search_take (trial.search, &extra), SEARCH_WAIT);
    answer_task (&trial, &tasks[i]);
  }
  ck_assert_int_eq (search_take (trial.search, &extra), SEARCH_TASK);
  ck_assert_int_eq (extra.preference, PREFER_ABSENT);
  end_trial (&trial);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (no_run_begins_after_the_time_is_up)
{
  struct crash_points points;
  struct write_log *log = log_of_writes (4, &points);
  struct trial trial = begin_trial (log, points.points, whole, (struct reader) { read_in_order, 0, 0, false });
  struct task task, extra;

  trial.config.seconds = 0.01;
  trial.search = search_new (&trial.config);
  ck_assert_ptr_nonnull (trial.search);
  usleep (20000);               /* the time begins with the first run */
  ck_assert_int_eq (search_take (trial.search, &task), SEARCH_TASK);
  usleep (20000);
  ck_assert_int_eq (search_take (trial.search, &extra), SEARCH_WAIT);
  answer_task (&trial, &task);
  ck_assert_int_eq (search_take (trial.search, &extra), SEARCH_DONE);
  ck_assert_int_eq (mpz_cmp_ui (trial.covered, 1), 0);
  end_trial (&trial);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (time_enough_is_no_limit)
{
  struct crash_points points;
  struct write_log *log = log_of_writes (4, &points);
  struct trial trial = begin_trial (log, points.points, whole, (struct reader) { read_in_order, 0, 0, false });

  trial.config.seconds = 1000;
  explore_all (&trial);
  end_trial (&trial);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (the_prefix_alone_is_one_run_with_every_write)
{
  struct crash_points points;
  struct write_log *log = log_of_writes (6, &points);

  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial trial = begin_trial (log, points.points, whole, (struct reader) { read_in_order, 0, 0, false });

    trial.config.prefix_only = true;
    trial.config.reduce = reduce;
    explore (&trial);
    ck_assert_uint_eq (trial.runs.count, 1);
    ck_assert_uint_eq (trial.runs.entries[0].observation, 0x3f);
    ck_assert_int_eq (mpz_cmp_ui (trial.covered, 1), 0);
    ck_assert_int_eq (mpz_cmp_ui (trial.states, 64), 0);
    end_trial (&trial);
  }
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (writes_that_are_not_read_need_no_run)
{
  struct crash_points points;
  struct write_log *log = log_of_writes (300, &points);
  struct trial trial = begin_trial (log, points.points, whole, (struct reader) { read_nothing, 0, 0, false });

  explore_all (&trial);
  ck_assert_uint_eq (trial.runs.count, 1);
  ck_assert_uint_eq (mpz_scan1 (trial.states, 0), 300);
  ck_assert_uint_eq (mpz_sizeinbase (trial.states, 2), 301);
  end_trial (&trial);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (what_the_reader_wrote_first_needs_no_run)
{
  struct crash_points points;
  struct write_log *log = log_of_writes (SECTORS, &points);
  struct trial trial = begin_trial (log, points.points, whole, (struct reader) { write_and_read, 0, 0, true });

  explore_all (&trial);
  ck_assert_uint_eq (trial.runs.count, 2);
  ck_assert_int_eq (mpz_cmp_ui (trial.states, 1 << SECTORS), 0);
  end_trial (&trial);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (writes_of_equal_contents_need_no_run)
{
  struct log_maker *maker = make_log (DEVICES, SECTORS);
  struct crash_points points;

  add_done_write (maker, 0, 0, "abcd");
  add_completion (maker, add_flush (maker, 0), 0);
  add_mark (maker, "begin");
  add_write (maker, 0, 0, "ab", 0);
  add_write (maker, 0, 1, "bc", 0);
  add_trim (maker, 0, 4, 12, 0);
  struct write_log *log = finish_log (maker);
  ck_assert_int_eq (model_crash_points (log, false, &points), 0);
  ck_assert_uint_eq (points.count, 1);
  for (int i = 0; i < TEAR_COUNT; i++) {
    struct trial trial = begin_trial (log, points.points, tears[i], (struct reader) { read_in_order, 0, 0, false });

    explore_all (&trial);
    ck_assert_uint_eq (trial.runs.count, 1);
    end_trial (&trial);
  }
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (no_pending_write_is_one_state)
{
  struct log_maker *maker = make_log (DEVICES, SECTORS);
  struct crash_points points;

  add_mark (maker, "begin");
  struct write_log *log = finish_log (maker);
  ck_assert_int_eq (model_crash_points (log, false, &points), 0);
  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial trial = begin_trial (log, points.points, whole, (struct reader) { read_in_order, 0, 0, false });

    trial.config.reduce = reduce;
    explore_all (&trial);
    ck_assert_uint_eq (trial.runs.count, 1);
    end_trial (&trial);
  }
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

START_TEST (a_fickle_reader_does_not_break_the_accounting)
{
  struct dice dice = { 200 + (uint64_t) _i };

  for (unsigned number = 0; number < 10; number++) {
    struct crash_points points;
    struct write_log *log = make_small_log (&dice, &tears[_i], &points);

    for (size_t i = 0; i < points.count; i++) {
      struct trial trial = begin_trial (log, &points.points[i], tears[_i],
                                        (struct reader) { wander, number, 24, true });

      trial.fickle = true;
      trial.workers = 3;
      explore_all (&trial);
      end_trial (&trial);
    }
    crash_points_free (&points);
    write_log_close (log);
  }
}
END_TEST

UNIT_TEST_MAIN ("search", what_is_read_decides_as_every_state_does, the_most_telling_states_come_first,
                a_limit_ends_the_search_after_so_many_runs,
                unit_loop (a_limited_search_covers_the_same_with_any_workers, TEAR_COUNT),
                the_seed_says_what_is_random, the_next_batch_waits_for_all_answers,
                no_run_begins_after_the_time_is_up, time_enough_is_no_limit,
                the_prefix_alone_is_one_run_with_every_write, writes_that_are_not_read_need_no_run,
                what_the_reader_wrote_first_needs_no_run, writes_of_equal_contents_need_no_run,
                no_pending_write_is_one_state, unit_loop (a_fickle_reader_does_not_break_the_accounting, TEAR_COUNT))
