/* SPDX-License-Identifier: BSD-3-Clause */
/* Every unit test program is one suite of libcheck, printed as TAP for automake's driver. */
#ifndef POWERCUT_UNIT_H
#define POWERCUT_UNIT_H

#include <check.h>
#include <stdlib.h>

static inline int
run_suite (Suite *suite)
{
  SRunner *runner = srunner_create (suite);

  srunner_set_tap (runner, "-");
  srunner_run_all (runner, CK_SILENT);
  int failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The whole program: a suite of NAME with these tests. */
#define UNIT_TEST_MAIN(name, ...)                                                  \
  int                                                                              \
  main (void)                                                                      \
  {                                                                                \
    const TTest *const tests[] = { __VA_ARGS__ };                                  \
    Suite *suite = suite_create (name);                                            \
    TCase *tcase = tcase_create (name);                                            \
                                                                                   \
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)                      \
      tcase_add_test (tcase, tests[i]);                                            \
    suite_add_tcase (suite, tcase);                                                \
    return run_suite (suite);                                                      \
  }

#endif
