/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/publish.h"

#define OWN_FDS "/proc/self/fd/"
#define TRIES 16                /* of names that nobody has guessed */

/* A name beside PATH that cannot be foreseen, to free; NULL with errno. */
static char *
random_name (const char *path)
{
  uint64_t number;
  char *name;

  if (getrandom (&number, sizeof number, 0) != sizeof number || asprintf (&name, "%s.%016" PRIx64, path, number) == -1)
    return NULL;
  return name;
}

/* The directory that PATH is in, to free; NULL with errno. */
static char *
directory_of (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash ? strndup (path, slash == path ? 1 : (size_t) (slash - path)) : strdup (".");
}

/* The same without links on the way. */
static char *
real_directory_of (const char *path)
{
  CLEANUP_FREE char *directory = directory_of (path);

  return directory ? realpath (directory, NULL) : NULL;
}

/* Whether the directory PATH, which has no links in it, is TOP or below it. */
static bool
is_in (const char *path, const char *top)
{
  const size_t length = strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* In /dev and /proc a link such as /dev/stdout is the system's own, wherever it leads; anywhere else it may be a
 * stranger's.
 */
bool
publish_is_direct (const char *path)
{
  CLEANUP_FREE char *directory = real_directory_of (path);
  struct stat status;

  if (directory && (is_in (directory, "/proc") || (is_in (directory, "/dev") && !is_in (directory, "/dev/shm"))))
    return true;
  return lstat (path, &status) == 0 && !S_ISREG (status.st_mode) && !S_ISLNK (status.st_mode);
}

/* The descriptor of this process that PATH, which is direct, is a name of; or -1. */
static int
descriptor_named (const char *path)
{
  CLEANUP_FREE char *directory = real_directory_of (path);
  const char *slash = strrchr (path, '/'), *number = slash ? slash + 1 : path;
  char own[32], target[32] = "", *end;

  snprintf (own, sizeof own, "/proc/%jd/fd", (intmax_t) getpid ());
  if (directory == NULL)
    return -1;
  if (readlink (path, target, sizeof target - 1) > 0 && strncmp (target, OWN_FDS, strlen (OWN_FDS)) == 0)
    number = target + strlen (OWN_FDS);
  else if (strcmp (directory, own) != 0)
    return -1;
  const long fd = strtol (number, &end, 10);

  return end != number && *end == '\0' && fd >= 0 && fd <= INT_MAX ? (int) fd : -1;
}

/* Open PATH, which is direct: where it names a descriptor, to write after what was written to that one, which may be
 * a file that others append to.  -1 with errno.
 */
static int
open_direct (const char *path)
{
  const int fd = descriptor_named (path);

  if (fd == -1)
    return open (path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if ((fcntl (fd, F_GETFL) & O_ACCMODE) == O_RDONLY) {
    errno = EBADF;
    return -1;
  }
  fflush (stdout);
  return fcntl (fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* A file without a name in the directory of PATH; -1 with errno. */
static int
open_nameless (const char *path)
{
  CLEANUP_FREE char *directory = directory_of (path);

  return directory ? open (directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666) : -1;
}

/* Call MAKE for a name beside PATH until there was no file of that name.  Returns what it does, the name, to free, in
 * *name.
 */
static int
with_new_name (const char *path, int (*make) (const char *name, int fd), int fd, char **name)
{
  for (int i = 0; i < TRIES; i++) {
    int r = -1;

    *name = random_name (path);
    if (*name && (r = make (*name, fd)) != -1)
      return r;
    free (*name);
    *name = NULL;
    if (errno != EEXIST)
      break;
  }
  return -1;
}

static int
create (const char *name, int fd)
{
  (void) fd;
  return open (name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

/* Give the file FD the name NAME. */
static int
link_file (const char *name, int fd)
{
  char file[64];

  snprintf (file, sizeof file, "/proc/self/fd/%d", fd);
  return linkat (AT_FDCWD, file, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* Open what the publication is written to. */
static int
open_for (struct publication *publication)
{
  const char *path = publication->path;

  if (publication->direct)
    publication->fd = open_direct (path);
  else if ((publication->fd = open_nameless (path)) == -1 && errno != ENOENT && errno != EACCES) {
    publication->fd = with_new_name (path, create, -1, &publication->name);
    publication->named = publication->fd != -1;
  }
  if (publication->fd == -1)
    return -1;
  return publication->name || asprintf (&publication->name, "/proc/self/fd/%d", publication->fd) != -1 ? 0 : -1;
}

/* Returns -1, after a message unless PUBLICATION is silent. */
static int
publication_failed (const struct publication *publication)
{
  if (!publication->silent)
    error_message ("%s: %m", publication->path);
  return -1;
}

static int
begin (struct publication *publication, const char *path, bool silent)
{
  *publication = (struct publication) {
    .path = path, .fd = -1, .direct = !silent && publish_is_direct (path), .silent = silent
  };
  if (open_for (publication) == 0)
    return 0;
  publication_failed (publication);
  return publish_end (publication, -1);
}

int
publish_begin (struct publication *publication, const char *path)
{
  return begin (publication, path, false);
}

int
publish_begin_silently (struct publication *publication, const char *path)
{
  return begin (publication, path, true);
}

/* Let the file have the name that it was made for. */
static int
give_name (struct publication *publication)
{
  if (publication->direct)
    return 0;
  if (!publication->named) {
    free (publication->name);
    publication->named = with_new_name (publication->path, link_file, publication->fd, &publication->name) == 0;
  }
  return publication->named && rename (publication->name, publication->path) == 0 ? 0 : -1;
}

int
publish_end (struct publication *publication, int result)
{
  if (result == 0 && give_name (publication) == -1)
    result = publication_failed (publication);
  if (result != 0 && publication->named)
    unlink (publication->name);
  if (publication->fd >= 0)
    close (publication->fd);
  free (publication->name);
  *publication = (struct publication) { .fd = -1 };
  return result;
}

int
publish_text (const char *path, const char *text)
{
  struct publication publication;
  int r;

  if (publish_begin (&publication, path) == -1)
    return -1;
  r = dprintf (publication.fd, "%s\n", text) < 0 ? -1 : 0;
  if (r == -1)
    error_message ("%s: %m", path);
  return publish_end (&publication, r);
}

int
publish_check (const char *path)
{
  struct publication publication;

  if (publish_begin (&publication, path) == -1)
    return -1;
  publish_end (&publication, -1);
  return 0;
}

static int
refuse_link (const char *path)
{
  error_message ("%s: is a symbolic link, which is not followed: name the file itself", path);
  return -1;
}

int
publish_open (const char *path)
{
  int fd = publish_is_direct (path) ? open_direct (path)
    : open (path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);

  if (fd == -1 && errno == ELOOP)
    return refuse_link (path);
  if (fd == -1)
    error_message ("%s: %m", path);
  return fd;
}

int
publish_open_check (const char *path)
{
  struct stat status;

  if (lstat (path, &status) == -1)
    return publish_check (path);
  if (S_ISLNK (status.st_mode) && !publish_is_direct (path))
    return refuse_link (path);
  if (access (path, W_OK) == 0)
    return 0;
  error_message ("%s: %m", path);
  return -1;
}

bool
same_file (const char *a, const char *b)
{
  struct stat status_a, status_b;

  return stat (a, &status_a) == 0 && stat (b, &status_b) == 0 && status_a.st_dev == status_b.st_dev
    && status_a.st_ino == status_b.st_ino;
}
