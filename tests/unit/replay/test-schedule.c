/* SPDX-License-Identifier: BSD-3-Clause */
/* Which logs may be replayed together, and what each is called then. */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "replay/schedule.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"

static struct write_log *
log_with (const char *info, uint32_t sectors)
{
  struct log_maker *maker = make_log_with_info (1, sectors, info);

  add_events (maker, "m:begin w0=a d1 m:end");
  return finish_log (maker);
}

static const struct {
  const char *first, *second, *names[2];
} schedules[] = {
  { NULL, "background=commit", { "none", "commit" } },
  { "background=none", "background=writeback", { "none", "writeback" } },
  { "background=commit", "background=commit", { "commit", "commit" } },
  { "device=late", "device=random:7", { "none on late", "none on random:7" } },
  { NULL, "device=late", { "none on fast", "none on late" } },
  { "background=\033[1m", NULL, { "?[1m", "none" } },
};

START_TEST (a_schedule_is_called_by_what_differs)
{
  struct write_log *logs[] = { log_with (schedules[_i].first, 8), log_with (schedules[_i].second, 8) };
  const struct write_log *const *list = (const struct write_log *const *) logs;

  ck_assert_int_eq (schedules_agree (list, 2), 0);
  for (size_t i = 0; i < 2; i++) {
    CLEANUP_FREE char *name = schedule_name (list, 2, logs[i]);

    ck_assert_str_eq (name, schedules[_i].names[i]);
  }
  write_log_close (logs[0]);
  write_log_close (logs[1]);
}
END_TEST

static const struct {
  const char *first, *second;
  uint32_t sectors;             /* of the second */
  const char *word;             /* in the message */
} strangers[] = {
  { "filesystem=ext4", "filesystem=xfs", 8, "another filesystem" },
  { "mount=discard", NULL, 8, "another mount" },
  { NULL, "command=true", 8, "another command" },
  { NULL, "step=true", 8, "another step" },
  { "check=./check", "check=./other", 8, "another check" },
  { "watch=a", "watch=b", 8, "another watch" },
  { NULL, NULL, 16, "another size of the device" },
};

START_TEST (other_updates_are_refused_in_one_line)
{
  struct write_log *logs[] = {
    log_with (strangers[_i].first, 8), log_with (strangers[_i].second, strangers[_i].sectors)
  };

  forget_messages ();
  ck_assert_int_eq (schedules_agree ((const struct write_log *const *) logs, 2), -1);
  ck_assert_int_eq (message_count, 1);
  ck_assert_ptr_nonnull (strstr (message, strangers[_i].word));
  write_log_close (logs[0]);
  write_log_close (logs[1]);
}
END_TEST

UNIT_TEST_MAIN ("schedule", LOOP_OVER (a_schedule_is_called_by_what_differs, schedules),
                LOOP_OVER (other_updates_are_refused_in_one_line, strangers))
