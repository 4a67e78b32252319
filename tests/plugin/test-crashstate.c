/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin crashstate: which state it serves, and what it reports of the reads. */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/crash-state.h"
#include "log/writer.h"
#include "nbd-plugin/crashstate-control.h"
#include "nbd-plugin/parameters.h"
#include "tests/plugin/server.h"

#define KIB 1024
#define MIB (1024 * 1024)

/* The log of most tests.  Positions are those of the issues; all writes behind the flush are in flight in the end. */
enum {
  BEGIN = 0,                    /* mark */
  WRITE_OLD = 1,                /* write 0: 4 KiB at 0, durable */
  FLUSHED = 4,                  /* completion of the flush */
  WRITE_NEW = 5,                /* write 1: 4 KiB at 0 */
  WRITE_NEXT = 6,               /* write 2: 4 KiB at 4 KiB */
  WRITE_SECTOR = 7,             /* write 3: sector 1 */
  TRIM_SECTOR = 8,              /* write 4: sector 2 */
  WRITE_DISK1 = 9,              /* write 5: 512 bytes at 0 of disk1 */
  EVENTS = 10,
};
enum { OLD, NEW, NEXT, SECTOR, TRIM, DISK1, WRITES };

static uint32_t
issue (struct log_writer *writer, enum log_kind kind, uint16_t device, uint64_t offset, uint32_t length, uint64_t seed)
{
  CLEANUP_FREE char *data = calloc (1, length ? length : 1);
  struct log_operation operation = { kind, 0, device, offset, length };
  struct log_issue issue;

  fill (data, length, seed);
  ck_assert_int_eq (log_writer_issue (writer, &operation, data, &issue), 0);
  return issue.position;
}

static void
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

/* What the first 8 KiB of disk0 hold if just the writes of PRESENT (a bit for each) are there. */
static void
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

static void
check_present (struct nbd_handle *client, unsigned present)
{
  char content[8192];

  make_content (content, present);
  check_content (client, content, sizeof content, 0);
}

#define ALL ((1u << WRITES) - 1)

static struct decision_rule
rule_of (enum tear_mode mode, uint32_t sector_bytes, enum preference preference, uint64_t seed)
{
  return (struct decision_rule) { { mode, sector_bytes }, preference, seed };
}

static struct decision_rule
whole (enum preference preference)
{
  return rule_of (TEAR_NONE, LOG_SECTOR, preference, 0);
}

/* A selection as it goes over the wire, in BYTES zeroed bytes; returns them, to free. */
static char *
make_selection (size_t bytes, uint32_t magic, const struct selection *selection)
{
  const struct decision_rule *rule = &selection->rule;
  char *request = calloc (1, bytes), *to = request;
  struct control_select head = {
    .magic = htole32 (magic), .point = htole32 (selection->point), .tear = htole32 (rule->tear.mode),
    .sector_bytes = htole32 (rule->tear.sector_bytes), .preference = htole32 (rule->preference),
    .choice_count = htole32 ((uint32_t) selection->count), .seed = htole64 (rule->seed)
  };

  ck_assert_ptr_nonnull (request);
  ck_assert_uint_le (sizeof head + selection->count * sizeof (struct control_choice), bytes);
  to = mempcpy (to, &head, sizeof head);
  for (size_t i = 0; i < selection->count; i++) {
    const struct choice *choice = &selection->choices[i];
    struct control_choice wire = {
      htole32 (choice->write), htole32 (choice->first), htole32 (choice->last), htole32 (choice->kind)
    };

    to = mempcpy (to, &wire, sizeof wire);
  }
  return request;
}

static size_t
sectors_up (size_t bytes)
{
  return (bytes + 511) / 512 * 512;
}

static void
select_choices (struct nbd_handle *control, uint32_t point, const struct choice *choices, size_t count,
                struct decision_rule rule)
{
  size_t bytes = sectors_up (sizeof (struct control_select) + count * sizeof (struct control_choice));
  CLEANUP_FREE char *request = make_selection (bytes, CONTROL_MAGIC, &(struct selection) { point, choices, count, rule });

  ck_nbd (nbd_pwrite (control, request, bytes, 0, 0));
}

/* Select the end of the log with the writes of UNDECIDED (a bit for each) undecided and those of ABSENT absent. */
static void
select_writes (struct nbd_handle *control, unsigned undecided, unsigned absent, enum preference preference)
{
  struct choice choices[WRITES];
  size_t count = 0;

  for (uint32_t i = 0; i < WRITES; i++)
    if ((undecided | absent) & 1u << i)
      choices[count++] = choice_whole (i, undecided & 1u << i ? CHOICE_UNDECIDED : CHOICE_ABSENT);
  select_choices (control, EVENTS - 1, choices, count, whole (preference));
}

static struct control_report
report_in (const char *bytes)
{
  struct control_report report;

  memcpy (&report, bytes, sizeof report);
  ck_assert_uint_eq (le32toh (report.magic), CONTROL_MAGIC);
  return (struct control_report) {
    .decision_count = le32toh (report.decision_count), .seen_count = le64toh (report.seen_count),
    .reads = le64toh (report.reads), .read_bytes = le64toh (report.read_bytes), .writes = le64toh (report.writes),
    .written_bytes = le64toh (report.written_bytes), .behaviour = le64toh (report.behaviour),
  };
}

/* What most tests need to know of a report is in its first 4 KiB. */
#define REPORT_BYTES 4096

static struct control_report
read_report (struct nbd_handle *control)
{
  char bytes[REPORT_BYTES];

  ck_nbd (nbd_pread (control, bytes, sizeof bytes, 0, 0));
  return report_in (bytes);
}

/* The decisions in a report must be these COUNT. */
static void
check_choices (const char *bytes, const struct choice *expected, size_t count)
{
  ck_assert_uint_eq (report_in (bytes).decision_count, count);
  for (size_t i = 0; i < count; i++) {
    struct control_choice choice;

    memcpy (&choice, bytes + sizeof (struct control_report) + i * sizeof choice, sizeof choice);
    ck_assert_uint_eq (le32toh (choice.write), expected[i].write);
    ck_assert_uint_eq (le32toh (choice.first), expected[i].first);
    ck_assert_uint_eq (le32toh (choice.last), expected[i].last);
    ck_assert_uint_eq (le32toh (choice.kind), expected[i].kind);
  }
}

static void
check_torn_decisions (struct nbd_handle *control, const struct choice *expected, size_t count)
{
  char bytes[REPORT_BYTES];

  ck_nbd (nbd_pread (control, bytes, sizeof bytes, 0, 0));
  check_choices (bytes, expected, count);
}

/* The report's decisions must be these whole writes, in this order, each of this KIND. */
static void
check_decisions (struct nbd_handle *control, const uint32_t *writes, size_t count, enum choice_kind kind)
{
  struct choice expected[WRITES];

  for (size_t i = 0; i < count; i++)
    expected[i] = choice_whole (writes[i], kind);
  check_torn_decisions (control, expected, count);
}

#define CHECK_DECISIONS(control, kind, ...)                                                             \
  check_decisions ((control), (const uint32_t[]) { __VA_ARGS__ },                                       \
                   sizeof ((const uint32_t[]) { __VA_ARGS__ }) / sizeof (uint32_t), (kind))

#define CHECK_TORN_DECISIONS(control, ...)                                                              \
  check_torn_decisions ((control), (const struct choice[]) { __VA_ARGS__ },                             \
                        sizeof ((const struct choice[]) { __VA_ARGS__ }) / sizeof (struct choice))

/* What the report says was seen, behind its decisions, must be these COUNT. */
static void
check_seen (struct nbd_handle *control, const struct control_seen *expected, size_t count)
{
  char bytes[REPORT_BYTES];

  ck_nbd (nbd_pread (control, bytes, sizeof bytes, 0, 0));
  struct control_report report = report_in (bytes);
  ck_assert_uint_eq (report.seen_count, count);
  const char *list = bytes + sizeof report + report.decision_count * sizeof (struct control_choice);
  for (size_t i = 0; i < count; i++) {
    struct control_seen seen;

    memcpy (&seen, list + i * sizeof seen, sizeof seen);
    ck_assert_uint_eq (le64toh (seen.block), expected[i].block);
    ck_assert_uint_eq (le32toh (seen.device), expected[i].device);
    ck_assert_uint_eq (le32toh (seen.sectors), expected[i].sectors);
  }
}

#define CHECK_SEEN(control, ...)                                                                        \
  check_seen ((control), (const struct control_seen[]) { __VA_ARGS__ },                                 \
              sizeof ((const struct control_seen[]) { __VA_ARGS__ }) / sizeof (struct control_seen))

static void
read_range (struct nbd_handle *client, uint64_t offset, size_t count)
{
  CLEANUP_FREE char *buffer = malloc (count);

  ck_nbd (nbd_pread (client, buffer, count, offset, 0));
}

/* The clients of most tests. */
static struct nbd_handle *control, *disk;

static void
serve_log (void)
{
  make_log ();
  server_start ("crashstate", "log=log.bin", "directory=.", NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk0");
}

static void
stop_serving (void)
{
  client_close (disk);
  client_close (control);
  server_stop ();
}

static int
add_name (void *opaque, const char *name, const char *description)
{
  (void) description;
  fprintf (opaque, "%s ", name);
  return 0;
}

START_TEST (the_disks_and_control_are_listed)
{
  CLEANUP_FREE char *names = NULL;
  size_t length;
  FILE *file = open_memstream (&names, &length);
  struct nbd_handle *client = nbd_create ();

  serve_log ();
  ck_nbd (nbd_set_opt_mode (client, true));
  ck_nbd (nbd_connect_unix (client, "nbd.sock"));
  ck_nbd (nbd_opt_list (client, (nbd_list_callback) { .callback = add_name, .user_data = file }));
  ck_nbd (nbd_opt_abort (client));
  nbd_close (client);
  fclose (file);
  ck_assert_str_eq (names, "disk0 disk1 control ");
  stop_serving ();
}
END_TEST

START_TEST (a_disk_has_its_size_and_takes_every_request)
{
  serve_log ();
  struct nbd_handle *other = client_open ("disk1"), *unknown = nbd_create ();
  ck_assert_int_eq (nbd_get_size (disk), MIB);
  ck_assert_int_eq (nbd_get_size (other), 64 * KIB);
  ck_assert_int_eq (nbd_get_size (control), CONTROL_EXPORT_BYTES);
  ck_assert_int_eq (nbd_is_read_only (disk), 0);
  ck_assert_int_eq (nbd_can_flush (disk), 1);
  ck_assert_int_eq (nbd_can_fua (disk), 1);
  ck_assert_int_eq (nbd_can_zero (disk), 1);
  ck_assert_int_eq (nbd_can_trim (disk), 1);
  ck_assert_int_eq (nbd_can_multi_conn (disk), 1);
  ck_assert_int_eq (nbd_get_block_size (disk, LIBNBD_SIZE_MINIMUM), 512);
  ck_nbd (nbd_set_export_name (unknown, "disk2"));
  ck_assert_int_eq (nbd_connect_unix (unknown, "nbd.sock"), -1);
  nbd_close (unknown);
  client_close (other);
  stop_serving ();
}
END_TEST

START_TEST (requests_of_broken_sectors_are_invalid)
{
  char data[1024] = "";

  serve_log ();
  ck_nbd (nbd_set_strict_mode (disk, nbd_get_strict_mode (disk) & ~(uint32_t) LIBNBD_STRICT_ALIGN));
  ck_nbd_fails (nbd_pwrite (disk, data, 100, 0, 0), EINVAL);
  ck_nbd_fails (nbd_pread (disk, data, 512, 511, 0), EINVAL);
  ck_nbd_fails (nbd_zero (disk, 1000, 0, 0), EINVAL);
  ck_nbd_fails (nbd_trim (disk, 512, 256, 0), EINVAL);
  check_present (disk, ALL);
  stop_serving ();
}
END_TEST

START_TEST (everything_is_there_at_first)
{
  char content[512];

  serve_log ();
  struct nbd_handle *other = client_open ("disk1");
  fill (content, sizeof content, DISK1);
  check_present (disk, ALL);
  check_content (disk, NULL, MIB - 8192, 8192);
  check_content (other, content, sizeof content, 0);
  check_content (other, NULL, 64 * KIB - 512, 512);
  ck_assert_uint_eq (read_report (control).decision_count, 0);
  client_close (other);
  stop_serving ();
}
END_TEST

START_TEST (a_recorded_device_is_served_as_it_was)
{
  CLEANUP_FREE char *content = malloc (MIB);
  CLEANUP_FREE char *data = malloc (128 * KIB);
  uint64_t state = 7;

  server_start ("writelog", "log=log.bin", "size=512", "size=1M", NULL);
  struct nbd_handle *client = client_open ("disk1");
  for (unsigned i = 0; i < 300; i++) {
    uint32_t count = (1 + random_below (&state, i % 2 ? 8 : 256)) * 512;
    uint32_t offset = random_below (&state, (MIB - count) / 512 + 1) * 512, kind = random_below (&state, 8);

    fill (data, count, i);
    ck_nbd (kind == 0 ? nbd_zero (client, count, offset, 0) : kind == 1 ? nbd_trim (client, count, offset, 0)
            : nbd_pwrite (client, data, count, offset, 0));
  }
  ck_nbd (nbd_pread (client, content, MIB, 0, 0));
  client_close (client);
  server_stop ();
  server_start ("crashstate", "log=log.bin", NULL);
  client = client_open ("disk1");
  check_content (client, content, MIB, 0);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (a_selection_is_what_the_disks_become)
{
  serve_log ();
  select_choices (control, FLUSHED, NULL, 0, whole (PREFER_PRESENT));
  check_present (disk, 1u << OLD);
  select_choices (control, BEGIN, NULL, 0, whole (PREFER_PRESENT));
  check_present (disk, 0);
  select_choices (control, WRITE_NEXT, &(struct choice) { NEW, 0, CHOICE_END, CHOICE_ABSENT }, 1, whole (PREFER_PRESENT));
  check_present (disk, 1u << OLD | 1u << NEXT);
  for (unsigned absent = 0; absent <= ALL; absent += 2) {
    select_writes (control, 0, absent, PREFER_PRESENT);
    check_present (disk, ALL & ~absent);
  }
  ck_assert_uint_eq (read_report (control).decision_count, 0);
  select_writes (control, 0, 0, PREFER_PRESENT);
  check_present (disk, ALL);
  stop_serving ();
}
END_TEST

#define FINE { { TEAR_ANY, LOG_SECTOR }, PREFER_PRESENT, 0 }

static const struct {
  const char *what;
  size_t bytes;
  uint32_t magic, point;
  struct decision_rule rule;
  uint32_t count;
  struct choice choices[2];
} illegal[] = {
  { "magic", 512, CONTROL_MAGIC + 1, 0, FINE, 0, { { 0 } } },
  { "point", 512, CONTROL_MAGIC, EVENTS, FINE, 0, { { 0 } } },
  { "largest point", 512, CONTROL_MAGIC, UINT32_MAX, FINE, 0, { { 0 } } },
  { "unknown mode", 512, CONTROL_MAGIC, 0, { { TEAR_ANY + 1, 512 }, PREFER_PRESENT, 0 }, 0, { { 0 } } },
  { "no sector", 512, CONTROL_MAGIC, 0, { { TEAR_NONE, 0 }, PREFER_PRESENT, 0 }, 0, { { 0 } } },
  { "half a sector", 512, CONTROL_MAGIC, 0, { { TEAR_ANY, 256 }, PREFER_PRESENT, 0 }, 0, { { 0 } } },
  { "odd sector", 512, CONTROL_MAGIC, 0, { { TEAR_ANY, 1536 }, PREFER_PRESENT, 0 }, 0, { { 0 } } },
  { "unknown preference", 512, CONTROL_MAGIC, 0, { { TEAR_ANY, 512 }, PREFER_RANDOM + 1, 0 }, 0, { { 0 } } },
  { "write after the point", 512, CONTROL_MAGIC, FLUSHED, FINE, 1, { { NEW, 0, 1, CHOICE_ABSENT } } },
  { "unknown write", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 1, { { WRITES, 0, 1, CHOICE_ABSENT } } },
  { "unknown kind", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 2, { { NEW, 0, 1, CHOICE_ABSENT }, { NEXT, 0, 1, 3 } } },
  { "last before first", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 1, { { NEW, 2, 1, CHOICE_ABSENT } } },
  { "sector beyond the write", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 1, { { NEW, 8, 8, CHOICE_ABSENT } } },
  { "more choices than bytes", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 31, { { 0 } } },
  { "more choices than memory", 512, CONTROL_MAGIC, EVENTS - 1, FINE, UINT32_MAX, { { 0 } } },
  { "half a head", 8, CONTROL_MAGIC, 0, FINE, 0, { { 0 } } },
};
#define ILLEGAL_COUNT ((int) (sizeof illegal / sizeof illegal[0]))

START_TEST (an_illegal_selection_is_invalid_and_harms_nothing)
{
  const struct selection selection = {
    .point = illegal[_i].point, .choices = illegal[_i].choices, .count = 2, .rule = illegal[_i].rule
  };
  CLEANUP_FREE char *request = make_selection (512, illegal[_i].magic, &selection);

  ((struct control_select *) request)->choice_count = htole32 (illegal[_i].count);
  serve_log ();
  ck_nbd (nbd_set_strict_mode (control, nbd_get_strict_mode (control) & ~(uint32_t) LIBNBD_STRICT_ALIGN));
  ck_nbd_fails (nbd_pwrite (control, request, illegal[_i].bytes, 0, 0), EINVAL);
  check_present (disk, ALL);
  select_writes (control, 1u << SECTOR, 1u << NEXT, PREFER_ABSENT);
  check_present (disk, ALL & ~(1u << SECTOR) & ~(1u << NEXT));
  CHECK_DECISIONS (control, CHOICE_ABSENT, SECTOR);
  stop_serving ();
}
END_TEST

/* Ask for the log NAME. */
static int
open_another (const char *name)
{
  char request[1024] = "";
  const struct control_open head = {
    .magic = htole32 (CONTROL_OPEN_MAGIC), .name_length = htole32 ((uint32_t) strlen (name))
  };

  snprintf (mempcpy (request, &head, sizeof head), sizeof request - sizeof head, "%s", name);
  return nbd_pwrite (control, request, sizeof request, 0, 0);
}

/* A log like that of make_log, but for the SIZE of disk0, with one write. */
static void
make_other_log (const char *path, uint64_t size, const void *data)
{
  const uint64_t sizes[] = { size, 64 * KIB };
  struct log_writer *writer = log_writer_create (path, sizes, 2, NULL, 0);
  const struct log_operation operation = { .kind = LOG_WRITE, .length_bytes = 4 * KIB };
  struct log_issue issue;

  ck_assert_int_eq (log_writer_issue (writer, &operation, data, &issue), 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
}

START_TEST (another_log_takes_the_place_of_the_first)
{
  char data[4 * KIB], written[512];

  fill (data, sizeof data, 77);
  fill (written, sizeof written, 78);
  serve_log ();
  make_other_log ("other.bin", (uint64_t) nbd_get_size (disk), data);
  ck_nbd (nbd_pwrite (disk, written, sizeof written, 64 * KIB, 0));
  ck_nbd (open_another ("other.bin"));
  check_content (disk, data, sizeof data, 0);
  check_content (disk, NULL, 512, 64 * KIB);
  select_choices (control, 0, &(struct choice) { 0, 0, CHOICE_END, CHOICE_ABSENT }, 1, whole (PREFER_PRESENT));
  check_content (disk, NULL, sizeof data, 0);
  ck_assert_uint_eq (read_report (control).reads, 1);
  ck_assert_int_eq (symlink ("log.bin", "link"), 0);
  ck_nbd (open_another ("link"));
  check_present (disk, ALL);
  stop_serving ();
}
END_TEST

START_TEST (a_log_that_does_not_fit_is_refused_and_the_first_stays)
{
  static const char data[4 * KIB] = "x";
  struct control_open head = { .magic = htole32 (CONTROL_OPEN_MAGIC), .name_length = htole32 (505) };
  char request[512] = "";

  serve_log ();
  make_other_log ("other.bin", (uint64_t) nbd_get_size (disk) * 2, data);
  ck_nbd_fails (open_another ("other.bin"), EINVAL);
  ck_nbd_fails (open_another ("nowhere.bin"), EINVAL);
  memcpy (request, &head, sizeof head);
  ck_nbd_fails (nbd_pwrite (control, request, sizeof request, 0, 0), EINVAL);
  check_present (disk, ALL);
  select_choices (control, FLUSHED, NULL, 0, whole (PREFER_PRESENT));
  check_present (disk, 1u << OLD);
  stop_serving ();
}
END_TEST

/* LOG must not be opened by a server with PARAMETER. */
static void
check_out_of_reach (const char *parameter, const char *log)
{
  server_start ("crashstate", "log=log.bin", parameter, NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk0");
  ck_nbd_fails (open_another (log), EINVAL);
  check_present (disk, ALL);
  stop_serving ();
}

START_TEST (no_client_reaches_another_file_of_the_host)
{
  make_log ();
  CLEANUP_FREE char *path = realpath ("log.bin", NULL);
  ck_assert_int_eq (mkdir ("inner", 0700), 0);
  check_out_of_reach ("directory=.", path);
  check_out_of_reach ("directory=.", "./log.bin");
  check_out_of_reach ("directory=inner", "../log.bin");
  check_out_of_reach ("directory=inner", "..");
  check_out_of_reach (NULL, "log.bin");
}
END_TEST

START_TEST (a_selection_stands_at_the_start_of_control)
{
  const struct selection selection = { FLUSHED, NULL, 0, whole (PREFER_PRESENT) };
  CLEANUP_FREE char *request = make_selection (512, CONTROL_MAGIC, &selection);

  serve_log ();
  ck_nbd_fails (nbd_pwrite (control, request, 512, 512, 0), EINVAL);
  check_present (disk, ALL);
  ck_nbd (nbd_pwrite (control, request, 512, 0, 0));
  check_present (disk, 1u << OLD);
  stop_serving ();
}
END_TEST

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
  ck_nbd (nbd_trim (disk, 512, 7680, 0));
  memset (content + 7680, 0, 512);
  ck_nbd (nbd_flush (disk, 0));
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
  const size_t seen_at = sizeof (struct control_report) + MANY * sizeof (struct control_choice);
  const size_t bytes = sectors_up (seen_at + MIB / BLOCK_SIZE * sizeof (struct control_seen));
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
  check_choices (report, choices, MANY);
  ck_assert_uint_eq (report_in (report).seen_count, MIB / BLOCK_SIZE);
  for (size_t i = 0; i < MIB / BLOCK_SIZE; i++) {
    struct control_seen seen;

    memcpy (&seen, report + seen_at + i * sizeof seen, sizeof seen);
    ck_assert (le64toh (seen.block) == i && le32toh (seen.device) == 0 && le32toh (seen.sectors) == BLOCK_ALL);
  }
  check_content (control, NULL, 4096, MIB);
  stop_serving ();
}
END_TEST

START_TEST (a_state_id_is_served)
{
  make_log ();
  server_start ("crashstate", "log=log.bin", "state=8:-5,+6,-8", NULL);
  disk = client_open ("disk0");
  struct nbd_handle *other = client_open ("disk1");
  check_present (disk, 1u << OLD | 1u << NEXT | 1u << SECTOR);
  check_content (other, NULL, 64 * KIB, 0);     /* its write is issued at 9 */
  client_close (other);
  client_close (disk);
  server_stop ();
}
END_TEST

START_TEST (a_torn_state_id_is_served)
{
  char content[8192], old[8192];

  make_log ();
  make_content (content, ALL);
  make_content (old, 1u << OLD);
  memcpy (content + 2048, old + 2048, 1536);
  memset (content + 4096, 0, 512);
  server_start ("crashstate", "log=log.bin", "state=9:-5/4-,+5/7,-6/0", NULL);
  disk = client_open ("disk0");
  check_content (disk, content, sizeof content, 0);
  client_close (disk);
  server_stop ();
}
END_TEST

START_TEST (the_valid_prefix_of_a_cut_log_is_served)
{
  make_log ();
  struct write_log *log = write_log_open ("log.bin");
  ck_assert_ptr_nonnull (log);
  ck_assert_int_eq (truncate ("log.bin", (off_t) log->writes[SECTOR].data + 100), 0);
  write_log_close (log);
  server_start ("crashstate", "log=log.bin", NULL);
  disk = client_open ("disk0");
  check_present (disk, ALL & ~(1u << SECTOR) & ~(1u << TRIM));
  client_close (disk);
  server_stop ();
}
END_TEST

static const struct {
  const char *parameters[3];
  const char *named;            /* the message must name it */
} refused[] = {
  { { "log=missing.bin" }, "missing.bin" },
  { { "log=text.bin" }, "text.bin: not a powercut log" },
  { { "log=empty.bin" }, "empty.bin: not a powercut log" },
  { { "log=cut.bin" }, "cut.bin: its header is cut off" },
  { { "log=." }, "not a regular file" },
  { { "state=1" }, "log=" },
  { { "log=log.bin", "colour=red" }, "colour" },
  { { "log=log.bin", "state=" }, "state" },
  { { "log=log.bin", "state=all" }, "state all" },
  { { "log=log.bin", "state=10" }, "state 10" },
  { { "log=log.bin", "state=-1" }, "state -1" },
  { { "log=log.bin", "state=9:5" }, "state 9:5" },
  { { "log=log.bin", "state=9:-2" }, "state 9:-2" },
  { { "log=log.bin", "state=5:-6" }, "state 5:-6" },
  { { "log=log.bin", "state=9:-99999999999" }, "state 9:-99999999999" },
  { { "log=log.bin", "state=9:-5/8" }, "state 9:-5/8" },
};
#define REFUSED_COUNT ((int) (sizeof refused / sizeof refused[0]))

START_TEST (bad_logs_and_states_give_one_line)
{
  char text[4096];
  FILE *file = fopen ("text.bin", "wxe");

  make_log ();
  memset (text, 'x', sizeof text);
  ck_assert_uint_eq (fwrite (text, 1, sizeof text, file), sizeof text);
  ck_assert_int_eq (fclose (file), 0);
  file = fopen ("empty.bin", "wxe");
  ck_assert_int_eq (fclose (file), 0);
  struct log_writer *writer = log_writer_create ("cut.bin", (const uint64_t[]) { MIB, MIB, MIB }, 3, NULL, 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
  ck_assert_int_eq (truncate ("cut.bin", 56), 0);
  CLEANUP_FREE char *line = server_refuse ("crashstate", refused[_i].parameters);
  ck_assert_msg (strstr (line, refused[_i].named) != NULL, "%s", line);
}
END_TEST

static TCase *
add_case (Suite *suite, const char *name)
{
  TCase *tcase = tcase_create (name);

  tcase_add_checked_fixture (tcase, enter_folder, NULL);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);
  return tcase;
}

int
main (void)
{
  Suite *suite = suite_create ("crashstate");
  TCase *exports = add_case (suite, "exports"), *states = add_case (suite, "states");
  TCase *layer = add_case (suite, "layer"), *report = add_case (suite, "report"), *start = add_case (suite, "start");

  tcase_add_test (exports, the_disks_and_control_are_listed);
  tcase_add_test (exports, a_disk_has_its_size_and_takes_every_request);
  tcase_add_test (exports, requests_of_broken_sectors_are_invalid);
  tcase_add_test (states, everything_is_there_at_first);
  tcase_add_test (states, a_recorded_device_is_served_as_it_was);
  tcase_add_test (states, a_selection_is_what_the_disks_become);
  tcase_add_loop_test (states, an_illegal_selection_is_invalid_and_harms_nothing, 0, ILLEGAL_COUNT);
  tcase_add_test (states, a_selection_stands_at_the_start_of_control);
  tcase_add_test (states, another_log_takes_the_place_of_the_first);
  tcase_add_test (states, a_log_that_does_not_fit_is_refused_and_the_first_stays);
  tcase_add_test (states, no_client_reaches_another_file_of_the_host);
  tcase_add_test (states, reads_decide_what_they_need_in_their_order);
  tcase_add_test (states, undecided_writes_can_become_absent);
  tcase_add_test (states, reads_elsewhere_decide_nothing);
  tcase_add_test (states, a_torn_selection_is_what_the_disks_become);
  tcase_add_test (states, torn_decisions_are_reported);
  tcase_add_test (states, what_is_random_is_as_in_the_library);
  tcase_add_test (layer, a_sector_that_is_written_first_decides_nothing);
  tcase_add_test (layer, what_a_client_writes_is_seen_and_forgotten_with_the_next_selection);
  tcase_add_test (layer, thousands_of_blocks_can_be_written_again_and_again);
  tcase_add_test (layer, what_clients_write_has_a_limit);
  tcase_add_test (report, behaviour_depends_on_what_was_read_and_not_on_how);
  tcase_add_test (report, behaviour_tells_places_apart);
  tcase_add_test (report, behaviour_is_not_about_what_the_client_wrote);
  tcase_add_test (report, what_was_seen_is_listed_once_in_the_order_of_the_reads);
  tcase_add_test (report, what_the_client_wrote_is_not_seen);
  tcase_add_test (report, requests_are_counted_from_the_selection_on);
  tcase_add_test (report, a_report_can_be_read_in_parts);
  tcase_add_test (start, a_state_id_is_served);
  tcase_add_test (start, a_torn_state_id_is_served);
  tcase_add_test (start, the_valid_prefix_of_a_cut_log_is_served);
  tcase_add_loop_test (start, bad_logs_and_states_give_one_line, 0, REFUSED_COUNT);
  return run_plugin_suite (suite);
}
