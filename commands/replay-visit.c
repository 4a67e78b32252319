/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "commands/replay-bundle.h"
#include "commands/replay-state.h"
#include "commands/replay-visit.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/stop.h"
#include "replay/report/outputs.h"
#include "replay/report/run-lines.h"
#include "replay/report/state.h"
#include "replay/report/text.h"
#include "replay/shell.h"

/* Search everything and report. */
static int
run_session (const struct replay_options *options, const struct session_config *config)
{
  struct session *session = session_new (config);
  const struct results *results = session_results (session);
  int r = session ? session_run (session) : -1, status = EXIT_UNUSABLE;
  struct report report;

  /* What was found before something went wrong is not lost. */
  if ((r == 0 || (results && results->runs > 0)) && report_make (&report, results) == 0) {
    if (!options->guest.quiet && !outputs_use_stdout (&options->outputs))
      report_print (&report, stdout);
    if (r == 0 || stop_requested ())
      status = report.violated ? EXIT_VIOLATION
      : report.exhaustive || config->prefixes_only ? EXIT_SUCCESS : EXIT_UNFINISHED;
    if (results->mismatches > 0)
      status = EXIT_UNUSABLE;
    if (outputs_write (&options->outputs, &report) == -1)
      status = EXIT_UNUSABLE;
    report_free (&report);
  }
  session_free (session);
  return status;
}

/* The same, with every answer written at once, if that is asked for. */
static int
run_told (const struct replay_options *options, struct session_config *config)
{
  struct run_lines *lines;
  int status;

  if (outputs_lines (&options->outputs) == NULL)
    return run_session (options, config);
  lines = run_lines_open (outputs_lines (&options->outputs));
  if (lines == NULL)
    return EXIT_UNUSABLE;
  config->listen = run_lines_add;
  config->listener = lines;
  status = run_session (options, config);
  run_lines_close (lines);
  return status;
}

/* Print the smallest state that is wrong as SEEN is. */
static int
show_minimal (struct session *session, const struct seen_state *seen)
{
  struct minimal *minimal;
  CLEANUP_FREE char *detail = NULL;
  int r = session_minimize_state (session, seen, &minimal, &detail);

  if (minimal)
    minimal_print (minimal, session_results (session)->config->log, detail, stdout);
  minimal_free (minimal);
  return r == -1 || session_results (session)->mismatches > 0 ? -1 : 0;
}

/* Make a run of one state and show what it saw; with --minimize, and if it is a violation, also the smallest state that
 * fails so.
 */
static int
show_state (const struct session_config *config, const struct named_state *state)
{
  struct session *session = session_new (config);
  struct seen_state seen;
  int r, status = EXIT_UNUSABLE;

  if (session == NULL)
    return EXIT_UNUSABLE;
  r = session_see_state (session, state->position, state->choices, state->count, &seen);
  if (r == 0)
    r = state_print (session_results (session), &seen);
  if (r == 0 && seen.verdict.kind && config->minimize)
    r = show_minimal (session, &seen);
  if (r == 0)
    status = seen.verdict.kind ? EXIT_VIOLATION : EXIT_SUCCESS;
  seen_state_free (&seen);
  session_free (session);
  return status;
}

/* Let a person look around in STATE. */
static int
enter_state (const struct replay_options *options, const struct session_config *config, const struct named_state *state)
{
  const struct selection selection = {
    .point = state->position, .choices = state->choices, .count = state->count, .rule = { .tear = config->tear }
  };

  return shell_run (&config->runner, config->folder, &selection, options->before_recovery);
}

int
visit_states (const struct replay_options *options, struct session_config *config)
{
  CLEANUP_NAMED_STATE struct named_state state = { .choices = NULL };

  if (options->state == NULL && !options->shell)
    return run_told (options, config);
  if (named_state_find (options, config->log, &state) == -1)
    return EXIT_UNUSABLE;
  if (options->bundle)
    return bundle_make (options, config, &state) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
  named_state_is_before_update (options, config->log, &state);  /* whoever wants to look at it may */
  if (options->shell)
    return enter_state (options, config, &state) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
  return show_state (config, &state);
}
