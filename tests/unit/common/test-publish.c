/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/publish.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define NOBODY 65534

static void
check_text (const char *path, const char *expected)
{
  char text[64] = "";
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);

  ck_assert_int_ge (read (fd, text, sizeof text - 1), 0);
  ck_assert_str_eq (text, expected);
}

/* How many entries the directory has. */
static int
count_entries (void)
{
  DIR *stream = opendir (".");
  int count = 0;

  ck_assert_ptr_nonnull (stream);
  for (const struct dirent *entry; (entry = readdir (stream)) != NULL;)
    count += entry->d_name[0] != '.';
  closedir (stream);
  return count;
}

START_TEST (a_file_is_replaced_whole)
{
  struct publication publication;

  ck_assert_int_eq (publish_text ("file", "old"), 0);
  ck_assert_int_eq (publish_begin (&publication, "file"), 0);
  ck_assert_int_eq (dprintf (publication.fd, "new"), 3);
  check_text ("file", "old\n");
  ck_assert_int_eq (publish_end (&publication, 0), 0);
  check_text ("file", "new");
  ck_assert_int_eq (count_entries (), 1);
}
END_TEST

START_TEST (what_failed_leaves_nothing)
{
  struct publication publication;

  ck_assert_int_eq (publish_begin (&publication, "file"), 0);
  ck_assert_int_eq (publish_end (&publication, -1), -1);
  ck_assert_int_eq (publish_check ("file"), 0);
  ck_assert_int_eq (count_entries (), 0);
}
END_TEST

START_TEST (no_link_of_a_stranger_is_followed)
{
  static const char *const names[] = { "file", "file.tmp", "file.part" };

  ck_assert_int_eq (publish_text ("victim", "precious"), 0);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    ck_assert_int_eq (symlink ("victim", names[i]), 0);
  ck_assert_int_eq (publish_text ("file", "new"), 0);
  check_text ("file", "new\n");
  check_text ("victim", "precious\n");
}
END_TEST

START_TEST (it_can_be_opened_by_its_name_meanwhile)
{
  struct publication publication;

  ck_assert_int_eq (publish_begin (&publication, "file"), 0);
  FILE *file = fopen (publication.name, "we");
  ck_assert_ptr_nonnull (file);
  fputs ("through a stream", file);
  ck_assert_int_eq (fclose (file), 0);
  ck_assert_int_eq (publish_end (&publication, 0), 0);
  check_text ("file", "through a stream");
}
END_TEST

START_TEST (a_device_is_written_to)
{
  ck_assert_int_eq (publish_text ("/dev/null", "text"), 0);
  ck_assert_int_eq (mkfifo ("pipe", 0600), 0);
  CLEANUP_CLOSE int fd = open ("pipe", O_RDWR | O_CLOEXEC);
  ck_assert_int_eq (publish_text ("pipe", "text"), 0);
  check_text ("pipe", "text\n");
}
END_TEST

START_TEST (a_link_is_replaced_wherever_it_leads)
{
  struct stat status;

  ck_assert_int_eq (symlink ("/dev/null", "file"), 0);
  ck_assert_int_eq (publish_text ("file", "text"), 0);
  ck_assert_int_eq (lstat ("file", &status), 0);
  ck_assert (S_ISREG (status.st_mode));
}
END_TEST

/* Write to FD and by its NAME, which must be there afterwards as it was. */
static void
write_by_name (int fd, const char *name)
{
  struct stat before, after;

  ck_assert_int_eq (dprintf (fd, "before\n"), 7);
  ck_assert_int_eq (lstat (name, &before), 0);
  ck_assert_int_eq (publish_check (name), 0);
  ck_assert_int_eq (publish_text (name, "text"), 0);
  ck_assert_int_eq (lstat (name, &after), 0);
  ck_assert_uint_eq (after.st_ino, before.st_ino);
  ck_assert (S_ISLNK (after.st_mode));
  ck_assert_int_eq (dprintf (fd, "after\n"), 6);
}

START_TEST (a_name_of_a_descriptor_is_written_to_after_what_is_there)
{
  static const char *const formats[] = { "/dev/fd/%d", "/proc/self/fd/%d" };
  char name[64];

  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    CLEANUP_CLOSE int fd = open ("file", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    snprintf (name, sizeof name, formats[i], fd);
    write_by_name (fd, name);
    check_text ("file", "before\ntext\nafter\n");
  }
}
END_TEST

START_TEST (standard_output_keeps_its_name)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0) {
    int fd = open ("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_eq (dup2 (fd, STDOUT_FILENO), STDOUT_FILENO);
    if (geteuid () == 0)        /* who could break it for the whole machine */
      ck_assert_int_eq (setresuid (NOBODY, NOBODY, NOBODY), 0);
    write_by_name (STDOUT_FILENO, "/dev/stdout");
    _exit (0);
  }
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert_int_eq (status, 0);
  check_text ("file", "before\ntext\nafter\n");
}
END_TEST

START_TEST (what_cannot_be_written_is_refused_at_once)
{
  CLEANUP_CLOSE int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  char name[64];

  snprintf (name, sizeof name, "/dev/fd/%d", fd);
  ck_assert_int_eq (publish_check (name), -1);
}
END_TEST

START_TEST (what_grows_follows_no_link)
{
  ck_assert_int_eq (publish_text ("victim", "precious"), 0);
  ck_assert_int_eq (symlink ("victim", "link"), 0);
  ck_assert_int_eq (publish_open_check ("link"), -1);
  ck_assert_int_eq (publish_open ("link"), -1);
  check_text ("victim", "precious\n");
  ck_assert_int_eq (publish_text ("file", "a longer old text"), 0);
  CLEANUP_CLOSE int fd = publish_open ("file");
  ck_assert_int_eq (dprintf (fd, "new"), 3);
  check_text ("file", "new");
  CLEANUP_CLOSE int device = publish_open ("/dev/null");
  ck_assert_int_ne (device, -1);
}
END_TEST

START_TEST (a_file_has_the_mode_that_others_have)
{
  struct stat status;

  umask (022);
  ck_assert_int_eq (publish_text ("file", "text"), 0);
  ck_assert_int_eq (stat ("file", &status), 0);
  ck_assert_int_eq (status.st_mode & 0777, 0644);
}
END_TEST

START_TEST (where_nothing_can_be_made_it_is_said)
{
  ck_assert_int_eq (publish_text ("nowhere/file", "text"), -1);
  ck_assert_int_eq (publish_check ("nowhere/file"), -1);
  ck_assert_int_eq (publish_check ("/"), -1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("publish", enter_work, leave_work,
  a_file_is_replaced_whole,
  what_failed_leaves_nothing,
  no_link_of_a_stranger_is_followed,
  it_can_be_opened_by_its_name_meanwhile,
  a_device_is_written_to,
  a_link_is_replaced_wherever_it_leads,
  a_name_of_a_descriptor_is_written_to_after_what_is_there,
  standard_output_keeps_its_name,
  what_cannot_be_written_is_refused_at_once,
  what_grows_follows_no_link,
  a_file_has_the_mode_that_others_have,
  where_nothing_can_be_made_it_is_said)
