/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "commands/replay-bundle.h"
#include "commands/replay-state.h"
#include "commands/replay-visit.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/stop.h"
#include "replay/crew.h"
#include "replay/report/outputs.h"
#include "replay/report/run-lines.h"
#include "replay/report/state.h"
#include "replay/report/text.h"
#include "replay/shell.h"

/* The exit status that REPORTS call for; the replays came to their end, or a stop was asked for, if ENDED. */
static int
judge_reports (const struct reports *reports, bool ended)
{
  const struct totals *totals = &reports->totals;

  if (totals->mismatches > 0 || !ended)
    return EXIT_UNUSABLE;
  return totals->violated ? EXIT_VIOLATION
    : totals->exhaustive || reports_config (reports)->prefixes_only ? EXIT_SUCCESS : EXIT_UNFINISHED;
}

/* Report the RESULTS of COUNT replays.  Returns the exit status. */
static int
report_results (const struct replay_options *options, const struct results *const *results, size_t count, bool ended)
{
  int status = EXIT_UNUSABLE;
  struct reports reports;

  if (reports_make (&reports, results, count) == 0) {
    if (!options->guest.quiet && !outputs_use_stdout (&options->outputs))
      reports_print (&reports, stdout);
    status = judge_reports (&reports, ended);
    if (outputs_write (&options->outputs, &reports) == -1)
      status = EXIT_UNUSABLE;
  }
  reports_free (&reports);
  return status;
}

/* Have CREW search all sessions, and report: what was found before something went wrong is not lost. */
static int
run_sessions (const struct replay_options *options, struct session *const *sessions, size_t count, struct crew *crew)
{
  CLEANUP_FREE const struct results **results = calloc (count, sizeof *results);
  uint64_t runs = 0;
  size_t begun = 0;
  bool ended = true;

  if (results == NULL) {
    out_of_memory ();
    return EXIT_UNUSABLE;
  }
  while (begun < count && session_begin (sessions[begun], crew) == 0)
    begun++;
  ended = begun == count;
  for (size_t i = 0; i < begun; i++) {
    ended &= session_end (sessions[i]) == 0;
    results[i] = session_results (sessions[i]);
    runs += results[i]->runs;
  }
  return ended || runs > 0 ? report_results (options, results, begun, ended || stop_requested ()) : EXIT_UNUSABLE;
}

/* The same for what CONFIGS say. */
static int
search_all (const struct replay_options *options, const struct session_config *configs, size_t count)
{
  CLEANUP_FREE struct session **sessions = calloc (count, sizeof *sessions);
  struct crew *crew = sessions ? crew_new (configs[0].jobs, configs[0].kept) : NULL;
  int status = EXIT_UNUSABLE;
  size_t made = 0;

  if (sessions == NULL)
    out_of_memory ();
  while (crew && made < count && (sessions[made] = session_new (&configs[made])) != NULL)
    made++;
  if (crew && made == count)
    status = run_sessions (options, sessions, count, crew);
  crew_free (crew);
  for (size_t i = 0; i < made; i++)
    session_free (sessions[i]);
  return status;
}

int
visit_all (const struct replay_options *options, struct session_config *configs, size_t count)
{
  struct run_lines *lines;
  int status;

  if (outputs_lines (&options->outputs) == NULL)
    return search_all (options, configs, count);
  lines = run_lines_open (outputs_lines (&options->outputs));
  if (lines == NULL)
    return EXIT_UNUSABLE;
  for (size_t i = 0; i < count; i++) {
    configs[i].listen = run_lines_add;
    configs[i].listener = lines;
  }
  status = search_all (options, configs, count);
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
visit_state (const struct replay_options *options, const struct session_config *config)
{
  CLEANUP_NAMED_STATE struct named_state state = { .choices = NULL };

  if (named_state_find (options, config->log, &state) == -1)
    return EXIT_UNUSABLE;
  if (options->bundle)
    return bundle_make (options, config, &state) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
  named_state_is_before_update (options, config->log, &state);  /* whoever wants to look at it may */
  if (options->shell)
    return enter_state (options, config, &state) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
  return show_state (config, &state);
}
