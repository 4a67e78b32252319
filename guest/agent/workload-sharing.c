/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/agent/workload-sharing.h"

/* In as few calls as the kernel lets us. */
static int
copy_range (int from, int to, const struct workload_operation *operation)
{
  off64_t at = (off64_t) operation->offset, to_at = (off64_t) operation->to_offset;

  for (uint64_t left = operation->length; left > 0;) {
    ssize_t copied = copy_file_range (from, &at, to, &to_at, (size_t) left, 0);

    if (copied <= 0) {
      errno = copied == 0 ? EIO : errno;
      return -1;
    }
    left -= (uint64_t) copied;
  }
  return 0;
}

/* The same. */
static int
dedupe_range (int from, int to, const struct workload_operation *operation)
{
  union {
    struct file_dedupe_range range;
    char room[sizeof (struct file_dedupe_range) + sizeof (struct file_dedupe_range_info)];
  } request;
  struct file_dedupe_range_info *info = request.range.info;

  for (uint64_t done = 0; done < operation->length; done += info->bytes_deduped) {
    request.range = (struct file_dedupe_range) {
      .src_offset = operation->offset + done, .src_length = operation->length - done, .dest_count = 1
    };
    *info = (struct file_dedupe_range_info) { .dest_fd = to, .dest_offset = operation->to_offset + done };
    if (ioctl (from, FIDEDUPERANGE, &request) == -1)
      return -1;
    if (info->status != FILE_DEDUPE_RANGE_SAME || info->bytes_deduped == 0) {
      errno = info->status < 0 ? -info->status : EIO;
      return -1;
    }
  }
  return 0;
}

static int
clone_range (int from, int to, const struct workload_operation *operation)
{
  const struct file_clone_range range = {
    .src_fd = from, .src_offset = operation->offset, .src_length = operation->length,
    .dest_offset = operation->to_offset
  };

  return operation->length > 0 ? ioctl (to, FICLONERANGE, &range) : ioctl (to, FICLONE, from);
}

int
share_data (const struct open_files *files, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int from = open_file (files, operation->path, O_RDONLY);
  CLEANUP_CLOSE int to = open_file (files, operation->other,
                                    O_RDWR | O_CREAT | (operation->verb == WORKLOAD_REFLINK ? O_EXCL : 0));

  if (from == -1 || to == -1)
    return -1;
  return operation->verb == WORKLOAD_COPYRANGE ? copy_range (from, to, operation)
    : operation->verb == WORKLOAD_DEDUPE ? dedupe_range (from, to, operation) : clone_range (from, to, operation);
}
