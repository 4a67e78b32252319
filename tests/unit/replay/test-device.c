/* SPDX-License-Identifier: BSD-3-Clause */
/* A device whose server is played here, in the place of nbdkit and libnbd: what is written to its control export, and
 * reports that are read there.
 */
#include <config.h>

#include <libnbd.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/nbdkit.h"
#include "replay/device.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static char control[1 << 20];   /* what a read gives */
static char *written;           /* to free */
static size_t written_size;
static unsigned reads;
static unsigned failing_read;   /* this one fails; 0 is none */
static bool refusing;           /* writes */
static struct device *device;

int
nbdkit_start (struct nbdkit *nbdkit, enum part plugin, const char *const *parameters, unsigned threads,
              const char *folder, const char *name)
{
  (void) parameters;
  (void) threads;
  (void) folder;
  (void) name;
  ck_assert_int_eq (plugin, PART_CRASHSTATE);
  nbdkit->socket = strdup ("socket");
  return 0;
}

void
nbdkit_stop (struct nbdkit *nbdkit)
{
  (void) nbdkit;
}

void
nbdkit_free (struct nbdkit *nbdkit)
{
  free (nbdkit->socket);
}

char *
nbdkit_error_line (const struct nbdkit *nbdkit, const char *words)
{
  (void) nbdkit;
  (void) words;
  return NULL;
}

int
nbd_connect_unix (struct nbd_handle *nbd, const char *socket)
{
  (void) nbd;
  ck_assert_str_eq (socket, "socket");
  return 0;
}

int
nbd_pwrite (struct nbd_handle *nbd, const void *bytes, size_t size, uint64_t offset, uint32_t flags)
{
  (void) nbd;
  ck_assert_uint_eq (offset, 0);
  ck_assert_uint_eq (flags, 0);
  free (written);
  written = malloc (size);
  memcpy (written, bytes, size);
  written_size = size;
  return refusing ? -1 : 0;
}

int
nbd_pread (struct nbd_handle *nbd, void *bytes, size_t size, uint64_t offset, uint32_t flags)
{
  (void) nbd;
  ck_assert_uint_eq (offset, 0);
  ck_assert_uint_eq (flags, 0);
  ck_assert_uint_le (size, sizeof control);
  memcpy (bytes, control, size);
  return ++reads == failing_read ? -1 : 0;
}

const char *
nbd_get_error (void)
{
  return "played";
}

static void
setup (void)
{
  reads = failing_read = 0;
  refusing = false;
  device = device_start ("log", ".", 0);
  ck_assert_ptr_nonnull (device);
  forget_messages ();
}

static void
teardown (void)
{
  device_stop (device);
  free (written);
  written = NULL;
}

/* Let reads give HEAD, with so many decisions and so much that was seen. */
static void
give_report (uint32_t decision_count, uint64_t seen_count)
{
  const struct control_report head = {
    .magic = CONTROL_MAGIC, .decision_count = decision_count, .seen_count = seen_count, .behaviour = 7
  };
  CLEANUP_FREE struct choice *decisions = calloc (decision_count, sizeof *decisions);
  CLEANUP_FREE struct control_seen *seen = calloc (seen_count, sizeof *seen);
  size_t size;

  for (uint32_t i = 0; i < decision_count; i++)
    decisions[i] = choice_whole (i, CHOICE_ABSENT);
  for (uint64_t i = 0; i < seen_count; i++)
    seen[i].block = i;
  CLEANUP_FREE char *bytes = control_encode_report (&head, decisions, seen, &size);
  ck_assert_uint_le (size, sizeof control);
  memcpy (control, bytes, size);
}

static void
must_fail (const char *wanted)
{
  struct device_report report;

  ck_assert_int_eq (device_report (device, &report), -1);
  ck_assert_str_eq (message, wanted);
  ck_assert_uint_eq (message_count, 1);
}

START_TEST (a_selection_is_written_to_the_control_export)
{
  const struct choice choice = choice_whole (3, CHOICE_ABSENT);
  const struct selection selection = { .point = 5, .choices = &choice, .count = 1 };
  size_t size;
  CLEANUP_FREE char *wanted = control_encode_select (&selection, &size);

  ck_assert_int_eq (device_select (device, &selection), 0);
  ck_assert_uint_eq (written_size, size);
  ck_assert_mem_eq (written, wanted, size);
  refusing = true;
  ck_assert_int_eq (device_select (device, &selection), -1);
  ck_assert_str_eq (message, "cannot select a crash state: played");
  ck_assert_uint_eq (message_count, 1);
}
END_TEST

/* A short report is one read, a longer one two. */
START_TEST (a_report_is_read_whole)
{
  static const uint32_t counts[] = { 2, 3000 };
  struct device_report report;

  for (unsigned i = 0; i < 2; i++) {
    give_report (counts[i], counts[i] + 1);
    reads = 0;
    ck_assert_int_eq (device_report (device, &report), 0);
    ck_assert_uint_eq (reads, i + 1);
    ck_assert_uint_eq (report.head.behaviour, 7);
    ck_assert_uint_eq (report.head.decision_count, counts[i]);
    ck_assert_uint_eq (report.decisions[counts[i] - 1].write, counts[i] - 1);
    ck_assert_uint_eq (report.seen[counts[i]].block, counts[i]);
  }
}
END_TEST

START_TEST (a_report_that_cannot_be_read_is_an_error)
{
  give_report (3000, 0);
  failing_read = (unsigned) _i + 1;
  must_fail ("cannot read what the run did: played");
}
END_TEST

START_TEST (what_is_no_report_is_an_error)
{
  give_report (1, 1);
  control[0] ^= 1;
  must_fail ("the crashstate plugin gives a report that makes no sense");
}
END_TEST

/* Counts by which the size would overflow, too. */
START_TEST (a_report_that_is_too_long_is_an_error)
{
  static const uint64_t counts[] = { CONTROL_EXPORT_BYTES / sizeof (struct control_seen), UINT64_C (1) << 60 };

  give_report (0, 0);
  memcpy (control + offsetof (struct control_report, seen_count), &counts[_i], sizeof counts[_i]);
  must_fail ("a run read more than 32 MiB of reports can tell");
  ck_assert_uint_eq (reads, 1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("device", setup, teardown, a_selection_is_written_to_the_control_export, a_report_is_read_whole,
                     unit_loop (a_report_that_cannot_be_read_is_an_error, 2), what_is_no_report_is_an_error,
                     unit_loop (a_report_that_is_too_long_is_an_error, 2))
