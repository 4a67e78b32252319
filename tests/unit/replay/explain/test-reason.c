/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a write may be missing, in every case of the crash model. */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "replay/explain/reason.h"
#include "replay/search/model.h"
#include "tests/unit/make-log.h"

/* Write number 0 of a log of EVENTS is pending at POSITION because of TEXT. */
static void
assert_reason (const char *events, uint32_t position, const char *text)
{
  struct write_log *log = finish_log (make_log_of_events (2, 8, events));
  CLEANUP_FREE char *why = reason_pending (log, 0, position);

  ck_assert (!model_is_durable (log, 0, position));
  ck_assert_str_eq (why, text);
  write_log_close (log);
}

static const struct {
  const char *events;
  uint32_t position;
  const char *reason;
} reasons[] = {
  /* Never flushed: */
  { "w0=a d0", 1,
    "was still pending at 1: it had completed at 1, and no flush was issued after that" },
  /* A flush long before is not mentioned: */
  { "f d0 w0=a d2", 3,
    "was still pending at 3: it had completed at 3, and no flush was issued after that" },
  /* The flush was issued before the completion: */
  { "w0=a f d0 d1", 3,
    "was still pending at 3: it had completed at 2, but flush 1 was issued before that, "
    "and none after it" },
  /* The flush had not completed: */
  { "w0=a d0 f d2", 2,
    "was still pending at 2: it had completed at 1, but flush 2, issued after that, had not completed" },
  /* The flush never completed: */
  { "w0=a d0 f m:later", 3,
    "was still pending at 3: it had completed at 1, but flush 2, issued after that, had not completed" },
  /* The flush failed: */
  { "w0=a d0 f d2!5 f", 4,
    "was still pending at 4: it had completed at 1, but flush 2, issued after that, failed at 3 "
    "(Input/output error); flush 4, issued after that, had not completed" },
  /* Many flushes are counted: */
  { "w0=a d0 f f f f f", 6,
    "was still pending at 6: it had completed at 1, but flush 2, issued after that, had not completed; "
    "flush 3, issued after that, had not completed; flush 4, issued after that, had not completed; "
    "nor does any of 2 more flushes count" },
  /* The flush was of another device: */
  { "w0=a d0 f@1 d2", 3,
    "was still pending at 3: it had completed at 1, and no flush was issued after that" },
  /* The write failed: */
  { "w0=a d0!28 f d2", 3,
    "was still pending at 3: it had failed at 1 (No space left on device), "
    "and what fails may be there or not" },
  /* Power had failed before, and a recovery went on: */
  { "w0=a d0!-2 f d2", 3,
    "was still pending at 3: it was pending when power failed first, before a recovery" },
  /* A device that lies: */
  { "w0=a d0 f d2!-1", 3,
    "was still pending at 3: it had completed at 1, but flush 2, issued after that, was answered at 3 and did nothing: "
    "a fault" },
  /* The write fails after the crash: */
  { "w0=a d0!5", 0,
    "was still pending at 0: its completion came only at 1, as a failure: Input/output error" },
  /* The write never completed: */
  { "w0=a f d1", 2,
    "was still pending at 2: its completion never came" },
  /* The write completed after the crash: */
  { "w0=a d0", 0,
    "was still pending at 0: its completion came only at 1" },
};

START_TEST (what_keeps_a_write_pending_is_said)
{
  assert_reason (reasons[_i].events, reasons[_i].position, reasons[_i].reason);
}
END_TEST

START_TEST (fua_counts_from_its_completion)
{
  assert_reason ("W0=a d0", 0,
                 "was still pending at 0: it has FUA, which counts from its completion, and that came only at 1");
  assert_reason ("W0=a", 0,
                 "was still pending at 0: it has FUA, which counts from its completion, and that never came");
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

UNIT_TEST_MAIN ("reason", LOOP_OVER (what_keeps_a_write_pending_is_said, reasons), fua_counts_from_its_completion,
                there_is_always_a_reason, a_write_is_described)
