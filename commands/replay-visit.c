/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/replay-bundle.h"
#include "commands/replay-state.h"
#include "commands/replay-visit.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/stop.h"
#include "log/guard.h"
#include "log/state-id.h"
#include "log/trims.h"
#include "replay/crew.h"
#include "replay/ledger.h"
#include "replay/level.h"
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
  return totals->violated ? EXIT_VIOLATION : totals->finished ? EXIT_SUCCESS : EXIT_UNFINISHED;
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

/* The search of all logs of a plan: more may come. */
struct visit {
  struct plan *plan;
  struct crew *crew;
  struct run_lines *lines;      /* where every answer goes, or NULL */
  struct ledger *ledger;        /* that of --resume, or NULL */
  struct time_budget budget;    /* that of --total-time */
  char *words;                  /* what is noted in the ledger of this replay, or NULL */
  struct session **sessions;
  const struct results **results;       /* of those that have ended */
  size_t begun, ended;
  bool tried[DISKS_MAX];        /* disks of which it is known whether they can be lost */
  bool refused;                 /* one of them cannot */
  atomic_bool violated;         /* there is a violation, and the first ends the search */
  struct write_log **more;      /* logs that came later */
  size_t more_count;
};

/* Whether the file system of PLANNED does without the disk that is lost when nothing is pending yet and the device has
 * done nothing wrong: what it cannot do at all is no finding.  LEDGER, if there is one, remembers that, too.  Returns 1
 * or, after a message, 0, or -1.
 */
static int
check_loss (const struct planned *planned, struct ledger *ledger)
{
  struct session_config config = planned->config;
  struct verdict verdict;
  uint32_t first, last;

  config.log = planned->recording;
  config.runner.log = planned->recording->file;
  config.ledger = ledger;
  struct session *session = session_new (&config);
  int r = session && model_range (config.log, &first, &last) == 0 ? session_judge_state (session, first, &verdict) : -1;

  if (session && r == -1 && config.joined)
    error_message ("--lose=%s: whether %s does without it is in none of the results: replay the shards again",
                   config.runner.lost, config.runner.filesystem);
  session_free (session);
  if (r == -1)
    return -1;
  if (verdict.kind == VIOLATION_UNMOUNTABLE)
    error_message ("--lose=%s: %s cannot be mounted without it, not even before the update: %s", config.runner.lost,
                   config.runner.filesystem, verdict.detail);
  free (verdict.detail);
  return verdict.kind != VIOLATION_UNMOUNTABLE;
}

/* Whether the next session can be begun.  Returns 1, 0 if it is planned no more, or -1 after a message. */
static int
check_next (struct visit *visit)
{
  const struct planned *next = visit->plan->list[visit->begun];
  int r = 1;

  /* Once for each disk, since all recordings begin with the same file system. */
  if (next->lost != -1 && !visit->tried[next->lost]) {
    visit->tried[next->lost] = true;
    r = check_loss (next, visit->ledger);
  }
  if (r != 0)
    return r;
  visit->refused = true;
  if (strcmp (visit->plan->options->lose, "any") != 0)
    return -1;
  plan_keep_disk (visit->plan, next->lost, visit->begun);
  return 0;
}

/* Begin the next session, unless it need not be. */
static int
begin_session (struct visit *visit)
{
  const int next = check_next (visit);

  if (next != 1)
    return next;
  struct session_config *config = &visit->plan->list[visit->begun]->config;
  struct session *session, **added;

  config->ledger = visit->ledger;
  config->budget = visit->plan->options->total_seconds > 0 ? &visit->budget : NULL;
  config->violated = visit->plan->options->stop_at_first ? &visit->violated : NULL;
  if (visit->lines) {
    config->listen = run_lines_add;
    config->listener = visit->lines;
  }
  session = session_new (config);
  if (session == NULL)
    return -1;
  added = array_add (visit->sessions, visit->begun);
  if (added && session_begin (session, visit->crew) == 0) {
    *added = session;
    return 0;
  }
  if (added)
    visit->begun--;
  else
    out_of_memory ();
  session_free (session);
  return -1;
}

/* Have all sessions that there are searched.  Returns 0, or -1 after a message or a stop. */
static int
search_all (struct visit *visit)
{
  int r = 0;

  while (r == 0 && visit->begun < visit->plan->count)
    r = begin_session (visit);
  while (visit->ended < visit->begun) {
    struct session *session = visit->sessions[visit->ended];
    const struct results **added = array_add (visit->results, visit->ended);

    if (session_end (session) == -1)
      r = -1;
    if (added == NULL)
      return out_of_memory ();
    *added = session_results (session);
  }
  return r;
}

/* Whether the last of the sessions has found something of which no other has found the like. */
static bool
has_news (const struct visit *visit)
{
  const struct findings *last = &visit->results[visit->ended - 1]->findings;

  for (size_t i = 0; i < last->count; i++) {
    size_t earlier = 0;

    while (earlier + 1 < visit->ended && !findings_have (&visit->results[earlier]->findings, &last->list[i]))
      earlier++;
    if (earlier + 1 == visit->ended)
      return true;
  }
  return false;
}

/* Take LOG in. */
static int
add_log (struct visit *visit, const char *path)
{
  struct write_log *log = log_guard_add (path) == 0 ? write_log_open (path) : NULL, **added;

  if (log == NULL)
    return -1;
  added = array_add (visit->more, visit->more_count);
  if (added == NULL) {
    write_log_close (log);
    return out_of_memory ();
  }
  *added = log;
  if (visit->plan->logs[0]->trims_trusted)
    log_trust_trims (log);
  return plan_add (visit->plan, log) == -1 || plan_name (visit->plan) == -1 ? -1 : 0;
}

/* The same with those that are made meanwhile. */
static int
search_more (struct visit *visit)
{
  const struct replay_options *options = visit->plan->options;
  int r = search_all (visit);
  const char *path;

  if (r == -1 || options->more == NULL)
    return r;
  while (!visit->violated && (r = options->more (options->more_opaque, has_news (visit), &path)) == 1)
    if (add_log (visit, path) == -1 || search_all (visit) == -1)
      return -1;
  return r;
}

/* Whether what the shards cover that are joined, if any are, is all. */
static int
check_joined (const struct visit *visit)
{
  const struct replay_options *options = visit->plan->options;

  for (size_t i = 0; options->joined && i < visit->ended; i++)
    if (results_check_joined (visit->results[i], options->joined_timed) == -1)
      return -1;
  return 0;
}

/* Search, and report: what was found before something went wrong is not lost. */
static int
search_and_report (struct visit *visit)
{
  uint64_t runs = 0;
  bool ended = search_more (visit) == 0;

  for (size_t i = 0; i < visit->ended; i++)
    runs += visit->results[i]->runs;
  if (visit->ended == 0 || (!ended && runs == 0))
    return EXIT_UNUSABLE;
  if (ended && !stop_requested () && !visit->violated && visit->words
      && ledger_end_replay (visit->ledger, visit->words) == -1)
    ended = false;
  if (ended && check_joined (visit) == -1)
    return EXIT_UNUSABLE;
  const int status = report_results (visit->plan->options, visit->results, visit->ended, ended || stop_requested ());
  return visit->refused && status != EXIT_VIOLATION ? EXIT_UNUSABLE : status;
}

/* Open the file that remembers runs, or those of all shards, if there are any.  Returns 0, or -1 after a message. */
static int
open_ledger (struct visit *visit)
{
  const struct plan *plan = visit->plan;
  const struct replay_options *options = plan->options;

  if (options->joined) {
    visit->ledger = ledger_join (options->joined, options->joined_count);
    return visit->ledger ? 0 : -1;
  }
  if (options->learnt) {
    visit->ledger = ledger_join (&options->learnt, 1);
    return visit->ledger ? 0 : -1;
  }
  if (options->resume == NULL)
    return 0;
  visit->ledger = ledger_open (options->resume);
  if (visit->ledger)
    visit->words = replay_options_words (options, plan->given, plan->kernel.release, plan->guest.identity);
  return visit->words ? ledger_begin_replay (visit->ledger, visit->words) : -1;
}

int
visit_all (struct plan *plan)
{
  const struct session_config *config = &plan->list[0]->config;
  const char *lines = outputs_lines (&plan->options->outputs);
  struct visit visit = {
    .plan = plan, .lines = lines ? run_lines_open (lines) : NULL,
    .budget = { .seconds = (double) plan->options->total_seconds, .sessions = (unsigned) plan->count }
  };
  int status = EXIT_UNUSABLE;

  if ((lines == NULL || visit.lines) && open_ledger (&visit) == 0)
    visit.crew = crew_new (config);
  if (visit.crew)
    status = search_and_report (&visit);
  crew_free (visit.crew);
  for (size_t i = 0; i < visit.begun; i++)
    session_free (visit.sessions[i]);
  free (visit.sessions);
  free (visit.results);
  for (size_t i = 0; i < visit.more_count; i++)
    write_log_close (visit.more[i]);
  free (visit.more);
  run_lines_close (visit.lines);
  if (ledger_close (visit.ledger) == -1)
    status = EXIT_UNUSABLE;
  free (visit.words);
  return status;
}

/* Name MINIMAL as a state that an interrupted recovery of CONFIG left, if it is one. */
static int
rename_minimal (const struct session_config *config, struct minimal *minimal)
{
  CLEANUP_FREE struct choice *choices = NULL;
  uint32_t position;
  size_t count;

  if (state_id_parse (minimal->state, config->log, &position, &choices, &count) == -1)
    return -1;
  free (minimal->state);
  minimal->state = recovered_state_id (config, position, choices, count);
  return minimal->state ? 0 : out_of_memory ();
}

/* Print the smallest state that is wrong as SEEN is. */
static int
show_minimal (struct session *session, const struct seen_state *seen)
{
  const struct session_config *config = session_results (session)->config;
  struct minimal *minimal;
  CLEANUP_FREE char *detail = NULL;
  int r = session_minimize_state (session, seen, &minimal, &detail);

  if (minimal && rename_minimal (config, minimal) == -1)
    r = -1;
  else if (minimal)
    minimal_print (minimal, config->log, detail, stdout);
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
