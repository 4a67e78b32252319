/* SPDX-License-Identifier: BSD-3-Clause */
/* What a device that breaks its promise once makes of a log. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "log/derived.h"
#include "log/trims.h"
#include "replay/fault.h"
#include "replay/search/model.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"
#include "tests/unit/work.h"

#define SECTORS 32
#define FILE_NAME "faulty.bin"

/* Two writes are flushed at 6, W2 has FUA; before `begin`, too, there are a write and a flush. */
#define EVENTS "w0=a d0 f d2 m:begin w8=b W2=c f d5 d6 d7 w1=d d11 f d13 m:end"

/* The log of EVENTS with the only fault that TEXT stands for. */
static struct write_log *
with_fault (const struct write_log *log, const char *text)
{
  CLEANUP_FREE struct fault *faults = NULL;
  size_t count;

  ck_assert_int_eq (fault_check (text), 0);
  ck_assert_int_eq (faults_find (log, text, &faults, &count), 0);
  ck_assert_uint_eq (count, 1);
  ck_assert_int_eq (fault_write (log, faults, FILE_NAME), 0);
  struct write_log *faulty = log_open_derived (log, FILE_NAME);
  CLEANUP_FREE char *again = fault_text (log, faults);

  ck_assert_ptr_nonnull (faulty);
  ck_assert_str_eq (faulty->path, log->path);
  ck_assert_str_eq (faulty->file, FILE_NAME);
  ck_assert_uint_eq (faulty->event_count, log->event_count);
  ck_assert_int_eq (faulty->end, LOG_END_CLOSED);
  ck_assert_str_eq (again, text);
  return faulty;
}

/* The letters on DEVICE of LOG when all that was written is there. */
static void
expect_letters (const struct write_log *log, unsigned device, const char *letters)
{
  const bool there[] = { true, true, true, true, true, true };
  char found[SECTORS + 1];

  lay_out (log, device, log->event_count - 1, there, SECTORS, found);
  found[strlen (letters)] = '\0';
  ck_assert_str_eq (found, letters);
}

static const struct {
  const char *text;
  bool durable[2];              /* write 1, and 2, which has FUA, after the flush that was issued with them */
  bool later;                   /* write 1 after the last flush */
  const char *letters;
} cases[] = {
  { "lost-flush:7", { false, true }, true, "adc.....b......." },
  { "lost-flush:13", { false, true }, false, "adc.....b......." },
  { "lost-fua:6", { false, false }, true, "adc.....b......." },
  { "misdirected:5", { false, true }, true, "adc......b......" },
  { "bitrot:1", { false, true }, true, "adc.....?......." },
};

START_TEST (one_place_is_another_and_all_else_is_the_same)
{
  struct write_log *log = finish_log (make_log_of_events (1, SECTORS, EVENTS));
  struct write_log *faulty = with_fault (log, cases[_i].text);

  ck_assert (model_is_durable (faulty, 0, 4));
  ck_assert_int_eq (model_is_durable (faulty, 1, 10), cases[_i].durable[0]);
  ck_assert_int_eq (model_is_durable (faulty, 2, 10), cases[_i].durable[1]);
  ck_assert_int_eq (model_is_durable (faulty, 1, 14), cases[_i].later);
  expect_letters (faulty, 0, cases[_i].letters);
  write_log_close (faulty);
  write_log_close (log);
}
END_TEST

/* Where there is no room after a write it lands before; where there is none either, nothing can befall it. */
START_TEST (a_write_lands_on_its_device)
{
  struct write_log *log = finish_log (make_log_of_events (1, 8, "w5=abc d0 m:begin w0=.defg d3"));
  struct write_log *faulty = with_fault (log, "misdirected:0");

  expect_letters (faulty, 0, ".defg...");
  ck_assert_uint_eq (faulty->writes[0].offset_bytes, 2 * LOG_SECTOR);
  write_log_close (faulty);
  CLEANUP_FREE struct fault *faults = NULL;
  size_t count;
  ck_assert_int_eq (faults_find (log, "misdirected", &faults, &count), -1);
  ck_assert_ptr_nonnull (strstr (message, "has nothing that this could befall"));
  write_log_close (log);
}
END_TEST

/* All bits of the part of a write that is in the block; zeros stay. */
START_TEST (every_bit_of_a_block_rots)
{
  struct write_log *log = finish_log (make_log_of_events (2, SECTORS, "w6=abcd@1 z9+1@1 w6=abcd"));
  struct write_log *faulty = with_fault (log, "bitrot:disk1:1");

  for (unsigned write = 0; write < 3; write += 2)
    for (size_t i = 0; i < 4 * LOG_SECTOR; i++) {
      const char was = log->map[log->writes[write].data + i], is = faulty->map[faulty->writes[write].data + i];

      ck_assert_int_eq (is, write == 0 && i >= 2 * LOG_SECTOR ? (char) ~was : was);
    }
  expect_letters (faulty, 1, "......ab?.......");
  write_log_close (faulty);
  write_log_close (log);
}
END_TEST

/* A kind alone stands for each place of the update. */
START_TEST (without_a_place_there_is_one_for_each)
{
  static const struct {
    const char *text;
    size_t count;
    uint64_t places[3];
  } all[] = {
    { "lost-flush", 2, { 7, 13 } }, { "lost-fua", 1, { 6 } }, { "misdirected", 3, { 5, 6, 11 } },
    { "bitrot", 2, { 0, 1 } },
  };
  struct write_log *log = finish_log (make_log_of_events (1, SECTORS, EVENTS));

  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    CLEANUP_FREE struct fault *faults = NULL;
    size_t count;

    ck_assert_int_eq (faults_find (log, all[i].text, &faults, &count), 0);
    ck_assert_uint_eq (count, all[i].count);
    for (size_t j = 0; j < count; j++)
      ck_assert_uint_eq (faults[j].place, all[i].places[j]);
  }
  write_log_close (log);
}
END_TEST

static const struct {
  const char *text, *said;
} bad[] = {
  { "lost-flush:5", "the position of a flush" }, { "lost-flush:", "the position of a flush" },
  { "lost-flush:-1", "the position of a flush" }, { "lost-fua:5", "with FUA" }, { "misdirected:7", "room beside it" },
  { "bitrot:2", "the number of a block" }, { "bitrot:disk1:0", "the number of a block" },
  { "bitrot:disk0:", "the number of a block" },
};

START_TEST (what_is_no_place_is_refused)
{
  struct write_log *log = finish_log (make_log_of_events (1, SECTORS, EVENTS));
  CLEANUP_FREE struct fault *faults = NULL;
  size_t count;

  ck_assert_int_eq (fault_check (bad[_i].text), 0);
  ck_assert_int_eq (faults_find (log, bad[_i].text, &faults, &count), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, bad[_i].said), "%s", message);
  write_log_close (log);
}
END_TEST

START_TEST (what_is_no_kind_is_refused)
{
  static const char *const texts[] = { "", ":1", "lost", "lost-flushes", "bitrot2:1" };

  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    ck_assert_int_eq (fault_check (texts[i]), -1);
  ck_assert_uint_eq (message_count, sizeof texts / sizeof texts[0]);
}
END_TEST

/* A flush that was never completed, or failed, is lost anyway. */
START_TEST (what_has_no_effect_is_no_place)
{
  struct write_log *log = finish_log (make_log_of_events (1, SECTORS, "w0=a d0 f f d3!5 W1=b"));
  CLEANUP_FREE struct fault *flushes = NULL, *fua = NULL;
  size_t count;

  ck_assert_int_eq (faults_find (log, "lost-flush", &flushes, &count), -1);
  ck_assert_int_eq (faults_find (log, "lost-fua", &fua, &count), -1);
  write_log_close (log);
}
END_TEST

static void
begin (void)
{
  forget_messages ();
  enter_work ();
}

UNIT_TEST_MAIN_WITH ("fault", begin, leave_work, LOOP_OVER (one_place_is_another_and_all_else_is_the_same, cases),
                     a_write_lands_on_its_device, every_bit_of_a_block_rots, without_a_place_there_is_one_for_each,
                     LOOP_OVER (what_is_no_place_is_refused, bad), what_is_no_kind_is_refused,
                     what_has_no_effect_is_no_place)
