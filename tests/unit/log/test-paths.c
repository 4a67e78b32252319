/* SPDX-License-Identifier: BSD-3-Clause */
/* What a log says of the paths by which its devices were reached. */
#include <config.h>

#include "common/cleanup.h"
#include "log/paths.h"
#include "tests/unit/make-log.h"
#include "tests/unit/unit.h"

static const struct {
  const char *info, *mark, *text;
  unsigned count;
} given[] = {
  { "filesystem=ext4", "begin", "", 1 },
  { "paths=1", "begin", "", 1 },
  { "paths=2", "begin", "2", 2 },
  { "paths=2", "powercut:path down 1", "2, path 1 down at event 0", 2 },
  { "paths=2", "powercut:path up 0", "2, path 0 up at event 0", 2 },
  { "paths=0", "begin", "", 1 },
  { "paths=3", "begin", "", 1 },
  { "paths=2x", "begin", "", 1 },
  { "paths=2", "powercut:path down 2", "2", 2 },
  { "paths=2", "powercut:path down ", "2", 2 },
  { "paths=2", "powercut:path", "2", 2 },
  { "paths=2", "powercut:path down 11", "2", 2 },
  { "paths=2", "powercut:pathdown 1", "2", 2 },
};

START_TEST (how_many_there_are_is_said_and_what_became_of_them)
{
  struct log_maker *maker = make_log_with_info (1, 64, given[_i].info);
  add_mark (maker, given[_i].mark);
  struct write_log *log = finish_log (maker);
  CLEANUP_FREE char *text = log_paths_describe (log);

  ck_assert_str_eq (text, given[_i].text);
  ck_assert_uint_eq (log_paths (log), given[_i].count);
  ck_assert_int_eq (log_path_cut (log) != NULL, strstr (given[_i].text, "down") != NULL);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("paths", LOOP_OVER (how_many_there_are_is_said_and_what_became_of_them, given))
