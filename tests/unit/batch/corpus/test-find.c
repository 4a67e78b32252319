/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/corpus/corpus.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/unit.h"

/* Make the directory NAME in DIRECTORY, which is closed, with a case in it; open it. */
static int
make_case (int directory, const char *name)
{
  static const char text[] = "title = t\ncommand = true\n";

  ck_assert_int_eq (mkdirat (directory, name, 0777), 0);
  int made = openat (directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CLEANUP_CLOSE int file = openat (made, CASE_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  ck_assert_int_eq (write (file, text, sizeof text - 1), sizeof text - 1);
  close (directory);
  return made;
}

/* A new directory, to free; open in *OPENED. */
static char *
make_directory (int *opened)
{
  char *path = new_path ();

  ck_assert_int_eq (mkdir (path, 0777), 0);
  *opened = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ck_assert_int_ne (*opened, -1);
  return path;
}

START_TEST (directories_in_a_case_are_its_own)
{
  struct corpus corpus = { .cases = NULL };
  int directory;
  CLEANUP_FREE char *path = make_directory (&directory);

  close (make_case (make_case (directory, "case"), "in-it"));
  ck_assert_int_eq (corpus_find_cases (&corpus, (const char *const[]) { path }, 1, NULL), 0);
  ck_assert_uint_eq (corpus.case_count, 1);
  ck_assert_str_eq (corpus.cases[0].name, "case");
  corpus_free_cases (&corpus);
}
END_TEST

/* Directories whose path is too long are such for everybody, root too. */
START_TEST (a_directory_that_cannot_be_looked_into_is_told)
{
  struct corpus corpus = { .cases = NULL };
  CLEANUP_FREE char *said = new_path ();
  int directory;
  CLEANUP_FREE char *path = make_directory (&directory);
  char name[NAME_MAX + 1] = "", text[2 * PATH_MAX] = "";

  memset (name, 'd', NAME_MAX);
  for (int i = 0; i < PATH_MAX / NAME_MAX + 1; i++) {
    ck_assert_int_eq (mkdirat (directory, name, 0777), 0);
    int next = openat (directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close (directory);
    directory = next;
  }
  close (make_case (directory, "case"));
  ck_assert_ptr_nonnull (freopen (said, "w+", stderr));
  ck_assert_int_eq (corpus_find_cases (&corpus, (const char *const[]) { path }, 1, NULL), -1);
  rewind (stderr);
  ck_assert_ptr_nonnull (fgets (text, sizeof text, stderr));
  ck_assert_ptr_nonnull (strstr (text, "/ddd"));        /* it; with so long a name there is no room for the reason */
  ck_assert_ptr_null (fgets (text, sizeof text, stderr));
  corpus_free_cases (&corpus);
}
END_TEST

UNIT_TEST_MAIN ("corpus-find", directories_in_a_case_are_its_own, a_directory_that_cannot_be_looked_into_is_told)
