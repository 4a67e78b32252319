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

UNIT_TEST_MAIN ("array", elements_are_added_at_the_end, without_memory_nothing_changes)
