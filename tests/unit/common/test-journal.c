/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/journal.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define FILE_NAME "journal"
#define TITLE "powercut test 1"
#define RECORDS 3
#define HEAD sizeof (struct journal_head)

/* What each record has. */
static const char *const texts[RECORDS] = { "first", "", "the third one" };

/* All records that are read, a line each. */
static char seen[4096];

static int
note (void *context, const struct journal_record *record)
{
  const size_t length = strlen (seen);

  (void) context;
  ck_assert_uint_eq (strlen (record->bytes), record->count);
  snprintf (seen + length, sizeof seen - length, "%u:%ju:%s\n", record->kind, (uintmax_t) record->key, record->bytes);
  return 0;
}

static void
add (struct journal_file *journal, unsigned number)
{
  ck_assert_int_eq (journal_add (journal, number, number * 100, texts[number], strlen (texts[number])), 0);
}

static void
make_file (void)
{
  struct journal_file *journal = journal_open (FILE_NAME, TITLE);

  ck_assert_ptr_nonnull (journal);
  for (unsigned i = 0; i < RECORDS; i++)
    add (journal, i);
  ck_assert_int_eq (journal_close (journal), 0);
}

/* The records of the file, which is open meanwhile. */
static struct journal_file *
read_file (void)
{
  struct journal_file *journal = journal_open (FILE_NAME, TITLE);

  ck_assert_ptr_nonnull (journal);
  seen[0] = '\0';
  ck_assert_int_eq (journal_walk (journal, note, NULL), 0);
  return journal;
}

static off_t
file_size (void)
{
  struct stat status;

  ck_assert_int_eq (stat (FILE_NAME, &status), 0);
  return status.st_size;
}

START_TEST (what_was_added_is_there)
{
  make_file ();
  struct journal_file *journal = read_file ();

  ck_assert_str_eq (seen, "0:0:first\n1:100:\n2:200:the third one\n");
  add (journal, 0);
  ck_assert_int_eq (journal_close (journal), 0);
  journal_close (read_file ());
  ck_assert_str_eq (seen, "0:0:first\n1:100:\n2:200:the third one\n0:0:first\n");
}
END_TEST

/* However much of the last records is there, what comes before it is, and more can be added. */
START_TEST (what_was_cut_off_is_left_out)
{
  static const char *const wanted[RECORDS + 1] = {
    "", "0:0:first\n", "0:0:first\n1:100:\n", "0:0:first\n1:100:\n2:200:the third one\n"
  };
  off_t whole = JOURNAL_TITLE_BYTES;
  size_t records = 0;

  make_file ();
  for (off_t size = file_size (); size >= 0; size--) {
    unlink (FILE_NAME);
    make_file ();
    ck_assert_int_eq (truncate (FILE_NAME, size), 0);
    struct journal_file *journal = read_file ();
    for (records = 0, whole = JOURNAL_TITLE_BYTES;
         records < RECORDS && whole + (off_t) (HEAD + strlen (texts[records])) <= size; records++)
      whole += (off_t) (HEAD + strlen (texts[records]));
    ck_assert_str_eq (seen, wanted[records]);
    ck_assert_int_eq (file_size (), whole);
    add (journal, 1);
    ck_assert_int_eq (journal_close (journal), 0);
    journal_close (read_file ());
    ck_assert_uint_eq (strlen (seen), strlen (wanted[records]) + strlen ("1:100:\n"));
  }
}
END_TEST

/* Change the byte at OFFSET of the file. */
static void
damage (off_t offset)
{
  CLEANUP_CLOSE int fd = open (FILE_NAME, O_RDWR | O_CLOEXEC);
  char byte;

  ck_assert_int_eq (pread (fd, &byte, 1, offset), 1);
  byte ^= 0x40;
  ck_assert_int_eq (pwrite (fd, &byte, 1, offset), 1);
}

START_TEST (what_is_damaged_is_no_record_nor_is_what_comes_after_it)
{
  const off_t second = JOURNAL_TITLE_BYTES + HEAD + 5, third = second + HEAD;

  for (off_t offset = second; offset < third; offset++) {
    unlink (FILE_NAME);
    make_file ();
    damage (offset);
    journal_close (read_file ());
    ck_assert_str_eq (seen, "0:0:first\n");
    ck_assert_int_eq (file_size (), second);
  }
}
END_TEST

START_TEST (one_process_at_a_time_has_it)
{
  make_file ();
  struct journal_file *journal = read_file (), *other;

  forget_messages ();
  ck_assert_ptr_null (journal_open (FILE_NAME, TITLE));
  ck_assert_uint_eq (message_count, 1);
  ck_assert_str_eq (message, "journal: another process is adding to it: wait for that, or name another file");
  other = journal_look (FILE_NAME, TITLE);      /* that one may look */
  ck_assert_ptr_nonnull (other);
  journal_close (other);
  journal_close (journal);
  journal_close (read_file ());
}
END_TEST

/* Who looks sees what is there still, and does not complain. */
START_TEST (what_is_cut_off_meanwhile_is_left_out)
{
  make_file ();
  struct journal_file *journal = journal_look (FILE_NAME, TITLE);

  forget_messages ();
  for (off_t size = file_size (); size >= JOURNAL_TITLE_BYTES + (off_t) HEAD + 5; size--) {
    ck_assert_int_eq (truncate (FILE_NAME, size), 0);
    seen[0] = '\0';
    ck_assert_int_eq (journal_walk (journal, note, NULL), 0);
    ck_assert_ptr_eq (strstr (seen, "0:0:first\n"), seen);
  }
  ck_assert_str_eq (seen, "0:0:first\n");
  ck_assert_uint_eq (message_count, 0);
  journal_close (journal);
}
END_TEST

/* It is as it was after that. */
START_TEST (another_file_is_refused)
{
  static const char text[] = "This is the only copy of a novel.\n";
  CLEANUP_FCLOSE FILE *file = fopen (FILE_NAME, "w");

  ck_assert_int_ge (fputs (text, file), 0);
  ck_assert_int_eq (fflush (file), 0);
  forget_messages ();
  ck_assert_ptr_null (journal_open (FILE_NAME, TITLE));
  ck_assert_uint_eq (message_count, 1);
  ck_assert_ptr_nonnull (strstr (message, "is no `powercut test 1' of"));
  ck_assert_int_eq (file_size (), strlen (text));
  ck_assert (!journal_is (FILE_NAME, TITLE));
  unlink (FILE_NAME);
  make_file ();
  ck_assert (journal_is (FILE_NAME, TITLE));
  ck_assert_ptr_null (journal_open (FILE_NAME, "powercut test 2"));
  ck_assert_ptr_null (journal_look ("no-such-file", TITLE));
  ck_assert_ptr_null (journal_open (".", TITLE));
  ck_assert_int_eq (mkfifo ("pipe", 0600), 0);
  ck_assert_ptr_null (journal_look ("pipe", TITLE));    /* and does not wait for somebody who writes */
  ck_assert_ptr_null (journal_open ("pipe", TITLE));
  ck_assert_str_eq (message, "pipe: is no regular file: name another one");
}
END_TEST

UNIT_TEST_MAIN_WITH ("journal", enter_work, leave_work, what_was_added_is_there, what_was_cut_off_is_left_out,
                     what_is_damaged_is_no_record_nor_is_what_comes_after_it, one_process_at_a_time_has_it,
                     what_is_cut_off_meanwhile_is_left_out, another_file_is_refused)
