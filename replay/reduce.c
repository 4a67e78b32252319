/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/state-id.h"
#include "replay/answer.h"
#include "replay/reduce.h"

/* Memory knows the explored part of the log alone. */
static bool
is_explored (const struct write_log *log, uint32_t position)
{
  uint32_t first, last;

  return model_range (log, &first, &last) == 0 && position >= first && position <= last;
}

/* What is wrong with the worker's selection, of which memory knows nothing. */
static int
probe_with_run (struct worker *worker, struct verdict *verdict)
{
  struct device_report report;
  struct outcome outcome;
  int r;

  if (worker_run (worker, &worker->selection, &outcome, &report) == -1)
    return -1;
  r = worker_judge (worker, &outcome, &worker->moment, verdict);
  outcome_free (&outcome);
  return r;
}

int
reduce_probe (struct worker *worker, uint32_t position, const struct choice *choices, size_t count,
              struct verdict *verdict)
{
  const struct session_config *config = worker->session->config;
  struct reply reply;
  int r;

  worker->moment = model_moment (config->log, position);
  worker->selection = (struct selection) {
    .point = position, .choices = choices, .count = count, .rule = { .tear = config->tear }
  };
  if (!is_explored (config->log, position))
    return config->joined ? -1 : probe_with_run (worker, verdict);
  if (answer_run (worker, false, &reply) == -1 || reply.unknown)
    return -1;
  r = worker_judge (worker, &reply.seen.parts[0].outcome, &worker->moment, verdict);    /* all is decided */
  reply_free (&reply);
  return r;
}

static int
probe (void *opaque, uint32_t position, const struct choice *choices, size_t count, struct verdict *verdict)
{
  return reduce_probe (opaque, position, choices, count, verdict);
}

/* Whether MINIMAL was seen to be wrong with KIND: 1 or 0, or -1. */
static int
remember_minimal (struct worker *worker, const struct minimal *minimal, enum violation kind)
{
  struct verdict verdict;
  size_t count;
  CLEANUP_FREE struct choice *choices = minimal_choices (minimal, &count);

  if (choices == NULL)
    return out_of_memory ();
  if (reduce_probe (worker, minimal->position, choices, count, &verdict) == -1)
    return -1;
  free (verdict.detail);
  return verdict.kind == kind;
}

/* MINIMAL is wrong with KIND from memory alone.  Guests that die or hang may do so by luck, whatever they read: what
 * two of them did is true, what a third does contradicts nobody.
 */
static void
note_not_wrong (struct worker *worker, const struct minimal *minimal, enum violation kind)
{
  if (kind == VIOLATION_KERNEL || kind == VIOLATION_HANG) {
    error_message ("state %s: %s, not each time: it has no smallest state", minimal->state, violation_name (kind));
    return;
  }
  worker_note_mismatch (worker);
  error_message ("state %s: a run is not wrong as was remembered: %s: no number of this replay is to be trusted",
                 minimal->state, violation_name (kind));
}

/* Whether a run of MINIMAL, which may be known from memory alone, is wrong with KIND: 1, 0 after a message, or -1. */
static int
confirm_minimal (struct worker *worker, const struct minimal *minimal, enum violation kind)
{
  const struct session_config *config = worker->session->config;
  const struct moment moment = model_moment (config->log, minimal->position);
  struct selection selection = { .point = minimal->position, .rule = { .tear = config->tear } };
  CLEANUP_FREE struct choice *choices = minimal_choices (minimal, &selection.count);
  struct device_report report;
  struct outcome outcome;
  struct verdict verdict;

  if (choices == NULL)
    return out_of_memory ();
  selection.choices = choices;
  if (worker_run (worker, &selection, &outcome, &report) == -1)
    return -1;
  int r = worker_judge (worker, &outcome, &moment, &verdict);
  outcome_free (&outcome);
  if (r == -1)
    return -1;
  free (verdict.detail);
  if (verdict.kind == kind)
    return 1;
  note_not_wrong (worker, minimal, kind);
  return 0;
}

/* Say what was found in words. */
static int
describe_minimal (const struct session_config *config, struct minimal *minimal)
{
  struct blame *blame = blame_new (config->log, &config->trees);
  int r = blame ? minimal_describe (minimal, config->log, blame) : -1;

  blame_free (blame);
  return r == -1 ? out_of_memory () : 0;
}

int
reduce_state (struct worker *worker, enum violation kind, uint32_t position, const struct choice *choices, size_t count,
              struct minimal **minimal)
{
  struct session *session = worker->session;
  const struct minimal_config config = {
    .log = session->config->log, .points = &session->results.points, .kind = kind,
    .first = session->config->recovery_from, .probe = probe, .opaque = worker
  };
  struct minimal *found = minimal_find (&config, position, choices, count);
  int r = found == NULL ? -1 : session->config->joined ? remember_minimal (worker, found, kind)
    : confirm_minimal (worker, found, kind);

  *minimal = NULL;
  if (r == 1)
    r = describe_minimal (session->config, found) == -1 ? -1 : 1;
  if (r == 1)
    *minimal = found;
  else
    minimal_free (found);
  return r == -1 ? -1 : 0;
}

/* Whether FINDING has a smallest state: a guest confirmed it, and it is not one that the log alone shows. */
static bool
is_reducible (const struct finding *finding)
{
  return finding->confirmation == FINDING_REPEATED && finding->kind != VIOLATION_FREEZE && finding->depth == 0;
}

int
reduce_findings (struct session *session)
{
  struct findings *findings = &session->results.findings;
  struct worker *worker = worker_alone (session);
  int r = worker ? 0 : -1;

  for (size_t i = 0; r == 0 && i < findings->count; i++) {
    struct finding *finding = &findings->list[i];
    CLEANUP_FREE struct choice *choices = NULL;
    uint32_t position;
    size_t count;

    if (!is_reducible (finding))
      continue;
    r = state_id_parse (finding->state, session->config->log, &position, &choices, &count);
    if (r == 0)
      r = reduce_state (worker, finding->kind, position, choices, count, &finding->minimal);
    /* What no shard has tried is not known: such a finding has no smallest state. */
    if (session->config->joined)
      r = 0;
  }
  return r;
}
