/* SPDX-License-Identifier: BSD-3-Clause */
/* Archives that the agent unpacks, to where the test's own directory is. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"
#include "guest/initramfs/initramfs.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define ARCHIVE "archive"
#define SIZE_AT 54              /* in a head: of the contents ... */
#define NAME_SIZE_AT 94         /* ... and of the name, with the NUL after it */
#define DAMAGED "the archive of what the guest needs is damaged"

static FILE *archive;

static void
begin (void)
{
  enter_work ();
  forget_messages ();
  archive = fopen (ARCHIVE, "w+");
  ck_assert_ptr_nonnull (archive);
}

static void
end (void)
{
  fclose (archive);
  leave_work ();
}

static void
align (void)
{
  while (ftell (archive) % 4 != 0)
    putc ('\0', archive);
}

/* Add an object of MODE with the whole name NAME and CONTENTS. */
static void
add_named (const char *name, unsigned mode, const char *contents)
{
  fprintf (archive, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 1, mode, (unsigned) getuid (),
           (unsigned) getgid (), 1, 1000, strlen (contents), 0, 0, 0, 0, strlen (name) + 1, 0);
  fwrite (name, 1, strlen (name) + 1, archive);
  align ();
  fputs (contents, archive);
  align ();
}

/* The same below the test's directory. */
static void
add (const char *name, unsigned mode, const char *contents)
{
  CLEANUP_FREE char *whole = text_format ("%s/%s", work + 1, name);

  add_named (whole, mode, contents);
}

static int
unpack_all (void)
{
  add_named (AGENT_ARCHIVE_END, 0, "");
  ck_assert_int_eq (fflush (archive), 0);
  return unpack (ARCHIVE);
}

/* What is unpacked is refused with the one message TEXT. */
static void
expect_refusal (const char *text)
{
  ck_assert_int_eq (unpack (ARCHIVE), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, text) != NULL, "%s", message);
  forget_messages ();
}

static void
expect_file (const char *path, mode_t mode, const char *expected)
{
  char text[64] = "";
  struct stat status;
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

  ck_assert_int_ne (fd, -1);
  ck_assert_int_eq (fstat (fd, &status), 0);
  ck_assert_uint_eq (status.st_mode, S_IFREG | mode);
  ck_assert_int_ge (read (fd, text, sizeof text - 1), 0);
  ck_assert_str_eq (text, expected);
}

static void
expect_link (const char *path, const char *expected)
{
  char text[64] = "";

  ck_assert_int_gt (readlink (path, text, sizeof text - 1), 0);
  ck_assert_str_eq (text, expected);
}

START_TEST (what_is_in_an_archive_is_there_then)
{
  struct stat status;

  umask (077);
  add ("folder", S_IFDIR | 0751, "");
  add ("folder/file", S_IFREG | 0640, "text");
  add ("folder/empty", S_IFREG | 04755, "");
  add ("folder/link", S_IFLNK | 0777, "file");
  add ("fifo", S_IFIFO | 0604, "");
  ck_assert_int_eq (unpack_all (), 0);
  expect_file ("folder/file", 0640, "text");
  expect_file ("folder/empty", 04755, "");
  expect_link ("folder/link", "file");
  ck_assert_int_eq (stat ("folder", &status), 0);
  ck_assert_uint_eq (status.st_mode, S_IFDIR | 0751);
  ck_assert_int_eq (stat ("fifo", &status), 0);
  ck_assert_uint_eq (status.st_mode, S_IFIFO | 0604);
  ck_assert_int_eq (stat ("folder/file", &status), 0);
  ck_assert_int_eq (status.st_mtim.tv_sec, 1000);
}
END_TEST

START_TEST (what_is_there_already_is_replaced_unless_it_is_a_directory)
{
  struct stat status;

  put_text ("folder/file", 0600, "old and longer");
  put_text ("victim", 0600, "precious");
  ck_assert_int_eq (chmod ("folder", 0700), 0);
  ck_assert_int_eq (symlink ("../victim", "folder/other"), 0);
  ck_assert_int_eq (symlink ("nowhere", "link"), 0);
  add ("folder", S_IFDIR | 0755, "");
  add ("folder/file", S_IFREG | 0644, "new");
  add ("folder/other", S_IFREG | 0644, "new");
  add ("link", S_IFLNK | 0777, "there");
  add ("folder", S_IFLNK | 0777, "elsewhere");
  ck_assert_int_eq (unpack_all (), 0);
  expect_file ("folder/file", 0644, "new");
  expect_file ("folder/other", 0644, "new");
  expect_file ("victim", 0600, "precious");
  expect_link ("link", "there");
  /* Something may be mounted there. */
  ck_assert_int_eq (lstat ("folder", &status), 0);
  ck_assert_uint_eq (status.st_mode, S_IFDIR | 0700);
}
END_TEST

START_TEST (what_initramfs_writes_is_unpacked)
{
  struct initramfs *initramfs = initramfs_new ();
  CLEANUP_FREE char *data = text_format ("%s/new/data", work), *copy = text_format ("%s/new/copy", work),
    *link = text_format ("%s/new/link", work);

  put_text ("host", 0755, "of the host");
  ck_assert_int_eq (initramfs_add_data (initramfs, data, "text", 4, 0640), 0);
  ck_assert_int_eq (initramfs_add_file (initramfs, "host", copy), 0);
  ck_assert_int_eq (initramfs_add_link (initramfs, link, "data"), 0);
  ck_assert_int_eq (initramfs_write (initramfs, ARCHIVE), 0);
  initramfs_free (initramfs);
  /* Only root can give files to root. */
  if (getuid () != 0) {
    expect_refusal ("Operation not permitted");
    return;
  }
  ck_assert_int_eq (unpack (ARCHIVE), 0);
  expect_file ("new/data", 0640, "text");
  expect_file ("new/copy", 0755, "of the host");
  expect_link ("new/link", "data");
}
END_TEST

START_TEST (a_disk_may_be_larger_than_the_archive_on_it)
{
  add ("file", S_IFREG | 0600, "text");
  add_named (AGENT_ARCHIVE_END, 0, "");
  add ("more", S_IFREG | 0600, "text");
  ck_assert_int_eq (unpack_all (), 0);
  expect_file ("file", 0600, "text");
  ck_assert_int_eq (access ("more", F_OK), -1);
}
END_TEST

START_TEST (an_archive_that_is_cut_short_is_refused)
{
  add ("folder", S_IFDIR | 0700, "");
  add ("folder/file", S_IFREG | 0600, "text.");
  add ("folder/link", S_IFLNK | 0777, "file");
  ck_assert_int_eq (unpack_all (), 0);
  for (long length = ftell (archive) - 1; length >= 0; length--) {
    ck_assert_int_eq (truncate (ARCHIVE, length), 0);
    expect_refusal (DAMAGED);
  }
}
END_TEST

static const struct {
  int at;                       /* in the head of an object */
  char text[9];                 /* instead of what is right */
} damages[] = {
  { 0, "070702" }, { 0, "070707" }, { 0, "\xc7\x71" }, { 0, "\0\0\0\0\0\0" }, { SIZE_AT, "0000000x" },
  { SIZE_AT, "0x000004" }, { SIZE_AT, "       4" }, { SIZE_AT, "+0000004" }, { SIZE_AT, "-0000004" },
  { SIZE_AT, "ffffffff" }, { SIZE_AT, "80000000" }, { SIZE_AT, "00000400" },
  { NAME_SIZE_AT, "00000000" }, { NAME_SIZE_AT, "00002000" }, { NAME_SIZE_AT, "00001fff" },
  { NAME_SIZE_AT, "7fffffff" }, { NAME_SIZE_AT, "ffffffff" }, { NAME_SIZE_AT, "0000000g" },
};

START_TEST (a_head_that_cannot_be_is_refused)
{
  static const unsigned modes[] = { S_IFREG | 0600, S_IFLNK | 0777 };

  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    ck_assert_int_eq (ftruncate (fileno (archive), 0), 0);
    rewind (archive);
    add ("object", modes[i], "text");
    add_named (AGENT_ARCHIVE_END, 0, "");
    fseek (archive, damages[_i].at, SEEK_SET);
    fwrite (damages[_i].text, 1, damages[_i].at ? 8 : 6, archive);
    fseek (archive, 0, SEEK_END);
    ck_assert_int_eq (fflush (archive), 0);
    expect_refusal (DAMAGED);
  }
}
END_TEST

START_TEST (a_name_or_target_that_is_too_long_is_refused)
{
  char text[9000] = "";

  memset (text, 'x', sizeof text - 1);
  if (_i == 0)
    add (text, S_IFREG | 0600, "");
  else
    add ("link", S_IFLNK | 0777, text);
  add_named (AGENT_ARCHIVE_END, 0, "");
  ck_assert_int_eq (fflush (archive), 0);
  expect_refusal (DAMAGED);
}
END_TEST

static const struct {
  const char *name;
  unsigned mode;
} impossible[] = {
  { "file/below", S_IFREG | 0600 }, { "file/below", S_IFLNK | 0777 }, { "file/below", S_IFDIR | 0700 },
  { "missing/below", S_IFREG | 0600 }, { "folder", S_IFREG | 0600 },
};

START_TEST (what_cannot_be_made_is_named)
{
  CLEANUP_FREE char *whole = text_format ("%s/%s: ", work, impossible[_i].name);

  put_text ("file", 0600, "");
  ck_assert_int_eq (mkdir ("folder", 0700), 0);
  add (impossible[_i].name, impossible[_i].mode, "");
  ck_assert_int_eq (fflush (archive), 0);
  expect_refusal (whole);
}
END_TEST

START_TEST (a_disk_that_is_missing_is_named)
{
  ck_assert_int_eq (unpack ("missing"), -1);
  ck_assert_str_eq (message, "missing: No such file or directory");
}
END_TEST

UNIT_TEST_MAIN_WITH ("unpack", begin, end, what_is_in_an_archive_is_there_then,
                     what_is_there_already_is_replaced_unless_it_is_a_directory, what_initramfs_writes_is_unpacked,
                     a_disk_may_be_larger_than_the_archive_on_it, an_archive_that_is_cut_short_is_refused,
                     LOOP_OVER (a_head_that_cannot_be_is_refused, damages),
                     unit_loop (a_name_or_target_that_is_too_long_is_refused, 2),
                     LOOP_OVER (what_cannot_be_made_is_named, impossible), a_disk_that_is_missing_is_named)
