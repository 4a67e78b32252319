/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "checker/violation.h"
#include "tests/unit/unit.h"

/* Findings are sorted by it. */
START_TEST (kinds_are_in_the_order_of_their_names)
{
  for (enum violation i = VIOLATION_NONE; i + 1 < VIOLATION_COUNT; i++)
    ck_assert_str_lt (violation_name (i), violation_name (i + 1));
}
END_TEST

START_TEST (a_kind_is_found_by_its_whole_name)
{
  for (enum violation i = VIOLATION_NONE + 1; i < VIOLATION_COUNT; i++)
    ck_assert_int_eq (violation_find (violation_name (i), strlen (violation_name (i))), i);
  ck_assert_int_eq (violation_find ("hang: it never ends", 4), VIOLATION_HANG);
  ck_assert_int_eq (violation_find ("hang", 3), VIOLATION_NONE);
  ck_assert_int_eq (violation_find ("hangs", 5), VIOLATION_NONE);
  ck_assert_int_eq (violation_find ("", 0), VIOLATION_NONE);
}
END_TEST

START_TEST (numbers_and_hashes_are_told_from_words)
{
  ck_assert_uint_eq (violation_number_length ("12 bytes"), 2);
  ck_assert_uint_eq (violation_number_length ("1a2b3c4d..., should be"), 8);
  ck_assert_uint_eq (violation_number_length ("12ab, should be"), 2);
  ck_assert_uint_eq (violation_number_length ("0x55bccd3dd548, xfs_agf"), 14);
  ck_assert_uint_eq (violation_number_length ("0xyz"), 1);
  ck_assert_uint_eq (violation_number_length ("bytes 12"), 0);
  ck_assert_uint_eq (violation_number_length ("..."), 0);
  ck_assert_uint_eq (violation_number_length (""), 0);
}
END_TEST

UNIT_TEST_MAIN ("violation", kinds_are_in_the_order_of_their_names, a_kind_is_found_by_its_whole_name,
                numbers_and_hashes_are_told_from_words)
