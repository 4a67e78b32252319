/* SPDX-License-Identifier: BSD-3-Clause */
/* A log that is exported, read by a reader of the test's own: after every entry there is what a crash could have left,
 * and what comes back from an import claims no more and no less.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/foreign/export.h"
#include "replay/search/model.h"
#include "tests/unit/foreign-log.h"
#include "tests/unit/message.h"

#define SECTORS_MAX 16
#define IMAGES 4096             /* in a table of images; a power of two */

#define FLUSH 1
#define FUA 2
#define DISCARD 4
#define MARK 8

static struct export_result result;

static struct bytes
export_to_bytes (const struct write_log *log)
{
  CLEANUP_FREE char *path = new_path ();
  struct bytes bytes;

  ck_assert_int_eq (export_dm_log (log, path, &result), 0);
  bytes = read_bytes (path);
  unlink (path);
  return bytes;
}

/* The reader: one entry after the other. */
struct entry {
  uint64_t sector, count, flags, length;
  const char *data;
};

static bool
next_entry (const struct bytes *bytes, size_t *at, struct entry *entry)
{
  if (*at == bytes->size)
    return false;
  ck_assert_uint_ge (bytes->size - *at, 512);
  *entry = (struct entry) {
    get_little (bytes, *at, 8), get_little (bytes, *at + 8, 8), get_little (bytes, *at + 16, 8),
    get_little (bytes, *at + 24, 8), bytes->at + *at + 512
  };
  *at += 512;
  if (!(entry->flags & DISCARD))
    *at += entry->count * 512;
  ck_assert_uint_le (*at, bytes->size);
  return true;
}

/* What the entry leaves of IMAGE, a letter for each sector. */
static void
apply_entry (const struct entry *entry, char *image)
{
  for (uint64_t i = 0; i < entry->count; i++)
    image[entry->sector + i] = entry->flags & DISCARD ? '.' : sector_letter (entry->data + i * 512);
}

/* The export as a text, like that of describe (). */
static char *
describe_export (const struct bytes *bytes)
{
  char *text = NULL;
  size_t length, at = 512;
  FILE *file = open_memstream (&text, &length);
  struct entry entry;

  while (next_entry (bytes, &at, &entry)) {
    if (entry.flags == MARK)
      fprintf (file, "m:%.*s ", (int) entry.length, bytes->at + at - 512 + 32);
    else if (entry.flags == FLUSH)
      fputs ("f ", file);
    else {
      fprintf (file, "%c%ju=", entry.flags & DISCARD ? entry.flags & FUA ? 'T' : 't' : entry.flags & FUA ? 'W' : 'w',
               (uintmax_t) entry.sector);
      for (uint64_t i = 0; i < entry.count; i++)
        putc (entry.flags & DISCARD ? '.' : sector_letter (entry.data + i * 512), file);
      putc (' ', file);
    }
  }
  fclose (file);
  return text;
}

static void
assert_exports (struct log_maker *maker, const char *expected)
{
  struct write_log *log = finish_log (maker);
  struct bytes bytes = export_to_bytes (log);
  CLEANUP_FREE char *text = describe_export (&bytes);

  ck_assert_str_eq (text, expected);
  ck_assert_uint_eq (get_little (&bytes, 0, 8), 0x6a736677736872);
  ck_assert_uint_eq (get_little (&bytes, 8, 8), 1);
  ck_assert_uint_eq (get_little (&bytes, 16, 8), result.entries);
  ck_assert_uint_eq (get_little (&bytes, 24, 4), 512);
  bytes_free (&bytes);
  write_log_close (log);
}

START_TEST (entries_come_in_the_order_of_completion)
{
  struct log_maker *maker = make_log_of_events (1, 16, "w0=ab W4=c m:one d1 d0");

  add_mark (maker, "two words");
  add_events (maker, "f d6 T8+2 d8 t8+1 d10 z3+2~ d12");
  assert_exports (maker, "m:one W4=c w0=ab m:two words f T8=.. t8=. w3=.. ");
}
END_TEST

static const struct {
  const char *log, *export;
} orders[] = {
  /* What a flush does not cover comes after it, */
  { "w0=a w1=b W2=c d0 f d1 d2 d4", "w0=a W2=c f w1=b " },
  /* what another flush covers comes before that one, */
  { "w0=a w1=b f d0 f d1 d4 d2", "w0=a f f w1=b " },
  /* and an older write that is overlapped comes along. */
  { "w0=aa w1=bb w2=c w5=d d2 d3 d1 d0", "w0=aa w1=bb w2=c w5=d " },
};

START_TEST (an_entry_comes_where_a_crash_may_be_after_it)
{
  assert_exports (make_log_of_events (1, 16, orders[_i].log), orders[_i].export);
}
END_TEST

START_TEST (what_failed_or_was_not_completed_is_left_out)
{
  assert_exports (make_log_of_events (1, 16, "w0=a f f w1=b w2=c d4 d0!5 d1!5"), "w2=c ");
  ck_assert_uint_eq (result.unfinished, 4);
}
END_TEST

START_TEST (a_mark_is_cut_and_powercuts_own_are_left_out)
{
  struct log_maker *maker = make_log (1, 16);
  char text[1000], expected[1000];

  memset (text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  snprintf (expected, sizeof expected, "m:%.479s ", text);
  add_mark (maker, "powercut:old d 0755 0 0 - - - .");
  add_mark (maker, text);
  assert_exports (maker, expected);
  ck_assert_uint_eq (result.cut_marks, 1);
}
END_TEST

/* A set of images, open addressing. */
struct images {
  char letters[IMAGES][SECTORS_MAX + 1];
};

/* The place of IMAGE, or that which it would take. */
static size_t
image_place (const struct images *images, const char *image)
{
  size_t place = 5381;

  for (const char *letter = image; *letter; letter++)
    place = place * 33 + (unsigned char) *letter;
  for (place %= IMAGES; images->letters[place][0] && strcmp (images->letters[place], image) != 0;)
    place = (place + 1) % IMAGES;
  return place;
}

/* All that a crash of LOG can leave. */
static void
find_images (const struct write_log *log, uint32_t sectors, struct images *images)
{
  memset (images, 0, sizeof *images);
  for (uint32_t position = 0; position < log->event_count; position++) {
    uint32_t *pending;
    int64_t count = model_pending (log, position, &pending);
    bool there[64];

    ck_assert_int_ge (count, 0);
    for (uint64_t choice = 0; choice < UINT64_C (1) << count; choice++) {
      char image[SECTORS_MAX + 1];

      memset (there, true, sizeof there);
      for (int64_t i = 0; i < count; i++)
        there[pending[i]] = choice >> i & 1;
      lay_out (log, 0, position, there, sectors, image);
      strcpy (images->letters[image_place (images, image)], image);
    }
    free (pending);
  }
}

static bool
has_image (const struct images *images, const char *image)
{
  return images->letters[image_place (images, image)][0] != '\0';
}

static void
assert_every_entry_is_a_crash_state (const struct bytes *bytes, const struct images *legal, uint32_t sectors,
                                     unsigned seed)
{
  char image[SECTORS_MAX + 1] = { 0 };
  struct entry entry;
  size_t at = 512;

  memset (image, '.', sectors);
  for (unsigned count = 1; next_entry (bytes, &at, &entry); count++) {
    apply_entry (&entry, image);
    ck_assert_msg (has_image (legal, image), "seed %u: no crash leaves %s, which is there after %u entries", seed,
                   image, count);
  }
}

/* The log that comes back from an import of BYTES. */
static struct write_log *
import_again (const struct bytes *bytes, uint32_t sectors)
{
  CLEANUP_FREE char *file = new_path ();
  CLEANUP_FREE char *path = new_path ();
  struct import_options options = { .file = file, .format = IMPORT_DM_LOG_WRITES,
                                    .size_bytes = (uint64_t) sectors * LOG_SECTOR };
  struct import_result imported;
  struct write_log *log;

  write_bytes (file, bytes->at, bytes->size);
  ck_assert_msg (import_log (&options, path, &imported) == 0, "%s", message);
  ck_assert_uint_eq (imported.uncounted, 0);
  log = write_log_open (path);
  ck_assert_ptr_nonnull (log);
  unlink (file);
  unlink (path);
  return log;
}

/* With writes that overlap, fail and fly in any number. */
START_TEST (no_export_shows_what_no_crash_leaves)
{
  static struct images legal, imported;
  const struct log_shape shape = { .devices = 1, .sectors = 6, .length = 3, .letters = 5, .writes = 8, .marks = true };

  for (unsigned seed = 0; seed < unit_rounds (150); seed++) {
    struct dice dice = { seed };
    struct write_log *log = make_random_log (&dice, &shape), *again;
    struct bytes bytes = export_to_bytes (log);

    find_images (log, shape.sectors, &legal);
    assert_every_entry_is_a_crash_state (&bytes, &legal, shape.sectors, seed);
    again = import_again (&bytes, shape.sectors);
    find_images (again, shape.sectors, &imported);
    for (size_t i = 0; i < IMAGES; i++)
      ck_assert_msg (!imported.letters[i][0] || has_image (&legal, imported.letters[i]),
                     "seed %u: no crash leaves %s, which the import has", seed, imported.letters[i]);
    write_log_close (again);
    write_log_close (log);
    bytes_free (&bytes);
  }
}
END_TEST

/* What is durable when the flushes of a log are completed, as texts of the sectors, one behind the other. */
static char *
durable_at_flushes (const struct write_log *log)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  for (uint32_t position = 0; position < log->event_count; position++)
    for (uint32_t i = 0; i < log->flush_count; i++) {
      if (log->flushes[i].completion != position)
        continue;
      bool durable[64] = { false };

      for (uint32_t write = 0; write < log->write_count; write++)
        durable[log->writes[write].offset_bytes / LOG_SECTOR] = model_is_durable (log, write, position);
      for (size_t sector = 0; sector < sizeof durable; sector++)
        if (durable[sector])
          fprintf (file, "%zu ", sector);
      fputs ("| ", file);
    }
  fclose (file);
  return text;
}

/* Each write with a sector of its own; anything may be in flight with anything. */
static struct write_log *
make_disjoint_log (struct dice *dice)
{
  struct log_maker *maker = make_log (1, 32);
  uint32_t flight[64];
  unsigned count = 0, sector = 0;

  while (sector < 32 || count > 0) {
    unsigned action = roll (dice, 5);

    if (action < 2 && sector < 32)
      flight[count++] = add_write (maker, 0, sector++, "x", roll (dice, 4) == 0 ? LOG_FLAG_FUA : 0);
    else if (action == 2 && sector < 32)
      flight[count++] = add_flush (maker, 0);
    else if (action > 2 && count > 0) {
      unsigned which = roll (dice, count);

      add_completion (maker, flight[which], 0);
      flight[which] = flight[--count];
    }
  }
  return finish_log (maker);
}

START_TEST (what_is_durable_behind_each_flush_comes_back)
{
  for (unsigned seed = 0; seed < unit_rounds (200); seed++) {
    struct dice dice = { seed };
    struct write_log *log = make_disjoint_log (&dice), *again;
    struct bytes bytes = export_to_bytes (log);

    again = import_again (&bytes, 32);
    CLEANUP_FREE char *before = durable_at_flushes (log);
    CLEANUP_FREE char *after = durable_at_flushes (again);
    ck_assert_msg (strcmp (before, after) == 0, "seed %u:\n%s\n%s", seed, before, after);
    write_log_close (again);
    write_log_close (log);
    bytes_free (&bytes);
  }
}
END_TEST

UNIT_TEST_MAIN ("export", entries_come_in_the_order_of_completion,
                LOOP_OVER (an_entry_comes_where_a_crash_may_be_after_it, orders),
                what_failed_or_was_not_completed_is_left_out, a_mark_is_cut_and_powercuts_own_are_left_out,
                no_export_shows_what_no_crash_leaves, what_is_durable_behind_each_flush_comes_back)
