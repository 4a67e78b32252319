/* SPDX-License-Identifier: BSD-3-Clause */
/* The search is held against a visit of every subset.  In the place of a guest stands a reader whose next read depends
 * on what it has read, as a recovery's does.
 */
#include <config.h>

#include <string.h>

#include "replay/model.h"
#include "replay/search.h"
#include "tests/unit/make-log.h"

#define SECTORS 16
#define DEVICES 2
#define PENDING_MAX 10
#define WRITES_MAX 1024

/* One sector after the other; the letters read so far say which. */
struct reader {
  uint64_t seed;
  unsigned reads;
};

/* The reader's place, and in the end its observation. */
static void
take (uint64_t *hash, char letter)
{
  struct dice dice = { *hash * 31 + (unsigned char) letter };

  *hash = (uint64_t) roll (&dice, UINT32_MAX) << 32 | roll (&dice, UINT32_MAX);
}

static unsigned
place (uint64_t hash)
{
  return (unsigned) (hash >> 7) % (DEVICES * SECTORS);
}

/* What a reader sees of whole devices. */
static uint64_t
observe_letters (const struct reader *reader, char letters[DEVICES][SECTORS + 1])
{
  uint64_t hash = reader->seed;

  for (unsigned i = 0; i < reader->reads; i++)
    take (&hash, letters[place (hash) / SECTORS][place (hash) % SECTORS]);
  return hash;
}

/* What it sees of a state that is still being decided. */
static uint64_t
observe_state (const struct reader *reader, struct crash_state *state)
{
  uint64_t hash = reader->seed;
  char bytes[LOG_SECTOR];

  for (unsigned i = 0; i < reader->reads; i++) {
    crash_state_read (state, place (hash) / SECTORS, bytes, sizeof bytes, place (hash) % SECTORS * LOG_SECTOR);
    take (&hash, sector_letter (bytes));
  }
  return hash;
}

/* Observations, and how many states gave each. */
struct counts {
  struct {
    uint64_t observation, states;
  } entries[1 << PENDING_MAX];
  size_t count;
};

static void
count_states (struct counts *counts, uint64_t observation, uint64_t states)
{
  for (size_t i = 0; i < counts->count; i++)
    if (counts->entries[i].observation == observation) {
      counts->entries[i].states += states;
      return;
    }
  counts->entries[counts->count].observation = observation;
  counts->entries[counts->count++].states = states;
}

static int
compare_entries (const void *left, const void *right)
{
  uint64_t a = *(const uint64_t *) left, b = *(const uint64_t *) right;

  return a < b ? -1 : a > b;
}

static void
assert_same_counts (struct counts *a, struct counts *b)
{
  ck_assert_uint_eq (a->count, b->count);
  qsort (a->entries, a->count, sizeof a->entries[0], compare_entries);
  qsort (b->entries, b->count, sizeof b->entries[0], compare_entries);
  for (size_t i = 0; i < a->count; i++) {
    ck_assert_uint_eq (a->entries[i].observation, b->entries[i].observation);
    ck_assert_uint_eq (a->entries[i].states, b->entries[i].states);
  }
}

/* A search with a reader, and what it found. */
struct trial {
  struct search search;
  struct reader reader;
  const struct write_log *log;
  uint32_t point;
  struct crash_state *state;
  uint64_t observation;
  struct counts counts;
  uint64_t runs_left;           /* then the callbacks stop the search */
  uint64_t visits_left;
  bool all_present;             /* of the last run's choices */
};

static int64_t
run_reader (void *opaque, const struct choice *choices, size_t count, const struct choice **decisions)
{
  struct trial *trial = opaque;
  size_t decision_count;

  if (trial->runs_left-- == 0)
    return -1;
  ck_assert_uint_eq (count, trial->search.pending_count);
  trial->all_present = true;
  for (size_t i = 0; i < count; i++) {
    ck_assert_uint_eq (choices[i].write, trial->search.pending[i]);
    ck_assert (trial->search.reduce || choices[i].kind != CHOICE_UNDECIDED);
    trial->all_present = trial->all_present && choices[i].kind == CHOICE_PRESENT;
  }
  ck_assert_int_eq (crash_state_select (trial->state, trial->point, choices, count, CHOICE_PRESENT), 0);
  trial->observation = observe_state (&trial->reader, trial->state);
  *decisions = crash_state_decisions (trial->state, &decision_count);
  return (int64_t) decision_count;
}

/* The decided choices alone must give what the run saw, whatever becomes of the rest. */
static void
assert_decided_enough (struct trial *trial, const struct choice *decided, size_t decided_count)
{
  struct choice choices[WRITES_MAX];
  size_t count = trial->search.pending_count + decided_count;

  ck_assert_uint_le (count, WRITES_MAX);
  for (uint32_t i = 0; i < trial->search.pending_count; i++)
    choices[i] = (struct choice) { trial->search.pending[i], CHOICE_ABSENT };
  for (size_t i = 0; i < decided_count; i++)
    choices[trial->search.pending_count + i] = decided[i];
  ck_assert_int_eq (crash_state_select (trial->state, trial->point, choices, count, CHOICE_PRESENT), 0);
  ck_assert (observe_state (&trial->reader, trial->state) == trial->observation);
}

static int
visit_count (void *opaque, const struct choice *decided, size_t decided_count, const mpz_t states)
{
  struct trial *trial = opaque;

  if (trial->visits_left-- == 0)
    return -1;
  if (trial->search.reduce && !trial->search.prefix_only)
    assert_decided_enough (trial, decided, decided_count);
  if (mpz_fits_ulong_p (states))
    count_states (&trial->counts, trial->observation, mpz_get_ui (states));
  return 0;
}

static struct trial *
new_trial (const struct write_log *log, const struct crash_point *point, struct reader reader)
{
  struct trial *trial = calloc (1, sizeof *trial);

  ck_assert_ptr_nonnull (trial);
  search_init (&trial->search);
  trial->search.pending = point->pending;
  trial->search.pending_count = point->pending_count;
  trial->search.run = run_reader;
  trial->search.visit = visit_count;
  trial->search.opaque = trial;
  trial->reader = reader;
  trial->log = log;
  trial->point = point->position;
  trial->runs_left = trial->visits_left = UINT64_MAX;
  trial->state = crash_state_new (log);
  ck_assert_ptr_nonnull (trial->state);
  return trial;
}

static void
free_trial (struct trial *trial)
{
  crash_state_free (trial->state);
  search_clear (&trial->search);
  free (trial);
}

/* A search to its end. */
static struct trial *
search_all (const struct write_log *log, const struct crash_point *point, struct reader reader, bool reduce)
{
  struct trial *trial = new_trial (log, point, reader);

  trial->search.reduce = reduce;
  ck_assert_int_eq (search_states (&trial->search), 0);
  ck_assert_int_eq (mpz_cmp (trial->search.covered, trial->search.states), 0);
  if (point->pending_count <= PENDING_MAX)
    ck_assert_uint_eq (mpz_get_ui (trial->search.states), 1u << point->pending_count);
  return trial;
}

/* Count what every subset shows, without search and crash_state. */
static void
count_subsets (const struct write_log *log, const struct crash_point *point, const struct reader *reader,
               struct counts *counts)
{
  char letters[DEVICES][SECTORS + 1];
  bool there[WRITES_MAX];

  memset (there, true, sizeof there);
  counts->count = 0;
  for (uint32_t subset = 0; subset < 1u << point->pending_count; subset++) {
    for (uint32_t i = 0; i < point->pending_count; i++)
      there[point->pending[i]] = subset >> i & 1;
    for (unsigned device = 0; device < DEVICES; device++)
      lay_out (log, device, point->position, there, SECTORS, letters[device]);
    count_states (counts, observe_letters (reader, letters), 1);
  }
}

/* The three ways to visit a crash point agree.  Returns the runs that reduction saved. */
static uint64_t
compare_ways (const struct write_log *log, const struct crash_point *point, struct reader reader)
{
  struct trial *reduced = search_all (log, point, reader, true), *whole = search_all (log, point, reader, false);
  struct counts *subsets = malloc (sizeof *subsets);

  ck_assert_ptr_nonnull (subsets);
  count_subsets (log, point, &reader, subsets);
  ck_assert_uint_eq (whole->search.runs, 1u << point->pending_count);
  ck_assert_uint_le (reduced->search.runs, whole->search.runs);
  assert_same_counts (&reduced->counts, subsets);
  assert_same_counts (&whole->counts, subsets);
  uint64_t saved = whole->search.runs - reduced->search.runs;
  free (subsets);
  free_trial (reduced);
  free_trial (whole);
  return saved;
}

START_TEST (reduction_sees_what_every_subset_shows)
{
  static const struct log_shape shape = {
    .devices = DEVICES, .sectors = SECTORS, .length = 6, .letters = 4, .writes = 16
  };
  struct dice dice = { 1 };
  uint64_t saved = 0;
  unsigned deep = 0;

  for (unsigned checked = 0; checked < 200; checked++) {
    struct write_log *log = make_random_log (&dice, &shape);
    struct crash_points points;

    ck_assert_int_eq (model_crash_points (log, false, &points), 0);
    for (size_t i = 0; i < points.count; i++) {
      if (points.points[i].pending_count > PENDING_MAX - 2 && deep++ % 8 != 0)
        continue;               /* the large ones take most of the time */
      if (points.points[i].pending_count > PENDING_MAX)
        continue;
      struct reader reader = { .seed = checked, .reads = 1 + roll (&dice, 24) };
      saved += compare_ways (log, &points.points[i], reader);
    }
    crash_points_free (&points);
    write_log_close (log);
  }
  ck_assert_uint_gt (saved, 0);
}
END_TEST

/* COUNT pending writes of one sector each, on sectors of their own from 0 on. */
static struct write_log *
log_of_writes (uint32_t count, struct crash_point *point)
{
  struct log_maker *maker = make_log (DEVICES, count > SECTORS ? count : SECTORS);

  for (uint32_t i = 0; i < count; i++)
    add_write (maker, 0, i, "a", 0);
  struct write_log *log = finish_log (maker);
  *point = (struct crash_point) { .position = log->event_count - 1 };
  point->pending_count = (uint32_t) model_pending (log, point->position, &point->pending);
  ck_assert_uint_eq (point->pending_count, count);
  return log;
}

/* So many reads at random miss no sector. */
static const struct reader thorough = { .seed = 5, .reads = 500 };

START_TEST (writes_that_are_not_read_need_no_run)
{
  struct crash_point point;
  struct write_log *log = log_of_writes (300, &point);
  struct trial *trial = search_all (log, &point, (struct reader) { .seed = 1, .reads = 0 }, true);
  mpz_t expected;

  ck_assert_uint_eq (trial->search.runs, 1);
  mpz_init (expected);
  mpz_ui_pow_ui (expected, 2, 300);
  ck_assert_int_eq (mpz_cmp (trial->search.states, expected), 0);
  mpz_clear (expected);
  free_trial (trial);
  free (point.pending);
  write_log_close (log);
}
END_TEST

START_TEST (writes_of_equal_contents_need_no_run)
{
  struct log_maker *maker = make_log (DEVICES, SECTORS);
  struct crash_point point;

  add_done_write (maker, 0, 0, "abcd");
  add_completion (maker, add_flush (maker, 0), 0);
  add_write (maker, 0, 0, "ab", 0);
  add_write (maker, 0, 1, "bc", 0);
  add_trim (maker, 0, 4, 12, 0);
  add_write (maker, 1, 3, "....", 0);
  struct write_log *log = finish_log (maker);
  point.position = log->event_count - 1;
  point.pending_count = (uint32_t) model_pending (log, point.position, &point.pending);
  ck_assert_uint_eq (point.pending_count, 4);
  struct trial *trial = search_all (log, &point, thorough, true);
  ck_assert_uint_eq (trial->search.runs, 1);
  ck_assert_uint_eq (trial->counts.entries[0].states, 16);
  free_trial (trial);
  free (point.pending);
  write_log_close (log);
}
END_TEST

START_TEST (no_pending_write_is_one_state)
{
  struct log_maker *maker = make_log (DEVICES, SECTORS);
  add_mark (maker, "begin");
  struct write_log *log = finish_log (maker);
  const struct crash_point point = { .position = 0 };

  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial *trial = search_all (log, &point, thorough, reduce);
    ck_assert_uint_eq (trial->search.runs, 1);
    free_trial (trial);
  }
  write_log_close (log);
}
END_TEST

START_TEST (a_limit_stops_before_all_is_covered)
{
  struct crash_point point;
  struct write_log *log = log_of_writes (4, &point);
  struct trial *all = search_all (log, &point, thorough, true);

  ck_assert_uint_eq (all->search.runs, 16);
  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial *trial = new_trial (log, &point, thorough);
    trial->search.reduce = reduce;
    trial->search.limit = 3;
    ck_assert_int_eq (search_states (&trial->search), 1);
    ck_assert_uint_eq (trial->search.runs, 3);
    ck_assert_int_lt (mpz_cmp (trial->search.covered, trial->search.states), 0);
    free_trial (trial);
  }
  free_trial (all);
  free (point.pending);
  write_log_close (log);
}
END_TEST

START_TEST (a_limit_that_is_just_enough_does_not_stop)
{
  struct crash_point point;
  struct write_log *log = log_of_writes (4, &point);
  struct trial *all = search_all (log, &point, thorough, true), *trial = new_trial (log, &point, thorough);

  trial->search.limit = all->search.runs;
  ck_assert_int_eq (search_states (&trial->search), 0);
  ck_assert_uint_eq (trial->search.runs, all->search.runs);
  free_trial (trial);
  free_trial (all);
  free (point.pending);
  write_log_close (log);
}
END_TEST

START_TEST (the_prefix_alone_is_one_run_with_every_write)
{
  struct crash_point point;
  struct write_log *log = log_of_writes (6, &point);

  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial *trial = new_trial (log, &point, thorough);
    trial->search.prefix_only = true;
    trial->search.reduce = reduce;
    ck_assert_int_eq (search_states (&trial->search), 0);
    ck_assert_uint_eq (trial->search.runs, 1);
    ck_assert (trial->all_present);
    ck_assert_uint_eq (mpz_get_ui (trial->search.covered), 1);
    ck_assert_uint_eq (mpz_get_ui (trial->search.states), 64);
    ck_assert_uint_eq (trial->counts.entries[0].states, 1);
    free_trial (trial);
  }
  free (point.pending);
  write_log_close (log);
}
END_TEST

START_TEST (a_callback_can_stop_the_search)
{
  struct crash_point point;
  struct write_log *log = log_of_writes (4, &point);
  struct trial *trial = new_trial (log, &point, thorough);

  trial->runs_left = 2;
  ck_assert_int_eq (search_states (&trial->search), -1);
  ck_assert_uint_eq (trial->search.runs, 2);
  trial->runs_left = UINT64_MAX;
  trial->visits_left = 2;
  ck_assert_int_eq (search_states (&trial->search), -1);
  ck_assert_uint_eq (trial->search.runs, 3);
  free_trial (trial);
  free (point.pending);
  write_log_close (log);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("search");
  TCase *tcase = tcase_create ("search");

  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, reduction_sees_what_every_subset_shows);
  tcase_add_test (tcase, writes_that_are_not_read_need_no_run);
  tcase_add_test (tcase, writes_of_equal_contents_need_no_run);
  tcase_add_test (tcase, no_pending_write_is_one_state);
  tcase_add_test (tcase, a_limit_stops_before_all_is_covered);
  tcase_add_test (tcase, a_limit_that_is_just_enough_does_not_stop);
  tcase_add_test (tcase, the_prefix_alone_is_one_run_with_every_write);
  tcase_add_test (tcase, a_callback_can_stop_the_search);
  suite_add_tcase (suite, tcase);
  return run_suite_with_folder (suite);
}
