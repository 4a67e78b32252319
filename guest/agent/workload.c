/* SPDX-License-Identifier: BSD-3-Clause */
/* The tool powercut-workload: does what a workload (checker/workload/language.h) says, in the mount point. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "checker/workload/language.h"
#include "checker/workload/pattern.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/disturb.h"
#include "guest/agent/pace.h"

#define PAGE_BYTES 4096
#define TEXT_SHOWN_MAX 1024     /* bytes of an operation in a mark */

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_MISUSED = 2, STATUS_NOT_SUPPORTED = 77 };

/* A file without a name; open until the workload ends. */
struct tmpfile {
  const char *name;
  int fd;
};

struct doer {
  const struct workload *workload;
  const char *text;             /* of the workload */
  const char *mark_device;      /* NULL: no marks */
  struct disturbance disturbance;       /* if there are marks */
  struct pace pace;
  bool told;                    /* that the rest of the system cannot do what it does */
  struct tmpfile *tmpfiles;
  size_t tmpfile_count;
};

/* Each operation returns 0, or -1 with errno. */

/* Room for what a path becomes. */
struct real_path {
  char link[sizeof "/proc/self/fd/2147483647"];
};

/* The path by which the system finds PATH: a tmpfile is found by its descriptor. */
static const char *
real_path (const struct doer *doer, const char *path, struct real_path *room)
{
  for (size_t i = doer->tmpfile_count; i > 0; i--)
    if (strcmp (doer->tmpfiles[i - 1].name, path) == 0) {
      snprintf (room->link, sizeof room->link, "/proc/self/fd/%d", doer->tmpfiles[i - 1].fd);
      return room->link;
    }
  return path;
}

static int
open_file (const struct doer *doer, const char *path, int flags)
{
  struct real_path room;

  return open (real_path (doer, path, &room), flags | O_CLOEXEC, WORKLOAD_FILE_MODE);
}

static int
do_creat (const struct doer *doer, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int fd = open_file (doer, operation->path, O_WRONLY | O_CREAT | O_EXCL);

  return fd == -1 ? -1 : 0;
}

/* Write it all in as few calls as the kernel lets us, in general one. */
static int
write_all (int fd, const uint8_t *data, uint64_t length, uint64_t offset)
{
  while (length > 0) {
    ssize_t written = pwrite (fd, data, (size_t) length, (off_t) offset);

    if (written <= 0) {
      errno = written == 0 ? EIO : errno;
      return -1;
    }
    data += written;
    offset += (uint64_t) written;
    length -= (uint64_t) written;
  }
  return 0;
}

static int
do_write (const struct doer *doer, const struct workload_operation *operation, uint32_t number)
{
  int flags = O_WRONLY | O_CREAT | (operation->verb == WORKLOAD_DWRITE ? O_DIRECT : 0);
  CLEANUP_CLOSE int fd = open_file (doer, operation->path, flags);
  CLEANUP_FREE uint8_t *data = aligned_alloc (PAGE_BYTES,
                                              (operation->length + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
  uint64_t offset = operation->offset;
  struct stat status;

  if (fd == -1 || data == NULL || fstat (fd, &status) == -1)
    return -1;
  if (operation->verb == WORKLOAD_APPEND)
    offset = (uint64_t) status.st_size;
  workload_fill (number, offset, data, (size_t) operation->length);
  return write_all (fd, data, operation->length, offset);
}

/* The pages that the range of OPERATION lies in, shared; *length is their length, and *skipped what is before the
 * range.
 */
static uint8_t *
map_range (const struct doer *doer, const struct workload_operation *operation, size_t *length, size_t *skipped)
{
  CLEANUP_CLOSE int fd = open_file (doer, operation->path, O_RDWR);
  uint64_t start = operation->offset / PAGE_BYTES * PAGE_BYTES;
  void *map;

  *skipped = (size_t) (operation->offset - start);
  *length = *skipped + (size_t) operation->length;
  if (fd == -1)
    return NULL;
  map = mmap (NULL, *length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t) start);
  return map == MAP_FAILED ? NULL : map;
}

static int
do_mapped (const struct doer *doer, const struct workload_operation *operation, uint32_t number)
{
  size_t length, skipped;
  uint8_t *map = map_range (doer, operation, &length, &skipped);
  int r = 0;

  if (map == NULL)
    return -1;
  if (operation->verb == WORKLOAD_MMAPWRITE)
    workload_fill (number, operation->offset, map + skipped, (size_t) operation->length);
  else
    r = msync (map, length, MS_SYNC);
  int saved_errno = errno;
  munmap (map, length);
  errno = saved_errno;
  return r;
}

static int
do_falloc (const struct doer *doer, const struct workload_operation *operation)
{
  static const struct {
    unsigned flag;
    int mode;
  } modes[] = {
    { FALLOC_KEEP, FALLOC_FL_KEEP_SIZE }, { FALLOC_PUNCH, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE },
    { FALLOC_ZERO, FALLOC_FL_ZERO_RANGE }, { FALLOC_COLLAPSE, FALLOC_FL_COLLAPSE_RANGE },
    { FALLOC_INSERT, FALLOC_FL_INSERT_RANGE },
  };
  CLEANUP_CLOSE int fd = open_file (doer, operation->path, O_RDWR);
  int mode = 0;

  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
    if (operation->falloc & modes[i].flag)
      mode |= modes[i].mode;
  return fd == -1 ? -1 : fallocate (fd, mode, (off_t) operation->offset, (off_t) operation->length);
}

static int
do_truncate (const struct doer *doer, const struct workload_operation *operation)
{
  struct real_path room;

  return truncate (real_path (doer, operation->path, &room), (off_t) operation->length);
}

static int
do_reflink (const struct doer *doer, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int from = open_file (doer, operation->path, O_RDONLY);
  CLEANUP_CLOSE int to = open (operation->other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, WORKLOAD_FILE_MODE);

  return from == -1 || to == -1 ? -1 : ioctl (to, FICLONE, from);
}

static int
do_tmpfile (struct doer *doer, const struct workload_operation *operation)
{
  int fd = open (".", O_RDWR | O_TMPFILE | O_CLOEXEC, WORKLOAD_FILE_MODE);
  struct tmpfile *added = fd == -1 ? NULL : array_add (doer->tmpfiles, doer->tmpfile_count);

  if (added == NULL)
    return -1;
  *added = (struct tmpfile) { operation->path, fd };
  return 0;
}

static int
do_linktmp (const struct doer *doer, const struct workload_operation *operation)
{
  struct real_path room;

  return linkat (AT_FDCWD, real_path (doer, operation->path, &room), AT_FDCWD, operation->other, AT_SYMLINK_FOLLOW);
}

static int
do_setxattr (const struct doer *doer, const struct workload_operation *operation)
{
  struct real_path room;

  return setxattr (real_path (doer, operation->path, &room), operation->other, operation->value,
                   operation->value_length, 0);
}

static int
do_removexattr (const struct doer *doer, const struct workload_operation *operation)
{
  struct real_path room;

  return removexattr (real_path (doer, operation->path, &room), operation->other);
}

/* Forget what nobody uses of the inodes and names in memory. */
static int
do_dropcaches (void)
{
  CLEANUP_CLOSE int fd = open ("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

  return fd == -1 || write (fd, "2\n", 2) != 2 ? -1 : 0;
}

static int
do_chmod (const struct doer *doer, const struct workload_operation *operation)
{
  struct real_path room;

  return chmod (real_path (doer, operation->path, &room), (mode_t) operation->length);
}

static int
do_sync (const struct doer *doer, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int fd = open_file (doer, operation->path ? operation->path : ".", O_RDONLY);

  if (fd == -1)
    return -1;
  return operation->verb == WORKLOAD_FSYNC ? fsync (fd) : operation->verb == WORKLOAD_FDATASYNC ? fdatasync (fd)
    : syncfs (fd);
}

static int
do_operation (struct doer *doer, const struct workload_operation *operation, uint32_t number)
{
  switch (operation->verb) {
  case WORKLOAD_APPEND:
  case WORKLOAD_DWRITE:
  case WORKLOAD_WRITE: return do_write (doer, operation, number);
  case WORKLOAD_CHECKPOINT: break;
  case WORKLOAD_CHMOD: return do_chmod (doer, operation);
  case WORKLOAD_CREAT: return do_creat (doer, operation);
  case WORKLOAD_DROPCACHES: return do_dropcaches ();
  case WORKLOAD_EXCHANGE: return renameat2 (AT_FDCWD, operation->path, AT_FDCWD, operation->other, RENAME_EXCHANGE);
  case WORKLOAD_FALLOC: return do_falloc (doer, operation);
  case WORKLOAD_FDATASYNC:
  case WORKLOAD_FSYNC:
  case WORKLOAD_SYNCFS: return do_sync (doer, operation);
  case WORKLOAD_LINK: return link (operation->path, operation->other);
  case WORKLOAD_LINKTMP: return do_linktmp (doer, operation);
  case WORKLOAD_MKDIR: return mkdir (operation->path, WORKLOAD_FOLDER_MODE);
  case WORKLOAD_MKFIFO: return mkfifo (operation->path, WORKLOAD_FILE_MODE);
  case WORKLOAD_MMAPWRITE:
  case WORKLOAD_MSYNC: return do_mapped (doer, operation, number);
  case WORKLOAD_REFLINK: return do_reflink (doer, operation);
  case WORKLOAD_REMOVEXATTR: return do_removexattr (doer, operation);
  case WORKLOAD_RENAME: return rename (operation->path, operation->other);
  case WORKLOAD_RMDIR: return rmdir (operation->path);
  case WORKLOAD_SETXATTR: return do_setxattr (doer, operation);
  case WORKLOAD_SYMLINK: return symlink (operation->other, operation->path);
  case WORKLOAD_SYNC: sync (); break;
  case WORKLOAD_TMPFILE: return do_tmpfile (doer, operation);
  case WORKLOAD_TRUNCATE: return do_truncate (doer, operation);
  case WORKLOAD_UNLINK: return unlink (operation->path);
  }
  return 0;
}

/* The mark that an operation has after it. */
static int
mark_operation (const struct doer *doer, const struct workload_operation *operation, uint32_t number)
{
  CLEANUP_FREE char *text = NULL;
  int length;

  if (doer->mark_device == NULL)
    return 0;
  if (operation->verb == WORKLOAD_CHECKPOINT)
    length = asprintf (&text, "checkpoint%s%s", *operation->other ? " " : "", operation->other);
  else if (workload_is_persistence (operation->verb))
    length = asprintf (&text, "op %u", number);
  else
    return 0;
  if (length != -1)
    return mark_write (doer->mark_device, text);
  text = NULL;
  return out_of_memory ();
}

/* The line of the workload's text that says OPERATION, to free, or NULL after a message. */
static char *
operation_text (const struct doer *doer, const struct workload_operation *operation)
{
  const char *line = doer->text;

  for (uint32_t i = 1; i < operation->line; i++)
    line += strcspn (line, "\n") + 1;
  line += strspn (line, " \t");
  size_t length = strcspn (line, "#\n");
  while (length > 0 && isspace ((unsigned char) line[length - 1]))
    length--;
  return text_format ("%.*s", (int) (length > TEXT_SHOWN_MAX ? TEXT_SHOWN_MAX : length), line);
}

/* Let the rest of the system do what it does after an operation that changed something. */
static int
disturb_operation (struct doer *doer, const struct workload_operation *operation, uint32_t number)
{
  if (doer->disturbance.background == BACKGROUND_NONE || operation->verb == WORKLOAD_CHECKPOINT
      || operation->verb == WORKLOAD_DROPCACHES || workload_is_persistence (operation->verb))
    return 0;
  const enum pace_step step = pace_next (&doer->pace);
  if (step != PACE_ACT)
    return step == PACE_TELL ? disturb_less (&doer->disturbance, number) : 0;
  CLEANUP_FREE char *text = operation_text (doer, operation);
  if (text == NULL)
    return -1;
  const int64_t start_ms = clock_ms ();
  const int error = disturb (&doer->disturbance, number, text, true);
  doer->pace.spent_ms += clock_ms () - start_ms;
  if (error > 0 && !doer->told) {
    error_message ("the rest of the system cannot write: %s", strerror (error));
    doer->told = true;
  }
  return error == -1 ? -1 : 0;
}

/* Whether ERROR says that a file system cannot do OPERATION at all, as far as errors tell. */
static bool
is_not_supported (const struct workload_operation *operation, int error)
{
  switch (operation->verb) {
  case WORKLOAD_LINK:
  case WORKLOAD_MKFIFO:
  case WORKLOAD_SYMLINK:
    if (error == EPERM)
      return true;
    break;
  case WORKLOAD_EXCHANGE:
  case WORKLOAD_DWRITE:
    if (error == EINVAL)
      return true;
    break;
  default:
    break;
  }
  return error == EOPNOTSUPP || error == ENOTTY || error == ENOSYS;
}

static int
run_operations (struct doer *doer, size_t first, size_t end)
{
  for (size_t i = first; i < end; i++) {
    const struct workload_operation *operation = &doer->workload->operations[i];

    if (do_operation (doer, operation, (uint32_t) i + 1) == -1) {
      const int error = errno;

      error_message ("%s:%u: %s%s%s: %m", doer->workload->name, operation->line, workload_verb_name (operation->verb),
                     operation->path ? " " : "", operation->path ? operation->path : "");
      return is_not_supported (operation, error) ? STATUS_NOT_SUPPORTED : STATUS_FAILED;
    }
    if (mark_operation (doer, operation, (uint32_t) i + 1) == -1
        || disturb_operation (doer, operation, (uint32_t) i + 1) == -1)
      return STATUS_FAILED;
  }
  return STATUS_DONE;
}

int
tool_workload (char **words)
{
  bool setup = words[0] && strcmp (words[0], "--setup") == 0;
  struct doer doer = { .mark_device = NULL };
  struct workload workload;
  int status = STATUS_MISUSED;

  words += setup;
  if (words[0] == NULL || words[1]) {
    error_message ("usage: powercut-workload [--setup] TEXT");
    return STATUS_MISUSED;
  }
  umask (0777 & ~WORKLOAD_FOLDER_MODE);
  doer.workload = &workload;
  doer.text = words[0];
  if (workload_parse (words[0], "workload", &workload) == 0) {
    if (!setup && ((doer.mark_device = mark_device ()) == NULL || disturbance_read (&doer.disturbance) == -1))
      status = STATUS_FAILED;
    else
      status = run_operations (&doer, setup ? 0 : workload.setup_count,
                               setup ? workload.setup_count : workload.count);
  }
  free (doer.tmpfiles);
  workload_free (&workload);
  return status;
}
