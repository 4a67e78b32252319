/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process leaves that is killed, and what is not its. */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/workdir.h"
#include "tests/unit/unit.h"

static char parent[] = "/tmp/workdir-XXXXXX";

/* Let a child make a folder with a file in it, and be killed at once, or when `*end` is closed.  Returns the path, to
 * free.
 */
static char *
leave_one (int *end)
{
  char *path = calloc (1, 256);
  int told[2], wait[2];

  ck_assert (path && pipe (told) == 0 && pipe (wait) == 0);
  pid_t child = fork ();
  ck_assert_int_ne (child, -1);
  if (child == 0) {
    CLEANUP_FREE char *made = workdir_create (), *file = NULL;

    close (wait[1]);
    ck_assert (made && asprintf (&file, "%s/disk", made) != -1 && creat (file, 0600) >= 0);
    ck_assert_int_eq (write (told[1], made, strlen (made)), (ssize_t) strlen (made));
    if (end && read (wait[0], made, 1) != 0)
      abort ();
    _exit (0);
  }
  close (told[1]);
  ck_assert_int_gt (read (told[0], path, 255), 0);
  close (told[0]);
  close (wait[0]);
  if (end)
    *end = wait[1];
  else {
    close (wait[1]);
    waitpid (child, NULL, 0);
  }
  return path;
}

/* Make PATH as old as AGE_SECONDS. */
static void
age (const char *path, int age_seconds)
{
  const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time (NULL) - age_seconds } };

  ck_assert_int_eq (utimensat (AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static bool
is_there (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0;
}

START_TEST (what_the_killed_have_left_is_removed)
{
  CLEANUP_FREE char *other = NULL, *named = NULL, *link = NULL;
  int end;

  ck_assert_ptr_nonnull (mkdtemp (parent));
  ck_assert_int_eq (setenv ("TMPDIR", parent, 1), 0);
  CLEANUP_FREE char *killed = leave_one (NULL), *fresh = leave_one (NULL), *alive = leave_one (&end);
  CLEANUP_FREE char *renamed = leave_one (NULL);
  /* The user's own, one with no lock and one with another name, and a way out. */
  ck_assert (asprintf (&other, "%s/powercut-others", parent) != -1 && mkdir (other, 0700) == 0);
  ck_assert (asprintf (&named, "%s/powercut-results", parent) != -1 && rename (renamed, named) == 0);
  ck_assert (asprintf (&link, "%s/powercut-linked", parent) != -1 && symlink (killed, link) == 0);
  age (killed, 3600);
  age (fresh, 10);
  age (alive, 3600);
  age (other, 3600);
  age (named, 3600);
  age (link, 3600);
  CLEANUP_FREE char *own = workdir_create ();
  ck_assert_ptr_nonnull (own);
  ck_assert (!is_there (killed));
  ck_assert (is_there (fresh) && is_there (alive) && is_there (other));
  ck_assert (is_there (named) && is_there (link) && is_there (own));
  close (end);
  while (wait (NULL) > 0) {
    /* until the last */
  }
  workdir_remove (own);
  ck_assert (!is_there (own));
  workdir_remove (parent);
}
END_TEST

UNIT_TEST_MAIN ("workdir", what_the_killed_have_left_is_removed)
