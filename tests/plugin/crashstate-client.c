/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "nbd-plugin/parameters.h"
#include "tests/plugin/crashstate-client.h"

/* What most tests need to know of a report is in its first 4 KiB. */
#define REPORT_BYTES 4096
#define TAPE_BYTES 16384

uint32_t
issue (struct log_writer *writer, enum log_kind kind, uint16_t device, uint64_t offset, uint32_t length, uint64_t seed)
{
  CLEANUP_FREE char *data = calloc (1, length ? length : 1);
  struct log_operation operation = { kind, 0, device, offset, length };
  struct log_issue issue;

  fill (data, length, seed);
  ck_assert_int_eq (log_writer_issue (writer, &operation, data, &issue), 0);
  return issue.position;
}

void
make_log (void)
{
  struct log_writer *writer = log_writer_create ("log.bin", (const uint64_t[]) { MIB, 64 * KIB }, 2, NULL, 0);

  ck_assert_ptr_nonnull (writer);
  ck_assert_int_eq (log_writer_mark (writer, "begin", 5), 0);
  ck_assert_uint_eq (issue (writer, LOG_WRITE, 0, 0, 4096, OLD), WRITE_OLD);
  ck_assert_int_eq (log_writer_complete (writer, WRITE_OLD, 0, 0, false), 0);
  ck_assert_int_eq (log_writer_complete (writer, issue (writer, LOG_FLUSH, 0, 0, 0, 0), 0, 0, true), 0);
  ck_assert_uint_eq (issue (writer, LOG_WRITE, 0, 0, 4096, NEW), WRITE_NEW);
  ck_assert_uint_eq (issue (writer, LOG_WRITE, 0, 4096, 4096, NEXT), WRITE_NEXT);
  ck_assert_uint_eq (issue (writer, LOG_WRITE, 0, 512, 512, SECTOR), WRITE_SECTOR);
  ck_assert_uint_eq (issue (writer, LOG_TRIM, 0, 1024, 512, TRIM), TRIM_SECTOR);
  ck_assert_uint_eq (issue (writer, LOG_WRITE, 1, 0, 512, DISK1), WRITE_DISK1);
  ck_assert_int_eq (log_writer_close (writer), 0);
}

void
make_content (char *content, unsigned present)
{
  char block[4096];

  memset (content, 0, 8192);
  if (present & 1u << OLD)
    fill (content, 4096, OLD);
  if (present & 1u << NEW)
    fill (content, 4096, NEW);
  if (present & 1u << NEXT)
    fill (content + 4096, 4096, NEXT);
  fill (block, 512, SECTOR);
  if (present & 1u << SECTOR)
    memcpy (content + 512, block, 512);
  if (present & 1u << TRIM)
    memset (content + 1024, 0, 512);
}

void
check_present (struct nbd_handle *client, unsigned present)
{
  char content[8192];

  make_content (content, present);
  check_content (client, content, sizeof content, 0);
}

struct decision_rule
rule_of (enum tear_mode mode, uint32_t atomic_bytes, enum preference preference, uint64_t seed)
{
  return (struct decision_rule) { { mode, atomic_bytes }, preference, seed };
}

struct decision_rule
whole (enum preference preference)
{
  return rule_of (TEAR_NONE, LOG_SECTOR, preference, 0);
}

void
select_choices (struct nbd_handle *client, uint32_t point, const struct choice *choices, size_t count,
                struct decision_rule rule)
{
  size_t size;
  CLEANUP_FREE char *request = control_encode_select (&(struct selection) { point, choices, count, rule }, &size);

  ck_nbd (nbd_pwrite (client, request, size, 0, 0));
}

void
select_writes (struct nbd_handle *client, unsigned undecided, unsigned absent, enum preference preference)
{
  struct choice choices[WRITES];
  size_t count = 0;

  for (uint32_t i = 0; i < WRITES; i++)
    if ((undecided | absent) & 1u << i)
      choices[count++] = choice_whole (i, undecided & 1u << i ? CHOICE_UNDECIDED : CHOICE_ABSENT);
  select_choices (client, EVENTS - 1, choices, count, whole (preference));
}

static struct control_report
report_in (const char *bytes)
{
  const struct control_report report = control_decode_head (bytes);

  ck_assert_uint_eq (report.magic, CONTROL_MAGIC);
  return report;
}

struct control_report
read_report (struct nbd_handle *client)
{
  char bytes[REPORT_BYTES];

  ck_nbd (nbd_pread (client, bytes, sizeof bytes, 0, 0));
  return report_in (bytes);
}

void
check_lists (const char *bytes, const struct choice *decisions, size_t decision_count, const struct control_seen *seen,
             size_t seen_count)
{
  const struct control_report report = report_in (bytes);
  CLEANUP_FREE struct choice *made = calloc (report.decision_count + 1, sizeof *made);
  CLEANUP_FREE struct control_seen *found = calloc (report.seen_count + 1, sizeof *found);

  control_decode_lists (bytes, &report, made, found);
  if (decisions) {
    ck_assert_uint_eq (report.decision_count, decision_count);
    ck_assert_mem_eq (made, decisions, decision_count * sizeof *decisions);
  }
  if (seen) {
    ck_assert_uint_eq (report.seen_count, seen_count);
    ck_assert_mem_eq (found, seen, seen_count * sizeof *seen);
  }
}

void
check_torn_decisions (struct nbd_handle *client, const struct choice *expected, size_t count)
{
  char bytes[REPORT_BYTES];

  ck_nbd (nbd_pread (client, bytes, sizeof bytes, 0, 0));
  check_lists (bytes, expected, count, NULL, 0);
}

void
check_decisions (struct nbd_handle *client, const uint32_t *writes, size_t count, enum choice_kind kind)
{
  struct choice expected[WRITES];

  for (size_t i = 0; i < count; i++)
    expected[i] = choice_whole (writes[i], kind);
  check_torn_decisions (client, expected, count);
}

void
check_seen (struct nbd_handle *client, const struct control_seen *expected, size_t count)
{
  char bytes[REPORT_BYTES];

  ck_nbd (nbd_pread (client, bytes, sizeof bytes, 0, 0));
  check_lists (bytes, NULL, 0, expected, count);
}

void
check_tape (struct nbd_handle *client, const char *expected)
{
  static const char *const names[] = {
    [LOG_WRITE] = "write", [LOG_ZERO] = "zero", [LOG_TRIM] = "trim", [LOG_FLUSH] = "flush"
  };
  char bytes[TAPE_BYTES], text[1024] = "", *end = text;
  const char *data;
  struct log_record record;
  struct log_tape tape = { .bytes = bytes + sizeof (struct control_tape) };
  size_t at = 0, whole;

  ck_nbd (nbd_pread (client, bytes, sizeof bytes, CONTROL_TAPE_OFFSET, 0));
  ck_assert_int_eq (control_decode_tape_head (bytes, &tape.size, &whole), 0);
  ck_assert_uint_le (whole, sizeof bytes);
  while (log_tape_next (&tape, &at, &record, &data))
    end += sprintf (end, "%u %s %ju+%u%s%s\n", record.device, names[record.kind], (uintmax_t) record.offset,
                    record.length, record.flags & LOG_FLAG_FUA ? " fua" : "",
                    record.flags & LOG_FLAG_MAY_TRIM ? " may-trim" : "");
  ck_assert_str_eq (text, expected);
}

void
read_range (struct nbd_handle *client, uint64_t offset, size_t count)
{
  CLEANUP_FREE char *buffer = malloc (count);

  ck_nbd (nbd_pread (client, buffer, count, offset, 0));
}

struct nbd_handle *control, *disk;

void
serve_log (void)
{
  make_log ();
  server_start ("crashstate", "log=log.bin", "directory=.", NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk0");
}

void
stop_serving (void)
{
  client_close (disk);
  client_close (control);
  server_stop ();
}
