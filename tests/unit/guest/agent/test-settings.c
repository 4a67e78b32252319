/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "guest/agent/agent.h"
#include "tests/unit/unit.h"

static const struct {
  const char *before, *now, *other;     /* the path of what is another one, or NULL */
} cases[] = {
  { "/a 1\n/b 2\n", "/a 1\n/b 2\n", NULL },
  { "/a 1\n/b 2\n", "/b 2\n/a 1\n", NULL },
  { "/a 1\n/b 2\n", "/a 1\n/b 3\n", "/b" },
  { "/a 1\n/b 2\n", "/a 12\n/b 2\n", "/a" },
  { "/a 12\n", "/a 1\n", "/a" },
  { "/a 1\n", "/a \n", "/a" },
  { "/a \n", "/a 1\n", "/a" },
  { "/a/b 1\n/a 2\n", "/a 2\n/a/b 1\n", NULL },
  { "/a 1\n", "/a 1\n/loaded 5\n", NULL },      /* with a module or a device */
  { "/a 1\n/gone 5\n", "/a 1\n", NULL },
  { "", "/a 1\n", NULL },
  { "/a 1\n", "", NULL },
};

START_TEST (a_setting_that_is_another_one_is_found)
{
  size_t length = 0;
  const char *other = settings_other (cases[_i].before, cases[_i].now, &length);

  ck_assert_int_eq (other != NULL, cases[_i].other != NULL);
  if (other) {
    ck_assert_uint_eq (length, strlen (cases[_i].other));
    ck_assert_int_eq (strncmp (other, cases[_i].other, length), 0);
  }
}
END_TEST

/* This machine's own, which nobody changes meanwhile. */
START_TEST (settings_stay_as_they_are)
{
  struct agent agent = { .port = -1 };

  ck_assert_int_eq (settings_check (&agent), 0);        /* none was noted */
  ck_assert_int_eq (settings_note (&agent), 0);
  ck_assert_ptr_nonnull (strstr (agent.settings, "/proc/sys/vm/swappiness "));
  ck_assert_int_eq (settings_check (&agent), 0);
  free (agent.settings);
}
END_TEST

UNIT_TEST_MAIN ("settings", LOOP_OVER (a_setting_that_is_another_one_is_found, cases), settings_stay_as_they_are)
