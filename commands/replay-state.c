/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
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
#include "log/image.h"
#include "log/state-id.h"
#include "replay/search/model.h"

int
named_state (const struct replay_options *options, const struct write_log *log, uint32_t *position, struct choice **choices,
             size_t *count)
{
  if (options->state == NULL) {
    uint32_t first;

    *choices = NULL;
    *count = 0;
    return model_range (log, &first, position);
  }
  CLEANUP_FREE struct choice *named = NULL;
  if (state_id_parse (options->state, log, position, &named, count) == -1)
    return -1;
  *choices = choices_absent (log, named, *count, count);
  if (*choices == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < *count; i++)
    if (model_is_durable (log, (*choices)[i].write, *position)) {
      error_message ("state %s is not legal: the write at %u is durable there: see --list", options->state,
                     log->writes[(*choices)[i].write].issue);
      return -1;
    }
  return 0;
}

int
state_export (const struct replay_options *options, const struct write_log *log)
{
  CLEANUP_FREE struct choice *choices = NULL;
  struct publication publication;
  struct crash_state *state;
  uint32_t position;
  size_t count;
  int r = -1;

  if (named_state (options, log, &position, &choices, &count) == -1)
    return EXIT_UNUSABLE;
  if (log->device_count > 1)
    error_message ("%s has %zu devices: the image is of disk0", log->path, log->device_count);
  if (same_file (options->export, log->path)) {
    error_message ("--export=%s: that is the log itself", options->export);
    return EXIT_UNUSABLE;
  }
  if (publish_begin (&publication, options->export) == -1)
    return EXIT_UNUSABLE;
  state = crash_state_new (log);
  const struct selection selection = {
    .point = position, .choices = choices, .count = count, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } }
  };
  if (state && crash_state_select (state, &selection) == 0)
    r = export_device (state, log, 0, publication.fd);
  if (r == -1)
    error_message ("%s: %m", options->export);
  crash_state_free (state);
  return publish_end (&publication, stop_requested () ? -1 : r) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
}

int
state_serve (const struct replay_options *options, const struct write_log *log)
{
  CLEANUP_FREE char *plugin = part_path (PART_CRASHSTATE);
  CLEANUP_FREE char *nbdkit = process_find ("nbdkit");
  CLEANUP_FREE char *log_parameter = NULL, *id = NULL, *state_parameter = NULL;
  CLEANUP_FREE struct choice *choices = NULL;
  uint32_t position;
  size_t count;

  if (plugin == NULL || named_state (options, log, &position, &choices, &count) == -1)
    return EXIT_UNUSABLE;
  if (nbdkit == NULL) {
    error_message ("nbdkit: not found: install it");
    return EXIT_UNUSABLE;
  }
  id = state_id_format (log, position, choices, count);
  if (id == NULL || asprintf (&log_parameter, "log=%s", options->log) == -1
      || asprintf (&state_parameter, "state=%s", id) == -1) {
    error_message ("out of memory");
    return EXIT_UNUSABLE;
  }
  execl (nbdkit, "nbdkit", "--foreground", "-U", options->serve, plugin, log_parameter, state_parameter, (char *) NULL);
  error_message ("%s: %m", nbdkit);
  return EXIT_UNUSABLE;
}
