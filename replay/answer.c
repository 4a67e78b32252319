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
  const struct write_log *log = worker->log;
  uint64_t count = 0;

  if (worker->session->config->runner.check == NULL)
    return 0;
  for (uint32_t i = 0; i < log->mark_count && log->marks[i].position <= worker->selection.point; i++)
    count += log_mark_is_public (&log->marks[i]);
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
  CLEANUP_FREE char *id = state_id_format (worker->log, worker->selection.point, choices, count);

  worker_note_mismatch (worker);
  error_message ("state %s: %s: recovery depends on more than what it reads, and no number of this replay is to be "
                 "trusted (--no-reduction needs no such trust)", id ? id : "?", what);
}

/* An answer in the making. */
struct answering {
  struct worker *worker;
  uint64_t inputs;              /* of a run of this kind */
  bool located;                 /* data are located, and not read */
  struct log_tape *tape;        /* where that of the run goes, or NULL */
  struct outcome outcome;       /* to free */
  bool remembered;
  struct choice *choices;       /* the worker's selection's, and all decisions after them; to free */
  struct selection selection;   /* with these */
};

/* Keep the decisions of a run, or of memory. */
static int
take_decisions (struct answering *answering, const struct choice *decisions, size_t count)
{
  return decided_selection (answering->worker, decisions, count, &answering->selection, &answering->choices);
}

/* Let others profit from a run. */
static int
keep_read_set (struct answering *answering, const struct device_report *report)
{
  struct worker *worker = answering->worker;
  enum read_set_result result;

  if (crash_state_select (worker->state, &answering->selection) == -1)
    return out_of_memory ();
  result = read_sets_add (worker->session->read_sets, worker->state, answering->inputs, report->seen,
                          report->head.seen_count, &answering->outcome, answering->tape);
  if (result == READ_SET_CONTRADICTED)
    note_mismatch (worker, answering->choices, answering->selection.count,
                   "an earlier run that read the same saw something else");
  return result == READ_SET_FAILED ? out_of_memory () : result == READ_SET_UNTOLD ? -1 : 0;
}

/* Answer from memory.  Returns 1 if that can be done, 0 if not. */
static int
remember (struct answering *answering)
{
  struct worker *worker = answering->worker;
  const struct outcome *known;
  size_t count;

  if (worker->session->config->no_reduction)
    return 0;
  if (crash_state_select (worker->state, &worker->selection) == -1)
    return out_of_memory ();
  known = read_sets_find (worker->session->read_sets, worker->state, answering->inputs, answering->tape);
  if (known == NULL)
    return 0;
  const struct choice *decisions = crash_state_decisions (worker->state, &count);
  answering->remembered = !read_sets_count_restored (worker->session->read_sets, known);
  if (take_decisions (answering, decisions, count) == -1)
    return -1;
  return outcome_copy (&answering->outcome, known) == -1 ? out_of_memory () : 1;
}

/* Make a run. */
static int
make_run (struct answering *answering)
{
  struct worker *worker = answering->worker;
  struct device_report report;
  int r = answering->located ? worker_run_located (worker, &worker->selection, &answering->outcome, &report)
    : worker_run (worker, &worker->selection, &answering->outcome, &report);

  if (r == -1 || take_decisions (answering, report.decisions, report.head.decision_count) == -1)
    return -1;
  if (answering->tape)
    *answering->tape = runner_tape (worker->runner);
  return worker->session->config->no_reduction ? 0 : keep_read_set (answering, &report);
}

/* Whether this answer that no run gave is one to audit. */
static bool
is_audited (const struct worker *worker, const struct selection *selection)
{
  const struct session_config *config = worker->session->config;

  return XXH3_64bits_withSeed (selection->choices, selection->count * sizeof *selection->choices,
                               config->seed + worker->selection.point) % 100 < config->audit_percent;
}

/* Hold one part of what was answered against a real run of its state. */
static int
audit_part (const struct answering *answering, const struct seen_part *part)
{
  struct worker *worker = answering->worker;
  CLEANUP_FREE struct choice *choices = join_choices (&answering->selection, part->choices, part->choice_count);
  struct selection selection = answering->selection;
  struct outcome seen;
  struct device_report report;

  if (choices == NULL)
    return -1;
  selection.choices = choices;
  selection.count += part->choice_count;
  selection.rule.preference = answering->located ? PREFER_PRESENT : selection.rule.preference;
  if (!is_audited (worker, &selection))
    return 0;
  if (worker_run (worker, &selection, &seen, &report) == -1)
    return -1;
  pthread_mutex_lock (&worker->session->lock);
  worker->session->results.audited++;
  pthread_mutex_unlock (&worker->session->lock);
  if (!outcome_same (&seen, &part->outcome))
    note_mismatch (worker, choices, selection.count, "a run saw something else than was remembered");
  outcome_free (&seen);
  return 0;
}

/* Audit what no run that read everything has seen. */
static int
audit (const struct answering *answering, const struct expansion *seen)
{
  const struct session_config *config = answering->worker->session->config;
  int r = 0;

  if (config->audit_percent == 0 || config->joined || (!answering->remembered && !answering->located))
    return 0;
  for (size_t i = 0; r == 0 && i < seen->count; i++)
    r = audit_part (answering, &seen->parts[i]);
  return r;
}

/* Answer with runs that locate data, or read them.  Returns 1; 0 if that does not tell enough; or -1. */
static int
answer_with (struct worker *worker, bool located, bool taped, struct reply *reply)
{
  struct answering answering = {
    .worker = worker, .located = located, .inputs = located ? INPUTS_LOCATED : inputs (worker),
    .tape = taped ? &reply->tape : NULL
  };
  int r = remember (&answering);

  if (r == 0 && worker->session->config->joined) {
    reply->unknown = true;
    return 1;
  }
  if (r == 0)
    r = make_run (&answering) == -1 ? -1 : 1;
  if (r == 1 && located)
    r = expand_located (worker, &answering.selection, &answering.outcome, &reply->seen);
  else if (r == 1)
    expansion_begin_whole (&reply->seen, &answering.outcome);
  if (r == 1 && audit (&answering, &reply->seen) == -1) {
    expansion_free (&reply->seen);
    r = -1;
  }
  if (r == 1) {
    size_t before = worker->selection.count;

    reply->remembered = answering.remembered;
    reply->decision_count = answering.selection.count - before;
    reply->decisions = answering.choices;
    memmove (reply->decisions, reply->decisions + before, reply->decision_count * sizeof *reply->decisions);
    answering.choices = NULL;
  }
  outcome_free (&answering.outcome);
  free (answering.choices);
  return r;
}

static void
forget_tape (struct reply *reply)
{
  free (reply->tape.bytes);
  reply->tape = (struct log_tape) { .bytes = NULL };
}

int
answer_run (struct worker *worker, bool taped, struct reply *reply)
{
  double start = clock_seconds (CLOCK_MONOTONIC);
  int r = 0;

  memset (reply, 0, sizeof *reply);
  if (worker_locates (worker))
    r = answer_with (worker, true, taped, reply);
  if (r == 0) {
    forget_tape (reply);
    r = answer_with (worker, false, taped, reply);
  }
  if (r != 1)
    forget_tape (reply);
  reply->seconds = clock_seconds (CLOCK_MONOTONIC) - start;
  return r == 1 ? 0 : -1;
}

void
reply_free (struct reply *reply)
{
  expansion_free (&reply->seen);
  forget_tape (reply);
  free (reply->decisions);
}
