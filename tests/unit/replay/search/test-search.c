/* SPDX-License-Identifier: BSD-3-Clause */
/* The search is held against a visit of every legal state.  Long because every test needs the trials and scenes. */
#include <config.h>

#include <unistd.h>

#include "tests/unit/replay/search/brute-force.h"
#include "tests/unit/replay/search/trial.h"

/* What the comparisons of many crash points came to. */
struct effort {
  uint64_t states, runs, remembered;
  uint64_t pairs;               /* of writes that lie in any order */
};

/* All ways to visit a crash point agree. */
static void
compare_ways (const struct history *history, const struct write_log *log, const struct crash_point *point,
              struct tear tear, struct reader reader, struct read_sets *read_sets, struct effort *effort)
{
  struct trial reduced = begin_trial (log, point, tear, reader), remembering = begin_trial (log, point, tear, reader);
  struct trial whole = begin_trial (log, point, tear, reader);
  struct sightings every = visit_states (history, point->position, &tear, &reader);

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
  effort->pairs += count_pairs (history, point->position);
  effort->states += every.count;
  effort->runs += remembering.runs.count - remembering.remembered;
  effort->remembered += remembering.remembered;
  sightings_free (&every);
  end_trial (&reduced);
  end_trial (&whole);
  end_trial (&remembering);
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

/* A log and where it may crash.  To forget. */
struct scene {
  struct write_log *log;
  struct crash_points points;
};

static struct scene
scene_of (struct write_log *log)
{
  struct scene scene = { .log = log };

  ck_assert_int_eq (model_crash_points (log, false, &scene.points), 0);
  return scene;
}

static struct scene
scene_of_one_crash (struct write_log *log)
{
  struct scene scene = scene_of (log);

  ck_assert_uint_eq (scene.points.count, 1);
  return scene;
}

static struct scene
random_scene (struct dice *dice, unsigned number)
{
  return scene_of (make_random_log (dice, &shapes[number % SHAPE_COUNT]));
}

static void
forget (struct scene *scene)
{
  crash_points_free (&scene->points);
  write_log_close (scene->log);
}

/* Whether no crash point has more than MAX states. */
static bool
has_few_states (const struct scene *scene, const struct tear *tear, unsigned max)
{
  const struct crash_points *points = &scene->points;
  struct history history;
  bool few = true;
  mpz_t states;

  read_history (scene->log, &history);
  mpz_init (states);
  for (size_t i = 0; i < points->count && few; i++) {
    const struct crash_point *point = &points->points[i];

    uint32_t *pending = crash_point_pending (points, point);
    model_count_states (scene->log, point->position, pending, point->pending_count, tear, states);
    free (pending);
    few = mpz_cmp_ui (states, max) <= 0 && count_pairs (&history, point->position) <= PAIRS_MAX;
  }
  mpz_clear (states);
  return few;
}

/* All ways to visit all crash points of a log, from first to last or backwards, with read_sets that outlive them. */
static void
compare_log (const struct scene *scene, struct tear tear, struct reader reader, bool backwards, struct effort *effort)
{
  const struct crash_points *points = &scene->points;
  struct read_sets *read_sets = read_sets_new (scene->log, points);
  struct history history;

  ck_assert_ptr_nonnull (read_sets);
  read_history (scene->log, &history);
  for (size_t i = 0; i < points->count; i++)
    compare_ways (&history, scene->log, &points->points[backwards ? points->count - 1 - i : i], tear, reader, read_sets,
                  effort);
  read_sets_free (read_sets);
}

START_TEST (what_is_read_decides_as_every_state_does)
{
  const unsigned log_count = unit_rounds (LOG_COUNT);
  struct effort efforts[TEAR_COUNT];
  unsigned counts[TEAR_COUNT] = { 0 };
  struct dice dice = { 0 };

  memset (efforts, 0, sizeof efforts);
  for (unsigned number = 0, satisfied = 0; satisfied < TEAR_COUNT; number++) {
    struct scene scene = random_scene (&dice, number);
    const struct reader reader = { wander, number, 1 + roll (&dice, 24), number / SHAPE_COUNT % 2, false };

    for (int i = 0; i < TEAR_COUNT; i++)
      if (counts[i] < log_count && has_few_states (&scene, &tears[i], counts[i] % 16 ? STATES_USUAL : STATES_MAX)) {
        compare_log (&scene, tears[i], reader, number % 3 == 0, &efforts[i]);
        satisfied += ++counts[i] == log_count;
      }
    forget (&scene);
  }
  for (int i = 0; i < TEAR_COUNT; i++) {
    ck_assert_uint_gt (efforts[i].remembered, log_count);
    ck_assert_uint_gt (efforts[i].pairs, log_count / 8);
    ck_assert_uint_gt (efforts[i].runs, log_count);
    ck_assert_uint_lt (efforts[i].runs, efforts[i].states / 2);
  }
}
END_TEST

/* A random log for which TEAR leaves a few states. */
static struct scene
small_scene (struct dice *dice, const struct tear *tear)
{
  for (unsigned number = 0;; number++) {
    struct scene scene = random_scene (dice, number);

    if (has_few_states (&scene, tear, STATES_USUAL))
      return scene;
    forget (&scene);
  }
}

/* COUNT pending writes of one sector each, on sectors of their own from 0 on, and the end as the one crash point. */
static struct scene
scene_of_writes (uint32_t count)
{
  struct log_maker *maker = make_log (DEVICES, count > SECTORS ? count : SECTORS);

  for (uint32_t i = 0; i < count; i++)
    add_write (maker, 0, i, "a", 0);
  struct scene scene = scene_of_one_crash (finish_log (maker));
  ck_assert_uint_eq (scene.points.points[0].pending_count, count);
  return scene;
}

/* A trial of the first crash with a reader that does the same whatever it is. */
static struct trial
begin_torn (const struct scene *scene, struct tear tear,
            uint64_t (*observe) (const struct reader *reader, struct guest *guest))
{
  return begin_trial (scene->log, scene->points.points, tear, (struct reader) { observe, 0, 0, false, false });
}

static struct trial
begin_whole (const struct scene *scene, uint64_t (*observe) (const struct reader *reader, struct guest *guest))
{
  return begin_torn (scene, (struct tear) { TEAR_NONE, LOG_SECTOR }, observe);
}

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
  struct scene scene = scene_of_writes (6);

  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial trial = begin_whole (&scene, read_in_order);
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
  forget (&scene);
}
END_TEST

START_TEST (a_limit_ends_the_search_after_so_many_runs)
{
  struct scene scene = scene_of_writes (6);
  struct trial all = begin_whole (&scene, read_in_order);

  explore_all (&all);
  for (unsigned limit = 1; limit <= 80; limit++) {
    struct trial trial = begin_whole (&scene, read_in_order);
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
  forget (&scene);
}
END_TEST

/* Explore up to LIMIT with so many workers. */
static struct trial
explore_with (const struct write_log *log, const struct crash_point *point, struct tear tear, struct reader reader,
              uint64_t limit, unsigned workers, uint64_t order)
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

  for (unsigned number = 0; number < 10 && (number < unit_rounds (10) || !cut); number++) {
    struct scene scene = small_scene (&dice, &tears[_i]);
    const struct reader reader = { wander, number, 24, number % 2, false };

    for (size_t i = 0; i < scene.points.count; i++) {
      uint64_t limit = 1 + roll (&dice, 100);
      struct trial alone = explore_with (scene.log, &scene.points.points[i], tears[_i], reader, limit, 1, 0);

      cut |= mpz_cmp (alone.covered, alone.states) < 0;
      for (unsigned order = 0; order < 4; order++) {
        struct trial shared = explore_with (scene.log, &scene.points.points[i], tears[_i], reader, limit,
                                            order < 3 ? 3 : WORKERS_MAX, order);

        ck_assert (are_same_runs (&alone.runs, &shared.runs));
        end_trial (&shared);
      }
      end_trial (&alone);
    }
    forget (&scene);
  }
  ck_assert (cut);
}
END_TEST

/* 158 of 4096 states come before random ones; SEED is of these. */
static struct trial
explore_at_random (const struct scene *scene, uint64_t seed)
{
  struct trial trial = begin_whole (scene, read_in_order);

  trial.config.limit = 300;
  trial.config.seed = seed;
  trial.workers = 3;
  explore (&trial);
  return trial;
}

START_TEST (the_seed_says_what_is_random)
{
  struct scene scene = scene_of_writes (12);
  struct trial one = explore_at_random (&scene, 1), again = explore_at_random (&scene, 1);
  struct trial two = explore_at_random (&scene, 2);

  ck_assert (are_same_runs (&one.runs, &again.runs));
  ck_assert (!are_same_runs (&one.runs, &two.runs));
  end_trial (&one);
  end_trial (&again);
  end_trial (&two);
  forget (&scene);
}
END_TEST

START_TEST (the_next_batch_waits_for_all_answers)
{
  struct scene scene = scene_of_writes (4);
  struct trial trial = begin_whole (&scene, read_in_order);
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
  forget (&scene);
}
END_TEST

START_TEST (no_run_begins_after_the_time_is_up)
{
  struct scene scene = scene_of_writes (4);
  struct trial trial = begin_whole (&scene, read_in_order);
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
  forget (&scene);
}
END_TEST

START_TEST (time_enough_is_no_limit)
{
  struct scene scene = scene_of_writes (4);
  struct trial trial = begin_whole (&scene, read_in_order);

  trial.config.seconds = 1000;
  explore_all (&trial);
  end_trial (&trial);
  forget (&scene);
}
END_TEST

START_TEST (the_prefix_alone_is_one_run_with_every_write)
{
  struct scene scene = scene_of_writes (6);

  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial trial = begin_whole (&scene, read_in_order);

    trial.config.prefix_only = true;
    trial.config.reduce = reduce;
    explore (&trial);
    ck_assert_uint_eq (trial.runs.count, 1);
    ck_assert_uint_eq (trial.runs.entries[0].observation, 0x3f);
    ck_assert_int_eq (mpz_cmp_ui (trial.covered, 1), 0);
    ck_assert_int_eq (mpz_cmp_ui (trial.states, 64), 0);
    end_trial (&trial);
  }
  forget (&scene);
}
END_TEST

START_TEST (writes_that_are_not_read_need_no_run)
{
  struct scene scene = scene_of_writes (300);
  struct trial trial = begin_whole (&scene, read_nothing);

  explore_all (&trial);
  ck_assert_uint_eq (trial.runs.count, 1);
  ck_assert_uint_eq (mpz_scan1 (trial.states, 0), 300);
  ck_assert_uint_eq (mpz_sizeinbase (trial.states, 2), 301);
  end_trial (&trial);
  forget (&scene);
}
END_TEST

START_TEST (what_the_reader_wrote_first_needs_no_run)
{
  struct scene scene = scene_of_writes (SECTORS);
  struct trial trial = begin_whole (&scene, write_and_read);

  explore_all (&trial);
  ck_assert_uint_eq (trial.runs.count, 2);
  ck_assert_int_eq (mpz_cmp_ui (trial.states, 1 << SECTORS), 0);
  end_trial (&trial);
  forget (&scene);
}
END_TEST

START_TEST (writes_of_equal_contents_need_no_run)
{
  struct log_maker *maker = make_log (DEVICES, SECTORS);

  add_done_write (maker, 0, 0, "abcd");
  add_completion (maker, add_flush (maker, 0), 0);
  add_mark (maker, "begin");
  add_write (maker, 0, 0, "ab", 0);
  add_write (maker, 0, 1, "bc", 0);
  add_trim (maker, 0, 4, 12, 0);
  struct scene scene = scene_of_one_crash (finish_log (maker));
  for (int i = 0; i < TEAR_COUNT; i++) {
    struct trial trial = begin_torn (&scene, tears[i], read_in_order);

    explore_all (&trial);
    ck_assert_uint_eq (trial.runs.count, 1);
    end_trial (&trial);
  }
  forget (&scene);
}
END_TEST

START_TEST (no_pending_write_is_one_state)
{
  struct log_maker *maker = make_log (DEVICES, SECTORS);

  add_mark (maker, "begin");
  struct scene scene = scene_of_one_crash (finish_log (maker));
  for (int reduce = 0; reduce < 2; reduce++) {
    struct trial trial = begin_whole (&scene, read_in_order);

    trial.config.reduce = reduce;
    explore_all (&trial);
    ck_assert_uint_eq (trial.runs.count, 1);
    end_trial (&trial);
  }
  forget (&scene);
}
END_TEST

START_TEST (a_fickle_reader_does_not_break_the_accounting)
{
  struct dice dice = { 200 + (uint64_t) _i };

  for (unsigned number = 0; number < unit_rounds (10); number++) {
    struct scene scene = small_scene (&dice, &tears[_i]);

    for (size_t i = 0; i < scene.points.count; i++) {
      struct trial trial = begin_trial (scene.log, &scene.points.points[i], tears[_i],
                                        (struct reader) { wander, number, 24, true, false });

      trial.fickle = true;
      trial.workers = 3;
      explore_all (&trial);
      end_trial (&trial);
    }
    forget (&scene);
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
