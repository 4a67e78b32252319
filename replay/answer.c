/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "log/state-id.h"
#include "replay/answer.h"

/* What a run of the worker's selection depends on, but for the device: the marks that a checker is told. */
static uint64_t
inputs (const struct worker *worker)
{
  const struct session_config *config = worker->session->config;
  uint64_t count = 0;

  if (config->runner.check == NULL)
    return 0;
  for (uint32_t i = 0; i < config->log->mark_count && config->log->marks[i].position <= worker->selection.point; i++)
    count += log_mark_is_public (&config->log->marks[i]);
  return count;
}

/* The worker's selection with DECISIONS after its choices, which are to free. */
static int
decided_selection (const struct worker *worker, const struct choice *decisions, size_t count,
                   struct selection *selection, struct choice **choices)
{
  *choices = join_choices (&worker->selection, decisions, count);
  *selection = worker->selection;
  selection->choices = *choices;
  selection->count += count;
  return *choices ? 0 : -1;
}

/* Tell what contradicts the assumption that all rests on. */
static void
note_mismatch (struct worker *worker, const struct choice *choices, size_t count, const char *what)
{
  CLEANUP_FREE char *id = state_id_format (worker->session->config->log, worker->selection.point, choices, count);

  worker_note_mismatch (worker);
  error_message ("state %s: %s: recovery depends on more than what it reads, and no number of this replay is to be "
                 "trusted (--no-reduction needs no such trust)", id ? id : "?", what);
}

/* Let others profit from a run. */
static int
keep_read_set (struct worker *worker, const struct reply *reply)
{
  const struct device_report *report = &reply->report;
  CLEANUP_FREE struct choice *choices = NULL;
  struct selection selection;
  enum read_set_result result;

  if (decided_selection (worker, reply->decisions, reply->decision_count, &selection, &choices) == -1)
    return -1;
  if (crash_state_select (worker->state, &selection) == -1)
    return out_of_memory ();
  result = read_sets_add (worker->session->read_sets, worker->state, inputs (worker), report->seen,
                          report->head.seen_count, &reply->outcome);
  if (result == READ_SET_CONTRADICTED)
    note_mismatch (worker, choices, selection.count, "an earlier run that read the same saw something else");
  return result == READ_SET_FAILED ? out_of_memory () : 0;
}

/* Whether this remembered answer is one to audit. */
static bool
is_audited (const struct worker *worker, const struct selection *selection)
{
  const struct session_config *config = worker->session->config;

  return XXH3_64bits_withSeed (selection->choices, selection->count * sizeof *selection->choices,
                               config->seed + worker->selection.point) % 100 < config->audit_percent;
}

/* Hold a remembered answer against a real run. */
static int
audit (struct worker *worker, const struct reply *reply)
{
  CLEANUP_FREE struct choice *choices = NULL;
  struct selection selection;
  struct outcome seen;
  struct device_report report;

  if (decided_selection (worker, reply->decisions, reply->decision_count, &selection, &choices) == -1)
    return -1;
  if (!is_audited (worker, &selection))
    return 0;
  if (worker_run (worker, &selection, &seen, &report) == -1)
    return -1;
  pthread_mutex_lock (&worker->session->lock);
  worker->session->results.audited++;
  pthread_mutex_unlock (&worker->session->lock);
  if (!outcome_same (&seen, &reply->outcome))
    note_mismatch (worker, choices, selection.count, "a run saw something else than was remembered");
  outcome_free (&seen);
  return 0;
}

/* Answer from memory.  Returns 1 if that can be done, 0 if not. */
static int
remember (struct worker *worker, struct reply *reply)
{
  const struct outcome *known;

  if (worker->session->config->no_reduction)
    return 0;
  if (crash_state_select (worker->state, &worker->selection) == -1)
    return out_of_memory ();
  known = read_sets_find (worker->session->read_sets, worker->state, inputs (worker));
  if (known == NULL)
    return 0;
  reply->decisions = crash_state_decisions (worker->state, &reply->decision_count);
  reply->remembered = true;
  if (outcome_copy (&reply->outcome, known) == -1)
    return out_of_memory ();
  return 1;
}

int
answer_run (struct worker *worker, struct reply *reply)
{
  double start = clock_seconds (CLOCK_MONOTONIC);
  int r;

  memset (reply, 0, sizeof *reply);
  r = remember (worker, reply);
  if (r == 1)
    r = worker->session->config->audit_percent > 0 ? audit (worker, reply) : 0;
  else if (r == 0) {
    if (worker_run (worker, &worker->selection, &reply->outcome, &reply->report) == -1)
      return -1;
    reply->decisions = reply->report.decisions;
    reply->decision_count = reply->report.head.decision_count;
    r = worker->session->config->no_reduction ? 0 : keep_read_set (worker, reply);
  }
  if (r == -1)
    outcome_free (&reply->outcome);
  reply->seconds = clock_seconds (CLOCK_MONOTONIC) - start;
  return r;
}
