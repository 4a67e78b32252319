/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/base-image.h"
#include "log/files.h"
#include "log/info.h"
#include "nbd-plugin/logged-devices.h"

int
logged_size_by_base (struct logged_devices *logged)
{
  for (size_t *i = &logged->device_count; *i < logged->base_count; (*i)++)
    if (base_image_size (logged->devices[*i].base, &logged->devices[*i].size_bytes) == -1)
      return -1;
  return 0;
}

void
logged_forget (struct logged_devices *logged)
{
  for (size_t i = 0; i < LOG_DEVICES_MAX; i++) {
    sector_map_release (&logged->devices[i].map);
    free (logged->devices[i].base);
    logged->devices[i].base = NULL;
  }
  for (size_t i = 0; i < logged->info_count; i++) {
    free (logged->info[i]);
    logged->info[i] = NULL;
  }
  free (logged->log);
  free (logged->files);
  logged->base_count = logged->info_count = 0;
  logged->log = logged->files = NULL;
}

int
logged_note (struct logged_devices *logged, const char *key, const char *value)
{
  if (logged->info_count == LOGGED_INFO_MAX) {
    error_message ("there are too many notes: at most %d", LOGGED_INFO_MAX - 2);
    return -1;
  }
  char *text = log_info_text (key, value);
  if (text == NULL)
    return out_of_memory ();
  logged->info[logged->info_count++] = text;
  return 0;
}

/* Say once that the log cannot take more: a guest tries again and again.  Returns -1. */
static int
fail_to_record (const struct logged_devices *logged)
{
  static atomic_flag reported = ATOMIC_FLAG_INIT;

  if (!atomic_flag_test_and_set (&reported))
    error_message ("%s: cannot record: %m%s", logged->log,
                   errno == ENOSPC ? ": free some space, or put the log elsewhere" : "");
  return -1;
}

static int
need_log (const struct logged_devices *logged)
{
  if (logged->writer)
    return 0;
  errno = ESHUTDOWN;
  return -1;
}

/* Record the issue of an operation. */
static int
record_issue (struct logged_devices *logged, const struct log_operation *operation, const void *data,
              struct log_issue *issue)
{
  if (need_log (logged) == -1)
    return -1;
  return log_writer_issue (logged->writer, operation, data, issue) == 0 ? 0 : fail_to_record (logged);
}

int
logged_issue (struct logged_devices *logged, const struct log_operation *operation, const void *data,
              uint32_t *position)
{
  const bool write = operation->kind == LOG_WRITE;
  struct log_issue issue;

  if (record_issue (logged, operation, data, &issue) == -1)
    return -1;
  if (operation->kind != LOG_FLUSH)
    sector_map_enter (&logged->devices[operation->device].map, operation->offset_bytes / LOG_SECTOR,
                      operation->length_bytes / LOG_SECTOR,
                      write ? issue.data_offset : issue.data_offset | SECTOR_MAP_ZERO);
  *position = issue.position;
  return 0;
}

int
logged_complete (struct logged_devices *logged, const struct log_operation *operation, uint32_t position, int error)
{
  const bool promise = error == 0 && (operation->kind == LOG_FLUSH || operation->flags & LOG_FLAG_FUA);

  return log_writer_complete (logged->writer, position, operation->device, error, promise) == 0 ? 0
    : fail_to_record (logged);
}

int
logged_record (struct logged_devices *logged, const struct log_operation *operation, const void *data)
{
  uint32_t position;

  return logged_issue (logged, operation, data, &position) == -1 ? -1
    : logged_complete (logged, operation, position, 0);
}

int
logged_refuse (struct logged_devices *logged, const struct log_operation *operation, const void *data, int error)
{
  struct log_issue issue;

  return record_issue (logged, operation, data, &issue) == -1 ? -1
    : logged_complete (logged, operation, issue.position, error);
}

int
logged_mark (struct logged_devices *logged, const char *text, size_t length)
{
  if (need_log (logged) == -1)
    return -1;
  return log_writer_mark (logged->writer, text, length) == 0 ? 0 : fail_to_record (logged);
}

/* Where a base goes. */
struct destination {
  struct logged_devices *logged;
  uint16_t device;
};

/* A base_image_put. */
static int
record_base (void *opaque, uint64_t offset, const void *data, uint32_t count)
{
  const struct destination *to = opaque;
  const struct log_operation write = {
    .kind = LOG_WRITE, .device = to->device, .offset_bytes = offset, .length_bytes = count
  };

  return logged_record (to->logged, &write, data);
}

static int
load_base (struct logged_devices *logged, uint16_t number)
{
  const struct logged_device *device = &logged->devices[number];
  struct destination to = { logged, number };

  if (device->base == NULL)
    return 0;
  if (base_image_read (device->base, device->size_bytes, record_base, &to) == -1)
    return -1;
  return logged_record (logged, &(struct log_operation) { .kind = LOG_FLUSH, .device = number }, NULL);
}

/* First of all, so that a log that is cut off has them, too. */
static int
load_files (const struct logged_devices *logged)
{
  if (logged->files == NULL || log_files_write (logged->writer, logged->files) == 0)
    return 0;
  error_message ("%s: cannot be taken into the log: %m", logged->files);
  return -1;
}

static int
load_bases (struct logged_devices *logged)
{
  for (size_t i = 0; i < logged->device_count; i++)
    if (load_base (logged, (uint16_t) i) == -1)
      return -1;
  return logged_mark (logged, "base", strlen ("base"));
}

int
logged_begin (struct logged_devices *logged)
{
  uint64_t sizes[LOG_DEVICES_MAX];

  for (size_t i = 0; i < logged->device_count; i++) {
    sizes[i] = logged->devices[i].size_bytes;
    if (sector_map_make (&logged->devices[i].map, sizes[i] / LOG_SECTOR) == -1) {
      error_message ("size=%" PRIu64 ": no room for the map of the device: %m", sizes[i]);
      return -1;
    }
  }
  logged->writer = log_writer_create (logged->log, sizes, logged->device_count, (const char *const *) logged->info,
                                      logged->info_count);
  if (logged->writer == NULL)
    return -1;
  if (load_files (logged) == 0 && load_bases (logged) == 0)
    return 0;
  unlink (logged->log);         /* it would be in the way of the next attempt */
  return -1;
}

int
logged_close (struct logged_devices *logged)
{
  int r = logged->writer ? log_writer_close (logged->writer) : 0;

  logged->writer = NULL;
  return r;
}

int
logged_read (struct logged_devices *logged, uint16_t device, void *buffer, uint32_t count, uint64_t offset)
{
  char *to = buffer;

  if (need_log (logged) == -1)
    return -1;
  for (uint64_t run, sector = offset / LOG_SECTOR, left = count / LOG_SECTOR; left > 0; sector += run, left -= run) {
    uint64_t content;

    run = sector_map_run (&logged->devices[device].map, sector, left, &content);
    if (content == 0)
      memset (to, 0, run * LOG_SECTOR);
    else if (log_writer_read (logged->writer, to, run * LOG_SECTOR, content) == -1) {
      error_message ("%s: %m", logged->log);
      return -1;
    }
    to += run * LOG_SECTOR;
  }
  return 0;
}

/* Put what DEVICE holds into the file FD, which is empty.  Zeros are holes. */
static int
copy_device (const struct logged_devices *logged, const struct logged_device *device, int fd)
{
  const uint64_t sectors = device->size_bytes / LOG_SECTOR;
  char buffer[256 * LOG_SECTOR];

  if (ftruncate (fd, (off_t) device->size_bytes) == -1)
    return -1;
  for (uint64_t sector = 0, run; sector < sectors; sector += run) {
    uint64_t content, most = sizeof buffer / LOG_SECTOR, left = sectors - sector;

    run = sector_map_run (&device->map, sector, left < most ? left : most, &content);
    if (content == 0)
      continue;
    if (log_writer_read (logged->writer, buffer, run * LOG_SECTOR, content) == -1
        || pwrite (fd, buffer, run * LOG_SECTOR, (off_t) (sector * LOG_SECTOR)) != (ssize_t) (run * LOG_SECTOR))
      return -1;
  }
  return 0;
}

int
logged_save (struct logged_devices *logged, size_t device, const char *path)
{
  CLEANUP_CLOSE int fd = -1;

  if (need_log (logged) == -1)
    return -1;
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd != -1 && copy_device (logged, &logged->devices[device], fd) == 0)
    return 0;
  error_message ("%s: %m", path);
  return -1;
}
