/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checker/workload/language.h"
#include "common/array.h"
#include "guest/agent/workload-files.h"

static struct open_file *
find_name (const struct open_files *files, const char *name)
{
  return array_named (files->list, files->count, name);
}

/* The open file that PATH means, `@NAME` or a tmpfile's name; NULL: it means none. */
static const struct open_file *
find_open (const struct open_files *files, const char *path)
{
  const struct open_file *file = find_name (files, path + (*path == '@'));

  return file && (*path == '@' || file->tmpfile) ? file : NULL;
}

const char *
real_path (const struct open_files *files, const char *path, struct real_path *room)
{
  const struct open_file *file = find_open (files, path);

  if (file == NULL)
    return path;
  snprintf (room->link, sizeof room->link, "/proc/self/fd/%d", file->fd);
  return room->link;
}

int
open_file (const struct open_files *files, const char *path, int flags)
{
  const struct open_file *file = find_open (files, path);
  struct real_path room;

  /* To open and close it once more would let the file system drop what it keeps for a file while it is open. */
  if (file && (flags & (O_APPEND | O_DIRECT | O_DSYNC | O_SYNC)) == 0)
    return fcntl (file->fd, F_DUPFD_CLOEXEC, 0);
  return open (real_path (files, path, &room), flags | O_CLOEXEC, WORKLOAD_FILE_MODE);
}

static int
keep (struct open_files *files, const char *name, bool tmpfile, int fd)
{
  struct open_file *added = fd == -1 ? NULL : array_add (files->list, files->count);

  if (added == NULL)
    return -1;
  *added = (struct open_file) { name, tmpfile, fd };
  return 0;
}

int
open_file_by_path (struct open_files *files, const char *name, const char *path)
{
  int fd = open (path, O_RDWR | O_CLOEXEC);

  return keep (files, name, false, fd == -1 && errno == EISDIR ? open (path, O_RDONLY | O_CLOEXEC) : fd);
}

int
open_file_without_name (struct open_files *files, const char *name)
{
  return keep (files, name, true, open (".", O_RDWR | O_TMPFILE | O_CLOEXEC, WORKLOAD_FILE_MODE));
}

int
open_file_close (struct open_files *files, const char *name)
{
  struct open_file *file = find_name (files, name);
  const int fd = file->fd;

  *file = files->list[--files->count];
  return close (fd);
}

int
open_file_link (const struct open_files *files, const char *name, const char *path)
{
  struct real_path room;

  return linkat (AT_FDCWD, real_path (files, name, &room), AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}
