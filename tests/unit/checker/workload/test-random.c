/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "checker/workload/random.h"
#include "checker/workload/simulation.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static char *
make (uint64_t seed, uint64_t number, const char *set)
{
  const struct random_bounds bounds = { .seed = seed, .least = 3, .most = 8, .set = set };
  char *text = random_workload (&bounds, number);

  ck_assert_ptr_nonnull (text);
  return text;
}

/* How many operations of the update of WORKLOAD are such, other than persistence operations that are nothing else. */
static size_t
count_operations (const struct workload *workload)
{
  size_t count = 0;

  for (size_t i = workload->setup_count; i < workload->count; i++)
    count += !workload_is_persistence (&workload->operations[i]) || workload->operations[i].sync != SYNC_NOTHING;
  return count;
}

START_TEST (each_can_be_done_and_ends_with_a_promise)
{
  bool done[WORKLOAD_WRITE + 1] = { false };
  size_t seen[9] = { 0 }, verbs = 0;

  for (uint64_t number = 1; number <= 300; number++) {
    char *text = make (1, number, NULL);
    struct workload workload = parse_well (text);
    size_t count = count_operations (&workload);

    ck_assert_msg (simulation_check (&workload) == 0, "%s", text);
    ck_assert_msg (workload_is_persistence (&workload.operations[workload.count - 1]), "%s", text);
    ck_assert_msg (count >= 3 && count <= 8, "%zu: %s", count, text);
    seen[count]++;
    for (size_t i = workload.setup_count; i < workload.count; i++)
      done[workload.operations[i].verb] = true;
    workload_free (&workload);
    free (text);
  }
  for (size_t count = 3; count <= 8; count++)
    ck_assert_msg (seen[count] > 0, "none has %zu", count);
  for (enum workload_verb verb = 0; verb <= WORKLOAD_WRITE; verb++)
    verbs += done[verb];
  ck_assert_uint_ge (verbs, 31);        /* all that there were once but checkpoint */
}
END_TEST

START_TEST (seed_and_number_say_which)
{
  char *one = make (5, 3, NULL), *same = make (5, 3, NULL), *next = make (5, 4, NULL), *other = make (6, 2, NULL);

  ck_assert_str_eq (one, same);
  ck_assert_str_ne (strchr (one, '\n'), strchr (next, '\n'));
  ck_assert_str_ne (strchr (one, '\n'), strchr (other, '\n'));
  free (one);
  free (same);
  free (next);
  free (other);
}
END_TEST

START_TEST (a_set_has_no_others)
{
  for (uint64_t number = 1; number <= 20; number++) {
    char *text = make (1, number, "rename,creat");
    struct workload workload = parse_well (text);

    for (size_t i = workload.setup_count; i < workload.count; i++) {
      const struct workload_operation *operation = &workload.operations[i];

      ck_assert_msg (operation->verb == WORKLOAD_RENAME || operation->verb == WORKLOAD_CREAT
                     || workload_is_persistence (operation), "%s", text);
    }
    workload_free (&workload);
    free (text);
  }
  ck_assert_ptr_null (random_workload (&(struct random_bounds) { 1, 3, 8, "rename,frobnicate" }, 1));
  ck_assert_ptr_nonnull (strstr (message, "frobnicate is none of"));
}
END_TEST

/* Directories run out. */
START_TEST (where_nothing_more_can_be_done_it_ends)
{
  const struct random_bounds bounds = { 1, 100, 100, "rmdir" };
  char *text = random_workload (&bounds, 1);

  struct workload workload = parse_well (text);
  ck_assert_uint_lt (count_operations (&workload), 4);
  ck_assert (workload_is_persistence (&workload.operations[workload.count - 1]));
  workload_free (&workload);
  free (text);
}
END_TEST

UNIT_TEST_MAIN ("random",
                each_can_be_done_and_ends_with_a_promise,
                seed_and_number_say_which,
                a_set_has_no_others,
                where_nothing_more_can_be_done_it_ends)
