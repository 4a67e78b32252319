/* SPDX-License-Identifier: BSD-3-Clause */
/* Unpacking an archive as the kernel does at boot: cpio in the form `newc` (Documentation/driver-api/early-userspace/
 * buffer-format.rst), which initramfs_write makes.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define MAGIC "070701"
#define NUMBERS 13              /* after the magic ... */
#define DIGITS 8                /* ... of so many hexadecimal digits each */
#define HEAD_BYTES (6 + NUMBERS * DIGITS)
#define ALIGNMENT 4             /* of contents, and of the next object */
#define NAME_MAX_BYTES 8192
#define BUFFER_BYTES 65536
#define READ_BYTES (1 << 20)

enum field { FIELD_INODE, FIELD_MODE, FIELD_OWNER, FIELD_GROUP, FIELD_LINKS, FIELD_TIME, FIELD_SIZE, FIELD_MAJOR,
             FIELD_MINOR, FIELD_DEVICE_MAJOR, FIELD_DEVICE_MINOR, FIELD_NAME_SIZE, FIELD_CHECK };

struct cpio_object {
  uint32_t fields[NUMBERS];
  char name[NAME_MAX_BYTES];    /* absolute */
};

static int
damaged (void)
{
  error_message ("the archive of what the guest needs is damaged");
  return -1;
}

static int
read_bytes (FILE *archive, void *buffer, size_t length)
{
  return fread (buffer, 1, length, archive) == length ? 0 : damaged ();
}

/* Go on to where the archive, of which DONE bytes were read since it was aligned, is aligned again. */
static int
align (FILE *archive, size_t done)
{
  char padding[ALIGNMENT];

  return read_bytes (archive, padding, (ALIGNMENT - done % ALIGNMENT) % ALIGNMENT);
}

/* The number that HEAD begins with.  Returns 0, or -1 without a message. */
static int
read_number (const char *head, uint32_t *number)
{
  char digits[DIGITS + 1] = "";

  memcpy (digits, head, DIGITS);
  if (strspn (digits, "0123456789abcdefABCDEF") != DIGITS)
    return -1;
  *number = (uint32_t) strtoul (digits, NULL, 16);
  return 0;
}

/* Returns 1; 0 at the end; -1 after a message. */
static int
read_head (FILE *archive, struct cpio_object *object)
{
  char head[HEAD_BYTES + 1] = "";

  if (read_bytes (archive, head, HEAD_BYTES) == -1)
    return -1;
  if (strncmp (head, MAGIC, strlen (MAGIC)) != 0)
    return damaged ();
  for (size_t i = 0; i < NUMBERS; i++)
    if (read_number (head + strlen (MAGIC) + DIGITS * i, &object->fields[i]) == -1)
      return damaged ();
  const size_t size = object->fields[FIELD_NAME_SIZE];
  if (size == 0 || size >= sizeof object->name - 1)
    return damaged ();
  object->name[0] = '/';
  if (read_bytes (archive, object->name + 1, size) == -1 || align (archive, HEAD_BYTES + size) == -1)
    return -1;
  object->name[1 + size] = '\0';
  return strcmp (object->name + 1, AGENT_ARCHIVE_END) != 0;
}

/* Copy the contents of LENGTH bytes to FD. */
static int
copy_contents (FILE *archive, int fd, size_t length)
{
  static char buffer[BUFFER_BYTES];

  for (size_t left = length; left > 0;) {
    const size_t piece = left < sizeof buffer ? left : sizeof buffer;

    if (read_bytes (archive, buffer, piece) == -1)
      return -1;
    if (write (fd, buffer, piece) != (ssize_t) piece) {
      error_message ("no room for what the guest needs: %m: give --memory");
      return -1;
    }
    left -= piece;
  }
  return align (archive, length);
}

static int
make_file (FILE *archive, const struct cpio_object *object)
{
  unlink (object->name);
  CLEANUP_CLOSE int fd = open (object->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  if (fd == -1) {
    error_message ("%s: %m", object->name);
    return -1;
  }
  return copy_contents (archive, fd, object->fields[FIELD_SIZE]);
}

/* Make the link NAME, where something may be that is no directory. */
static int
make_link (FILE *archive, const struct cpio_object *object)
{
  const size_t length = object->fields[FIELD_SIZE];
  char target[NAME_MAX_BYTES];

  if (length >= sizeof target)
    return damaged ();
  if (read_bytes (archive, target, length) == -1 || align (archive, length) == -1)
    return -1;
  target[length] = '\0';
  unlink (object->name);
  if (symlink (target, object->name) == 0 || errno == EEXIST)
    return 0;
  error_message ("%s: %m", object->name);
  return -1;
}

/* Make a directory or a node.  Returns 1 if it is there already, perhaps with something mounted on it. */
static int
make_special (const struct cpio_object *object)
{
  const mode_t mode = object->fields[FIELD_MODE];
  const int r = S_ISDIR (mode) ? mkdir (object->name, 0700)
    : mknod (object->name, mode, makedev (object->fields[FIELD_DEVICE_MAJOR], object->fields[FIELD_DEVICE_MINOR]));

  if (r == 0 || errno == EEXIST)
    return r == -1;
  error_message ("%s: %m", object->name);
  return -1;
}

static int
make_object (FILE *archive, const struct cpio_object *object)
{
  const mode_t mode = object->fields[FIELD_MODE];
  const struct timespec times[] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = object->fields[FIELD_TIME] } };

  if (S_ISLNK (mode))
    return make_link (archive, object);
  int r = S_ISREG (mode) ? make_file (archive, object) : make_special (object);
  if (r != 0)
    return r == -1 ? -1 : 0;
  if (chown (object->name, object->fields[FIELD_OWNER], object->fields[FIELD_GROUP]) == 0
      && chmod (object->name, mode & 07777) == 0
      && (!S_ISREG (mode) || utimensat (AT_FDCWD, object->name, times, 0) == 0))
    return 0;
  error_message ("%s: %m", object->name);
  return -1;
}

int
unpack (const char *file)
{
  CLEANUP_FREE char *buffer = malloc (READ_BYTES);
  CLEANUP_FCLOSE FILE *archive = fopen (file, "re");
  static struct cpio_object object;
  int r;

  if (archive == NULL) {
    error_message ("%s: %m", file);
    return -1;
  }
  if (buffer)
    setvbuf (archive, buffer, _IOFBF, READ_BYTES);
  while ((r = read_head (archive, &object)) == 1 && (r = make_object (archive, &object)) == 0) {
    /* until the end */
  }
  return r;
}
