/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/append.h"
#include "common/cache.h"
#include "common/cleanup.h"
#include "common/publish.h"
#include "common/text.h"
#include "guest/saved.h"

#define DIRECTORY "guests"
#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)

/* Whether what has STATUS is this user's, and nobody else could change it. */
static bool
is_own (const struct stat *status)
{
  return status->st_uid == geteuid () && (status->st_mode & OTHERS_MAY_WRITE) == 0;
}

char *
saved_path (const char *name, const char *kind)
{
  CLEANUP_FREE char *cache = cache_path ();
  CLEANUP_FREE char *directory = cache ? text_format ("%s/" DIRECTORY, cache) : NULL;
  struct stat status;

  if (directory == NULL || cache_make (directory) == -1 || lstat (directory, &status) == -1
      || !S_ISDIR (status.st_mode) || !is_own (&status) || access (directory, W_OK | X_OK) == -1)
    return NULL;
  return text_format ("%s/%s.%s", directory, name, kind);
}

int
saved_open (const char *path)
{
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat status;

  if (fd == -1)
    return -1;
  if (fstat (fd, &status) == -1 || !S_ISREG (status.st_mode) || !is_own (&status)) {
    close (fd);
    return -1;
  }
  futimens (fd, NULL);
  return fd;
}

void
saved_write (const char *path, int fd)
{
  struct publication publication;

  if (publish_begin (&publication, path) == 0)
    publish_end (&publication, fchmod (publication.fd, 0600) == 0 && append_file (publication.fd, fd, 0) == 0 ? 0 : -1);
}
