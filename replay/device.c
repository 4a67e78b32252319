/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <endian.h>
#include <libnbd.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/nbdkit.h"
#include "replay/device.h"

#define SECTOR_UP(size) (((size) + LOG_SECTOR - 1) / LOG_SECTOR * LOG_SECTOR)
#define FIRST_READ_BYTES 4096   /* the report of nearly every run */

struct device {
  struct nbdkit nbdkit;
  struct nbd_handle *control;
  char *buffer;
  size_t buffer_size;
  struct choice *decisions;
};

struct device *
device_start (const char *log, const char *folder)
{
  struct device *device = calloc (1, sizeof *device);
  CLEANUP_FREE char *parameter = NULL;

  if (device == NULL || asprintf (&parameter, "log=%s", log) == -1) {
    error_message ("out of memory");
    free (device);
    return NULL;
  }
  if (nbdkit_start (&device->nbdkit, PART_CRASHSTATE, (const char *const[]) { parameter, NULL }, folder, "disk") == -1) {
    free (device);
    return NULL;
  }
  device->control = nbd_create ();
  if (device->control == NULL || nbd_set_export_name (device->control, CONTROL_EXPORT) == -1
      || nbd_connect_unix (device->control, device->nbdkit.socket) == -1) {
    error_message ("cannot reach the crashstate plugin: %s", nbd_get_error ());
    device_stop (device);
    return NULL;
  }
  return device;
}

void
device_stop (struct device *device)
{
  if (device == NULL)
    return;
  nbd_close (device->control);
  nbdkit_stop (&device->nbdkit);
  nbdkit_free (&device->nbdkit);
  free (device->buffer);
  free (device->decisions);
  free (device);
}

const char *
device_socket (const struct device *device)
{
  return device->nbdkit.socket;
}

static int
need_buffer (struct device *device, size_t size)
{
  if (size <= device->buffer_size)
    return 0;
  char *larger = realloc (device->buffer, size);
  if (larger == NULL) {
    error_message ("out of memory");
    return -1;
  }
  device->buffer = larger;
  device->buffer_size = size;
  return 0;
}

int
device_select (struct device *device, uint32_t point, const struct choice *choices, size_t count)
{
  struct control_select head = {
    .magic = htole32 (CONTROL_MAGIC), .point = htole32 (point), .undecided_default = htole32 (CHOICE_PRESENT),
    .choice_count = htole32 ((uint32_t) count)
  };
  size_t size = SECTOR_UP (sizeof head + count * sizeof (struct control_choice));

  if (size > CONTROL_EXPORT_BYTES) {
    error_message ("%zu pending writes at one crash point are more than can be selected", count);
    return -1;
  }
  if (need_buffer (device, size) == -1)
    return -1;
  memset (device->buffer, 0, size);
  char *to = mempcpy (device->buffer, &head, sizeof head);
  for (size_t i = 0; i < count; i++) {
    struct control_choice choice = { htole32 (choices[i].write), htole32 (choices[i].kind) };

    to = mempcpy (to, &choice, sizeof choice);
  }
  if (nbd_pwrite (device->control, device->buffer, size, 0, 0) == -1) {
    error_message ("cannot select a crash state: %s", nbd_get_error ());
    return -1;
  }
  return 0;
}

/* Read SIZE bytes of the report into the buffer. */
static int
read_report (struct device *device, size_t size)
{
  if (need_buffer (device, size) == -1)
    return -1;
  if (nbd_pread (device->control, device->buffer, size, 0, 0) == -1) {
    error_message ("cannot read what the run did: %s", nbd_get_error ());
    return -1;
  }
  return 0;
}

static void
report_to_host (struct control_report *report)
{
  report->magic = le32toh (report->magic);
  report->decision_count = le32toh (report->decision_count);
  report->reads = le64toh (report->reads);
  report->read_bytes = le64toh (report->read_bytes);
  report->writes = le64toh (report->writes);
  report->written_bytes = le64toh (report->written_bytes);
  report->behaviour = le64toh (report->behaviour);
}

int
device_report (struct device *device, struct control_report *report, const struct choice **decisions)
{
  if (read_report (device, FIRST_READ_BYTES) == -1)
    return -1;
  memcpy (report, device->buffer, sizeof *report);
  report_to_host (report);
  size_t size = SECTOR_UP (sizeof *report + report->decision_count * sizeof (struct control_choice));
  if (size > FIRST_READ_BYTES && read_report (device, size) == -1)
    return -1;
  struct choice *larger = reallocarray (device->decisions, report->decision_count + 1, sizeof *larger);
  if (larger == NULL) {
    error_message ("out of memory");
    return -1;
  }
  device->decisions = larger;
  for (size_t i = 0; i < report->decision_count; i++) {
    struct control_choice choice;

    memcpy (&choice, device->buffer + sizeof *report + i * sizeof choice, sizeof choice);
    larger[i] = (struct choice) { le32toh (choice.write), le32toh (choice.kind) };
  }
  *decisions = larger;
  return 0;
}
