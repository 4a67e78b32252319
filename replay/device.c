/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <libnbd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/nbdkit.h"
#include "log/guard.h"
#include "replay/device.h"

#define SECTOR_UP(size) (((size) + LOG_SECTOR - 1) / LOG_SECTOR * LOG_SECTOR)
#define FIRST_READ_BYTES 16384  /* the report of nearly every run */

#define LOG_LINK "log"           /* the name in our folder by which the server finds the log that it is told to change to */

struct device {
  struct nbdkit nbdkit;
  char *link;
  struct nbd_handle *control;
  char *buffer;
  size_t buffer_size;
  struct choice *decisions;
  struct control_seen *seen;
};

struct device *
device_start (const char *log, const char *folder)
{
  struct device *device = calloc (1, sizeof *device);
  CLEANUP_FREE char *parameter = NULL, *directory = NULL;

  if (device == NULL || asprintf (&parameter, "log=%s", log) == -1 || asprintf (&directory, "directory=%s", folder) == -1
      || asprintf (&device->link, "%s/" LOG_LINK, folder) == -1) {
    error_message ("out of memory");
    free (device);
    return NULL;
  }
  if (nbdkit_start (&device->nbdkit, PART_CRASHSTATE, (const char *const[]) { parameter, directory, NULL }, folder, "disk")
      == -1) {
    free (device->link);
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
  free (device->link);
  free (device->buffer);
  free (device->decisions);
  free (device->seen);
  free (device);
}

const char *
device_socket (const struct device *device)
{
  return device->nbdkit.socket;
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
  const struct control_open head = { .magic = htole32 (CONTROL_OPEN_MAGIC), .name_length = htole32 (strlen (LOG_LINK)) };
  const size_t size = SECTOR_UP (sizeof head + strlen (LOG_LINK));

  if (link_log (device, log) == -1 || need_buffer (device, size) == -1)
    return -1;
  memset (device->buffer, 0, size);
  memcpy (mempcpy (device->buffer, &head, sizeof head), LOG_LINK, strlen (LOG_LINK));
  if (nbd_pwrite (device->control, device->buffer, size, 0, 0) == -1) {
    CLEANUP_FREE char *line = nbdkit_error_line (&device->nbdkit, "");

    error_message ("%s: cannot be replayed: %s", log, line ? line : nbd_get_error ());
    return -1;
  }
  return 0;
}

int
device_select (struct device *device, const struct selection *selection)
{
  const struct decision_rule *rule = &selection->rule;
  struct control_select head = {
    .magic = htole32 (CONTROL_MAGIC), .point = htole32 (selection->point), .tear = htole32 (rule->tear.mode),
    .sector_bytes = htole32 (rule->tear.sector_bytes), .preference = htole32 (rule->preference), .seed = htole64 (rule->seed),
    .choice_count = htole32 ((uint32_t) selection->count)
  };
  size_t size = SECTOR_UP (sizeof head + selection->count * sizeof (struct control_choice));

  if (size > CONTROL_EXPORT_BYTES) {
    error_message ("%zu choices at one crash point are more than can be selected", selection->count);
    return -1;
  }
  if (need_buffer (device, size) == -1)
    return -1;
  memset (device->buffer, 0, size);
  char *to = mempcpy (device->buffer, &head, sizeof head);
  for (size_t i = 0; i < selection->count; i++) {
    const struct choice *from = &selection->choices[i];
    struct control_choice choice = { htole32 (from->write), htole32 (from->first), htole32 (from->last), htole32 (from->kind) };

    to = mempcpy (to, &choice, sizeof choice);
  }
  if (nbd_pwrite (device->control, device->buffer, size, 0, 0) == -1) {
    log_guard_check ();
    error_message ("cannot select a crash state: %s", nbd_get_error ());
    return -1;
  }
  return 0;
}

/* Read SIZE bytes of the report into the buffer. */
static int
read_report (struct device *device, size_t size)
{
  if (size > CONTROL_EXPORT_BYTES) {
    error_message ("a run read more than %d MiB of reports can tell", CONTROL_EXPORT_BYTES >> 20);
    return -1;
  }
  if (need_buffer (device, size) == -1)
    return -1;
  if (nbd_pread (device->control, device->buffer, size, 0, 0) == -1) {
    log_guard_check ();
    error_message ("cannot read what the run did: %s", nbd_get_error ());
    return -1;
  }
  return 0;
}

static struct control_report
head_to_host (const struct control_report *head)
{
  return (struct control_report) {
    .magic = le32toh (head->magic), .decision_count = le32toh (head->decision_count),
    .seen_count = le64toh (head->seen_count), .reads = le64toh (head->reads), .read_bytes = le64toh (head->read_bytes),
    .writes = le64toh (head->writes), .written_bytes = le64toh (head->written_bytes), .behaviour = le64toh (head->behaviour)
  };
}

/* Take the lists behind the head out of the buffer. */
static int
take_lists (struct device *device, const struct control_report *head)
{
  struct choice *decisions = reallocarray (device->decisions, head->decision_count + 1, sizeof *decisions);
  struct control_seen *seen;
  const char *from = device->buffer + sizeof *head;

  if (decisions)
    device->decisions = decisions;
  seen = reallocarray (device->seen, head->seen_count + 1, sizeof *seen);
  if (seen)
    device->seen = seen;
  if (decisions == NULL || seen == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < head->decision_count; i++, from += sizeof (struct control_choice)) {
    struct control_choice choice;

    memcpy (&choice, from, sizeof choice);
    decisions[i] = (struct choice) { le32toh (choice.write), le32toh (choice.first), le32toh (choice.last), le32toh (choice.kind) };
  }
  for (size_t i = 0; i < head->seen_count; i++, from += sizeof (struct control_seen)) {
    struct control_seen one;

    memcpy (&one, from, sizeof one);
    seen[i] = (struct control_seen) { le64toh (one.block), le32toh (one.device), le32toh (one.sectors) };
  }
  return 0;
}

int
device_report (struct device *device, struct device_report *report)
{
  struct control_report head;
  size_t size;

  if (read_report (device, FIRST_READ_BYTES) == -1)
    return -1;
  memcpy (&head, device->buffer, sizeof head);
  report->head = head_to_host (&head);
  size = SECTOR_UP (sizeof head + report->head.decision_count * sizeof (struct control_choice)
                    + report->head.seen_count * sizeof (struct control_seen));
  if ((size > FIRST_READ_BYTES && read_report (device, size) == -1) || take_lists (device, &report->head) == -1)
    return -1;
  report->decisions = device->decisions;
  report->seen = device->seen;
  return 0;
}
