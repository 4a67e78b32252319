/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/replay-again.h"
#include "commands/replay-bundle.h"
#include "commands/replay-plan.h"
#include "commands/replay-state.h"
#include "commands/replay-visit.h"
#include "commands/replay.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/text.h"
#include "common/workdir.h"
#include "log/derived.h"
#include "log/guard.h"
#include "log/info.h"
#include "log/trims.h"
#include "replay/fault.h"
#include "replay/report/list.h"

/* Replay the COUNT LOGS, all states or the one of the options. */
static int
run_replay (const struct replay_options *options, const struct write_log *const *logs, size_t count)
{
  struct plan plan;
  int status;

  if (plan_begin (&plan, options, logs, count) == -1)
    return EXIT_UNUSABLE;
  status = options->state || options->shell ? visit_state (options, &plan.list[0]->config) : visit_all (&plan);
  plan_free (&plan);
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
    part = log_open_derived (log, path);
  if (part) {
    on_part.logs = (const char *const[]) { path };
    on_part.guest.check = NULL; /* it is in there now */
    on_part.guest.include = (struct option_texts) { NULL, 0 };
    status = run_replay (&on_part, (const struct write_log *const[]) { part }, 1);
    write_log_close (part);
  }
  workdir_remove (directory);
  free (directory);
  return status;
}

static int run_one (const struct replay_options *options, const struct write_log *log);

/* Do it with the fault that is asked for. */
static int
run_faulty (const struct replay_options *options, const struct write_log *log)
{
  struct replay_options on_faulty = *options;
  char *directory = workdir_create ();
  CLEANUP_FREE char *path = directory ? text_format ("%s/fault.bin", directory) : NULL;
  CLEANUP_FREE struct fault *faults = NULL;
  struct write_log *faulty = NULL;
  size_t count;

  if (path && faults_find (log, options->fault, &faults, &count) == 0 && fault_write (log, faults, path) == 0)
    faulty = log_open_derived (log, path);
  on_faulty.fault = NULL;
  on_faulty.fault_there = options->fault;
  int status = faulty ? run_one (&on_faulty, faulty) : EXIT_UNUSABLE;
  write_log_close (faulty);
  if (directory)
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

/* Do it with a state that was left when power failed again. */
static int
run_again (const struct replay_options *options, const struct write_log *log)
{
  struct replay_options after = *options;
  int status = EXIT_UNUSABLE;
  struct again again;

  if (again_begin (options, log, &again) == 0) {
    after.logs = (const char *const[]) { again.path };
    after.state = again.state;
    after.recovered = again.recovered;
    after.recovery_from = again.first;
    status = run_one (&after, again.log);
  }
  again_end (&again);
  return status;
}

/* What is done with one log alone. */
static int
run_one (const struct replay_options *options, const struct write_log *log)
{
  if (options->fault && (options->export || options->bundle || state_is_again (options)))
    return run_faulty (options, log);
  if (state_is_again (options))
    return run_again (options, log);
  if (options->serve)
    return state_serve (options, log);
  if (options->export)
    return state_export (options, log);
  if (options->bundle)
    return run_bundle (options, log);
  return run_replay (options, &log, 1);
}

static int
list (const struct replay_options *options, const struct write_log *log)
{
  const struct tear tear = { options->tear_mode, (uint32_t) options->atomic_bytes };
  const bool told = options->guest.check || log_info (log, LOG_KEY_CHECK);
  int damaged = report_loss (log), listed = filter_check_device (&options->filter, log);

  if (listed == 0)
    listed = list_log (log, &tear, told, &options->filter, stdout);
  return listed == -1 || damaged == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
}

static int
run (const struct replay_options *options, const struct write_log *const *logs)
{
  if (options->list)
    return list (options, logs[0]);
  for (size_t i = 0; i < options->log_count; i++) {
    if (report_loss (logs[i]) == -1)
      return EXIT_UNUSABLE;
    if (logs[i]->event_count == 0) {
      error_message ("%s holds no event: record it again", logs[i]->path);
      return EXIT_UNUSABLE;
    }
  }
  return options->log_count == 1 ? run_one (options, logs[0]) : run_replay (options, logs, options->log_count);
}

/* Do it with the logs open. */
static int
complete_and_run (const struct replay_options *options, const struct write_log *const *logs)
{
  struct replay_options filled = *options;
  const bool boots = !options->list && ((!options->export && !options->serve) || state_is_again (options));

  if ((boots && replay_options_complete (&filled, logs[0]) == -1) || (!options->serve && stop_install () == -1))
    return EXIT_UNUSABLE;
  return stop_status (run (&filled, logs));
}

/* Is no log there twice?  Its findings would be, too. */
static int
check_twice (const struct replay_options *options)
{
  for (size_t i = 0; i < options->log_count; i++)
    for (size_t j = 0; j < i; j++)
      if (same_file (options->logs[j], options->logs[i])) {
        error_message ("%s: is given twice", options->logs[i]);
        return -1;
      }
  return 0;
}

int
replay (const struct replay_options *options)
{
  CLEANUP_FREE struct write_log **logs = calloc (options->log_count, sizeof *logs);
  size_t opened = 0;
  int status = EXIT_UNUSABLE;
  const bool trims_trusted = strcmp (options->trim, "zero") == 0;

  if (logs == NULL) {
    out_of_memory ();
    return EXIT_UNUSABLE;
  }
  if (check_twice (options) == -1 || log_guard (options->logs, options->log_count, workdir_remove_all) == -1)
    return EXIT_UNUSABLE;
  while (opened < options->log_count && (logs[opened] = write_log_open (options->logs[opened])) != NULL)
    if (trims_trusted)
      log_trust_trims (logs[opened++]);
    else
      opened++;
  if (opened == options->log_count)
    status = complete_and_run (options, (const struct write_log *const *) logs);
  for (size_t i = 0; i < opened; i++)
    write_log_close (logs[i]);
  return status;
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
