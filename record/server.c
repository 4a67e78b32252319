/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "log/info.h"
#include "nbd-plugin/parameters.h"
#include "record/server.h"

#define THREADS 128              /* as many as the guest's NBD client has requests in flight: all may be held */

/* Connect to EXPORT of the recorder's server, or NULL after a message. */
static struct nbd_handle *
connect_to (const struct recorder *recorder, const char *export)
{
  struct nbd_handle *handle = nbd_create ();

  if (handle && nbd_set_export_name (handle, export) == 0 && nbd_connect_unix (handle, recorder->nbdkit.socket) == 0)
    return handle;
  error_message ("cannot reach the writelog plugin: %s", nbd_get_error ());
  nbd_close (handle);
  return NULL;
}

int
server_start (struct recorder *recorder)
{
  struct text_list parameters = { NULL, 0 };
  const struct disks *disks = &recorder->recording->disks;
  char number[32];
  int r = parameters_add (&parameters, PARAMETER_DIRECTORY, recorder->directory);

  for (size_t i = 0; i < disks->count; i++) {
    snprintf (number, sizeof number, "%ju", (uintmax_t) disks->list[i].size_bytes);
    r |= parameters_add (&parameters, PARAMETER_SIZE, number);
  }
  snprintf (number, sizeof number, "%ju", (uintmax_t) recorder->recording->path_count);
  r |= parameters_add (&parameters, PARAMETER_PATHS, number);
  r |= parameters_add (&parameters, PARAMETER_LOG, recorder->blank);
  unlink (recorder->blank);
  if (r == 0)
    r = nbdkit_start (&recorder->nbdkit, PART_WRITELOG, (const char *const *) parameters.texts, THREADS,
                      recorder->directory, "writelog");
  text_list_free (&parameters);
  if (r == -1)
    return -1;
  recorder->empty = true;
  recorder->marks = connect_to (recorder, MARK_EXPORT);
  recorder->control = connect_to (recorder, CONTROL_EXPORT);
  return recorder->marks && recorder->control ? 0 : -1;
}

void
server_stop (struct recorder *recorder)
{
  nbd_close (recorder->marks);
  nbd_close (recorder->control);
  nbdkit_stop (&recorder->nbdkit);
  recorder->marks = recorder->control = NULL;
}

int
server_ask (struct recorder *recorder, enum writelog_request request, char *const *texts, size_t count)
{
  size_t size;
  CLEANUP_FREE char *bytes = writelog_encode (request, texts, count, &size);

  if (bytes == NULL)
    return out_of_memory ();
  if (nbd_pwrite (recorder->control, bytes, size, 0, 0) == 0)
    return 0;
  CLEANUP_FREE char *line = nbdkit_error_line (&recorder->nbdkit, "");
  error_message ("%s", line ? line : nbd_get_error ());
  return -1;
}

/* A note for the log's header. */
static int
add_info (struct text_list *parameters, const char *key, const char *value)
{
  CLEANUP_FREE char *text = log_info_text (key, value);

  return text ? parameters_add (parameters, PARAMETER_INFO, text) : out_of_memory ();
}

static int
add_number (struct text_list *parameters, const char *key, uint64_t value)
{
  char number[32];

  snprintf (number, sizeof number, "%ju", (uintmax_t) value);
  return add_info (parameters, key, number);
}

/* How the device answers, and what bounds that. */
static int
add_device (struct text_list *parameters, const struct recording *recording)
{
  char seconds[32];

  snprintf (seconds, sizeof seconds, "%ju", (uintmax_t) recording->hold_limit_seconds);
  return parameters_add (parameters, PARAMETER_DEVICE, recording->device)
    | parameters_add (parameters, PARAMETER_HOLD_LIMIT, seconds);
}

/* What the disks hold at first and, unless there is one without a name of its own, what they are called. */
static int
add_disks (struct text_list *parameters, const struct disks *disks)
{
  int r = 0;

  for (size_t i = 0; i < disks->count; i++) {
    CLEANUP_FREE char *image = text_format (SERVER_IMAGE "%zu", i);

    r |= image ? parameters_add (parameters, PARAMETER_BASE, image) : -1;
    if (disks->count > 1 || strcmp (disks->list[i].name, DISK_EXPORT) != 0)
      r |= add_info (parameters, LOG_KEY_DISK, disks->list[i].name);
  }
  return r;
}

static int
make_parameters (const struct recorder *recorder, struct text_list *parameters)
{
  const struct recording *recording = recorder->recording;
  int r = parameters_add (parameters, PARAMETER_LOG, SERVER_LINK);

  r |= add_disks (parameters, &recording->disks);
  r |= add_device (parameters, recording);
  if (recording->path_down_at)
    r |= parameters_add (parameters, PARAMETER_PATH_DOWN_AT, recording->path_down_at);
  r |= add_info (parameters, LOG_KEY_FILESYSTEM, recording->filesystem);
  r |= add_info (parameters, LOG_KEY_MOUNT, recording->mount_options);
  if (recording->assemble)
    r |= add_info (parameters, LOG_KEY_ASSEMBLE, recording->assemble);
  r |= add_info (parameters, LOG_KEY_KERNEL, recorder->kernel.release);
  r |= add_info (parameters, LOG_KEY_KERNEL_IMAGE, recorder->kernel.image);
  r |= add_info (parameters, LOG_KEY_BUS, recording->virtio ? "virtio" : "nbd");
  r |= add_info (parameters, LOG_KEY_BACKGROUND, background_name (recording->background));
  r |= add_number (parameters, LOG_KEY_MEMORY, recording->guest.memory_bytes);
  r |= add_number (parameters, LOG_KEY_TIMEOUT, recording->guest.timeout_seconds);
  for (size_t i = 0; i < recording->watch.count; i++)
    r |= add_info (parameters, LOG_KEY_WATCH, recording->watch.texts[i]);
  for (size_t i = 0; recording->command[i]; i++)
    r |= add_info (parameters, LOG_KEY_COMMAND, recording->command[i]);
  if (recording->guest.check)
    r |= add_info (parameters, LOG_KEY_CHECK, recording->guest.check);
  if (recording->guest.check || recording->assemble)
    r |= parameters_add (parameters, PARAMETER_FILES, SERVER_FILES);
  if (recording->guest.page_bytes > 0)
    r |= add_number (parameters, LOG_KEY_PAGES, recording->guest.page_bytes);
  for (size_t i = 0; i < recording->guest.include.count; i++) {
    CLEANUP_FREE char *absolute = realpath (recording->guest.include.texts[i], NULL);

    r |= absolute ? add_info (parameters, LOG_KEY_INCLUDE, absolute) : out_of_memory ();
  }
  if (recording->workload)
    r |= add_info (parameters, LOG_KEY_WORKLOAD, recording->workload);
  for (size_t i = 0; i < recording->step.count; i++)
    r |= add_info (parameters, LOG_KEY_STEP, recording->step.texts[i]);
  if (recording->step.count > 0)
    r |= add_number (parameters, LOG_KEY_STEPS, recording->step.count);
  return r;
}

/* Let the link by which the server finds the log lead there. */
static int
link_log (const struct recorder *recorder)
{
  CLEANUP_FREE char *directory = *recorder->part == '/' ? strdup ("") : getcwd (NULL, 0);
  CLEANUP_FREE char *target = NULL;

  if (directory == NULL)
    return out_of_memory ();
  target = text_format ("%s%s%s", directory, *directory ? "/" : "", recorder->part);
  if (target == NULL)
    return -1;
  unlink (recorder->link);      /* of the recording before */
  if (symlink (target, recorder->link) == 0)
    return 0;
  error_message ("%s: %m", recorder->link);
  return -1;
}

int
server_save_images (struct recorder *recorder)
{
  struct text_list names = { NULL, 0 };
  int r = 0;

  for (size_t i = 0; i < recorder->recording->disks.count && r == 0; i++) {
    CLEANUP_FREE char *name = text_format (SERVER_IMAGE "%zu", i);
    CLEANUP_FREE char *path = name ? text_format ("%s/%s", recorder->directory, name) : NULL;

    r = path ? text_list_add (&names, name, strlen (name)) : -1;
    if (path)
      unlink (path);            /* of another file system */
  }
  if (r == 0)
    r = server_ask (recorder, WRITELOG_SAVE, names.texts, names.count);
  text_list_free (&names);
  return r;
}

int
server_open_log (struct recorder *recorder)
{
  struct text_list parameters = { NULL, 0 };
  int r = make_parameters (recorder, &parameters);

  if (r == 0)
    r = link_log (recorder);
  if (r == 0)
    r = server_ask (recorder, WRITELOG_OPEN, parameters.texts, parameters.count);
  text_list_free (&parameters);
  return r;
}

int
server_open_blank (struct recorder *recorder)
{
  char *texts[] = { (char *) PARAMETER_LOG "=" SERVER_BLANK };

  unlink (recorder->blank);
  recorder->empty = true;
  return server_ask (recorder, WRITELOG_OPEN, texts, 1);
}

char *
server_trouble (const struct recorder *recorder)
{
  return nbdkit_error_line (&recorder->nbdkit, "cannot record");
}

int
server_mark (struct recorder *recorder, const char *name, const char *payload)
{
  size_t length = strlen ("powercut:") + strlen (name) + 1 + strlen (payload);
  size_t size = (length / LOG_SECTOR + 1) * LOG_SECTOR;
  CLEANUP_FREE char *text = calloc (1, size);

  if (text == NULL)
    return out_of_memory ();
  snprintf (text, size, "powercut:%s %s", name, payload);
  if (nbd_pwrite (recorder->marks, text, size, 0, 0) == -1) {
    CLEANUP_FREE char *trouble = server_trouble (recorder);

    error_message ("cannot record the observed tree: %s", trouble ? trouble : nbd_get_error ());
    return -1;
  }
  return 0;
}
