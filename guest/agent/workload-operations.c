/* SPDX-License-Identifier: BSD-3-Clause */
/* The system calls of each operation of a workload.  Each function returns 0, or -1 with errno. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "checker/workload/pattern.h"
#include "common/cleanup.h"
#include "guest/agent/agent.h"
#include "guest/agent/workload-files.h"
#include "guest/agent/workload-sharing.h"
#include "guest/agent/workload-subvolumes.h"
#include "guest/agent/workload.h"

#define PAGE_BYTES 4096

static int
do_creat (const struct open_files *files, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int fd = open_file (files, operation->path, O_WRONLY | O_CREAT | O_EXCL);

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
do_write (const struct open_files *files, const struct workload_operation *operation, uint32_t number)
{
  int flags = O_WRONLY | O_CREAT | (operation->verb == WORKLOAD_DWRITE ? O_DIRECT : 0)
    | (operation->verb == WORKLOAD_APPEND ? O_APPEND : 0)
    | (operation->sync == SYNC_ALL ? O_SYNC : operation->sync == SYNC_DATA ? O_DSYNC : 0);
  CLEANUP_CLOSE int fd = open_file (files, operation->path, flags);
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
map_range (const struct open_files *files, const struct workload_operation *operation, size_t *length, size_t *skipped)
{
  CLEANUP_CLOSE int fd = open_file (files, operation->path, O_RDWR);
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
do_mapped (const struct open_files *files, const struct workload_operation *operation, uint32_t number)
{
  size_t length, skipped;
  uint8_t *map = map_range (files, operation, &length, &skipped);
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
do_falloc (const struct open_files *files, const struct workload_operation *operation)
{
  static const struct {
    unsigned flag;
    int mode;
  } modes[] = {
    { FALLOC_KEEP, FALLOC_FL_KEEP_SIZE }, { FALLOC_PUNCH, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE },
    { FALLOC_ZERO, FALLOC_FL_ZERO_RANGE }, { FALLOC_COLLAPSE, FALLOC_FL_COLLAPSE_RANGE },
    { FALLOC_INSERT, FALLOC_FL_INSERT_RANGE },
  };
  CLEANUP_CLOSE int fd = open_file (files, operation->path, O_RDWR);
  int mode = 0;

  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
    if (operation->falloc & modes[i].flag)
      mode |= modes[i].mode;
  return fd == -1 ? -1 : fallocate (fd, mode, (off_t) operation->offset, (off_t) operation->length);
}

static int
do_truncate (const struct open_files *files, const struct workload_operation *operation)
{
  struct real_path room;

  return truncate (real_path (files, operation->path, &room), (off_t) operation->length);
}

static int
do_setxattr (const struct open_files *files, const struct workload_operation *operation)
{
  struct real_path room;

  return setxattr (real_path (files, operation->path, &room), operation->other, operation->value,
                   operation->value_length, 0);
}

static int
do_removexattr (const struct open_files *files, const struct workload_operation *operation)
{
  struct real_path room;

  return removexattr (real_path (files, operation->path, &room), operation->other);
}

/* Forget what nobody uses of the inodes and names in memory. */
static int
do_dropcaches (void)
{
  CLEANUP_CLOSE int fd = open ("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

  return fd == -1 || write (fd, "2\n", 2) != 2 ? -1 : 0;
}

static int
do_chmod (const struct open_files *files, const struct workload_operation *operation)
{
  struct real_path room;

  return chmod (real_path (files, operation->path, &room), (mode_t) operation->length);
}

static int
do_chown (const struct open_files *files, const struct workload_operation *operation)
{
  struct real_path room;

  return chown (real_path (files, operation->path, &room), operation->numbers[0], operation->numbers[1]);
}

/* What a file system does not keep of the flags, it does not have. */
static int
do_chattr (const struct open_files *files, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int fd = open_file (files, operation->path, O_RDONLY);
  const uint32_t changed = operation->set | operation->clear;
  unsigned flags = 0;

  if (fd == -1 || ioctl (fd, FS_IOC_GETFLAGS, &flags) == -1)
    return -1;
  flags = (flags | operation->set) & ~operation->clear;
  if (ioctl (fd, FS_IOC_SETFLAGS, &flags) == -1 || ioctl (fd, FS_IOC_GETFLAGS, &flags) == -1)
    return -1;
  if ((flags & changed) == operation->set)
    return 0;
  errno = EOPNOTSUPP;
  return -1;
}

static int
do_project (const struct open_files *files, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int fd = open_file (files, operation->path, O_RDONLY);
  struct fsxattr attributes;

  if (fd == -1 || ioctl (fd, FS_IOC_FSGETXATTR, &attributes) == -1)
    return -1;
  attributes.fsx_projid = operation->numbers[0];
  return ioctl (fd, FS_IOC_FSSETXATTR, &attributes);
}

static int
do_utimes (const struct open_files *files, const struct workload_operation *operation)
{
  const struct timespec times[] = { { .tv_sec = operation->numbers[0] }, { .tv_sec = operation->numbers[1] } };
  struct real_path room;

  return utimensat (AT_FDCWD, real_path (files, operation->path, &room), times, 0);
}

/* Write the range of a file, wait for that, and promise nothing. */
static int
do_sync_file_range (const struct open_files *files, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int fd = open_file (files, operation->path, O_RDWR);

  return fd == -1 ? -1
    : sync_file_range (fd, (off64_t) operation->offset, (off64_t) operation->length,
                       SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

static int
do_rename (const struct workload_operation *operation)
{
  const unsigned flags = operation->verb == WORKLOAD_EXCHANGE ? RENAME_EXCHANGE
    : operation->rename == RENAME_NOT_OVER ? RENAME_NOREPLACE
    : operation->rename == RENAME_LEAVING_WHITEOUT ? RENAME_WHITEOUT : 0;

  return renameat2 (AT_FDCWD, operation->path, AT_FDCWD, operation->other, flags);
}

static int
do_mknod (const struct workload_operation *operation)
{
  return mknod (operation->path, (operation->device == 'b' ? S_IFBLK : S_IFCHR) | WORKLOAD_FILE_MODE,
                makedev (operation->numbers[0], operation->numbers[1]));
}

static int
do_remount (const struct workload_operation *operation)
{
  CLEANUP_FREE char *options = strdup (operation->other);

  return options ? mount_change (".", options) : -1;
}

static int
do_sync (const struct open_files *files, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int fd = open_file (files, operation->path ? operation->path : ".", O_RDONLY);

  if (fd == -1)
    return -1;
  return operation->verb == WORKLOAD_FSYNC ? fsync (fd) : operation->verb == WORKLOAD_FDATASYNC ? fdatasync (fd)
    : syncfs (fd);
}

int
workload_operation_do (struct open_files *files, const struct workload_operation *operation, uint32_t number)
{
  switch (operation->verb) {
  case WORKLOAD_APPEND:
  case WORKLOAD_DWRITE:
  case WORKLOAD_WRITE: return do_write (files, operation, number);
  case WORKLOAD_CHATTR: return do_chattr (files, operation);
  case WORKLOAD_CHECKPOINT: break;
  case WORKLOAD_CHMOD: return do_chmod (files, operation);
  case WORKLOAD_CHOWN: return do_chown (files, operation);
  case WORKLOAD_CLONE:
  case WORKLOAD_COPYRANGE:
  case WORKLOAD_DEDUPE:
  case WORKLOAD_REFLINK: return share_data (files, operation);
  case WORKLOAD_CLOSE: return open_file_close (files, operation->path);
  case WORKLOAD_CREAT: return do_creat (files, operation);
  case WORKLOAD_DELETE_SUBVOLUME:
  case WORKLOAD_SNAPSHOT:
  case WORKLOAD_SUBVOLUME: return subvolume_do (files, operation);
  case WORKLOAD_DROPCACHES: return do_dropcaches ();
  case WORKLOAD_EXCHANGE:
  case WORKLOAD_RENAME: return do_rename (operation);
  case WORKLOAD_FALLOC: return do_falloc (files, operation);
  case WORKLOAD_FDATASYNC:
  case WORKLOAD_FSYNC:
  case WORKLOAD_SYNCFS: return do_sync (files, operation);
  case WORKLOAD_LINK: return link (operation->path, operation->other);
  case WORKLOAD_LINKTMP: return open_file_link (files, operation->path, operation->other);
  case WORKLOAD_MKDIR: return mkdir (operation->path, WORKLOAD_FOLDER_MODE);
  case WORKLOAD_MKFIFO: return mkfifo (operation->path, WORKLOAD_FILE_MODE);
  case WORKLOAD_MKNOD: return do_mknod (operation);
  case WORKLOAD_MMAPWRITE:
  case WORKLOAD_MSYNC: return do_mapped (files, operation, number);
  case WORKLOAD_OPEN: return open_file_by_path (files, operation->path, operation->other);
  case WORKLOAD_PROJECT: return do_project (files, operation);
  case WORKLOAD_REMOUNT: return do_remount (operation);
  case WORKLOAD_REMOVEXATTR: return do_removexattr (files, operation);
  case WORKLOAD_RMDIR: return rmdir (operation->path);
  case WORKLOAD_SETXATTR: return do_setxattr (files, operation);
  case WORKLOAD_SYMLINK: return symlink (operation->other, operation->path);
  case WORKLOAD_SYNC: sync (); break;
  case WORKLOAD_SYNC_FILE_RANGE: return do_sync_file_range (files, operation);
  case WORKLOAD_TMPFILE: return open_file_without_name (files, operation->path);
  case WORKLOAD_TRUNCATE: return do_truncate (files, operation);
  case WORKLOAD_UNLINK: return unlink (operation->path);
  case WORKLOAD_UTIMES: return do_utimes (files, operation);
  }
  return 0;
}
