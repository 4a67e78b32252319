/* SPDX-License-Identifier: BSD-3-Clause */
/* What a log says of the rest of the system while it was recorded. */
#include <config.h>

#include "common/cleanup.h"
#include "log/calls.h"
#include "tests/unit/make-log.h"
#include "tests/unit/unit.h"

static const struct {
  const char *info, *mark, *text;
} backgrounds[] = {
  { "filesystem=ext4", "begin", "" },
  { "background=none", "powercut:calls-left 3", "" },
  { "background=commit", "powercut:call 1 sync()", "commit" },
  { "background=writeback", "powercut:calls-left 91", "writeback, from call 91 on not after each" },
};

START_TEST (what_went_on_is_said_and_from_where_on_it_was_not_after_each_call)
{
  struct log_maker *maker = make_log_with_info (1, 64, backgrounds[_i].info);
  add_mark (maker, backgrounds[_i].mark);
  struct write_log *log = finish_log (maker);
  CLEANUP_FREE char *text = log_calls_describe (log);

  ck_assert_str_eq (text, backgrounds[_i].text);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("calls", LOOP_OVER (what_went_on_is_said_and_from_where_on_it_was_not_after_each_call, backgrounds))
