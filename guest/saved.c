/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/append.h"
#include "common/array.h"
#include "common/cache.h"
#include "common/cleanup.h"
#include "common/lock.h"
#include "common/publish.h"
#include "common/text.h"
#include "guest/saved.h"

#define DIRECTORY "guests"
#define LOCK_SUFFIX ".lock"
#define KEPT_SECONDS (30 * 24 * 3600)   /* without being used */
#define GUESTS_BYTES (UINT64_C (1) << 30)       /* of all but disks */
#define DISKS_BYTES (UINT64_C (4) << 30)
#define RANDOM_LENGTH 16        /* of what the name of a file ends with that is not complete */
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
lock (const char *path, bool alone, int timeout_ms)
{
  CLEANUP_FREE char *file = text_format ("%s" LOCK_SUFFIX, path);

  return file ? lock_take (file, alone, timeout_ms) : -1;
}

int
saved_lock (const char *path, int timeout_ms)
{
  return lock (path, true, timeout_ms);
}

int
saved_share (const char *path, int timeout_ms)
{
  return lock (path, false, timeout_ms);
}

pid_t
saved_maker (const char *path)
{
  CLEANUP_FREE char *file = text_format ("%s" LOCK_SUFFIX, path);

  return file ? lock_holder (file) : 0;
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

const char *
saved_kind (const struct saved_file *file)
{
  static const char *const kinds[] = { "base", SAVED_PREPARED, "snapshot" };
  const char *dot = strchr (file->name, '.');

  for (size_t i = 0; dot && i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp (dot + 1, kinds[i]) == 0)
      return kinds[i];
  return NULL;
}

static bool
is_prepared (const struct saved_file *file)
{
  const char *kind = saved_kind (file);

  return kind && strcmp (kind, SAVED_PREPARED) == 0;
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
  if (is_prepared (file))       /* it has holes */
    file->bytes = (uint64_t) status.st_blocks * S_BLKSIZE;
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

/* Whether FILE was not completed: its name is that of another one, a dot, and digits that nobody can foresee. */
static bool
is_unfinished (const struct saved_file *file)
{
  const char *dot = strrchr (file->path, '.');

  return dot && strlen (dot + 1) == RANDOM_LENGTH && strspn (dot + 1, "0123456789abcdef") == RANDOM_LENGTH;
}

/* The file that is locked by who makes or uses FILE, to free, or NULL. */
static char *
lock_of (const struct saved_file *file)
{
  const char *dot = strrchr (file->path, '.');

  if (dot && strcmp (dot, LOCK_SUFFIX) == 0)
    return text_format ("%s", file->path);
  const size_t length = is_unfinished (file) ? (size_t) (dot - file->path) : strlen (file->path);
  return text_format ("%.*s" LOCK_SUFFIX, (int) length, file->path);
}

/* Remove FILE.  Returns 0, 1 if it is in use, or -1 with errno. */
static int
remove_file (const struct saved_file *file)
{
  CLEANUP_FREE char *path = lock_of (file);
  CLEANUP_CLOSE int fd = path ? lock_take (path, true, 0) : -1;

  if (fd == -1 && (errno == EWOULDBLOCK || errno == EINTR))
    return 1;
  const int r = unlink (file->path) == 0 || errno == ENOENT ? 0 : -1;
  if (fd >= 0)
    unlink (path);
  return r;
}

int
saved_remove (const struct saved_file *file)
{
  const int r = remove_file (file);

  if (r == -1)
    error_message ("%s: %m", file->path);
  return r;
}

/* What all of the COUNT FILES take up: disks, or the others. */
static uint64_t
sum_up (const struct saved_file *files, ssize_t count, bool prepared)
{
  uint64_t bytes = 0;

  for (ssize_t i = 0; i < count; i++)
    if (is_prepared (&files[i]) == prepared)
      bytes += files[i].bytes;
  return bytes;
}

void
saved_sweep (void)
{
  const time_t oldest = time (NULL) - KEPT_SECONDS;
  struct saved_file *files;
  const ssize_t count = saved_list (&files);
  uint64_t guests = sum_up (files, count, false), disks = sum_up (files, count, true);

  for (ssize_t i = 0; i < count; i++) {
    const bool prepared = is_prepared (&files[i]);
    uint64_t *bytes = prepared ? &disks : &guests;

    /* One that stays is nothing to complain of. */
    if ((files[i].used < oldest || is_unfinished (&files[i]) || *bytes > (prepared ? DISKS_BYTES : GUESTS_BYTES))
        && remove_file (&files[i]) == 0)
      *bytes -= files[i].bytes;
  }
  if (count > 0)
    saved_free (files, (size_t) count);
}
