/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>

#include "batch/corpus/name-set.h"
#include "tests/unit/unit.h"

#define NAMES 5000              /* so many that room is made several times */

static int
add (struct name_set *set, unsigned number)
{
  char name[32];

  snprintf (name, sizeof name, "random1-%u.workload", number);
  return name_set_add (set, name);
}

START_TEST (each_name_is_new_once)
{
  struct name_set set = { .places = NULL };

  for (unsigned i = 0; i < NAMES; i++) {
    ck_assert_int_eq (add (&set, i), 1);
    ck_assert_int_eq (add (&set, i / 2), 0);
  }
  for (unsigned i = 0; i < NAMES; i++)
    ck_assert_int_eq (add (&set, i), 0);
  ck_assert_uint_eq (set.count, NAMES);
  ck_assert_int_eq (name_set_add (&set, ""), 1);
  ck_assert_int_eq (name_set_add (&set, ""), 0);
  name_set_free (&set);
}
END_TEST

UNIT_TEST_MAIN ("name-set", each_name_is_new_once)
