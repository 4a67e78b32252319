/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "nbd-plugin/crashstate-control.h"
#include "tests/unit/unit.h"

static const struct choice choices[] = {
  { 3, 0, CHOICE_END, CHOICE_ABSENT }, { 0x01020304, 5, 6, CHOICE_UNDECIDED }, { 0, 1, 1, CHOICE_PRESENT }
};

static const struct selection selection = {
  .point = 0x11223344, .choices = choices, .count = 3,
  .rule = { { TEAR_ANY, 4096 }, PREFER_RANDOM, UINT64_C (0x0102030405060708) }
};

START_TEST (a_selection_is_decoded_as_it_was_encoded)
{
  size_t size;
  CLEANUP_FREE char *bytes = control_encode_select (&selection, &size);
  struct control_request request;

  ck_assert_uint_eq (size, LOG_SECTOR);
  ck_assert_mem_eq (bytes, "PCCT\x44\x33\x22\x11", 8);  /* little-endian everywhere */
  ck_assert (!control_is_open (bytes, size));
  ck_assert_int_eq (control_decode_request (bytes, size, &request), 0);
  ck_assert_ptr_null (request.name);
  ck_assert_uint_eq (request.selection.point, selection.point);
  ck_assert_uint_eq (request.selection.count, 3);
  ck_assert_mem_eq (request.selection.choices, choices, sizeof choices);
  ck_assert_int_eq (request.selection.rule.tear.mode, TEAR_ANY);
  ck_assert_uint_eq (request.selection.rule.tear.atomic_bytes, 4096);
  ck_assert_int_eq (request.selection.rule.preference, PREFER_RANDOM);
  ck_assert_uint_eq (request.selection.rule.seed, selection.rule.seed);
  control_request_release (&request);
}
END_TEST

START_TEST (the_name_of_a_log_is_decoded_as_it_was_encoded)
{
  size_t size;
  CLEANUP_FREE char *bytes = control_encode_open ("a log", &size);
  struct control_request request;

  ck_assert_uint_eq (size, LOG_SECTOR);
  ck_assert_mem_eq (bytes, "PCCO\5\0\0\0a log", 14);
  ck_assert (control_is_open (bytes, size));
  ck_assert_int_eq (control_decode_request (bytes, size, &request), 0);
  ck_assert_str_eq (request.name, "a log");
  control_request_release (&request);
}
END_TEST

static void
assert_refused (const void *bytes, size_t size)
{
  struct control_request request;

  errno = 0;
  ck_assert_int_eq (control_decode_request (bytes, size, &request), -1);
  ck_assert_int_eq (errno, EINVAL);
  control_request_release (&request);
}

START_TEST (no_length_in_a_request_is_believed)
{
  size_t size;
  CLEANUP_FREE char *select = control_encode_select (&selection, &size), *open = control_encode_open ("a log", &size);
  const size_t whole = sizeof (struct control_select) + sizeof (struct control_choice) * 3;
  struct control_request request;

  ck_assert_int_eq (control_decode_request (select, whole, &request), 0);
  control_request_release (&request);
  for (size_t cut = 0; cut < whole; cut++)
    assert_refused (select, cut);
  for (size_t cut = 0; cut < sizeof (struct control_open) + 5; cut++)
    assert_refused (open, cut);
  memset (open + 4, 0xff, 4);   /* the name's length */
  assert_refused (open, size);
  memset (select + offsetof (struct control_select, choice_count), 0xff, 4);
  assert_refused (select, LOG_SECTOR);
  select[0]++;
  assert_refused (select, LOG_SECTOR);
}
END_TEST

START_TEST (a_report_is_decoded_as_it_was_encoded)
{
  static const struct control_seen seen[] = { { 7, 1, 0x81 }, { UINT64_C (1) << 40, 0, 0xff } };
  const struct control_report report = {
    CONTROL_MAGIC, .decision_count = 3, .seen_count = 2, .reads = 4, .read_bytes = 5, .writes = 6, .written_bytes = 7,
    .behaviour = UINT64_C (0x0807060504030201)
  };
  size_t size;
  CLEANUP_FREE char *bytes = control_encode_report (&report, choices, seen, &size);
  const struct control_report head = control_decode_head (bytes);
  struct choice decisions[3];
  struct control_seen found[2];

  ck_assert_mem_eq (&head, &report, sizeof report);
  ck_assert_uint_eq (size, sizeof report + 3 * sizeof (struct control_choice) + 2 * sizeof (struct control_seen));
  ck_assert_uint_eq (control_report_bytes (&head), LOG_SECTOR);
  control_decode_lists (bytes, &head, decisions, found);
  ck_assert_mem_eq (decisions, choices, sizeof choices);
  ck_assert_mem_eq (found, seen, sizeof seen);
}
END_TEST

START_TEST (what_was_written_is_decoded_as_it_was_encoded)
{
  static const struct control_seen written[] = { { 7, 1, 0x81 }, { UINT64_C (1) << 40, 0, 0xff } };
  size_t size, count, whole;
  CLEANUP_FREE char *bytes = control_encode_written (written, 2, &size);
  struct control_seen found[2];

  ck_assert_int_eq (control_decode_written_head (bytes, &count, &whole), 0);
  ck_assert_uint_eq (count, 2);
  ck_assert_uint_eq (whole, LOG_SECTOR);
  control_decode_written (bytes, count, found);
  ck_assert_mem_eq (found, written, sizeof written);
  memset (bytes + offsetof (struct control_written, count), 0xff, 8);
  ck_assert_int_eq (control_decode_written_head (bytes, &count, &whole), -1);
  memset (bytes, 0, size);
  ck_assert_int_eq (control_decode_written_head (bytes, &count, &whole), -1);
}
END_TEST

UNIT_TEST_MAIN ("crashstate-control", a_selection_is_decoded_as_it_was_encoded,
                the_name_of_a_log_is_decoded_as_it_was_encoded, no_length_in_a_request_is_believed,
                a_report_is_decoded_as_it_was_encoded, what_was_written_is_decoded_as_it_was_encoded)
