/* SPDX-License-Identifier: BSD-3-Clause */
/* Random workloads, of which no state that may be left is ever held to be wrong. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/workload/simulation.h"
#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/unit.h"

/* Numbers that are the same in every run. */
static uint32_t
roll (uint64_t *state, uint32_t sides)
{
  *state = *state * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
  return (uint32_t) (*state >> 33) % sides;
}

/* A random operation; it may be one that cannot be done. */
static void
random_operation (uint64_t *state, char line[128])
{
  static const char *const paths[] = { "a", "b", "A", "B", "A/a", "A/b", "B/a", "A/B", "B/A", "A/B/a" };
  static const char *const forms[] = {
    "mkdir %s", "creat %s", "write %s 0 8K", "write %s 4K 4K", "append %s 3000", "truncate %s 5000",
    "falloc %s zero 1K 2K", "falloc %s insert 4K 4K", "falloc %s collapse 0 4K", "setxattr %s user.a 1",
    "removexattr %s user.a",
    "unlink %s", "rmdir %s", "fsync %s", "fsync %s", "fdatasync %s", "mmapwrite %s 0 100", "msync %s 0 4K",
    "linktmp t %s", "symlink x %s", "mknod %s c 1 3", "write %s 0 4K sync", "append %s 100 dsync",
    "rename %s %s", "rename %s %s", "rename %s %s whiteout",
    "link %s %s", "exchange %s %s", "reflink %s %s", "clone %s %s", "copyrange %s 1K %s 2K 3K",
    "sync", "fsync .",
    "write t 0 4K", "fsync t", "open d %s", "close d", "write @d 0 8K", "fsync @d", "fdatasync @d", "truncate @d 1K",
    "chattr %s +d", "chattr %s -dA", "chattr %s +i", "chattr %s -i", "utimes %s 1 2", "project %s 3",
  };
  const char *form = forms[roll (state, sizeof forms / sizeof forms[0])];
  const char *one = paths[roll (state, 10)], *other = paths[roll (state, 10)];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf (line, 128, form, one, other);
#pragma GCC diagnostic pop
}

/* A workload of LENGTH operations that can be done, to free. */
static char *
random_workload (uint64_t *state, size_t length)
{
  char *text = strdup ("tmpfile t\n");

  for (size_t count = 1; count < length;) {
    struct workload workload;
    char line[128], *longer;

    random_operation (state, line);
    ck_assert_int_ne (asprintf (&longer, "%s%s\n", text, line), -1);
    bool good = workload_parse (longer, "file", &workload) == 0 && simulation_check (&workload) == 0;
    workload_free (&workload);
    if (good) {
      free (text);
      text = longer;
      count++;
    }
    else
      free (longer);
  }
  return text;
}

/* Whatever was done up to some operation after the last that returned, and before the next that would, is never wrong.
 */
static void
assert_never_wrong (const char *text)
{
  struct workload workload = parse_well (text);

  for (size_t number = 0; number <= workload.count; number++) {
    if (number > 0 && !workload_is_persistence (&workload.operations[number - 1]))
      continue;
    for (size_t done = number; done <= workload.count; done++) {
      char *seen = tree_after (text, done), *detail = judge_on ("ext4", "", text, (uint32_t) number, seen);

      ck_assert_msg (detail == NULL, "%safter %zu, operation %zu has returned: %s\n%s", text, done, number, detail,
                     seen);
      free (seen);
      if (done < workload.count && done >= number && workload_is_persistence (&workload.operations[done]))
        break;
    }
  }
  workload_free (&workload);
}

START_TEST (no_state_that_a_workload_went_through_is_wrong)
{
  uint64_t state = 20 + (uint64_t) _i;

  for (unsigned i = 0; i < unit_rounds (30); i++) {
    char *text = random_workload (&state, 5 + roll (&state, 25));

    assert_never_wrong (text);
    free (text);
  }
}
END_TEST

/* And what was there before a sync, and not after it, is wrong then. */
START_TEST (a_sync_that_did_nothing_is_found)
{
  uint64_t state = 7;
  unsigned found = 0;

  for (int i = 0; i < 60; i++) {
    char *start = random_workload (&state, 4 + roll (&state, 10)), *text;

    ck_assert_int_ne (asprintf (&text, "%ssync\n", start), -1);
    struct workload workload = parse_well (text);
    char *before = tree_after (text, 0), *after = tree_after (text, SIZE_MAX);
    char *detail = judge_on ("ext4", "", text, (uint32_t) workload.count, before);
    if (strcmp (before, after) == 0)
      ck_assert_ptr_null (detail);
    else
      ck_assert_msg (detail != NULL, "%s", text);
    found += detail != NULL;
    free (detail);
    free (before);
    free (after);
    free (text);
    free (start);
    workload_free (&workload);
  }
  ck_assert_uint_gt (found, 30);
}
END_TEST

/* What is said of SEEN when operation NUMBER has returned, to free, or NULL. */
static char *
judge (struct persistence *persistence, size_t number, const char *seen)
{
  char *detail;

  ck_assert_int_eq (persistence_judge (persistence, (struct workload_progress) { { (uint16_t) number } }, seen,
                                       &detail), 0);
  return detail;
}

/* What is known after one operation becomes what is known after the next one. */
START_TEST (what_is_said_does_not_depend_on_what_was_asked_before)
{
  uint64_t state = 40;
  unsigned found = 0;

  for (unsigned i = 0; i < unit_rounds (100); i++) {
    char *text = random_workload (&state, 5 + roll (&state, 25));
    struct workload workload = parse_well (text);
    struct persistence *going_on = persistence_new (&workload, UINT32_MAX);

    for (size_t number = 0; number <= workload.count; number++) {
      if (number > 0 && !workload_is_persistence (&workload.operations[number - 1]))
        continue;
      struct persistence *anew = persistence_new (&workload, UINT32_MAX);
      char *seen = tree_after (text, roll (&state, (uint32_t) workload.count + 1));
      char *one = judge (going_on, number, seen), *other = judge (anew, number, seen);
      ck_assert_msg (one == other || (one && other && strcmp (one, other) == 0), "%s%zu: %s, but %s", text, number, one,
                     other);
      found += one != NULL;
      free (one);
      free (other);
      free (seen);
      persistence_free (anew);
    }
    persistence_free (going_on);
    workload_free (&workload);
    free (text);
  }
  ck_assert_uint_gt (found, unit_rounds (30));
}
END_TEST

UNIT_TEST_MAIN ("any-workload",
                unit_loop (no_state_that_a_workload_went_through_is_wrong, 4),
                a_sync_that_did_nothing_is_found,
                what_is_said_does_not_depend_on_what_was_asked_before)
