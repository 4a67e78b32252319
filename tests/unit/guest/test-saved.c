/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because each way in which a file may be broken or not kept is a test of its own. */
/* What is kept in the cache: written at once or not at all, private, locked, and swept. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/saved.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define GUESTS "powercut/guests/"
#define NOBODY 65534
#define DAY 86400
#define WRITTEN_BYTES (3 << 20)
#define WRITERS 3
#define WRITES 40

static uid_t stranger;          /* who this process pretends to be; 0: itself */

/* In place of the C library's: only root could make files of others. */
uid_t
geteuid (void)
{
  return stranger ? stranger : getuid ();
}

static void
begin (void)
{
  enter_work ();
  ck_assert_int_eq (setenv ("XDG_CACHE_HOME", work, 1), 0);
  stranger = 0;
  forget_messages ();
}

/* The path of NAME.snapshot, to free. */
static char *
path_of (const char *name)
{
  char *path = saved_path (name, "snapshot");

  ck_assert_ptr_nonnull (path);
  return path;
}

/* What can be read of the file PATH, up to 15 bytes, to free; NULL if it is not opened. */
static char *
read_saved (const char *path)
{
  char text[16] = "";
  CLEANUP_CLOSE int fd = saved_open (path);

  if (fd == -1)
    return NULL;
  ck_assert_int_ge (read (fd, text, sizeof text - 1), 0);
  return strdup (text);
}

/* Keep a file NAME of BYTES that was used last AGE seconds ago. */
static void
keep (const char *name, off_t bytes, time_t age)
{
  CLEANUP_FREE char *path = text_format (GUESTS "%s", name);
  const struct timespec times[] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = time (NULL) - age } };

  put_text (path, 0600, "");
  ck_assert_int_eq (truncate (path, bytes), 0);
  ck_assert_int_eq (utimensat (AT_FDCWD, path, times, 0), 0);
}

/* What is kept, one name a line, used last longest ago first, to free. */
static char *
names (void)
{
  struct saved_file *files;
  struct text_stream text;
  const ssize_t count = saved_list (&files);

  ck_assert_int_ge (count, 0);
  ck_assert (text_begin (&text));
  for (ssize_t i = 0; i < count; i++)
    fprintf (text.file, "%s\n", files[i].name);
  saved_free (files, (size_t) count);
  return text_end (&text);
}

static void
expect_names (const char *expected)
{
  CLEANUP_FREE char *seen = names ();

  ck_assert_str_eq (seen, expected);
}

START_TEST (what_is_kept_is_private_and_found_again)
{
  CLEANUP_FREE char *path = path_of ("one");
  struct stat status;

  umask (0);
  ck_assert_ptr_null (read_saved (path));
  saved_text (path, "old");
  saved_text (path, "new");
  CLEANUP_FREE char *text = read_saved (path);
  ck_assert_str_eq (text, "new");
  ck_assert_int_eq (stat (path, &status), 0);
  ck_assert_uint_eq (status.st_mode & 07777, 0600);
  ck_assert_int_eq (stat (GUESTS, &status), 0);
  ck_assert_uint_eq (status.st_mode & 07777, 0700);
  expect_names ("one.snapshot\n");
}
END_TEST

/* Keep WRITTEN_BYTES of LETTER as PATH again and again, in a process of its own. */
static pid_t
write_often (const char *path, char letter)
{
  pid_t pid = fork ();

  if (pid != 0)
    return pid;
  const int fd = memfd_create ("written", MFD_CLOEXEC);
  char *bytes = malloc (WRITTEN_BYTES);
  memset (bytes, letter, WRITTEN_BYTES);
  const bool written = write (fd, bytes, WRITTEN_BYTES) == WRITTEN_BYTES;
  free (bytes);
  if (!written)
    _exit (1);
  for (int i = 0; i < WRITES; i++)
    saved_write (path, fd);
  _exit (0);
}

/* PATH, if it is there, is private, and has all that one of the writers wrote. */
static void
expect_whole (const char *path)
{
  CLEANUP_CLOSE int fd = saved_open (path);
  struct stat status;

  if (fd == -1)
    return;
  ck_assert_int_eq (fstat (fd, &status), 0);
  ck_assert_int_eq (status.st_size, WRITTEN_BYTES);
  ck_assert_uint_eq (status.st_mode & 07777, 0600);
  char *bytes = mmap (NULL, WRITTEN_BYTES, PROT_READ, MAP_PRIVATE, fd, 0);
  ck_assert_ptr_ne (bytes, MAP_FAILED);
  ck_assert_int_eq (memcmp (bytes, bytes + 1, WRITTEN_BYTES - 1), 0);
  ck_assert (bytes[0] >= 'a' && bytes[0] < 'a' + WRITERS);
  munmap (bytes, WRITTEN_BYTES);
}

START_TEST (nobody_sees_half_a_file_of_two_writers)
{
  CLEANUP_FREE char *path = path_of ("one");
  int status, left = WRITERS;

  for (int i = 0; i < WRITERS; i++)
    ck_assert_int_gt (write_often (path, (char) ('a' + i)), 0);
  while (left > 0) {
    if (waitpid (-1, &status, WNOHANG) > 0) {
      ck_assert_int_eq (status, 0);
      left--;
    }
    expect_whole (path);
    unlink (path);
  }
  expect_names ("");
}
END_TEST

START_TEST (a_writer_that_is_killed_leaves_nothing)
{
  CLEANUP_FREE char *path = path_of ("one");
  const struct timespec moment = { .tv_nsec = 1000000 };

  for (int i = 0; i < 20; i++) {
    const pid_t pid = write_often (path, 'a');

    nanosleep (&moment, NULL);
    ck_assert_int_eq (kill (pid, SIGKILL), 0);
    ck_assert_int_eq (waitpid (pid, NULL, 0), pid);
    expect_whole (path);
    unlink (path);
  }
  expect_names ("");
}
END_TEST

START_TEST (a_file_is_made_by_one_at_a_time)
{
  CLEANUP_FREE char *path = path_of ("one"), *other = path_of ("other");
  int ready[2], lock;
  char byte;

  ck_assert_int_eq (pipe (ready), 0);
  const pid_t pid = fork ();
  if (pid == 0) {
    ck_assert_int_ne (saved_lock (path, 0), -1);
    ck_assert_int_eq (write (ready[1], "", 1), 1);
    pause ();
  }
  ck_assert_int_eq (read (ready[0], &byte, 1), 1);
  ck_assert_int_eq (saved_lock (path, 50), -1);
  ck_assert_int_ne (saved_lock (other, 0), -1);
  /* Whoever is killed has no lock any more. */
  ck_assert_int_eq (kill (pid, SIGKILL), 0);
  ck_assert_int_eq (waitpid (pid, NULL, 0), pid);
  ck_assert_int_ne (lock = saved_lock (path, 5000), -1);
  /* No other thread gets it either, until it is given back. */
  ck_assert_int_eq (saved_lock (path, 50), -1);
  close (lock);
  ck_assert_int_ne (saved_lock (path, 0), -1);
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

START_TEST (a_lock_leads_nowhere)
{
  CLEANUP_FREE char *path = path_of ("one");

  put_text ("victim", 0600, "");
  ck_assert_int_eq (symlink ("../../victim", GUESTS "one.snapshot.lock"), 0);
  ck_assert_int_eq (saved_lock (path, 0), -1);
}
END_TEST

START_TEST (what_others_could_have_written_is_not_used)
{
  static const mode_t modes[] = { 0620, 0602, 0666 };
  CLEANUP_FREE char *path = path_of ("one"), *link = path_of ("link"), *fifo = path_of ("fifo"),
    *folder = path_of ("folder");

  saved_text (path, "mine");
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    ck_assert_int_eq (chmod (path, modes[i]), 0);
    ck_assert_ptr_null (read_saved (path));
  }
  ck_assert_int_eq (chmod (path, 0644), 0);
  CLEANUP_FREE char *text = read_saved (path);
  ck_assert_str_eq (text, "mine");
  ck_assert_int_eq (symlink (path, link), 0);
  ck_assert_ptr_null (read_saved (link));
  ck_assert_int_eq (mkfifo (fifo, 0600), 0);
  ck_assert_ptr_null (read_saved (fifo));
  ck_assert_int_eq (mkdir (folder, 0700), 0);
  ck_assert_ptr_null (read_saved (folder));
  stranger = getuid () + 1;
  ck_assert_ptr_null (read_saved (path));
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

static void
expect_nothing_kept (void)
{
  CLEANUP_FREE char *path = saved_path ("one", "snapshot");

  ck_assert_ptr_null (path);
}

START_TEST (a_directory_that_is_not_this_users_own_alone_is_not_used)
{
  CLEANUP_FREE char *path = path_of ("one");

  ck_assert_int_eq (chmod (GUESTS, 0770), 0);
  expect_nothing_kept ();
  ck_assert_int_eq (chmod (GUESTS, 0702), 0);
  expect_nothing_kept ();
  ck_assert_int_eq (chmod (GUESTS, 0700), 0);
  stranger = getuid () + 1;
  expect_nothing_kept ();
  stranger = 0;
  ck_assert_int_eq (rename (GUESTS, "elsewhere"), 0);
  ck_assert_int_eq (symlink ("../elsewhere", "powercut/guests"), 0);
  expect_nothing_kept ();
  ck_assert_int_eq (unlink ("powercut/guests"), 0);
  put_text ("powercut/guests", 0600, "");
  expect_nothing_kept ();
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

START_TEST (where_nothing_can_be_written_nothing_is_kept)
{
  const bool root = getuid () == 0;

  /* What root is kept from is nothing. */
  if (root) {
    ck_assert_int_eq (chmod ("..", 0711), 0);
    ck_assert_int_eq (chown (".", NOBODY, NOBODY), 0);
    ck_assert_int_eq (setresuid (NOBODY, NOBODY, 0), 0);
  }
  CLEANUP_FREE char *path = path_of ("one");
  ck_assert_int_eq (chmod (GUESTS, 0500), 0);
  expect_nothing_kept ();
  saved_text (path, "text");
  ck_assert_int_eq (saved_lock (path, 0), -1);
  expect_names ("");
  ck_assert_int_eq (rmdir (GUESTS), 0);
  ck_assert_int_eq (chmod ("powercut", 0500), 0);
  expect_nothing_kept ();
  ck_assert_uint_eq (message_count, 0);
  if (root)
    ck_assert_int_eq (setresuid (0, 0, 0), 0);
}
END_TEST

START_TEST (without_a_cache_nothing_is_kept)
{
  CLEANUP_FREE char *home = getenv ("HOME") ? text_format ("%s", getenv ("HOME")) : NULL;

  ck_assert_int_eq (unsetenv ("XDG_CACHE_HOME"), 0);
  ck_assert_int_eq (unsetenv ("HOME"), 0);
  expect_nothing_kept ();
  expect_names ("");
  saved_sweep ();
  ck_assert_uint_eq (message_count, 0);
  if (home)
    setenv ("HOME", home, 1);
}
END_TEST

START_TEST (a_directory_that_goes_meanwhile_is_nothing_to_complain_of)
{
  CLEANUP_FREE char *path = path_of ("one");
  CLEANUP_CLOSE int fd = memfd_create ("written", MFD_CLOEXEC);

  ck_assert_int_eq (rmdir (GUESTS), 0);
  saved_text (path, "text");
  saved_write (path, fd);
  ck_assert_int_eq (saved_lock (path, 0), -1);
  saved_sweep ();
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

START_TEST (what_was_not_used_for_a_month_goes)
{
  keep ("old.snapshot", 1, 31 * DAY);
  keep ("old.snapshot.lock", 0, 31 * DAY);
  keep ("old.base.0123456789abcdef", 1, 31 * DAY);
  keep ("young.snapshot", 1, 29 * DAY);
  keep ("used.snapshot", 1, 31 * DAY);
  CLEANUP_CLOSE int fd = saved_open (GUESTS "used.snapshot");
  saved_touch (fd);
  saved_sweep ();
  expect_names ("young.snapshot\nused.snapshot\n");
}
END_TEST

START_TEST (what_is_too_much_goes_the_longest_unused_first)
{
  keep ("2.snapshot", 400 << 20, 2 * DAY);
  keep ("5.snapshot", 400 << 20, 5 * DAY);
  keep ("3.base", 400 << 20, 3 * DAY);
  keep ("4.base", 100 << 20, 4 * DAY);
  expect_names ("5.snapshot\n4.base\n3.base\n2.snapshot\n");
  saved_sweep ();
  expect_names ("4.base\n3.base\n2.snapshot\n");
  saved_sweep ();
  expect_names ("4.base\n3.base\n2.snapshot\n");
}
END_TEST

START_TEST (what_is_no_file_is_none_of_ours)
{
  static const char *const others[] = { "folder.snapshot", "link.snapshot", "fifo.snapshot" };
  struct stat status;

  keep ("-rf\n*.snapshot", 1, 31 * DAY);
  put_text ("victim", 0600, "precious");
  ck_assert_int_eq (mkdir (GUESTS "folder.snapshot", 0700), 0);
  ck_assert_int_eq (symlink ("../../victim", GUESTS "link.snapshot"), 0);
  ck_assert_int_eq (mkfifo (GUESTS "fifo.snapshot", 0600), 0);
  expect_names ("-rf\n*.snapshot\n");
  saved_sweep ();
  expect_names ("");
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    CLEANUP_FREE char *path = text_format (GUESTS "%s", others[i]);

    ck_assert_int_eq (lstat (path, &status), 0);
  }
  ck_assert_int_eq (stat ("victim", &status), 0);
}
END_TEST

static const struct {
  const char *name, *kind;
} kinds[] = {
  { "0.base", "base" }, { "0.snapshot", "snapshot" }, { "0.snapshot.lock", NULL }, { "0.base.0123456789abcdef", NULL },
  { "snapshot", NULL }, { ".snapshot", "snapshot" }, { "0.", NULL }, { "0.bas", NULL }, { "0.bases", NULL },
};

START_TEST (a_kind_is_known_by_what_follows_the_dot)
{
  const struct saved_file file = { .name = kinds[_i].name };

  ck_assert_pstr_eq (saved_kind (&file), kinds[_i].kind);
}
END_TEST

/* 300 letters, which are more than any release has. */
#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X300 X100 X100 X100

static const struct {
  const char *text, *release;
} heads[] = {
  { "powercut base 1\nrelease 6.1.0-50-amd64\nmore\n", "6.1.0-50-amd64" },
  { "powercut base 1\nrelease 6.1.0-50-amd64", "6.1.0-50-amd64" },
  { "release 6.1\n", NULL }, { "powercut base 1\n", NULL }, { "", NULL }, { "powercut base 1\nrelease \n", NULL },
  { "powercut base 1\nother 6.1\n", NULL }, { X300 X300 X300 "\nrelease 6.1\n", NULL },
};

START_TEST (a_release_is_in_the_second_line)
{
  const struct saved_file file = { .path = (char *) "file" };

  put_text ("file", 0600, heads[_i].text);
  CLEANUP_FREE char *release = saved_release (&file);
  ck_assert_pstr_eq (release, heads[_i].release);
}
END_TEST

START_TEST (what_is_gone_is_removed)
{
  const struct saved_file gone = { .path = (char *) "gone" }, folder = { .path = (char *) "." };

  ck_assert_int_eq (saved_remove (&gone), 0);
  ck_assert_uint_eq (message_count, 0);
  ck_assert_int_eq (saved_remove (&folder), -1);
  ck_assert_uint_eq (message_count, 1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("saved", begin, leave_work, what_is_kept_is_private_and_found_again,
                     nobody_sees_half_a_file_of_two_writers, a_writer_that_is_killed_leaves_nothing,
                     a_file_is_made_by_one_at_a_time, a_lock_leads_nowhere, what_others_could_have_written_is_not_used,
                     a_directory_that_is_not_this_users_own_alone_is_not_used,
                     where_nothing_can_be_written_nothing_is_kept, without_a_cache_nothing_is_kept,
                     a_directory_that_goes_meanwhile_is_nothing_to_complain_of, what_was_not_used_for_a_month_goes,
                     what_is_too_much_goes_the_longest_unused_first, what_is_no_file_is_none_of_ours,
                     LOOP_OVER (a_kind_is_known_by_what_follows_the_dot, kinds),
                     LOOP_OVER (a_release_is_in_the_second_line, heads), what_is_gone_is_removed)
