/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "checker/observe/sectors.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

static char *
hash_of_sector (const void *data, size_t length)
{
  char sector[SECTOR_SIZE] = { 0 }, *text;

  memcpy (sector, data, length);
  ck_assert_int_eq (asprintf (&text, "%016" PRIx64, (uint64_t) XXH3_64bits (sector, sizeof sector)), 16);
  return text;
}

START_TEST (sectors_follow_the_tree_which_stays_as_it_is)
{
  char data[3 * SECTOR_SIZE + 5] = { 0 };
  CLEANUP_FREE char *first = NULL, *last = NULL, *expected = NULL, *plain = NULL, *text = NULL;

  data[0] = 'a';
  data[3 * SECTOR_SIZE + 4] = 'b';
  first = hash_of_sector (data, SECTOR_SIZE);
  last = hash_of_sector (data + 3 * SECTOR_SIZE, 5);
  make_folder (top, "folder");
  make_file (top, "folder/ b", data, sizeof data);
  make_file (top, "a", "", 0);
  make_file (top, "c", data + 1, 2 * SECTOR_SIZE);
  ck_assert_int_eq (symlinkat ("a", top, "link"), 0);
  plain = observe ();
  ck_assert_int_ne (asprintf (&expected, "%s= - a\n= z2 c\n= %s,z2,%s folder/%%20b\n", plain, first, last), -1);
  text = observe_sectors (NULL, 0);
  ck_assert_str_eq (text, expected);
}
END_TEST

START_TEST (sectors_of_the_files_that_are_asked_for_alone)
{
  static const char *const paths[] = { "b", "folder/a", "nonsuch" };

  make_folder (top, "folder");
  make_file (top, "folder/a", "\0", 1);
  make_file (top, "a", "\0", 1);
  make_file (top, "b", "\0", 1);
  CLEANUP_FREE char *plain = observe (), *expected = NULL, *text = observe_sectors (paths, 3);
  ck_assert_int_ne (asprintf (&expected, "%s= z1 b\n= z1 folder/a\n", plain), -1);
  ck_assert_str_eq (text, expected);
  CLEANUP_FREE char *none = observe_sectors (paths + 2, 1);
  ck_assert_str_eq (none, plain);
}
END_TEST

START_TEST (a_file_of_many_pieces_has_all_its_sectors)
{
  const size_t size = 600 << 10;
  CLEANUP_FREE char *data = calloc (1, size), *hash = NULL;

  for (size_t i = 0; i < size; i += SECTOR_SIZE)
    data[i] = (char) (i / SECTOR_SIZE % 7);
  make_file (top, "file", data, size);
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  const char *at = strstr (text, "\n= ") + 3;
  hash = hash_of_sector (data + 3 * SECTOR_SIZE, SECTOR_SIZE);
  for (size_t sector = 0; sector < size / SECTOR_SIZE; sector++) {
    size_t length = strcspn (at, ", ");

    if (sector % 7 == 0)
      ck_assert (length == 2 && memcmp (at, "z1", 2) == 0);
    else
      ck_assert (length == 16 && (memcmp (at, hash, 16) == 0) == (sector % 7 == 3));
    at += length + 1;
  }
  ck_assert_str_eq (at, "file\n");
}
END_TEST

START_TEST (more_sectors_than_fit_are_refused_if_nobody_named_the_files)
{
  static const char *const paths[] = { "a" };

  make_file (top, "b", "x", 1);
  CLEANUP_CLOSE int fd = make_hole ("a", (SECTORS_MAX - 1) * SECTOR_SIZE);
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  ck_assert_ptr_nonnull (text);
  ck_assert_int_eq (ftruncate (fd, (SECTORS_MAX - 1) * SECTOR_SIZE + 1), 0);
  errno = 0;
  ck_assert_ptr_null (observe_sectors (NULL, 0));
  ck_assert_int_eq (errno, EFBIG);
  /* Of a file that is named, the first ones are listed. */
  ck_assert_int_eq (ftruncate (fd, (SECTORS_MAX + 1) * SECTOR_SIZE), 0);
  CLEANUP_FREE char *cut = observe_sectors (paths, 1);
  ck_assert_ptr_nonnull (strstr (cut, "\n= z32768 a\n"));
}
END_TEST

START_TEST (longer_paths_than_fit_are_refused)
{
  char name[NAME_MAX + 1];

  for (int i = 0; i < SECTOR_PATHS_MAX / (NAME_MAX + 2) + 1; i++) {
    snprintf (name, sizeof name, "%0*d", NAME_MAX, i);
    make_file (top, name, "", 0);
  }
  errno = 0;
  ck_assert_ptr_null (observe_sectors (NULL, 0));
  ck_assert_int_eq (errno, EFBIG);
  ck_assert_int_eq (unlinkat (top, name, 0), 0);
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  ck_assert_ptr_nonnull (text);
}
END_TEST

UNIT_TEST_MAIN_WITH ("sectors", tree_setup, tree_teardown,
                     sectors_follow_the_tree_which_stays_as_it_is,
                     sectors_of_the_files_that_are_asked_for_alone,
                     a_file_of_many_pieces_has_all_its_sectors,
                     more_sectors_than_fit_are_refused_if_nobody_named_the_files,
                     longer_paths_than_fit_are_refused)
