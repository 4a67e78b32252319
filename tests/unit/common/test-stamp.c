/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/stamp.h"
#include "tests/unit/unit.h"

START_TEST (a_file_that_is_another_has_another_stamp)
{
  char path[] = "/tmp/test-stamp-XXXXXX";
  const struct timespec times[2] = { { 1700000000, 5 }, { 1700000000, 5 } };
  CLEANUP_CLOSE int fd = mkstemp (path);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (futimens (fd, times), 0);
  CLEANUP_FREE char *first = file_stamp (path), *same = file_stamp (path);
  ck_assert_str_eq (first, same);
  ck_assert_int_eq (fchmod (fd, 0755), 0);
  CLEANUP_FREE char *executable = file_stamp (path);
  ck_assert_str_ne (first, executable);
  ck_assert_int_eq (write (fd, "x", 1), 1);
  ck_assert_int_eq (futimens (fd, times), 0);
  CLEANUP_FREE char *larger = file_stamp (path);
  ck_assert_str_ne (executable, larger);
  ck_assert_int_eq (pwrite (fd, "y", 1, 0), 1);
  CLEANUP_FREE char *later = file_stamp (path);
  ck_assert_str_ne (larger, later);
  ck_assert_int_eq (unlink (path), 0);
  ck_assert_ptr_null (file_stamp (path));
}
END_TEST

UNIT_TEST_MAIN ("stamp", a_file_that_is_another_has_another_stamp)
