/* SPDX-License-Identifier: BSD-3-Clause */
/* Prepared disks are kept whole, with their holes, or not at all. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/sparse.h"
#include "record/kept-disks.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define KEY "powercut prepared 1\nrelease 6.1\nand more\n"
#define MARKS "set%20up\ndone\n"
#define MIB (1 << 20)
#define KILLED 12

static const struct disks disks = {
  .count = 2, .list = { { .name = "a", .size_bytes = 64 * MIB + 4096 }, { .name = "b", .size_bytes = 16 * MIB } }
};
static char *const made[] = { (char *) "made0", (char *) "made1" }, *const taken[] = {
  (char *) "taken0", (char *) "taken1"
};

static void
put_at (const char *path, off_t offset, const char *text)
{
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  ck_assert_int_eq (pwrite (fd, text, strlen (text), offset), (ssize_t) strlen (text));
}

/* What is at OFFSET of the file PATH begins with TEXT. */
static void
expect_at (const char *path, off_t offset, const char *text)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  char seen[64] = "";

  ck_assert_int_eq (pread (fd, seen, strlen (text), offset), (ssize_t) strlen (text));
  ck_assert_str_eq (seen, text);
}

static void
begin (void)
{
  enter_work ();
  forget_messages ();
  for (size_t i = 0; i < disks.count; i++) {
    put_at (made[i], 0, "");
    ck_assert_int_eq (truncate (made[i], (off_t) disks.list[i].size_bytes), 0);
    put_at (made[i], 8 * MIB, i == 0 ? "one" : "other");
  }
  put_at (made[0], 64 * MIB, "the last");
}

/* Take what is kept for KEY, and expect THERE. */
static void
expect_kept (const char *key, enum kept_disks there)
{
  CLEANUP_FREE char *marks = NULL;
  bool shared;

  ck_assert_int_eq (kept_disks_take ("kept", key, &disks, taken, &marks, &shared), (int) there);
  ck_assert_pstr_eq (marks, there == KEPT_DISKS_THERE ? MARKS : NULL);
}

START_TEST (what_was_kept_is_there_with_its_holes)
{
  struct stat status;

  expect_kept (KEY, KEPT_DISKS_NONE);
  kept_disks_put ("kept", KEY, &disks, made, MARKS);
  /* What stands in the way is another recording's. */
  put_at (taken[0], 4096, "old");
  expect_kept (KEY, KEPT_DISKS_THERE);
  expect_at (taken[0], 8 * MIB, "one");
  expect_at (taken[0], 64 * MIB, "the last");
  expect_at (taken[1], 8 * MIB, "other");
  expect_at (taken[0], 4095, "");
  for (size_t i = 0; i < disks.count; i++) {
    ck_assert_int_eq (stat (taken[i], &status), 0);
    ck_assert_int_eq (status.st_size, (off_t) disks.list[i].size_bytes);
    ck_assert_int_lt (status.st_blocks * S_BLKSIZE, MIB);
  }
  ck_assert_int_eq (stat ("kept", &status), 0);
  ck_assert_int_lt (status.st_blocks * S_BLKSIZE, MIB);
  ck_assert_uint_eq (status.st_mode & 07777, 0600);
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

START_TEST (another_key_is_of_other_disks)
{
  kept_disks_put ("kept", KEY, &disks, made, MARKS);
  expect_kept ("powercut prepared 1\nrelease 6.1\nand other\n", KEPT_DISKS_NONE);
  expect_kept ("powercut prepared 1\nrelease 6.1\n", KEPT_DISKS_NONE);
  expect_kept (KEY "more\n", KEPT_DISKS_NONE);
}
END_TEST

START_TEST (that_there_can_be_none_is_kept_too)
{
  kept_disks_put ("kept", KEY, &disks, NULL, MARKS);
  expect_kept (KEY, KEPT_DISKS_LIVE);
  ck_assert_int_eq (access (taken[0], F_OK), -1);
}
END_TEST

START_TEST (what_is_cut_short_or_longer_is_not_used)
{
  struct stat status;

  kept_disks_put ("kept", KEY, &disks, made, MARKS);
  ck_assert_int_eq (stat ("kept", &status), 0);
  static const off_t changes[] = { -1, -65536, -(80 * MIB), 1, 4096 };
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    ck_assert_int_eq (truncate ("kept", status.st_size + changes[i]), 0);
    expect_kept (KEY, KEPT_DISKS_NONE);
  }
  for (off_t length = 0; length < 80; length++) {
    ck_assert_int_eq (truncate ("kept", length), 0);
    expect_kept (KEY, KEPT_DISKS_NONE);
  }
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

/* Opened, it would keep both waiting for the other end. */
START_TEST (a_fifo_in_its_place_is_replaced)
{
  ck_assert_int_eq (mkfifo ("kept", 0600), 0);
  expect_kept (KEY, KEPT_DISKS_NONE);
  kept_disks_put ("kept", KEY, &disks, made, MARKS);
  expect_kept (KEY, KEPT_DISKS_THERE);
}
END_TEST

START_TEST (a_writer_that_is_killed_leaves_nothing_or_all)
{
  for (int i = 0; i < KILLED; i++) {
    const struct timespec moment = { .tv_nsec = 300000 * i };
    const pid_t pid = fork ();

    if (pid == 0)
      for (;;)
        kept_disks_put ("kept", KEY, &disks, made, MARKS);
    nanosleep (&moment, NULL);
    ck_assert_int_eq (kill (pid, SIGKILL), 0);
    ck_assert_int_eq (waitpid (pid, NULL, 0), pid);
    if (access ("kept", F_OK) == 0) {
      expect_kept (KEY, KEPT_DISKS_THERE);
      expect_at (taken[1], 8 * MIB, "other");
      ck_assert_int_eq (unlink ("kept"), 0);
    }
  }
}
END_TEST

START_TEST (a_part_is_copied_to_where_it_belongs)
{
  CLEANUP_CLOSE int from = open (made[0], O_RDONLY | O_CLOEXEC), to = open ("to", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat status;
  bool shared;

  ck_assert_int_eq (sparse_copy (from, 8 * MIB + 1, to, 5, 8, &shared), 0);
  expect_at ("to", 5, "ne");
  ck_assert_int_eq (fstat (to, &status), 0);
  ck_assert_int_eq (status.st_size, 13);
  /* It is not made longer than it is. */
  ck_assert_int_eq (sparse_copy (from, 64 * MIB, to, 0, 4097, &shared), -1);
  ck_assert_int_eq (sparse_copy (from, 9 * MIB, to, 0, MIB, &shared), 0);
  ck_assert_int_eq (fstat (to, &status), 0);
  ck_assert_int_eq (status.st_size, MIB);
}
END_TEST

UNIT_TEST_MAIN_WITH ("kept-disks", begin, leave_work, what_was_kept_is_there_with_its_holes,
                     another_key_is_of_other_disks, that_there_can_be_none_is_kept_too,
                     what_is_cut_short_or_longer_is_not_used, a_fifo_in_its_place_is_replaced,
                     a_writer_that_is_killed_leaves_nothing_or_all, a_part_is_copied_to_where_it_belongs)
