/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin crashstate: what the reads of a run decide, what it writes, and what is reported of it. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "nbd-plugin/parameters.h"
#include "tests/plugin/crashstate-client.h"

START_TEST (reads_decide_what_they_need_in_their_order)
{
  char content[8192];

  serve_log ();
  select_writes (control, ALL & ~(1u << OLD), 0, PREFER_PRESENT);
  ck_assert_uint_eq (read_report (control).decision_count, 0);
  make_content (content, ALL);
  check_content (disk, content + 4096, 512, 4096);
  CHECK_DECISIONS (control, CHOICE_PRESENT, NEXT);
  check_content (disk, content + 512, 512, 512);
  CHECK_DECISIONS (control, CHOICE_PRESENT, NEXT, SECTOR);
  check_content (disk, content, 4096, 0);
  CHECK_DECISIONS (control, CHOICE_PRESENT, NEXT, SECTOR, NEW, TRIM);
  check_present (disk, ALL);
  CHECK_DECISIONS (control, CHOICE_PRESENT, NEXT, SECTOR, NEW, TRIM);
  stop_serving ();
}
END_TEST

START_TEST (undecided_writes_can_become_absent)
{
  char content[8192];

  serve_log ();
  select_writes (control, ALL & ~(1u << OLD), 0, PREFER_ABSENT);
  make_content (content, 1u << OLD);
  check_content (disk, content + 1024, 512, 1024);
  CHECK_DECISIONS (control, CHOICE_ABSENT, TRIM, NEW);
  check_present (disk, 1u << OLD);
  CHECK_DECISIONS (control, CHOICE_ABSENT, TRIM, NEW, SECTOR, NEXT);
  stop_serving ();
}
END_TEST

START_TEST (reads_elsewhere_decide_nothing)
{
  serve_log ();
  struct nbd_handle *other = client_open ("disk1");
  select_writes (control, ALL & ~(1u << OLD), 0, PREFER_PRESENT);
  read_range (disk, 8192, MIB - 8192);
  read_range (other, 512, 4096);
  ck_assert_uint_eq (read_report (control).decision_count, 0);
  read_range (other, 0, 512);
  CHECK_DECISIONS (control, CHOICE_PRESENT, DISK1);
  client_close (other);
  stop_serving ();
}
END_TEST

START_TEST (a_torn_selection_is_what_the_disks_become)
{
  static const struct choice choices[] = {
    { NEW, 3, 9, CHOICE_ABSENT }, { NEW, 4, 5, CHOICE_PRESENT }, { NEXT, 0, 6, CHOICE_ABSENT },
    { NEXT, 1, CHOICE_END, CHOICE_PRESENT }
  };
  char content[8192], old[8192];

  serve_log ();
  make_content (content, ALL);
  make_content (old, 1u << OLD);
  memcpy (content + 1536, old + 1536, 512);
  memcpy (content + 3072, old + 3072, 1024);
  memset (content + 4096, 0, 512);
  select_choices (control, EVENTS - 1, choices, 4, whole (PREFER_PRESENT));
  check_content (disk, content, sizeof content, 0);
  ck_assert_uint_eq (read_report (control).decision_count, 0);
  stop_serving ();
}
END_TEST

START_TEST (torn_decisions_are_reported)
{
  const struct choice undecided = choice_whole (NEW, CHOICE_UNDECIDED);
  char new[8192], old[8192];

  serve_log ();
  make_content (new, ALL);
  make_content (old, 1u << OLD);
  select_choices (control, EVENTS - 1, &undecided, 1, rule_of (TEAR_PREFIX, 512, PREFER_ABSENT, 0));
  check_content (disk, old + 2560, 512, 2560);
  CHECK_TORN_DECISIONS (control, { NEW, 5, 7, CHOICE_ABSENT });
  check_content (disk, old + 1536, 2560, 1536);
  CHECK_TORN_DECISIONS (control, { NEW, 5, 7, CHOICE_ABSENT }, { NEW, 3, 4, CHOICE_ABSENT });

  select_choices (control, EVENTS - 1, &undecided, 1, rule_of (TEAR_PREFIX, 2048, PREFER_PRESENT, 0));
  check_content (disk, new, 512, 0);
  check_content (disk, new + 2048, 512, 2048);
  CHECK_TORN_DECISIONS (control, { NEW, 0, 3, CHOICE_PRESENT }, { NEW, 4, 7, CHOICE_PRESENT });

  select_choices (control, EVENTS - 1, &undecided, 1, rule_of (TEAR_ANY, 1024, PREFER_ABSENT, 0));
  check_content (disk, old + 2560, 512, 2560);
  check_content (disk, old, 512, 0);
  CHECK_TORN_DECISIONS (control, { NEW, 4, 5, CHOICE_ABSENT }, { NEW, 0, 1, CHOICE_ABSENT });
  stop_serving ();
}
END_TEST

/* Read disk0 in the same steps from the plugin and from STATE. */
static void
compare_with_state (struct crash_state *state)
{
  static const uint64_t offsets[] = { 2560, 512, 7168, 0, 4096 };
  size_t count;

  for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
    char content[1024];

    crash_state_read (state, 0, content, sizeof content, offsets[i]);
    check_content (disk, content, sizeof content, offsets[i]);
  }
  const struct choice *decisions = crash_state_decisions (state, &count);
  ck_assert_uint_gt (count, 0);
  check_torn_decisions (control, decisions, count);
}

START_TEST (what_is_random_is_as_in_the_library)
{
  struct choice undecided[WRITES];

  serve_log ();
  struct write_log *log = write_log_open ("log.bin");
  struct crash_state *state = crash_state_new (log);
  for (uint32_t i = 0; i < WRITES; i++)
    undecided[i] = choice_whole (i, CHOICE_UNDECIDED);
  for (uint64_t seed = 1; seed <= 12; seed++) {
    const struct selection selection = {
      EVENTS - 1, undecided, WRITES, rule_of (seed % 3, 512u << seed % 2, PREFER_RANDOM, seed << 40 | seed)
    };

    ck_assert_int_eq (crash_state_select (state, &selection), 0);
    select_choices (control, selection.point, selection.choices, selection.count, selection.rule);
    compare_with_state (state);
  }
  crash_state_free (state);
  write_log_close (log);
  stop_serving ();
}
END_TEST

START_TEST (a_sector_that_is_written_first_decides_nothing)
{
  char content[8192], data[512];

  serve_log ();
  select_writes (control, 1u << SECTOR | 1u << TRIM | 1u << NEXT, 0, PREFER_PRESENT);
  make_content (content, ALL);
  fill (data, sizeof data, 50);
  ck_nbd (nbd_pwrite (disk, data, sizeof data, 512, 0));
  memcpy (content + 512, data, sizeof data);
  ck_nbd (nbd_zero (disk, 512, 1024, 0));
  ck_nbd (nbd_trim (disk, 4096, 4096, 0));
  memset (content + 4096, 0, 4096);
  check_content (disk, content, sizeof content, 0);
  ck_assert_uint_eq (read_report (control).decision_count, 0);
  stop_serving ();
}
END_TEST

START_TEST (what_a_client_writes_is_seen_and_forgotten_with_the_next_selection)
{
  char content[8192], data[4096];
  struct stat before, after;

  serve_log ();
  struct nbd_handle *other = client_open ("disk0");
  ck_assert_int_eq (stat ("log.bin", &before), 0);
  make_content (content, ALL);
  fill (data, sizeof data, 50);
  ck_nbd (nbd_pwrite (disk, data, sizeof data, 2048, LIBNBD_CMD_FLAG_FUA));
  memcpy (content + 2048, data, sizeof data);
  ck_nbd (nbd_zero (disk, 1024, 512, 0));
  memset (content + 512, 0, 1024);
  ck_nbd (nbd_trim (disk, 512, 7680, LIBNBD_CMD_FLAG_FUA));
  memset (content + 7680, 0, 512);
  ck_nbd (nbd_flush (disk, 0));
  check_tape (control, "0 write 2048+4096 fua\n0 zero 512+1024 may-trim\n0 trim 7680+512 fua\n0 flush 0+0\n");
  check_content (other, content, sizeof content, 0);
  check_content (disk, content + 512, 512, 512);
  select_writes (control, 0, 0, PREFER_PRESENT);
  check_present (other, ALL);
  client_close (other);
  stop_serving ();
  ck_assert_int_eq (stat ("log.bin", &after), 0);
  ck_assert_int_eq (after.st_size, before.st_size);
  ck_assert (after.st_mtim.tv_sec == before.st_mtim.tv_sec && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
}
END_TEST

START_TEST (thousands_of_blocks_can_be_written_again_and_again)
{
  const uint32_t size = 16 * MIB;
  CLEANUP_FREE char *model = malloc (size);
  struct log_writer *writer = log_writer_create ("log.bin", (const uint64_t[]) { size }, 1, NULL, 0);
  uint64_t state = 3;

  issue (writer, LOG_WRITE, 0, 0, size, 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
  server_start ("crashstate", "log=log.bin", NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk0");
  for (unsigned round = 0; round < 3; round++) {
    fill (model, size, 0);
    for (unsigned i = 0; i < 2000; i++) {
      uint32_t offset = random_below (&state, size / 512 - 16) * 512, count = (1 + random_below (&state, 16)) * 512;

      fill (model + offset, count, i);
      if (i % 5 == 0)
        memset (model + offset, 0, count);
      ck_nbd (i % 5 == 0 ? nbd_zero (disk, count, offset, 0) : nbd_pwrite (disk, model + offset, count, offset, 0));
    }
    check_content (disk, model, size, 0);
    select_choices (control, 0, NULL, 0, whole (PREFER_PRESENT));
  }
  stop_serving ();
}
END_TEST

START_TEST (what_clients_write_has_a_limit)
{
  char data[4096];
  uint64_t offset = 0;

  make_log ();
  server_start ("crashstate", "log=log.bin", "memory=64K", NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk0");
  fill (data, sizeof data, 7);
  ck_nbd (nbd_zero (disk, MIB, 0, 0));
  for (int round = 0; round < 2; round++) {
    for (offset = 0; nbd_pwrite (disk, data, sizeof data, offset, 0) == 0; offset += sizeof data)
      ck_assert_uint_le (offset, 64 * KIB);
    ck_assert_int_eq (nbd_get_errno (), ENOSPC);
    ck_assert_uint_gt (offset, 32 * KIB);
    check_content (disk, data, sizeof data, 0);
    select_choices (control, 0, NULL, 0, whole (PREFER_PRESENT));
  }
  stop_serving ();
}
END_TEST

/* The behaviour of reading all of OFFSETS, COUNT bytes each, after a selection with these writes absent. */
static uint64_t
behaviour (unsigned absent, const uint64_t *offsets, size_t offset_count, size_t count)
{
  select_writes (control, 0, absent, PREFER_PRESENT);
  for (size_t i = 0; i < offset_count; i++)
    read_range (disk, offsets[i], count);
  return read_report (control).behaviour;
}

START_TEST (behaviour_depends_on_what_was_read_and_not_on_how)
{
  static const uint64_t once[] = { 0 }, halves[] = { 4096, 0 }, quarters[] = { 2048, 0, 6144, 4096 },
    twice[] = { 0, 4096, 0 };

  serve_log ();
  uint64_t whole = behaviour (0, once, 1, 8192);
  ck_assert_uint_eq (behaviour (0, once, 1, 8192), whole);
  ck_assert_uint_eq (behaviour (0, halves, 2, 4096), whole);
  ck_assert_uint_eq (behaviour (0, quarters, 4, 2048), whole);
  ck_assert_uint_eq (behaviour (0, twice, 3, 4096), whole);
  ck_assert_uint_ne (behaviour (0, once, 1, 4096), whole);
  ck_assert_uint_ne (behaviour (0, once, 1, 8704), whole);
  ck_assert_uint_ne (behaviour (1u << SECTOR, once, 1, 8192), whole);
  ck_assert_uint_ne (behaviour (1u << TRIM, once, 1, 8192), whole);
  ck_assert_uint_eq (behaviour (1u << NEXT, once, 1, 4096), behaviour (0, once, 1, 4096));
  ck_assert_uint_eq (behaviour (0, NULL, 0, 0), 0);
  stop_serving ();
}
END_TEST

START_TEST (behaviour_tells_places_apart)
{
  static const uint64_t first[] = { 8192 }, second[] = { 12288 };

  serve_log ();
  struct nbd_handle *other = client_open ("disk1");
  uint64_t here = behaviour (0, first, 1, 512);
  ck_assert_uint_ne (behaviour (0, second, 1, 512), here);
  select_writes (control, 0, 0, PREFER_PRESENT);
  read_range (other, 8192, 512);
  ck_assert_uint_ne (read_report (control).behaviour, here);
  client_close (other);
  stop_serving ();
}
END_TEST

START_TEST (behaviour_is_not_about_what_the_client_wrote)
{
  static const uint64_t start[] = { 0 }, rest[] = { 512 };
  char data[512];

  serve_log ();
  uint64_t without = behaviour (0, rest, 1, 3584);
  select_writes (control, 0, 0, PREFER_PRESENT);
  fill (data, sizeof data, 60);
  ck_nbd (nbd_pwrite (disk, data, sizeof data, 0, 0));
  read_range (disk, 0, 4096);
  ck_assert_uint_eq (read_report (control).behaviour, without);

  uint64_t whole = behaviour (0, start, 1, 4096);
  ck_nbd (nbd_pwrite (disk, data, sizeof data, 0, 0));
  read_range (disk, 0, 4096);
  ck_assert_uint_eq (read_report (control).behaviour, whole);
  stop_serving ();
}
END_TEST

START_TEST (what_was_seen_is_listed_once_in_the_order_of_the_reads)
{
  serve_log ();
  struct nbd_handle *other = client_open ("disk1");
  select_writes (control, 1u << NEXT | 1u << DISK1, 0, PREFER_PRESENT);
  ck_assert_uint_eq (read_report (control).seen_count, 0);
  read_range (disk, 16384 + 1024, 1024);
  read_range (disk, 4096, 512);
  read_range (other, 0, 4096);
  read_range (disk, 16384 + 1024, 512);         /* known */
  read_range (disk, 4096, 512);                 /* known */
  read_range (disk, 16384 + 512, 1024);         /* one sector is new */
  read_range (disk, 3584, 4608);                /* all is new but the first sector of block 1 */
  CHECK_SEEN (control, { 4, 0, 0x0c }, { 1, 0, 0x01 }, { 0, 1, 0xff }, { 4, 0, 0x02 }, { 0, 0, 0x80 }, { 1, 0, 0xfe });
  CHECK_DECISIONS (control, CHOICE_PRESENT, NEXT, DISK1);
  select_writes (control, 0, 0, PREFER_PRESENT);
  ck_assert_uint_eq (read_report (control).seen_count, 0);
  read_range (disk, 4096, 512);
  CHECK_SEEN (control, { 1, 0, 0x01 });
  client_close (other);
  stop_serving ();
}
END_TEST

START_TEST (what_the_client_wrote_is_not_seen)
{
  char data[1024] = "";

  serve_log ();
  ck_nbd (nbd_pwrite (disk, data, 1024, 512, 0));
  ck_nbd (nbd_zero (disk, 4096, 8192, 0));
  ck_nbd (nbd_trim (disk, 512, 12288, 0));
  read_range (disk, 0, 2048);
  read_range (disk, 8192, 4608);
  CHECK_SEEN (control, { 0, 0, 0x09 });
  ck_nbd (nbd_pwrite (disk, data, 512, 0, 0));
  read_range (disk, 0, 4096);
  CHECK_SEEN (control, { 0, 0, 0x09 }, { 0, 0, 0xf0 });
  stop_serving ();
}
END_TEST

START_TEST (requests_are_counted_from_the_selection_on)
{
  char data[4096] = "";
  struct control_report report;

  serve_log ();
  read_range (disk, 0, 512);
  select_writes (control, 0, 0, PREFER_PRESENT);
  report = read_report (control);
  ck_assert (report.reads == 0 && report.read_bytes == 0 && report.writes == 0 && report.written_bytes == 0);
  ck_assert_uint_eq (report.behaviour, 0);
  read_range (disk, 0, 8192);
  read_range (disk, 512, 512);
  ck_nbd (nbd_pwrite (disk, data, sizeof data, 0, 0));
  ck_nbd (nbd_zero (disk, 1024, 0, 0));
  ck_nbd (nbd_trim (disk, 512, 0, 0));
  ck_nbd (nbd_flush (disk, 0));
  for (unsigned i = 0; i < 2; i++) {
    report = read_report (control);
    ck_assert_uint_eq (report.reads, 2);
    ck_assert_uint_eq (report.read_bytes, 8192 + 512);
    ck_assert_uint_eq (report.writes, 3);
    ck_assert_uint_eq (report.written_bytes, 4096 + 1024 + 512);
  }
  stop_serving ();
}
END_TEST

#define MANY 1000

START_TEST (a_report_can_be_read_in_parts)
{
  /* The device is read in blocks, and each of MANY writes has a sector of its own. */
  const struct control_report head = { .decision_count = MANY, .seen_count = MIB / BLOCK_SIZE };
  const size_t bytes = control_report_bytes (&head);
  struct log_writer *writer = log_writer_create ("log.bin", (const uint64_t[]) { MIB }, 1, NULL, 0);
  CLEANUP_FREE struct choice *choices = calloc (MANY, sizeof *choices);
  CLEANUP_FREE char *report = malloc (bytes);

  for (uint32_t i = 0; i < MANY; i++) {
    issue (writer, LOG_WRITE, 0, i * 512, 512, i);
    choices[i] = choice_whole (i, CHOICE_UNDECIDED);
  }
  ck_assert_int_eq (log_writer_close (writer), 0);
  server_start ("crashstate", "log=log.bin", NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk0");
  select_choices (control, MANY - 1, choices, MANY, whole (PREFER_ABSENT));
  check_content (disk, NULL, MIB, 0);
  for (size_t at = 0; at < bytes; at += 512)
    ck_nbd (nbd_pread (control, report + at, 512, at, 0));
  for (size_t i = 0; i < MANY; i++)
    choices[i].kind = CHOICE_ABSENT;
  struct control_seen seen[MIB / BLOCK_SIZE];
  for (size_t i = 0; i < MIB / BLOCK_SIZE; i++)
    seen[i] = (struct control_seen) { i, 0, BLOCK_ALL };
  check_lists (report, choices, MANY, seen, MIB / BLOCK_SIZE);
  check_content (control, NULL, 4096, MIB);
  stop_serving ();
}
END_TEST

PLUGIN_TEST_MAIN ("crashstate-run", reads_decide_what_they_need_in_their_order, undecided_writes_can_become_absent,
                  reads_elsewhere_decide_nothing, a_torn_selection_is_what_the_disks_become,
                  torn_decisions_are_reported, what_is_random_is_as_in_the_library,
                  a_sector_that_is_written_first_decides_nothing,
                  what_a_client_writes_is_seen_and_forgotten_with_the_next_selection,
                  thousands_of_blocks_can_be_written_again_and_again, what_clients_write_has_a_limit,
                  behaviour_depends_on_what_was_read_and_not_on_how, behaviour_tells_places_apart,
                  behaviour_is_not_about_what_the_client_wrote,
                  what_was_seen_is_listed_once_in_the_order_of_the_reads, what_the_client_wrote_is_not_seen,
                  requests_are_counted_from_the_selection_on, a_report_can_be_read_in_parts)
