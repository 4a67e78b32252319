/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/publish.h"

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

/* A file without a name in the directory of PATH; -1 with errno. */
static int
open_nameless (const char *path)
{
  const char *slash = strrchr (path, '/');
  CLEANUP_FREE char *directory = slash ? strndup (path, slash == path ? 1 : (size_t) (slash - path)) : strdup (".");

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
    publication->fd = open (path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  else if ((publication->fd = open_nameless (path)) == -1 && errno != ENOENT && errno != EACCES) {
    publication->fd = with_new_name (path, create, -1, &publication->name);
    publication->named = publication->fd != -1;
  }
  if (publication->fd == -1)
    return -1;
  return publication->name || asprintf (&publication->name, "/proc/self/fd/%d", publication->fd) != -1 ? 0 : -1;
}

int
publish_begin (struct publication *publication, const char *path)
{
  struct stat status;

  *publication = (struct publication) { .path = path, .fd = -1 };
  publication->direct = stat (path, &status) == 0 && !S_ISREG (status.st_mode);
  if (open_for (publication) == 0)
    return 0;
  error_message ("%s: %m", path);
  publish_end (publication, -1);
  return -1;
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
  if (result == 0 && give_name (publication) == -1) {
    error_message ("%s: %m", publication->path);
    result = -1;
  }
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

bool
same_file (const char *a, const char *b)
{
  struct stat status_a, status_b;

  return stat (a, &status_a) == 0 && stat (b, &status_b) == 0 && status_a.st_dev == status_b.st_dev
    && status_a.st_ino == status_b.st_ino;
}
