/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a write may be missing, in every case of the crash model. */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "replay/explain/reason.h"
#include "replay/search/model.h"
#include "tests/unit/make-log.h"

/* Write number 0 of the log that MAKER has made is pending at POSITION because of TEXT. */
static void
assert_reason (struct log_maker *maker, uint32_t position, const char *text)
{
  struct write_log *log = finish_log (maker);
  CLEANUP_FREE char *why = reason_pending (log, 0, position);

  ck_assert (!model_is_durable (log, 0, position));
  ck_assert_str_eq (why, text);
  write_log_close (log);
}

START_TEST (never_flushed)
{
  struct log_maker *maker = make_log (1, 8);

  add_done_write (maker, 0, 0, "a");
  assert_reason (maker, 1, "was still pending at 1: it had completed at 1, and no flush was issued after that");
}
END_TEST

START_TEST (a_flush_long_before_is_not_mentioned)
{
  struct log_maker *maker = make_log (1, 8);

  add_completion (maker, add_flush (maker, 0), 0);
  add_done_write (maker, 0, 0, "a");
  assert_reason (maker, 3, "was still pending at 3: it had completed at 3, and no flush was issued after that");
}
END_TEST

START_TEST (the_flush_was_issued_before_the_completion)
{
  struct log_maker *maker = make_log (1, 8);
  uint32_t write = add_write (maker, 0, 0, "a", 0), flush = add_flush (maker, 0);

  add_completion (maker, write, 0);
  add_completion (maker, flush, 0);
  assert_reason (maker, 3, "was still pending at 3: it had completed at 2, but flush 1 was issued before that, "
                 "and none after it");
}
END_TEST

START_TEST (the_flush_had_not_completed)
{
  struct log_maker *maker = make_log (1, 8);

  add_done_write (maker, 0, 0, "a");
  add_completion (maker, add_flush (maker, 0), 0);
  assert_reason (maker, 2,
                 "was still pending at 2: it had completed at 1, but flush 2, issued after that, had not completed");
}
END_TEST

START_TEST (the_flush_never_completed)
{
  struct log_maker *maker = make_log (1, 8);

  add_done_write (maker, 0, 0, "a");
  add_flush (maker, 0);
  add_mark (maker, "later");
  assert_reason (maker, 3,
                 "was still pending at 3: it had completed at 1, but flush 2, issued after that, had not completed");
}
END_TEST

START_TEST (the_flush_failed)
{
  struct log_maker *maker = make_log (1, 8);

  add_done_write (maker, 0, 0, "a");
  add_completion (maker, add_flush (maker, 0), 5);
  add_flush (maker, 0);
  assert_reason (maker, 4, "was still pending at 4: it had completed at 1, but flush 2, issued after that, failed at 3 "
                 "(Input/output error); flush 4, issued after that, had not completed");
}
END_TEST

START_TEST (many_flushes_are_counted)
{
  struct log_maker *maker = make_log (1, 8);

  add_done_write (maker, 0, 0, "a");
  for (unsigned i = 0; i < 5; i++)
    add_flush (maker, 0);
  assert_reason (maker, 6,
                 "was still pending at 6: it had completed at 1, but flush 2, issued after that, had not completed; "
                 "flush 3, issued after that, had not completed; flush 4, issued after that, had not completed; "
                 "nor does any of 2 more flushes count");
}
END_TEST

START_TEST (the_flush_was_of_another_device)
{
  struct log_maker *maker = make_log (2, 8);

  add_done_write (maker, 0, 0, "a");
  add_completion (maker, add_flush (maker, 1), 0);
  assert_reason (maker, 3, "was still pending at 3: it had completed at 1, and no flush was issued after that");
}
END_TEST

START_TEST (the_write_failed)
{
  struct log_maker *maker = make_log (1, 8);

  add_completion (maker, add_write (maker, 0, 0, "a", 0), 28);
  add_completion (maker, add_flush (maker, 0), 0);
  assert_reason (maker, 3, "was still pending at 3: it had failed at 1 (No space left on device), "
                 "and what fails may be there or not");
}
END_TEST

START_TEST (the_write_fails_after_the_crash)
{
  struct log_maker *maker = make_log (1, 8);

  add_completion (maker, add_write (maker, 0, 0, "a", 0), 5);
  assert_reason (maker, 0, "was still pending at 0: its completion came only at 1, as a failure: Input/output error");
}
END_TEST

START_TEST (the_write_never_completed)
{
  struct log_maker *maker = make_log (1, 8);

  add_write (maker, 0, 0, "a", 0);
  add_completion (maker, add_flush (maker, 0), 0);
  assert_reason (maker, 2, "was still pending at 2: its completion never came");
}
END_TEST

START_TEST (the_write_completed_after_the_crash)
{
  struct log_maker *maker = make_log (1, 8);

  add_done_write (maker, 0, 0, "a");
  assert_reason (maker, 0, "was still pending at 0: its completion came only at 1");
}
END_TEST

START_TEST (fua_counts_from_its_completion)
{
  struct log_maker *maker = make_log (1, 8);

  add_completion (maker, add_write (maker, 0, 0, "a", LOG_FLAG_FUA), 0);
  assert_reason (maker, 0,
                 "was still pending at 0: it has FUA, which counts from its completion, and that came only at 1");
  maker = make_log (1, 8);
  add_write (maker, 0, 0, "a", LOG_FLAG_FUA);
  assert_reason (maker, 0, "was still pending at 0: it has FUA, which counts from its completion, and that never came");
}
END_TEST

/* There is a reason for every write that is pending anywhere, and the position of a flush or completion in it is right.
 */
START_TEST (there_is_always_a_reason)
{
  static const struct log_shape shape = { .devices = 2, .sectors = 8, .length = 4, .letters = 3, .writes = 40 };
  struct dice dice = { 7 };

  for (unsigned round = 0; round < 20; round++) {
    struct write_log *log = make_random_log (&dice, &shape);

    for (uint32_t t = 0; t < log->event_count; t++)
      for (uint32_t write = 0; write < log_writes_until (log, t); write++) {
        if (model_is_durable (log, write, t))
          continue;
        CLEANUP_FREE char *why = reason_pending (log, write, t);
        bool completed = log->writes[write].completion <= t;

        ck_assert_ptr_nonnull (why);
        ck_assert_int_eq (completed, strstr (why, "it had completed at") != NULL);
        ck_assert_int_eq (!completed, strstr (why, "it had failed at") || strstr (why, "completion"));
      }
    write_log_close (log);
  }
}
END_TEST

START_TEST (a_write_is_described)
{
  struct log_maker *maker = make_log (2, 8);

  add_write (maker, 0, 2, "abc", 0);
  add_trim (maker, 1, 1, 2, 0);
  struct write_log *log = finish_log (maker);
  const struct choice whole = choice_whole (0, CHOICE_ABSENT);
  const struct choice torn[] = { { 0, 0, 0, CHOICE_ABSENT }, { 0, 2, CHOICE_END, CHOICE_ABSENT } };
  const struct choice rest = { 0, 1, CHOICE_END, CHOICE_ABSENT };
  CLEANUP_FREE char *named = reason_describe (log, 0, "the journal", &whole, 1),
    *trim = reason_describe (log, 1, NULL, NULL, 0);
  CLEANUP_FREE char *holes = reason_describe (log, 0, NULL, torn, 2), *tail = reason_describe (log, 0, NULL, &rest, 1);

  ck_assert_str_eq (named, "write 0 (1536 bytes at 0x400 of disk0, the journal)");
  ck_assert_str_eq (trim, "trim 1 (1024 bytes at 0x200 of disk1)");
  ck_assert_str_eq (holes, "write 0 (1536 bytes at 0x400 of disk0), without its sectors 0,2");
  ck_assert_str_eq (tail, "write 0 (1536 bytes at 0x400 of disk0), without its sectors 1-2");
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("reason", never_flushed, a_flush_long_before_is_not_mentioned,
                the_flush_was_issued_before_the_completion, the_flush_had_not_completed, the_flush_never_completed,
                the_flush_failed, many_flushes_are_counted, the_flush_was_of_another_device, the_write_failed,
                the_write_fails_after_the_crash, the_write_never_completed, the_write_completed_after_the_crash,
                fua_counts_from_its_completion, there_is_always_a_reason, a_write_is_described)
