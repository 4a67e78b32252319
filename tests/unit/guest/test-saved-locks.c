/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept in the cache, and in use: not removed, and not made by two, whoever is killed. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/saved.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define GUESTS "powercut/guests/"
#define UNFINISHED ".0123456789abcdef"
#define MAKERS 6
#define ROUNDS 60
#define WANTING 200
#define LONG_MS 60000

static void
begin (void)
{
  enter_work ();
  ck_assert_int_eq (setenv ("XDG_CACHE_HOME", work, 1), 0);
  forget_messages ();
}

/* The path of the disks NAME, to free. */
static char *
path_of (const char *name)
{
  char *path = saved_path (name, SAVED_PREPARED);

  ck_assert_ptr_nonnull (path);
  return path;
}

static bool
is_there (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0;
}

/* A process that has the lock of PATH, alone or not, until it is killed. */
static pid_t
hold (const char *path, int (*take) (const char *path, int timeout_ms))
{
  int ready[2];
  char byte;

  ck_assert_int_eq (pipe (ready), 0);
  const pid_t pid = fork ();
  if (pid == 0) {
    if (take (path, 0) == -1 || write (ready[1], "", 1) != 1)
      _exit (1);
    pause ();
  }
  close (ready[1]);
  ck_assert_int_eq (read (ready[0], &byte, 1), 1);
  close (ready[0]);
  return pid;
}

static void
kill_it (pid_t pid)
{
  ck_assert_int_eq (kill (pid, SIGKILL), 0);
  ck_assert_int_eq (waitpid (pid, NULL, 0), pid);
}

/* Remove all that is kept.  Returns how much of it is in use. */
static int
clean (void)
{
  struct saved_file *files;
  const ssize_t count = saved_list (&files);
  int in_use = 0;

  for (ssize_t i = 0; i < count; i++) {
    const int r = saved_remove (&files[i]);

    ck_assert_int_ge (r, 0);
    in_use += r;
  }
  saved_free (files, (size_t) count);
  return in_use;
}

START_TEST (what_is_in_use_is_not_removed)
{
  CLEANUP_FREE char *used = path_of ("used"), *unused = path_of ("unused");

  saved_text (used, "used");
  saved_text (unused, "unused");
  const pid_t one = hold (used, saved_share), other = hold (used, saved_share);
  ck_assert_int_eq (clean (), 2);       /* it, and its lock */
  ck_assert (is_there (used) && !is_there (unused));
  kill_it (one);
  ck_assert_int_eq (clean (), 2);
  kill_it (other);
  ck_assert_int_eq (clean (), 0);
  ck_assert (!is_there (used) && !is_there (GUESTS "used.prepared.lock"));
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

START_TEST (who_uses_it_waits_for_who_makes_it)
{
  CLEANUP_FREE char *path = path_of ("one");
  const pid_t maker = hold (path, saved_lock);

  ck_assert_int_eq (saved_share (path, 50), -1);
  ck_assert_int_eq (saved_maker (path), maker);
  kill_it (maker);
  CLEANUP_CLOSE int shared = saved_share (path, LONG_MS), other = saved_share (path, LONG_MS);
  ck_assert_int_ne (shared, -1);
  ck_assert_int_ne (other, -1);
  ck_assert_int_eq (saved_lock (path, 50), -1);
}
END_TEST

START_TEST (debris_of_the_dead_goes_and_that_of_the_living_stays)
{
  CLEANUP_FREE char *living = path_of ("living");
  const pid_t maker = hold (living, saved_lock);

  put_text (GUESTS "living.prepared" UNFINISHED, 0600, "half");
  put_text (GUESTS "dead.prepared" UNFINISHED, 0600, "half");
  saved_sweep ();
  ck_assert (is_there (GUESTS "living.prepared" UNFINISHED) && !is_there (GUESTS "dead.prepared" UNFINISHED));
  ck_assert_int_eq (clean (), 2);
  ck_assert (is_there (GUESTS "living.prepared" UNFINISHED));
  kill_it (maker);
  saved_sweep ();
  ck_assert (!is_there (GUESTS "living.prepared" UNFINISHED));
}
END_TEST

START_TEST (holes_take_up_nothing)
{
  CLEANUP_FREE char *path = path_of ("large");
  struct saved_file *files;

  put_text (path, 0600, "powercut prepared 1\n");
  ck_assert_int_eq (truncate (path, INT64_C (5) << 30), 0);
  put_text (GUESTS "one.base", 0600, "base");
  saved_sweep ();
  ck_assert (is_there (path) && is_there (GUESTS "one.base"));
  const ssize_t count = saved_list (&files);
  ck_assert_int_eq (count, 2);
  for (ssize_t i = 0; i < count; i++)
    ck_assert_uint_lt (files[i].bytes, 1 << 20);
  saved_free (files, (size_t) count);
}
END_TEST

/* Make one thing again and again, as the only one that does. */
static int
make_often (void)
{
  CLEANUP_FREE char *path = path_of ("one");

  for (int i = 0; i < ROUNDS; i++) {
    CLEANUP_CLOSE int lock = saved_lock (path, LONG_MS);
    /* Nobody else is here. */
    CLEANUP_CLOSE int fd = lock == -1 ? -1 : open ("made", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd == -1)
      return 1;
    saved_text (path, "made");
    if (unlink ("made") == -1)
      return 1;
  }
  return 0;
}

START_TEST (one_makes_it_also_while_others_remove_it)
{
  int status, left = MAKERS;

  for (int i = 0; i < MAKERS; i++)
    if (fork () == 0)
      _exit (make_often ());
  while (left > 0) {
    clean ();
    if (waitpid (-1, &status, WNOHANG) > 0) {
      ck_assert_int_eq (status, 0);
      left--;
    }
  }
}
END_TEST

/* Once READY has an end, take what is kept, or keep it, as who prepares disks does: wait for who makes it; if it is not
 * there then, make it, unless another has come first.
 */
static int
want (int ready)
{
  CLEANUP_FREE char *path = path_of ("one");
  char byte;

  if (read (ready, &byte, 1) != 0)
    return 1;
  const int shared = saved_share (path, LONG_MS);
  const bool found = is_there (path);
  if (shared == -1 || close (shared) == -1)
    return 1;
  if (found)
    return 0;
  saved_sweep ();
  CLEANUP_CLOSE int lock = saved_lock (path, LONG_MS);
  if (lock == -1)
    return 1;
  if (is_there (path))
    return 0;
  /* A file that is there already was made by another. */
  CLEANUP_CLOSE int made = open ("made", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  usleep (10000);
  saved_text (path, "made");
  return made == -1;
}

START_TEST (of_two_hundred_at_once_one_makes_it)
{
  int ready[2], status;
  const int wanting = (int) unit_rounds (WANTING);

  ck_assert_int_eq (pipe (ready), 0);
  for (int i = 0; i < wanting; i++)
    if (fork () == 0) {
      close (ready[1]);
      _exit (want (ready[0]));
    }
  close (ready[0]);
  close (ready[1]);             /* now */
  for (int i = 0; i < wanting; i++) {
    ck_assert_int_gt (waitpid (-1, &status, 0), 0);
    ck_assert_int_eq (status, 0);
  }
  ck_assert (is_there (GUESTS "one.prepared") && is_there ("made"));
}
END_TEST

UNIT_TEST_MAIN_WITH ("saved-locks", begin, leave_work, what_is_in_use_is_not_removed,
                     who_uses_it_waits_for_who_makes_it, debris_of_the_dead_goes_and_that_of_the_living_stays,
                     holes_take_up_nothing, one_makes_it_also_while_others_remove_it,
                     of_two_hundred_at_once_one_makes_it)
