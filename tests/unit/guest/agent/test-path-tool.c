/* SPDX-License-Identifier: BSD-3-Clause */
/* powercut-path: what it writes as a mark, and which path it lets be used again. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static char marked[64], reinstated[64];

const char *
mark_device (void)
{
  return "/dev/nbd2";
}

int
mark_write (const char *device, const char *text)
{
  ck_assert_str_eq (device, "/dev/nbd2");
  snprintf (marked, sizeof marked, "%s", text);
  return 0;
}

int
multipath_reinstate (const char *path)
{
  snprintf (reinstated, sizeof reinstated, "%s", path);
  return 0;
}

static void
forget_all (void)
{
  forget_messages ();
  marked[0] = reinstated[0] = '\0';
}

static const struct {
  const char *words[4];
  int status;
  const char *marked, *reinstated, *message;
} cases[] = {
  { { "down", "0" }, 0, "powercut:path down 0", "", NULL },
  { { "down", "1" }, 0, "powercut:path down 1", "", NULL },
  { { "up", "0" }, 0, "powercut:path up 0", "/dev/nbd0", NULL },
  { { "up", "01" }, 0, "powercut:path up 1", "/dev/nbd1", NULL },
  { { "up", "2" }, 2, "", "", "2: there are path 0 and path 1" },
  { { "down", "-1" }, 2, "", "", "-1: there are path 0 and path 1" },
  { { "down", "" }, 2, "", "", ": there are path 0 and path 1" },
  { { NULL }, 2, "", "", "usage: powercut-path down|up N" },
  { { "down" }, 2, "", "", "usage: powercut-path down|up N" },
  { { "sideways", "0" }, 2, "", "", "usage: powercut-path down|up N" },
  { { "up", "0", "1" }, 2, "", "", "usage: powercut-path down|up N" },
};

START_TEST (a_path_goes_down_and_up)
{
  setenv (AGENT_PATHS_VARIABLE, "/dev/nbd0,/dev/nbd1", 1);
  ck_assert_int_eq (tool_path ((char **) cases[_i].words), cases[_i].status);
  ck_assert_str_eq (marked, cases[_i].marked);
  ck_assert_str_eq (reinstated, cases[_i].reinstated);
  ck_assert_uint_eq (message_count, cases[_i].message != NULL);
  if (cases[_i].message)
    ck_assert_str_eq (message, cases[_i].message);
}
END_TEST

START_TEST (where_there_is_one_path_nothing_is_done)
{
  char *words[] = { (char *) "down", (char *) "0", NULL };

  unsetenv (AGENT_PATHS_VARIABLE);
  ck_assert_int_eq (tool_path (words), 2);
  ck_assert_str_eq (message, "the disk has one path: record with --paths=2");
  ck_assert_str_eq (marked, "");
}
END_TEST

UNIT_TEST_MAIN_WITH ("path-tool", forget_all, NULL, LOOP_OVER (a_path_goes_down_and_up, cases),
                     where_there_is_one_path_nothing_is_done)
