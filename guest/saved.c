/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/append.h"
#include "common/array.h"
#include "common/cache.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/saved.h"

#define DIRECTORY "guests"
#define LOCK_SUFFIX ".lock"
#define LOCK_STEP_MS 20
#define KEPT_SECONDS (30 * 24 * 3600)   /* without being used */
#define KEPT_BYTES (UINT64_C (1) << 30) /* in all */
#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)

/* Whether what has STATUS is this user's, and nobody else could change it. */
static bool
is_own (const struct stat *status)
{
  return status->st_uid == geteuid () && (status->st_mode & OTHERS_MAY_WRITE) == 0;
}

/* The directory, whether it is there or not, to free, or NULL. */
static char *
directory_path (void)
{
  CLEANUP_FREE char *cache = cache_path ();

  return cache ? text_format ("%s/" DIRECTORY, cache) : NULL;
}

char *
saved_path (const char *name, const char *kind)
{
  CLEANUP_FREE char *directory = directory_path ();
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
  return fd;
}

void
saved_touch (int fd)
{
  futimens (fd, NULL);
}

/* Lock the file PATH. */
static int
lock_file (const char *path, int64_t deadline_ms)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

  while (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == -1) {
    if (stop_requested () == 0 && clock_ms () < deadline_ms) {
      usleep (LOCK_STEP_MS * 1000);
      continue;
    }
    close (fd);
    fd = -1;
  }
  return fd;
}

int
saved_lock (const char *path, int timeout_ms)
{
  CLEANUP_FREE char *file = text_format ("%s" LOCK_SUFFIX, path);

  return file ? lock_file (file, clock_ms () + timeout_ms) : -1;
}

void
saved_write (const char *path, int fd)
{
  struct publication publication;

  if (publish_begin_silently (&publication, path) == 0)
    publish_end (&publication, fchmod (publication.fd, 0600) == 0 && append_file (publication.fd, fd, 0) == 0 ? 0 : -1);
}

void
saved_text (const char *path, const char *text)
{
  struct publication publication;

  if (publish_begin_silently (&publication, path) == 0)
    publish_end (&publication, fchmod (publication.fd, 0600) == 0
                               && dprintf (publication.fd, "%s", text) >= 0 ? 0 : -1);
}

/* What was used last longest ago first. */
static int
compare_files (const void *left, const void *right)
{
  const struct saved_file *one = left, *other = right;

  return one->used != other->used ? (one->used < other->used ? -1 : 1) : strcmp (one->name, other->name);
}

/* Add the file NAME of DIRECTORY, if that is one. */
static int
add_file (struct saved_file **files, size_t *count, const char *directory, const char *name)
{
  CLEANUP_FREE char *path = text_format ("%s/%s", directory, name);
  struct stat status;

  if (path == NULL)
    return -1;
  if (lstat (path, &status) == -1 || !S_ISREG (status.st_mode))
    return 0;
  struct saved_file *file = array_add (*files, *count);
  if (file == NULL)
    return out_of_memory ();
  *file = (struct saved_file) { .path = path, .bytes = (uint64_t) status.st_size, .used = status.st_mtim.tv_sec };
  file->name = strrchr (path, '/') + 1;
  path = NULL;
  return 0;
}

void
saved_free (struct saved_file *files, size_t count)
{
  for (size_t i = 0; i < count; i++)
    free (files[i].path);
  free (files);
}

ssize_t
saved_list (struct saved_file **files)
{
  CLEANUP_FREE char *path = directory_path ();
  DIR *directory = path ? opendir (path) : NULL;
  const struct dirent *entry;
  size_t count = 0;
  int r = 0;

  *files = NULL;
  if (directory == NULL && path && errno != ENOENT) {
    error_message ("%s: %m", path);
    return -1;
  }
  while (directory && r == 0 && (entry = readdir (directory)) != NULL)
    r = add_file (files, &count, path, entry->d_name);
  if (directory)
    closedir (directory);
  if (r == -1) {
    saved_free (*files, count);
    return -1;
  }
  if (count > 0)
    qsort (*files, count, sizeof **files, compare_files);
  return (ssize_t) count;
}

const char *
saved_kind (const struct saved_file *file)
{
  static const char *const kinds[] = { "base", "snapshot" };
  const char *dot = strchr (file->name, '.');

  for (size_t i = 0; dot && i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp (dot + 1, kinds[i]) == 0)
      return kinds[i];
  return NULL;
}

char *
saved_release (const struct saved_file *file)
{
  CLEANUP_FCLOSE FILE *stream = fopen (file->path, "re");
  char line[256], release[256];

  if (stream && fgets (line, sizeof line, stream) && fgets (line, sizeof line, stream)
      && sscanf (line, "release %255s", release) == 1)
    return text_format ("%s", release);
  return NULL;
}

int
saved_remove (const struct saved_file *file)
{
  if (unlink (file->path) == 0 || errno == ENOENT)
    return 0;
  error_message ("%s: %m", file->path);
  return -1;
}

void
saved_sweep (void)
{
  const time_t oldest = time (NULL) - KEPT_SECONDS;
  struct saved_file *files;
  const ssize_t count = saved_list (&files);
  uint64_t bytes = 0;

  for (ssize_t i = 0; i < count; i++)
    bytes += files[i].bytes;
  for (ssize_t i = 0; i < count; i++)
    if (files[i].used < oldest || bytes > KEPT_BYTES) {
      unlink (files[i].path);   /* one that stays is nothing to complain of */
      bytes -= files[i].bytes;
    }
  if (count > 0)
    saved_free (files, (size_t) count);
}
