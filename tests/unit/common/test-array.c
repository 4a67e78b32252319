/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdint.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "tests/unit/unit.h"

/* To the address sanitizer an allocation that is too large is a fault of the program, unless it is told otherwise. */
const char *__asan_default_options (void);
const char *
__asan_default_options (void)
{
  return "allocator_may_return_null=1";
}

struct pair {
  int a;
  char b;
};

/* Elements stay in order, each begins as zeros, and addresses are of the new one. */
START_TEST (elements_are_added_at_the_end)
{
  CLEANUP_FREE struct pair *pairs = NULL;
  uint32_t count = 0;

  for (int i = 0; i < 1000; i++) {
    struct pair *pair = array_add (pairs, count);

    ck_assert_ptr_eq (pair, &pairs[i]);
    ck_assert_uint_eq (count, (unsigned) i + 1);
    ck_assert (pair->a == 0 && pair->b == 0);
    *pair = (struct pair) { i, (char) i };
  }
  for (int i = 0; i < 1000; i++)
    ck_assert (pairs[i].a == i && pairs[i].b == (char) i);
}
END_TEST

/* What cannot be had leaves the array as it was. */
START_TEST (without_memory_nothing_changes)
{
  int *list = NULL;
  volatile size_t count = SIZE_MAX / 8 + 1;     /* a power of two; volatile, or the compiler sees that it cannot be */

  ck_assert_ptr_null (array_add (list, count));
  ck_assert_int_eq (errno, ENOMEM);
  ck_assert_ptr_null (list);
  ck_assert_uint_eq (count, SIZE_MAX / 8 + 1);
}
END_TEST

static int released;

static void
release (struct pair *pair)
{
  released += pair->a;
}

START_TEST (each_element_is_released_once)
{
  struct pair *pairs = NULL;
  size_t count = 0;

  for (int i = 1; i <= 3; i++)
    array_add (pairs, count)->a = i;
  array_free (pairs, count, release);
  ck_assert_int_eq (released, 6);
  ck_assert_ptr_null (pairs);
  ck_assert_uint_eq (count, 0);
  array_free (pairs, count, release);
  ck_assert_int_eq (released, 6);
}
END_TEST

/* Present or not, before all and after all, in arrays of each length. */
START_TEST (a_place_is_before_the_first_that_is_not_below)
{
  static const int list[] = { 1, 3, 5, 5, 7 };

  for (size_t count = 0; count <= sizeof list / sizeof list[0]; count++)
    for (int wanted = 0; wanted <= 8; wanted++) {
      size_t place = array_place (count, i, list[i] < wanted), expected = 0;

      while (expected < count && list[expected] < wanted)
        expected++;
      ck_assert_uint_eq (place, expected);
    }
}
END_TEST

START_TEST (the_first_of_a_name_is_found)
{
  static const struct {
    const char *name;
  } list[] = { { "a" }, { "b" }, { "b" } };

  ck_assert_ptr_eq (array_named (list, 3, "b"), &list[1]);
  ck_assert_ptr_null (array_named (list, 1, "b"));
}
END_TEST

UNIT_TEST_MAIN ("array", elements_are_added_at_the_end, without_memory_nothing_changes, each_element_is_released_once,
                a_place_is_before_the_first_that_is_not_below, the_first_of_a_name_is_found)
