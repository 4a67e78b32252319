/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/message.h"
#include "nbd-plugin/direct-disk.h"

int
direct_disk_listen (struct direct_disk *disk)
{
  const int fd = vhost_listen (disk->socket);

  if (fd == -1)
    return -1;
  disk->listen_fd = fd;
  return 0;
}

static int
read_disk (void *opaque, void *buffer, uint32_t count, uint64_t offset)
{
  const struct direct_disk *disk = opaque;

  return run_io_read (disk->source.run, *disk->source.state, disk->device, buffer, count, offset);
}

/* Do this to the disk: COUNT bytes at OFFSET. */
static int
change_disk (const struct direct_disk *disk, enum log_kind kind, uint8_t flags, const void *data, uint32_t count,
             uint64_t offset)
{
  const struct log_operation operation = {
    .kind = kind, .flags = flags, .device = (uint16_t) disk->device, .offset_bytes = offset, .length_bytes = count
  };

  return run_io_write (disk->source.run, &operation, data);
}

static int
write_disk (void *opaque, const void *buffer, uint32_t count, uint64_t offset)
{
  return change_disk (opaque, LOG_WRITE, 0, buffer, count, offset);
}

static int
trim_disk (void *opaque, uint32_t count, uint64_t offset)
{
  return change_disk (opaque, LOG_TRIM, 0, NULL, count, offset);
}

static int
zero_disk (void *opaque, uint32_t count, uint64_t offset, bool may_trim)
{
  return change_disk (opaque, LOG_ZERO, may_trim ? LOG_FLAG_MAY_TRIM : 0, NULL, count, offset);
}

static int
flush_disk (void *opaque)
{
  const struct direct_disk *disk = opaque;

  run_io_flush (disk->source.run, disk->device);
  return 0;
}

static void
begin_alone (void *opaque)
{
  const struct direct_disk *disk = opaque;

  pthread_mutex_lock (disk->source.lock);
}

static void
end_alone (void *opaque)
{
  const struct direct_disk *disk = opaque;

  pthread_mutex_unlock (disk->source.lock);
}

static const struct vhost_blk_operations operations = {
  .read = read_disk, .write = write_disk, .zero = zero_disk, .trim = trim_disk, .flush = flush_disk,
  .begin = begin_alone, .end = end_alone,
};

int
direct_disk_start (struct direct_disk *disk, uint64_t size_bytes, const struct direct_source *source)
{
  char id[VHOST_BLK_ID_BYTES];

  disk->source = *source;
  snprintf (id, sizeof id, "powercut-disk%u", disk->device);
  disk->blk = vhost_blk_new (size_bytes, id, &operations, disk);
  if (disk->blk == NULL)
    return out_of_memory ();
  disk->server = vhost_start (disk->listen_fd, vhost_blk_device (disk->blk));
  return disk->server ? 0 : -1;
}

void
direct_disk_stop (struct direct_disk *disk)
{
  vhost_stop (disk->server);
  disk->server = NULL;
}

void
direct_disk_release (struct direct_disk *disk)
{
  if (disk->listen_fd > 0) {
    close (disk->listen_fd);
    unlink (disk->socket);
  }
  vhost_blk_free (disk->blk);
  free (disk->socket);
}
