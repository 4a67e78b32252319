/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/replay-state.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/disks.h"
#include "log/image.h"
#include "log/state-id.h"
#include "replay/search/model.h"

int
named_state_find (const struct replay_options *options, const struct write_log *log, struct named_state *state)
{
  CLEANUP_FREE struct choice *named = NULL;
  size_t count;

  *state = (struct named_state) { .choices = NULL };
  if (options->state == NULL) {
    uint32_t first;

    return model_range (log, &first, &state->position);
  }
  if (state_id_parse (options->state, log, &state->position, &named, &count) == -1)
    return -1;
  state->choices = choices_unusual (log, named, count, &state->count);
  if (state->choices == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < state->count; i++)
    if (state->choices[i].kind == CHOICE_ABSENT
        && model_is_durable (log, state->choices[i].write, state->position)) {
      error_message ("state %s is not legal: the write at %u is durable there: see --list", options->state,
                     log->writes[state->choices[i].write].issue);
      return -1;
    }
  return 0;
}

void
named_state_free (struct named_state *state)
{
  free (state->choices);
}

bool
named_state_is_before_update (const struct replay_options *options, const struct write_log *log,
                              const struct named_state *state)
{
  const struct log_mark *begin = log_find_mark (log, "begin", NULL, NULL);

  if (options->state == NULL || begin == NULL || state->position >= begin->position)
    return false;
  error_message ("state %s is before the mark begin (%u): no part of the update", options->state, begin->position);
  return true;
}

/* Write the image of the state NAMED, of DEVICE, into FD.  Returns 0, or -1 with errno. */
static int
write_image (const struct write_log *log, const struct named_state *named, unsigned device, int fd)
{
  const struct selection selection = {
    .point = named->position, .choices = named->choices, .count = named->count,
    .rule = { .tear = { TEAR_NONE, LOG_SECTOR } }
  };
  struct crash_state *state = crash_state_new (log);
  int r = state && crash_state_select (state, &selection) == 0 ? export_device (state, log, device, fd) : -1;

  crash_state_free (state);
  return r;
}

/* An image in the making, in the file PATH. */
struct exported {
  char *path;
  struct publication publication;
  bool begun;
};

/* Make IMAGE that of DEVICE in the state NAMED; it is no file yet. */
static int
make_image (struct exported *image, const struct write_log *log, const struct named_state *named, unsigned device)
{
  if (same_file (image->path, log->path)) {
    error_message ("--export=%s: that is the log itself", image->path);
    return -1;
  }
  if (publish_check (image->path) == -1 || publish_begin (&image->publication, image->path) == -1)
    return -1;
  image->begun = true;
  if (write_image (log, named, device, image->publication.fd) == 0)
    return 0;
  error_message ("%s: %m", image->path);
  return -1;
}

/* Publish all of the COUNT images if R is 0, else none.  Returns 0 or -1. */
static int
publish_images (struct exported *images, size_t count, int r)
{
  for (size_t i = 0; i < count; i++) {
    if (images[i].begun && publish_end (&images[i].publication, stop_requested () ? -1 : r) == -1)
      r = -1;
    free (images[i].path);
  }
  return r;
}

/* Make the image of each disk: of the only one PATH itself, of several a file in PATH, a directory, with its name. */
static int
export_images (const struct write_log *log, const struct named_state *named, const char *path)
{
  struct exported images[DISKS_MAX] = { { .path = NULL } };
  struct disks disks;
  int r = 0;

  if (disks_of_log (log, &disks) == -1)
    return -1;
  if (disks.count > 1 && mkdir (path, 0777) == -1 && errno != EEXIST) {
    error_message ("%s: %m", path);
    return -1;
  }
  for (unsigned i = 0; i < disks.count && r == 0; i++) {
    images[i].path = disks.count > 1 ? text_format ("%s/%s", path, disks.list[i].name) : text_format ("%s", path);
    r = images[i].path ? make_image (&images[i], log, named, i) : -1;
  }
  return publish_images (images, disks.count, r);
}

int
state_export (const struct replay_options *options, const struct write_log *log)
{
  CLEANUP_NAMED_STATE struct named_state state;

  if (named_state_find (options, log, &state) == -1)
    return EXIT_UNUSABLE;
  return export_images (log, &state, options->export) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
}

int
state_serve (const struct replay_options *options, const struct write_log *log)
{
  CLEANUP_FREE char *plugin = part_path (PART_CRASHSTATE);
  CLEANUP_FREE char *nbdkit = process_find ("nbdkit");
  CLEANUP_FREE char *id = NULL, *log_parameter = NULL, *state_parameter = NULL;
  CLEANUP_NAMED_STATE struct named_state state = { .choices = NULL };

  if (plugin == NULL || named_state_find (options, log, &state) == -1)
    return EXIT_UNUSABLE;
  if (nbdkit == NULL) {
    error_message ("nbdkit: not found: install it");
    return EXIT_UNUSABLE;
  }
  id = state_id_format (log, state.position, state.choices, state.count);
  if (id == NULL)
    out_of_memory ();
  else {
    log_parameter = text_format ("log=%s", options->logs[0]);
    state_parameter = text_format ("state=%s", id);
  }
  if (log_parameter == NULL || state_parameter == NULL)
    return EXIT_UNUSABLE;
  execl (nbdkit, "nbdkit", "--foreground", "-U", options->serve, plugin, log_parameter, state_parameter, (char *) NULL);
  error_message ("%s: %m", nbdkit);
  return EXIT_UNUSABLE;
}
