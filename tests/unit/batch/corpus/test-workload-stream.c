/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/corpus/workload-stream.h"
#include "checker/workload/language.h"
#include "common/cleanup.h"
#include "tests/unit/unit.h"

/* A new file, empty and open. */
static int
new_file (void)
{
  CLEANUP_FREE char *path = new_path ();
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  ck_assert_int_ne (fd, -1);
  return fd;
}

static struct workload_stream *
read_again (int fd)
{
  ck_assert_int_eq (lseek (fd, 0, SEEK_SET), 0);
  return workload_stream_reader (fd, "stream");
}

/* Expect that STREAM goes on with the workload NAME of TEXT. */
static void
expect_next (struct workload_stream *stream, const char *name, const char *text)
{
  char *found_name, *found_text;

  ck_assert_int_eq (workload_stream_next (stream, &found_name, &found_text), 1);
  ck_assert_str_eq (found_name, name);
  ck_assert_str_eq (found_text, text);
  free_all (found_name, found_text);
}

START_TEST (what_is_written_is_read)
{
  CLEANUP_CLOSE int fd = new_file ();
  struct workload_stream *stream = workload_stream_writer (fd, "stream");
  char *name, *text;

  ck_assert_int_eq (workload_stream_add (stream, "a.workload", "creat a\nsync"), 0);
  ck_assert_int_eq (workload_stream_add (stream, "b.workload", "creat b"), 0);
  ck_assert_int_eq (workload_stream_end (stream), 0);
  stream = read_again (fd);
  expect_next (stream, "a.workload", "creat a\nsync\n");
  expect_next (stream, "b.workload", "creat b\n");
  ck_assert_int_eq (workload_stream_next (stream, &name, &text), 0);
  ck_assert_int_eq (workload_stream_end (stream), 0);
}
END_TEST

/* As where the shards of a generator are put together with cat. */
START_TEST (a_stream_after_another_is_not_left_out)
{
  CLEANUP_CLOSE int fd = new_file ();
  static const char *const names[] = { "a.workload", "b.workload" };
  char *name, *text;

  for (size_t i = 0; i < 2; i++) {
    struct workload_stream *stream = workload_stream_writer (fd, "stream");

    ck_assert_int_eq (workload_stream_add (stream, names[i], "sync"), 0);
    ck_assert_int_eq (workload_stream_end (stream), 0);
  }
  struct workload_stream *stream = read_again (fd);
  expect_next (stream, names[0], "sync\n");
  expect_next (stream, names[1], "sync\n");
  ck_assert_int_eq (workload_stream_next (stream, &name, &text), 0);
  workload_stream_end (stream);
}
END_TEST

START_TEST (nothing_is_a_stream_of_none)
{
  CLEANUP_CLOSE int fd = new_file ();
  struct workload_stream *stream = read_again (fd);
  char *name, *text;

  ck_assert_int_eq (workload_stream_next (stream, &name, &text), 0);
  workload_stream_end (stream);
}
END_TEST

/* A stream of one entry of TYPE, which is a hard link to LINKED unless that is NULL. */
static struct workload_stream *
stream_of_link (int fd, const char *path, unsigned type, const char *linked, const char *data, size_t length)
{
  struct archive *archive = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();

  archive_write_set_format_pax_restricted (archive);
  ck_assert_int_eq (archive_write_open_fd (archive, fd), ARCHIVE_OK);
  archive_entry_set_pathname (entry, path);
  archive_entry_set_filetype (entry, type);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, (int64_t) length);
  if (linked)
    archive_entry_set_hardlink (entry, linked);
  ck_assert_int_eq (archive_write_header (archive, entry), ARCHIVE_OK);
  ck_assert_int_eq (archive_write_data (archive, data, length), (la_ssize_t) length);
  archive_entry_free (entry);
  ck_assert_int_eq (archive_write_free (archive), ARCHIVE_OK);
  return read_again (fd);
}

static struct workload_stream *
stream_of_entry (int fd, const char *path, unsigned type, const char *data, size_t length)
{
  return stream_of_link (fd, path, type, NULL, data, length);
}

START_TEST (directories_are_left_out_of_names)
{
  CLEANUP_CLOSE int fd = new_file ();
  struct workload_stream *stream = stream_of_entry (fd, "../../up/x.workload", AE_IFREG, "sync\n", 5);

  expect_next (stream, "x.workload", "sync\n");
  workload_stream_end (stream);
}
END_TEST

START_TEST (a_directory_is_passed_over)
{
  CLEANUP_CLOSE int fd = new_file ();
  struct workload_stream *stream = stream_of_entry (fd, "x.workload", AE_IFDIR, "", 0);
  char *name, *text;

  ck_assert_int_eq (workload_stream_next (stream, &name, &text), 0);
  workload_stream_end (stream);
}
END_TEST

static const unsigned odd_types[] = { AE_IFREG, AE_IFLNK, AE_IFIFO };

START_TEST (a_link_is_refused)
{
  CLEANUP_CLOSE int fd = new_file ();
  struct workload_stream *stream =
    stream_of_link (fd, "x.workload", odd_types[_i], odd_types[_i] == AE_IFREG ? "y.workload" : NULL, "", 0);
  char *name, *text;

  ck_assert_int_eq (workload_stream_next (stream, &name, &text), -1);
  workload_stream_end (stream);
}
END_TEST

static char long_text[WORKLOAD_TEXT_MAX + 2];

static const struct {
  const char *path, *data;
  size_t length;
} bad[] = {
  { "x.txt", "sync", 4 },
  { "a/.workload", "sync", 4 },
  { ".x.workload", "sync", 4 },
  { "x.workload", "s\0c", 3 },
  { "x.workload", long_text, WORKLOAD_TEXT_MAX + 1 },
};

START_TEST (a_bad_entry_is_refused)
{
  CLEANUP_CLOSE int fd = new_file ();
  memset (long_text, '#', sizeof long_text);
  struct workload_stream *stream = stream_of_entry (fd, bad[_i].path, AE_IFREG, bad[_i].data, bad[_i].length);
  char *name, *text;

  ck_assert_int_eq (workload_stream_next (stream, &name, &text), -1);
  workload_stream_end (stream);
}
END_TEST

START_TEST (the_longest_workload_is_taken)
{
  CLEANUP_CLOSE int fd = new_file ();
  memset (long_text, '#', WORKLOAD_TEXT_MAX);
  struct workload_stream *stream = stream_of_entry (fd, "x.workload", AE_IFREG, long_text, WORKLOAD_TEXT_MAX);
  char *name, *text;

  ck_assert_int_eq (workload_stream_next (stream, &name, &text), 1);
  ck_assert_uint_eq (strlen (text), WORKLOAD_TEXT_MAX);
  free_all (name, text);
  workload_stream_end (stream);
}
END_TEST

/* After how many bytes a stream of two files ends, and how many of them are whole. */
static const struct cut {
  off_t bytes;
  int whole;
} cuts[] = { { 515, 0 }, { 1024, 1 }, { 1500, 1 }, { 2048, 2 } };

START_TEST (a_stream_that_is_cut_off_is_refused)
{
  const struct cut *cut = &cuts[_i];
  CLEANUP_CLOSE int fd = new_file ();
  struct workload_stream *stream = workload_stream_writer (fd, "stream");
  char *name, *text;
  int whole = 0, r;

  ck_assert_int_eq (workload_stream_add (stream, "a.workload", "creat a"), 0);
  ck_assert_int_eq (workload_stream_add (stream, "b.workload", "creat b"), 0);
  ck_assert_int_eq (workload_stream_end (stream), 0);
  ck_assert_int_eq (ftruncate (fd, cut->bytes), 0);
  stream = read_again (fd);
  for (; (r = workload_stream_next (stream, &name, &text)) == 1; whole++)
    free_all (name, text);
  ck_assert_int_eq (r, -1);
  ck_assert_int_eq (whole, cut->whole);
  workload_stream_end (stream);
}
END_TEST

UNIT_TEST_MAIN ("workload-stream", what_is_written_is_read, a_stream_after_another_is_not_left_out,
                nothing_is_a_stream_of_none, directories_are_left_out_of_names, a_directory_is_passed_over,
                LOOP_OVER (a_link_is_refused, odd_types), LOOP_OVER (a_bad_entry_is_refused, bad),
                the_longest_workload_is_taken, LOOP_OVER (a_stream_that_is_cut_off_is_refused, cuts))
