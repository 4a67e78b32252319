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

#endif
