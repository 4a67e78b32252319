/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <libnbd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/nbdkit.h"
#include "common/text.h"
#include "log/guard.h"
#include "nbd-plugin/parameters.h"
#include "replay/device.h"

#define FIRST_READ_BYTES 16384  /* the report of nearly every run */

#define DIRECT_NAME "vhost"
#define LOG_LINK "log"           /* in our folder: by this name the server finds the log that it is told to change to */

struct device {
  struct nbdkit nbdkit;
  char *link;
  char *direct[DISKS_MAX];      /* the sockets of vhost-user servers of the disks, or NULL */
  struct nbd_handle *control;
  struct nbd_handle *disk;      /* NULL until something is read of it */
  char *buffer;
  size_t buffer_size;
  struct choice *decisions;
  struct control_seen *seen, *written;
};

/* Start its server for LOG. */
static int
start_server (struct device *device, const char *log, const char *folder)
{
  struct text_list parameters = { NULL, 0 };
  int r = parameters_add (&parameters, PARAMETER_LOG, log) | parameters_add (&parameters, PARAMETER_DIRECTORY, folder);

  for (size_t i = 0; i < DISKS_MAX && device->direct[i]; i++)
    r |= parameters_add (&parameters, PARAMETER_VHOST, device->direct[i]);
  if (r == 0)
    r = nbdkit_start (&device->nbdkit, PART_CRASHSTATE, (const char *const *) parameters.texts,
                      NBDKIT_THREADS, folder, "disk");
  text_list_free (&parameters);
  return r;
}

static void
free_device (struct device *device)
{
  for (size_t i = 0; i < DISKS_MAX; i++)
    free (device->direct[i]);
  free_all (device->link, device->buffer, device->decisions, device->seen, device);
}

void
device_stop (struct device *device)
{
  if (device == NULL)
    return;
  nbd_close (device->disk);
  nbd_close (device->control);
  nbdkit_stop (&device->nbdkit);
  nbdkit_free (&device->nbdkit);
  free_device (device);
}

/* A connection to EXPORT, or NULL after a message. */
static struct nbd_handle *
connect_to (const struct device *device, const char *export)
{
  struct nbd_handle *handle = nbd_create ();

  if (handle && nbd_set_export_name (handle, export) == 0
      && nbd_connect_unix (handle, device->nbdkit.socket) == 0)
    return handle;
  error_message ("cannot reach the crashstate plugin: %s", nbd_get_error ());
  nbd_close (handle);
  return NULL;
}

/* Name its files in FOLDER. */
static int
name_files (struct device *device, const char *folder, size_t direct)
{
  device->link = text_format ("%s/" LOG_LINK, folder);
  if (device->link == NULL)
    return -1;
  for (size_t i = 0; i < direct; i++)
    if ((device->direct[i] = text_format ("%s/" DIRECT_NAME "%zu", folder, i)) == NULL)
      return -1;
  return 0;
}

struct device *
device_start (const char *log, const char *folder, size_t direct)
{
  struct device *device = calloc (1, sizeof *device);

  if (device == NULL) {
    out_of_memory ();
    return NULL;
  }
  if (name_files (device, folder, direct) == -1 || start_server (device, log, folder) == -1) {
    free_device (device);
    return NULL;
  }
  device->control = connect_to (device, CONTROL_EXPORT);
  if (device->control)
    return device;
  device_stop (device);
  return NULL;
}

const char *
device_socket (const struct device *device)
{
  return device->nbdkit.socket;
}

const char *
device_direct (const struct device *device, size_t number)
{
  return device->direct[number];
}

pid_t
device_server (const struct device *device)
{
  return device->nbdkit.pid;
}

double
device_cpu_seconds (const struct device *device)
{
  struct timespec used;
  clockid_t clock;

  if (clock_getcpuclockid (device->nbdkit.pid, &clock) != 0 || clock_gettime (clock, &used) == -1)
    return 0;
  return (double) used.tv_sec + (double) used.tv_nsec / 1e9;
}

static int
need_buffer (struct device *device, size_t size)
{
  if (size <= device->buffer_size)
    return 0;
  char *larger = realloc (device->buffer, size);
  if (larger == NULL)
    return out_of_memory ();
  device->buffer = larger;
  device->buffer_size = size;
  return 0;
}

/* Let the link of the server's directory lead to LOG. */
static int
link_log (const struct device *device, const char *log)
{
  CLEANUP_FREE char *path = realpath (log, NULL);

  if (path && (unlink (device->link) == 0 || errno == ENOENT) && symlink (path, device->link) == 0)
    return 0;
  error_message ("%s: %m", log);
  return -1;
}

int
device_change (struct device *device, const char *log)
{
  size_t size;
  CLEANUP_FREE char *request = control_encode_open (LOG_LINK, &size);

  if (request == NULL)
    return out_of_memory ();
  if (link_log (device, log) == -1)
    return -1;
  if (nbd_pwrite (device->control, request, size, 0, 0) == -1) {
    CLEANUP_FREE char *line = nbdkit_error_line (&device->nbdkit, "");

    error_message ("%s: cannot be replayed: %s", log, line ? line : nbd_get_error ());
    return -1;
  }
  return 0;
}

int
device_select (struct device *device, const struct selection *selection)
{
  size_t size;
  CLEANUP_FREE char *request = control_encode_select (selection, &size);

  if (request == NULL)
    return out_of_memory ();
  if (size > CONTROL_REQUEST_MAX) {
    error_message ("%zu choices at one crash point are more than can be selected", selection->count);
    return -1;
  }
  if (nbd_pwrite (device->control, request, size, 0, 0) == -1) {
    log_guard_check ();
    error_message ("cannot select a crash state: %s", nbd_get_error ());
    return -1;
  }
  return 0;
}

/* Read SIZE bytes of what stands at OFFSET of control into the buffer. */
static int
read_control (struct device *device, size_t size, uint64_t offset)
{
  if (offset < CONTROL_TAPE_OFFSET && size > CONTROL_WRITTEN_OFFSET) {
    error_message ("a run read more than %d MiB of reports can tell", CONTROL_WRITTEN_OFFSET >> 20);
    return -1;
  }
  if (need_buffer (device, size) == -1)
    return -1;
  if (nbd_pread (device->control, device->buffer, size, offset, 0) == -1) {
    log_guard_check ();
    error_message ("cannot read what the run did: %s", nbd_get_error ());
    return -1;
  }
  return 0;
}

/* Take the lists after the head out of the buffer. */
static int
take_lists (struct device *device, const struct control_report *head)
{
  struct choice *decisions = reallocarray (device->decisions, head->decision_count + 1, sizeof *decisions);
  struct control_seen *seen;

  if (decisions)
    device->decisions = decisions;
  seen = reallocarray (device->seen, head->seen_count + 1, sizeof *seen);
  if (seen)
    device->seen = seen;
  if (decisions == NULL || seen == NULL)
    return out_of_memory ();
  control_decode_lists (device->buffer, head, decisions, seen);
  return 0;
}

int
device_report (struct device *device, struct device_report *report)
{
  size_t size;

  if (read_control (device, FIRST_READ_BYTES, 0) == -1)
    return -1;
  report->head = control_decode_head (device->buffer);
  if (report->head.magic != CONTROL_MAGIC) {
    error_message ("the crashstate plugin gives a report that makes no sense");
    return -1;
  }
  /* More than fits is too long whatever its size would be. */
  size = report->head.seen_count > CONTROL_WRITTEN_OFFSET ? SIZE_MAX : control_report_bytes (&report->head);
  if ((size > FIRST_READ_BYTES && read_control (device, size, 0) == -1) || take_lists (device, &report->head) == -1)
    return -1;
  report->decisions = device->decisions;
  report->seen = device->seen;
  return 0;
}

int
device_written (struct device *device, const struct control_seen **written, size_t *count)
{
  struct control_seen *list;
  size_t size;

  if (read_control (device, FIRST_READ_BYTES, CONTROL_WRITTEN_OFFSET) == -1)
    return -1;
  if (control_decode_written_head (device->buffer, count, &size) == -1) {
    error_message ("the crashstate plugin does not say what a run wrote");
    return -1;
  }
  if (size > FIRST_READ_BYTES && read_control (device, size, CONTROL_WRITTEN_OFFSET) == -1)
    return -1;
  list = reallocarray (device->written, *count + 1, sizeof *list);
  if (list == NULL)
    return out_of_memory ();
  device->written = list;
  control_decode_written (device->buffer, *count, list);
  *written = list;
  return 0;
}

int
device_tape (struct device *device, struct log_tape *tape)
{
  size_t count, size;

  *tape = (struct log_tape) { .bytes = NULL };
  if (read_control (device, FIRST_READ_BYTES, CONTROL_TAPE_OFFSET) == -1)
    return -1;
  if (control_decode_tape_head (device->buffer, &count, &size) == -1) {
    if (errno == EFBIG)
      return 0;
    error_message ("the crashstate plugin does not say what a run did");
    return -1;
  }
  if (size > FIRST_READ_BYTES && read_control (device, size, CONTROL_TAPE_OFFSET) == -1)
    return -1;
  tape->bytes = malloc (count + 1);
  if (tape->bytes == NULL)
    return out_of_memory ();
  memcpy (tape->bytes, device->buffer + sizeof (struct control_tape), count);
  tape->size = tape->room = count;
  return 0;
}

int
device_read (struct device *device, void *buffer, size_t count, uint64_t offset)
{
  if (device->disk == NULL && (device->disk = connect_to (device, DISK_EXPORT)) == NULL)
    return -1;
  if (nbd_pread (device->disk, buffer, count, offset, 0) == 0)
    return 0;
  error_message ("cannot read what the run wrote: %s", nbd_get_error ());
  return -1;
}
