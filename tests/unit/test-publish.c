/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/publish.h"
#include "common/workdir.h"
#include "tests/unit/unit.h"

static char *directory;

static void
setup (void)
{
  directory = workdir_create ();
  ck_assert_ptr_nonnull (directory);
  ck_assert_int_eq (chdir (directory), 0);
}

static void
teardown (void)
{
  ck_assert_int_eq (chdir ("/"), 0);
  workdir_remove (directory);
  free (directory);
}

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

int
main (void)
{
  Suite *suite = suite_create ("publish");
  TCase *tcase = tcase_create ("publish");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, a_file_is_replaced_whole);
  tcase_add_test (tcase, what_failed_leaves_nothing);
  tcase_add_test (tcase, no_link_of_a_stranger_is_followed);
  tcase_add_test (tcase, it_can_be_opened_by_its_name_meanwhile);
  tcase_add_test (tcase, a_device_is_written_to);
  tcase_add_test (tcase, a_file_has_the_mode_that_others_have);
  tcase_add_test (tcase, where_nothing_can_be_made_it_is_said);
  suite_add_tcase (suite, tcase);
  return run_suite (suite);
}
