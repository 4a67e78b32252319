/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "commands/replay-bundle.h"
#include "commands/replay-config.h"
#include "commands/replay-state.h"
#include "commands/replay-visit.h"
#include "commands/replay.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/workdir.h"
#include "log/guard.h"
#include "log/info.h"
#include "replay/report/list.h"
#include "replay/trust.h"

/* Whether states of LOG can be visited.  Returns 0, or -1 after a message. */
static int
check_log (const struct write_log *log)
{
  if (log_info (log, LOG_KEY_FILESYSTEM) == NULL) {
    error_message ("%s does not name its file system: record it with info=filesystem=TYPE, or import it with --fs",
                   log->path);
    return -1;
  }
  if (log->device_count > 1) {
    error_message ("%s has %zu devices, and states of one device alone can be visited: look at it with --list",
                   log->path, log->device_count);
    return -1;
  }
  return 0;
}

static int
run_replay (const struct replay_options *options, const struct write_log *log)
{
  const struct trust trust = replay_options_trust (options);
  CLEANUP_FREE char *initramfs_file = NULL;
  struct session_config config;
  struct expected expected;
  struct kernel kernel;
  char *directory;
  int status = EXIT_UNUSABLE;

  if (check_log (log) == -1 || trust_check (&trust, log) == -1 || trust_find_kernel (&trust, log, &kernel) == -1)
    return EXIT_UNUSABLE;
  directory = workdir_create ();
  if (directory) {
    if (expected_find (&expected, log, options->guest.pages, options->guest.page_bytes) == 0
        && session_configure (options, log, &kernel, &expected, directory, &config, &initramfs_file) == 0)
      status = visit_states (options, &config);
    expected_free (&expected);
  }
  workdir_remove (directory);
  free (directory);
  kernel_free (&kernel);
  return status;
}

/* Replay the state of LOG from a log that has only what it needs, as whoever gets the bundle will. */
static int
run_bundle (const struct replay_options *options, const struct write_log *log)
{
  CLEANUP_NAMED_STATE struct named_state state;
  struct replay_options on_part = *options;
  CLEANUP_FREE char *path = NULL;
  struct write_log *part = NULL;
  int status = EXIT_UNUSABLE;

  if (named_state_find (options, log, &state) == -1 || named_state_is_before_update (options, log, &state)
      || publish_check (options->bundle) == -1)
    return EXIT_UNUSABLE;
  char *directory = workdir_create ();
  if (directory == NULL)
    return EXIT_UNUSABLE;
  if (bundle_cut (options, log, state.position, directory, &path) == 0)
    part = write_log_open (path);
  if (part) {
    on_part.log = path;
    on_part.guest.check = NULL; /* it is in there now */
    on_part.guest.include = (struct option_texts) { NULL, 0 };
    status = run_replay (&on_part, part);
    write_log_close (part);
  }
  workdir_remove (directory);
  free (directory);
  return status;
}

/* What the reader could not use.  A log that was cut off is used as far as it goes; a damaged one is not trusted, but
 * may be looked at.
 */
static int
report_loss (const struct write_log *log)
{
  CLEANUP_FREE char *loss = log_describe_loss (log);

  if (loss)
    error_message ("%s: %s%s", log->path, loss,
                   log->end == LOG_END_DAMAGED ? ": get an undamaged copy, or record it again" : "");
  return log->end == LOG_END_DAMAGED ? -1 : 0;
}

static int
run (const struct replay_options *options, const struct write_log *log)
{
  int damaged = report_loss (log);

  if (options->list) {
    const struct tear tear = { options->tear_mode, (uint32_t) options->atomic_bytes };
    const bool told = options->guest.check || log_info (log, LOG_KEY_CHECK);
    int listed = filter_check_device (&options->filter, log);

    if (listed == 0)
      listed = list_log (log, &tear, told, &options->filter, stdout);

    return listed == -1 || damaged == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
  }
  if (damaged == -1)
    return EXIT_UNUSABLE;
  if (log->event_count == 0) {
    error_message ("%s holds no event: record it again", log->path);
    return EXIT_UNUSABLE;
  }
  if (options->export)
    return state_export (options, log);
  if (options->serve)
    return state_serve (options, log);
  return options->bundle ? run_bundle (options, log) : run_replay (options, log);
}

int
replay (const struct replay_options *options)
{
  struct replay_options filled = *options;
  struct write_log *log;
  int status;

  log_guard (options->log, workdir_remove_all);
  log = write_log_open (options->log);
  if (log == NULL)
    return EXIT_UNUSABLE;
  const bool boots = !options->list && !options->export && !options->serve;
  if ((boots && replay_options_complete (&filled, log) == -1) || (!options->serve && stop_install () == -1)) {
    write_log_close (log);
    return EXIT_UNUSABLE;
  }
  status = run (&filled, log);
  write_log_close (log);
  return stop_status (status);
}

int
replay_command (int argc, char **argv, struct kept *kept)
{
  struct replay_options options = REPLAY_OPTIONS_DEFAULT;

  options.kept = kept;
  int status = replay_options_parse (argc, argv, &options) == -1 ? EXIT_UNUSABLE : replay (&options);
  free (options.guest.include.texts);
  return status;
}
