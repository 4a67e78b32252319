/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/plural.h"
#include "common/progress.h"
#include "common/stop.h"
#include "filesystem/filesystem.h"
#include "replay/confirm.h"
#include "replay/crew.h"
#include "replay/freeze.h"
#include "replay/points.h"
#include "replay/reduce.h"
#include "replay/session.h"
#include "replay/worker.h"

/* Whether all data of FILESYSTEM on the devices of LOG that are located can be on the first one, as where another has
 * its journal.
 */
static bool
data_are_on_one (const struct filesystem *filesystem, const struct write_log *log)
{
  return log->device_count == 1 || filesystem->log_disk.mount;
}

/* Whether runs may locate data, and not read them: nobody but the comparison of trees looks at them. */
static bool
may_locate (const struct session_config *config)
{
  const struct runner_config *runner = &config->runner;
  const struct filesystem *filesystem = runner->filesystem ? filesystem_find (runner->filesystem) : NULL;

  return !config->no_reduction && filesystem && runner->check == NULL && runner->observe
    && runner->assemble == NULL /* where data are on what is made of disks says nothing of these */
    && !runner->usable          /* what it writes may be where data were */
    && config->persistence == NULL && config->trees.count >= (config->growing ? 1 : 2)
    && data_are_on_one (filesystem, config->log)
    && filesystem_has_plain_data (filesystem, runner->mount_options, ',');
}

struct session *
session_new (const struct session_config *config)
{
  struct session *session = calloc (1, sizeof *session);

  if (session == NULL) {
    out_of_memory ();
    return NULL;
  }
  session->config = config;
  session->locates = may_locate (config);
  pthread_mutex_init (&session->located.lock, NULL);
  pthread_mutex_init (&session->contents.lock, NULL);
  pthread_mutex_init (&session->lock, NULL);
  pthread_cond_init (&session->changed, NULL);
  if (results_begin (&session->results, config) == -1) {
    session_free (session);
    return NULL;
  }
  session->searches = calloc (session->results.points.count + 1, sizeof *session->searches);
  session->read_sets = read_sets_new (config->log, &session->results.points);
  /* What never varies so far may do so in what is recorded later. */
  if ((config->nested > 0 || config->growing) && session->read_sets)
    read_sets_open (session->read_sets);
  if (session->searches == NULL || session->read_sets == NULL)
    out_of_memory ();
  else if ((!session->locates || contents_begin (&session->contents, &config->trees) == 0)
           && (config->ledger == NULL || (session->ledger = ledger_begin (config->ledger, session)) != NULL))
    return session;
  session_free (session);
  return NULL;
}

void
session_free (struct session *session)
{
  if (session == NULL)
    return;
  worker_alone_end (session);
  for (size_t i = 0; session->searches && i < session->results.points.count; i++)
    search_free (session->searches[i]);
  free (session->searches);
  ledger_part_free (session->ledger);
  read_sets_free (session->read_sets);
  contents_free (&session->contents);
  pthread_mutex_destroy (&session->contents.lock);
  located_trees_free (&session->located);
  results_free (&session->results);
  free (session->behaviours);
  pthread_cond_destroy (&session->changed);
  pthread_mutex_destroy (&session->lock);
  free (session);
}

const struct results *
session_results (const struct session *session)
{
  return session ? &session->results : NULL;
}

/* The end of the next session's share of BUDGET, which begins at NOW. */
static double
take_time (struct time_budget *budget, double now)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

  pthread_mutex_lock (&lock);
  if (budget->deadline == 0)
    budget->deadline = now + budget->seconds;
  const double share = (budget->deadline - now) / (budget->sessions > 0 ? budget->sessions : 1);
  budget->sessions -= budget->sessions > 0;
  pthread_mutex_unlock (&lock);
  return now + share;
}

/* A worker begins, the first of them perhaps. */
static void
note_begin (struct session *session)
{
  pthread_mutex_lock (&session->lock);
  if (session->results.begun == 0) {
    session->results.begun = clock_seconds (CLOCK_MONOTONIC);
    if (session->config->budget)
      session->deadline = take_time (session->config->budget, session->results.begun);
  }
  pthread_mutex_unlock (&session->lock);
}

/* A worker is done, or FAILED; it has used CPU_SECONDS itself, and its device's server DEVICE_CPU_SECONDS. */
static void
note_end (struct session *session, bool failed, double cpu_seconds, double device_cpu_seconds)
{
  struct results *results = &session->results;

  if (failed && session->crew)
    crew_fail (session->crew);
  pthread_mutex_lock (&session->lock);
  results->search_cpu_seconds += cpu_seconds;
  results->device_cpu_seconds += device_cpu_seconds;
  results->failed |= failed;
  results->seconds = clock_seconds (CLOCK_MONOTONIC) - results->begun;
  session->workers_left--;
  pthread_cond_broadcast (&session->changed);
  pthread_mutex_unlock (&session->lock);
}

struct runner *
session_work (struct session *session, struct runner *runner)
{
  const double cpu_start = clock_seconds (CLOCK_THREAD_CPUTIME_ID);
  struct worker worker;
  char name[32];

  note_begin (session);
  snprintf (name, sizeof name, "guest-%d", (int) gettid ());
  bool failed = worker_begin (&worker, session, runner, name) == -1 || crew_failed (session->crew)
    || search_points (&worker) == -1 || confirm_findings (&worker) == -1;
  double device_cpu_seconds = worker.runner ? runner_cpu_seconds (worker.runner) : 0;
  runner = worker_end (&worker);
  if (failed) {
    runner_stop (runner);
    runner = NULL;
  }
  note_end (session, failed, clock_seconds (CLOCK_THREAD_CPUTIME_ID) - cpu_start, device_cpu_seconds);
  return runner;
}

/* Show how far it is.  Called with the lock held. */
static void
show_progress (const struct session *session, struct progress *progress, double seconds)
{
  const struct results *results = &session->results;
  const size_t points = results->points.count - results->left_out;
  const double rate = (double) results->runs / (seconds > 0.1 ? seconds : 0.1), left = estimate_runs_left (session);
  const char *schedule = session->config->schedule;
  char rest[64] = "";

  if (session->searched)
    snprintf (rest, sizeof rest, ", %zu confirmed on a fresh boot", session->findings_confirmed);
  else if (rate > 0)
    snprintf (rest, sizeof rest, ", about %.0f runs (%.0f s) left", left, left / rate);
  progress_show (progress, "%s%scrash point %zu/%zu, %ju %s, %.0f runs/s, %ju %s%s", schedule ? schedule : "",
                 schedule ? ": " : "", session->points_done, points, (uintmax_t) results->runs,
                 plural (results->runs, "run", "runs"), rate, (uintmax_t) session->violations,
                 plural (session->violations, "violation", "violations"), rest);
}

/* Wait until all workers are done, showing the progress. */
static void
wait_for_workers (struct session *session)
{
  const double start = clock_seconds (CLOCK_MONOTONIC);
  struct progress *progress = progress_begin (!session->config->progress);

  pthread_mutex_lock (&session->lock);
  while (session->workers_left > 0) {
    struct timespec until;

    clock_gettime (CLOCK_REALTIME, &until);
    until.tv_nsec += 200000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (session->workers_left > 0 && pthread_cond_timedwait (&session->changed, &session->lock, &until) == 0) {
      /* Woken by a run: the line is drawn five times a second, not more. */
    }
    if (stop_requested ())
      pthread_cond_broadcast (&session->changed);
    show_progress (session, progress, clock_seconds (CLOCK_MONOTONIC) - start);
  }
  pthread_mutex_unlock (&session->lock);
  progress_end (progress);
}

static int
compare_behaviours (const void *left, const void *right)
{
  uint64_t a = *(const uint64_t *) left, b = *(const uint64_t *) right;

  return a < b ? -1 : a > b;
}

/* Count the runs that read different bytes. */
static void
count_behaviours (struct session *session)
{
  const uint64_t *sorted = session->behaviours;

  if (session->behaviour_count > 0)
    qsort (session->behaviours, session->behaviour_count, sizeof *sorted, compare_behaviours);
  for (size_t i = 0; i < session->behaviour_count; i++)
    session->results.behaviours += i == 0 || sorted[i] != sorted[i - 1];
}

/* Sort and settle what was found, together with what the log alone shows, and find the smallest states. */
static void
finish_findings (struct session *session)
{
  const struct session_config *config = session->config;
  struct results *results = &session->results;

  results->failed |= freeze_check (config->log, &config->tear, &results->findings) == -1;
  findings_sort (&results->findings);
  results->failed |= settle_findings (session) == -1;
  if (config->minimize && !results->failed && !stop_requested ())
    results->failed |= reduce_findings (session) == -1;
  worker_alone_end (session);
}

int
session_begin (struct session *session, struct crew *crew)
{
  session->crew = crew;
  session->workers_left = crew_size (crew);
  return crew_add (crew, session);
}

int
session_end (struct session *session)
{
  struct results *results = &session->results;

  crew_help (session->crew, session);
  wait_for_workers (session);
  const double start = clock_seconds (CLOCK_MONOTONIC), cpu_start = clock_seconds (CLOCK_THREAD_CPUTIME_ID);
  note_covered (session);
  count_behaviours (session);
  finish_findings (session);
  results->seconds += clock_seconds (CLOCK_MONOTONIC) - start;
  results->search_cpu_seconds += clock_seconds (CLOCK_THREAD_CPUTIME_ID) - cpu_start;
  return results->failed || stop_requested () ? -1 : 0;
}

int
session_run (struct session *session)
{
  struct crew *crew = crew_new (session->config);
  int r = crew && session_begin (session, crew) == 0 ? session_end (session) : -1;

  crew_free (crew);
  session->crew = NULL;
  return r;
}

int
session_judge_state (struct session *session, uint32_t position, struct verdict *verdict)
{
  struct worker *worker = worker_alone (session);

  return worker ? reduce_probe (worker, position, NULL, 0, verdict) : -1;
}

/* Keep what is known of the observation that a run of a state saw. */
static void
note_observation (struct session *session, struct seen_state *seen)
{
  const struct session_config *config = session->config;
  const struct observation *observation = observations_find (&session->results.oracle.observations,
                                                             seen->outcome.digest);

  if (config->runner.observe)
    seen->tree = observation->text;
  if (config->pages && seen->moment.phase != PHASE_UNKNOWN && seen->moment.step <= config->pages->step_count)
    seen->classes = pages_at_step (config->pages, observation->classes, seen->moment.step);
}

int
session_see_state (struct session *session, uint32_t position, const struct choice *choices, size_t count,
                   struct seen_state *seen)
{
  const struct session_config *config = session->config;
  struct worker *worker = worker_alone (session);
  CLEANUP_FREE uint32_t *pending = NULL;
  int64_t pending_count = model_pending (config->log, position, &pending);
  struct device_report report;

  *seen = (struct seen_state) {
    .selection = { .point = position, .choices = choices, .count = count, .rule = { .tear = config->tear } },
    .moment = model_moment (config->log, position), .pending_count = (uint32_t) pending_count
  };
  if (pending_count == -1)
    return out_of_memory ();
  if (worker == NULL || worker_run (worker, &seen->selection, &seen->outcome, &report) == -1)
    return -1;
  seen->device = report.head;
  if (worker_judge (worker, &seen->outcome, &seen->moment, &seen->verdict) == -1) {
    seen->verdict.detail = NULL;
    return -1;
  }
  if (seen->outcome.kind == OUTCOME_TREE)
    note_observation (session, seen);
  return 0;
}

void
seen_state_free (struct seen_state *seen)
{
  outcome_free (&seen->outcome);
  free (seen->verdict.detail);
}

int
session_tape_state (struct session *session, uint32_t position, const struct choice *choices, size_t count,
                    struct log_tape *tape)
{
  const struct selection selection = {
    .point = position, .choices = choices, .count = count, .rule = { .tear = session->config->tear }
  };
  struct worker *worker = worker_alone (session);
  struct device_report report;
  struct outcome outcome;

  if (worker == NULL || worker_run (worker, &selection, &outcome, &report) == -1)
    return -1;
  *tape = runner_tape (worker->runner);
  const bool ended = outcome.kind == OUTCOME_TREE && tape->bytes;
  outcome_free (&outcome);
  if (!ended)
    error_message ("the recovery of the first state cannot be interrupted: it fails, or writes too much");
  return ended ? 0 : -1;
}

int
session_minimize_state (struct session *session, const struct seen_state *seen, struct minimal **minimal, char **detail)
{
  const struct selection *selection = &seen->selection;
  struct worker *worker = worker_alone (session);
  struct verdict verdict;

  *minimal = NULL;
  *detail = NULL;
  if (worker == NULL || reduce_probe (worker, selection->point, selection->choices, selection->count, &verdict) == -1)
    return -1;
  *detail = verdict.detail;
  return verdict.kind == VIOLATION_NONE ? 0
    : reduce_state (worker, verdict.kind, selection->point, selection->choices, selection->count, minimal);
}
