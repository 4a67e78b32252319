/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/publish.h"
#include "common/sparse.h"
#include "common/text.h"
#include "guest/saved.h"
#include "record/kept-disks.h"

#define MARKS "marks\n"
#define HEAD_END "\n\n"
#define THERE "disks"
#define LIVE "live"

static off_t
align (off_t offset)
{
  return (offset + KEPT_DISKS_ALIGN - 1) / KEPT_DISKS_ALIGN * KEPT_DISKS_ALIGN;
}

/* How large a file is that has a head of HEAD bytes, and all DISKS. */
static off_t
whole_size (off_t head, const struct disks *disks)
{
  for (size_t i = 0; i < disks->count; i++)
    head = align (head) + (off_t) disks->list[i].size_bytes;
  return head;
}

/* The head of the file FD without its end, to free, or NULL. */
static char *
read_head (int fd)
{
  CLEANUP_FREE char *head = calloc (1, KEPT_DISKS_HEAD_MAX + 1);
  char *end = head && pread (fd, head, KEPT_DISKS_HEAD_MAX, 0) > 0 ? strstr (head, HEAD_END) : NULL;

  return end ? text_format ("%.*s", (int) (end - head), head) : NULL;
}

/* What the file FD with HEAD has for KEY, which ends with a newline.  Of disks the marks begin at *marks, which are cut
 * off at their end.
 */
static enum kept_disks
look_into (int fd, char *head, const char *key, const struct disks *disks, char **marks)
{
  const size_t length = strlen (key);
  const off_t size = whole_size ((off_t) (strlen (head) + strlen (HEAD_END)), disks);
  struct stat status;

  if (strncmp (head, key, length) != 0 || strncmp (head + length, MARKS, strlen (MARKS)) != 0)
    return KEPT_DISKS_NONE;
  *marks = head + length + strlen (MARKS);
  char *last = strrchr (head, '\n') + 1;
  if (strcmp (last, LIVE) == 0)
    return KEPT_DISKS_LIVE;
  const bool whole = strcmp (last, THERE) == 0 && fstat (fd, &status) == 0 && status.st_size == size;
  *last = '\0';
  return whole ? KEPT_DISKS_THERE : KEPT_DISKS_NONE;
}

/* Copy what FD has at OFFSET into the new file IMAGE. */
static int
take_disk (int fd, off_t offset, const struct disk *disk, const char *image, bool *shared)
{
  unlink (image);               /* of another recording */
  CLEANUP_CLOSE int to = open (image, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (to >= 0 && sparse_copy (fd, offset, to, 0, (off_t) disk->size_bytes, shared) == 0)
    return 0;
  error_message ("%s: cannot copy the prepared disk: %m: see --no-cache, and TMPDIR", image);
  return -1;
}

/* Copy the disks that are in FD after OFFSET. */
static int
take_disks (int fd, off_t offset, const struct disks *disks, char *const *images, bool *shared)
{
  *shared = true;
  for (size_t i = 0; i < disks->count; i++) {
    bool this_shared = false;

    offset = align (offset);
    if (take_disk (fd, offset, &disks->list[i], images[i], &this_shared) == -1)
      return -1;
    *shared &= this_shared;
    offset += (off_t) disks->list[i].size_bytes;
  }
  return 0;
}

int
kept_disks_take (const char *path, const char *key, const struct disks *disks, char *const *images, char **marks,
                 bool *shared)
{
  CLEANUP_CLOSE int fd = saved_open (path);
  CLEANUP_FREE char *head = fd == -1 ? NULL : read_head (fd);
  const off_t length = head ? (off_t) (strlen (head) + strlen (HEAD_END)) : 0;
  char *found;
  const enum kept_disks there = head ? look_into (fd, head, key, disks, &found) : KEPT_DISKS_NONE;

  if (there != KEPT_DISKS_NONE)
    saved_touch (fd);
  if (there != KEPT_DISKS_THERE)
    return (int) there;
  *marks = text_format ("%s", found);
  return *marks == NULL || take_disks (fd, length, disks, images, shared) == -1 ? -1 : (int) there;
}

/* Copy the file IMAGE to OFFSET of FD. */
static int
put_disk (int fd, off_t offset, const struct disk *disk, const char *image)
{
  CLEANUP_CLOSE int from = open (image, O_RDONLY | O_CLOEXEC);
  bool shared;

  return from == -1 ? -1 : sparse_copy (from, 0, fd, offset, (off_t) disk->size_bytes, &shared);
}

/* Put all that belongs there into the new file FD, and onto the disk. */
static int
put_all (int fd, const char *key, const struct disks *disks, char *const *images, const char *marks)
{
  const int length = dprintf (fd, "%s" MARKS "%s%s" HEAD_END, key, images ? marks : "", images ? THERE : LIVE);
  off_t offset = length;

  if (fchmod (fd, 0600) == -1 || length < 0 || length > KEPT_DISKS_HEAD_MAX)
    return -1;
  for (size_t i = 0; i < disks->count && images; i++) {
    offset = align (offset);
    if (put_disk (fd, offset, &disks->list[i], images[i]) == -1)
      return -1;
    offset += (off_t) disks->list[i].size_bytes;
  }
  return fdatasync (fd);
}

void
kept_disks_put (const char *path, const char *key, const struct disks *disks, char *const *images, const char *marks)
{
  struct publication publication;

  if (publish_begin_silently (&publication, path) == 0)
    publish_end (&publication, put_all (publication.fd, key, disks, images, marks));
}
