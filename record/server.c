/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
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

char *
server_image_name (enum preparation preparation, size_t number)
{
  return text_format ("%s%zu", preparation == PREPARED_TREE ? "tree" : "image", number);
}

/* What the disks hold at first. */
static int
add_bases (struct text_list *parameters, const struct recorder *recorder)
{
  int r = 0;

  for (size_t i = 0; i < recorder->recording->disks.count; i++) {
    CLEANUP_FREE char *image = server_image_name (recorder->prepared, i);

    r |= image ? parameters_add (parameters, PARAMETER_BASE, image) : -1;
  }
  return r;
}

/* What they are called, unless there is one without a name of its own. */
static int
add_names (struct text_list *parameters, const struct disks *disks)
{
  int r = 0;

  for (size_t i = 0; i < disks->count; i++) {
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

  r |= add_bases (parameters, recorder);
  r |= add_names (parameters, &recording->disks);
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

/* Where the file PATH is, from wherever, to free, or NULL after a message. */
static char *
absolute_path (const char *path)
{
  CLEANUP_FREE char *directory = *path == '/' ? strdup ("") : getcwd (NULL, 0);

  if (directory)
    return text_format ("%s%s%s", directory, *directory ? "/" : "", path);
  out_of_memory ();
  return NULL;
}

/* Let LINK, by which the server finds a log, lead to the file TARGET, wherever it is. */
static int
make_link (const char *link, const char *target)
{
  unlink (link);                /* of the recording before */
  if (symlink (target, link) == 0)
    return 0;
  error_message ("%s: %m", link);
  return -1;
}

/* Let the link by which the server finds the log lead there. */
static int
link_log (const struct recorder *recorder)
{
  CLEANUP_FREE char *target = absolute_path (recorder->part);

  return target ? make_link (recorder->link, target) : -1;
}

int
server_save_images (struct recorder *recorder)
{
  struct text_list names = { NULL, 0 };
  int r = 0;

  for (size_t i = 0; i < recorder->recording->disks.count && r == 0; i++) {
    CLEANUP_FREE char *name = server_image_name (recorder->prepared, i);
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
  if (r == 0)
    unlink (recorder->blank);
  text_list_free (&parameters);
  return r;
}

/* Open the log that is to be done without, and let it have no name: nothing of it is left, whoever is killed. */
static int
open_aside (struct recorder *recorder, const char *path)
{
  server_close_aside (recorder);
  recorder->aside_fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  recorder->has_aside = recorder->aside_fd != -1;
  if (recorder->has_aside && unlink (path) == 0)
    return 0;
  error_message ("%s: %m", path);
  return -1;
}

void
server_close_aside (struct recorder *recorder)
{
  if (recorder->has_aside)
    close (recorder->aside_fd);
  recorder->has_aside = false;
}

int
server_open_aside (struct recorder *recorder)
{
  CLEANUP_FREE char *part = absolute_path (recorder->part);
  CLEANUP_FREE char *target = part ? text_format ("%s" SERVER_ASIDE_SUFFIX, part) : NULL;
  struct text_list parameters = { NULL, 0 };
  int r = target ? parameters_add (&parameters, PARAMETER_LOG, SERVER_ASIDE) : -1;

  if (r == 0)
    r = add_bases (&parameters, recorder);
  if (r == 0)
    r = make_link (recorder->aside, target);
  if (r == 0) {
    unlink (target);
    r = server_ask (recorder, WRITELOG_OPEN, parameters.texts, parameters.count);
  }
  if (r == 0)
    r = open_aside (recorder, target);
  text_list_free (&parameters);
  return r;
}

int
server_open_blank (struct recorder *recorder)
{
  char *texts[] = { (char *) PARAMETER_LOG "=" SERVER_BLANK };

  unlink (recorder->blank);
  return server_ask (recorder, WRITELOG_OPEN, texts, 1);
}

char *
server_trouble (const struct recorder *recorder)
{
  return nbdkit_error_line (&recorder->nbdkit, "cannot record");
}

int
server_mark_text (struct recorder *recorder, const char *text, size_t length)
{
  const size_t size = (length / LOG_SECTOR + 1) * LOG_SECTOR;
  CLEANUP_FREE char *bytes = calloc (1, size);

  if (bytes == NULL)
    return out_of_memory ();
  memcpy (bytes, text, length);
  if (nbd_pwrite (recorder->marks, bytes, size, 0, 0) == 0)
    return 0;
  CLEANUP_FREE char *trouble = server_trouble (recorder);
  error_message ("cannot record a mark: %s", trouble ? trouble : nbd_get_error ());
  return -1;
}

int
server_mark (struct recorder *recorder, const char *name, const char *payload)
{
  CLEANUP_FREE char *text = text_format ("powercut:%s %s", name, payload);

  return text ? server_mark_text (recorder, text, strlen (text)) : -1;
}
