/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/process.h"
#include "common/workdir.h"
#include "tests/unit/unit.h"

#define LOOPS_MAX 16

/* The tests that run more than once. */
static struct loop {
  const TTest *test;
  size_t count;
} loops[LOOPS_MAX];
static size_t loop_count;

static char *directory;

const char *
unit_directory (void)
{
  return directory;
}

char *
new_path (void)
{
  static unsigned count;
  char *path;

  /* The pid, because each test is a process and begins to count where the others did. */
  ck_assert_int_ne (asprintf (&path, "%s/%d-%u.bin", directory, (int) getpid (), count++), -1);
  return path;
}

size_t
count_text (const char *text, const char *wanted)
{
  size_t count = 0;

  for (; (text = strstr (text, wanted)) != NULL; text += strlen (wanted))
    count++;
  return count;
}

unsigned
unit_rounds (unsigned rounds)
{
  const char *percent = getenv ("UNIT_ROUNDS_PERCENT");
  const unsigned asked = percent ? (unsigned) (rounds * strtoul (percent, NULL, 10) / 100) : rounds;

  return asked > 0 ? asked : 1;
}

int
run_suite (Suite *suite)
{
  SRunner *runner = srunner_create (suite);
  int failed = 1;

  directory = workdir_create ();
  if (directory) {
    srunner_set_tap (runner, "-");
    srunner_run_all (runner, CK_SILENT);
    failed = srunner_ntests_failed (runner);
  }
  srunner_free (runner);
  workdir_remove (directory);
  free (directory);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const TTest *
unit_loop (const TTest *test, size_t count)
{
  if (loop_count == LOOPS_MAX)
    abort ();
  loops[loop_count++] = (struct loop) { test, count };
  return test;
}

static void
add_test (TCase *tcase, const TTest *test)
{
  for (size_t i = 0; i < loop_count; i++)
    if (loops[i].test == test) {
      tcase_add_loop_test (tcase, test, 0, (int) loops[i].count);
      return;
    }
  tcase_add_test (tcase, test);
}

int
run_unit_tests (const char *name, SFun setup, SFun teardown, const TTest *const *tests, size_t count)
{
  /* The time limit is for a test that hangs: libcheck's own of 4 s strikes on a busy machine. */
  setenv ("CK_DEFAULT_TIMEOUT", "120", 0);
  Suite *suite = suite_create (name);
  TCase *tcase = tcase_create (name);

  tcase_add_checked_fixture (tcase, setup, teardown);
  for (size_t i = 0; i < count; i++)
    add_test (tcase, tests[i]);
  suite_add_tcase (suite, tcase);
  return run_suite (suite);
}

int
run_unit_tests_with (const char *program, size_t optional, const char *name, SFun setup, SFun teardown,
                     const TTest *const *tests, size_t count)
{
  char *found = process_find (program);

  if (found == NULL)
    count -= optional;
  free (found);
  return run_unit_tests (name, setup, teardown, tests, count);
}
