/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/parts.h"
#include "guest/base.h"
#include "guest/saved.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define AGENT "agent"
#define DIRECTORY "powercut/guests"

/* Whatever it needs is built in. */
static const struct kernel kernel = { .image = (char *) "image", .release = (char *) "6.1" };

/* In place of the real one. */
char *
part_path (enum part part)
{
  ck_assert_int_eq (part, PART_AGENT);
  return strdup (AGENT);
}

static void
begin (void)
{
  enter_work ();
  forget_messages ();
  ck_assert_int_eq (setenv ("XDG_CACHE_HOME", work, 1), 0);
  put_text (AGENT, 0755, "the agent");
}

/* The path of the base that is kept, to free, or NULL. */
static char *
kept_path (void)
{
  struct saved_file *files;
  const ssize_t count = saved_list (&files);
  char *path = NULL;

  ck_assert_int_le (count, 1);
  if (count == 1)
    path = strdup (files[0].path);
  saved_free (files, (size_t) count);
  return path;
}

/* A base as it is opened. */
struct opened {
  off_t bytes;                  /* of its archive */
  ino_t file;                   /* the number of the file */
};

static struct opened
open_base (void)
{
  struct guest_base base;
  struct stat status;

  ck_assert_int_eq (guest_base_open (&kernel, &base), 0);
  ck_assert_uint_eq (message_count, 0);
  ck_assert_ptr_nonnull (strstr (base.identity, "release 6.1\n"));
  ck_assert_int_eq (fstat (base.fd, &status), 0);
  const struct opened opened = { .bytes = status.st_size - base.offset, .file = status.st_ino };
  guest_base_release (&base);
  ck_assert_int_gt (opened.bytes, 0);
  return opened;
}

/* The base that is kept is the whole archive of BYTES. */
static void
expect_kept (off_t bytes)
{
  CLEANUP_FREE char *path = kept_path ();
  struct stat status;

  ck_assert_ptr_nonnull (path);
  ck_assert_int_eq (stat (path, &status), 0);
  const struct opened opened = open_base ();
  ck_assert_int_eq (opened.bytes, bytes);
  ck_assert_uint_eq (opened.file, status.st_ino);
}

START_TEST (a_base_is_kept)
{
  expect_kept (open_base ().bytes);
}
END_TEST

/* Ways to make a base that is kept, the file PATH of SIZE bytes, useless. */
static void
empty (const char *path, off_t size)
{
  (void) size;
  ck_assert_int_eq (truncate (path, 0), 0);
}

static void
cut_end (const char *path, off_t size)
{
  ck_assert_int_eq (truncate (path, size - 4), 0);
}

static void
cut_half (const char *path, off_t size)
{
  ck_assert_int_eq (truncate (path, size / 2), 0);
}

static void
grow (const char *path, off_t size)
{
  ck_assert_int_eq (truncate (path, size + 4096), 0);
}

static void
write_zeros (const char *path, off_t size)
{
  empty (path, 0);
  grow (path, size);
}

static void
be_of_another_version (const char *path, off_t size)
{
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CLOEXEC);

  (void) size;
  ck_assert_int_eq (pwrite (fd, "powercut base 0", 15, 0), 15);
}

static void
have_another_agent (const char *path, off_t size)
{
  (void) path, (void) size;
  put_text (AGENT, 0755, "the Agent");
}

static void
let_others_write (const char *path, off_t size)
{
  (void) size;
  ck_assert_int_eq (chmod (path, 0666), 0);
}

static void (*const damages[]) (const char *path, off_t size) = {
  empty, cut_end, cut_half, grow, write_zeros, be_of_another_version, have_another_agent, let_others_write
};

START_TEST (a_base_that_is_damaged_or_not_todays_is_made_anew)
{
  const struct opened before = open_base ();
  CLEANUP_FREE char *path = kept_path ();
  struct stat status;

  ck_assert_ptr_nonnull (path);
  ck_assert_int_eq (stat (path, &status), 0);
  damages[_i] (path, status.st_size);
  const struct opened made = open_base ();
  ck_assert_int_eq (made.bytes, before.bytes);
  ck_assert_uint_ne (made.file, status.st_ino);
  expect_kept (before.bytes);
}
END_TEST

START_TEST (a_base_that_cannot_be_kept_is_made_each_time)
{
  const off_t bytes = open_base ().bytes;
  CLEANUP_FREE char *path = kept_path ();

  ck_assert_int_eq (unlink (path), 0);
  ck_assert_int_eq (chmod (DIRECTORY, 0777), 0);
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq (open_base ().bytes, bytes);
    ck_assert_ptr_null (kept_path ());
  }
}
END_TEST

UNIT_TEST_MAIN_WITH ("base", begin, leave_work, a_base_is_kept,
                     LOOP_OVER (a_base_that_is_damaged_or_not_todays_is_made_anew, damages),
                     a_base_that_cannot_be_kept_is_made_each_time)
