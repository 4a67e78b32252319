/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/lock.h"
#include "common/stop.h"

#define STEP_MS 20

bool
lock_is_at (int fd, const char *path)
{
  struct stat opened, found;

  return fstat (fd, &opened) == 0 && lstat (path, &found) == 0 && opened.st_dev == found.st_dev
    && opened.st_ino == found.st_ino;
}

/* Wait for the lock of FD until DEADLINE_MS.  Returns 0, or -1 with errno. */
static int
await_lock (int fd, int operation, int64_t deadline_ms)
{
  while (flock (fd, operation | LOCK_NB) == -1) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return -1;
    if (stop_requested () != 0 || clock_ms () >= deadline_ms) {
      errno = stop_requested () != 0 ? EINTR : EWOULDBLOCK;
      return -1;
    }
    usleep (STEP_MS * 1000);
  }
  return 0;
}

/* Let others know who has the lock.  One that does not say so is as good. */
static void
sign (int fd)
{
  char text[32];
  const int length = snprintf (text, sizeof text, "%jd\n", (intmax_t) getpid ());

  if (ftruncate (fd, 0) == -1 || pwrite (fd, text, (size_t) length, 0) != length)
    return;
}

int
lock_take (const char *path, bool alone, int timeout_ms)
{
  const int64_t deadline_ms = clock_ms () + timeout_ms;

  for (;;) {
    int fd = open (path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd == -1)
      return -1;
    if (await_lock (fd, alone ? LOCK_EX : LOCK_SH, deadline_ms) == -1) {
      const int error = errno;

      close (fd);
      errno = error;
      return -1;
    }
    /* Who had it before may have removed it. */
    if (lock_is_at (fd, path)) {
      if (alone)
        sign (fd);
      return fd;
    }
    close (fd);
  }
}

pid_t
lock_holder (const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  char text[32] = "";

  return fd >= 0 && pread (fd, text, sizeof text - 1, 0) > 0 ? (pid_t) strtol (text, NULL, 10) : 0;
}
