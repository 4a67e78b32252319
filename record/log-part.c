/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/lock.h"
#include "common/message.h"
#include "common/text.h"
#include "log/format.h"
#include "record/log-part.h"

/* Whether another process has FD's file locked.  If not it is locked now, where the file system knows locks. */
static bool
is_locked (int fd)
{
  return flock (fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK;
}

/* Whether FD is what a killed recorder may have left: a log, or nothing yet. */
static bool
is_left_over (int fd)
{
  struct stat status;
  char magic[sizeof LOG_MAGIC - 1];

  if (fstat (fd, &status) == -1 || !S_ISREG (status.st_mode))
    return false;
  return status.st_size == 0
    || (pread (fd, magic, sizeof magic, 0) == sizeof magic && memcmp (magic, LOG_MAGIC, sizeof magic) == 0);
}

/* Remove NAME, which is there, if a killed recorder of LOG left it.  Returns 0, also if it is gone meanwhile, or -1
 * after a message.
 */
static int
remove_left_over (const char *name, const char *log)
{
  CLEANUP_CLOSE int fd = open (name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd == -1 && errno == ENOENT)
    return 0;
  if (fd == -1 && errno != ELOOP) {
    error_message ("%s: %m", name);
    return -1;
  }
  if (fd != -1 && is_locked (fd)) {
    error_message ("%s: another recording is writing this log: let it end, or choose another name", log);
    return -1;
  }
  if (fd != -1 && !lock_is_at (fd, name))
    return 0;
  if (fd == -1 || !is_left_over (fd)) {
    error_message ("%s: is there and no log: move it away, for the log is written there until it is complete", name);
    return -1;
  }
  if (unlink (name) == 0 || errno == ENOENT)
    return 0;
  error_message ("%s: %m", name);
  return -1;
}

/* Returns the descriptor of NAME, made and locked, or -1 after a message. */
static int
make (const char *name, const char *log)
{
  for (;;) {
    int fd = open (name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

    /* Before it was locked another recorder may have taken it for one that was left. */
    if (fd != -1 && !is_locked (fd) && lock_is_at (fd, name))
      return fd;
    if (fd != -1)
      close (fd);
    else if (errno != EEXIST) {
      error_message ("%s: %m", name);
      return -1;
    }
    else if (remove_left_over (name, log) == -1)
      return -1;
  }
}

char *
log_part_name (const char *log)
{
  return text_format ("%s.part", log);
}

int
log_part_make (const char *log, char **part)
{
  int fd;

  *part = log_part_name (log);
  fd = *part ? make (*part, log) : -1;
  if (fd == -1) {
    free (*part);
    *part = NULL;
  }
  return fd;
}
