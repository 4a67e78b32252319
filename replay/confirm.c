/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/stop.h"
#include "log/state-id.h"
#include "replay/confirm.h"

/* The first finding that read the same and saw the same as FINDING; a checker may have been told other marks. */
static size_t
first_alike (const struct session *session, size_t finding)
{
  const struct finding *list = session->results.findings.list;
  size_t first = 0;

  if (session->config->runner.check)
    return finding;
  /* What stands for no state was seen by a first run, and the outcome beside it by the second. */
  while (first < finding
         && (mpz_sgn (list[first].states) == 0 || list[first].outcome.behaviour != list[finding].outcome.behaviour
             || !outcome_same (&list[first].outcome, &list[finding].outcome)))
    first++;
  return first;
}

/* Whether a fresh guest has to see finding NUMBER; if one did before, this is noted. */
static bool
is_to_confirm (struct session *session, size_t number)
{
  struct finding *finding = &session->results.findings.list[number];

  if (finding->confirmation == FINDING_UNCONFIRMED)
    finding->confirmation = ledger_confirmation (session->ledger, finding);
  return finding->confirmation == FINDING_UNCONFIRMED && first_alike (session, number) == number;
}

/* The next finding that a fresh guest has to confirm, or NULL.  Once all crash points are done. */
static struct finding *
take_finding (struct session *session)
{
  struct results *results = &session->results;
  struct finding *taken = NULL;

  pthread_mutex_lock (&session->lock);
  if (!session->searched)
    findings_sort (&results->findings);
  session->searched = true;
  while (taken == NULL && session->next_finding < results->findings.count && !results->failed && !stop_requested ()) {
    size_t next = session->next_finding++;

    if (is_to_confirm (session, next) && !session->config->joined)
      taken = &results->findings.list[next];
  }
  pthread_mutex_unlock (&session->lock);
  return taken;
}

/* A fresh guest saw something else, though it must have read the same: it is not only this state that was answered
 * wrongly.
 */
static void
note_unrepeated (struct worker *worker, const struct finding *finding)
{
  worker_note_mismatch (worker);
  error_message ("state %s: a freshly booted guest does not see it again: %s: %s: no number of this replay is to be "
                 "trusted", finding->state, violation_name (finding->kind), finding->detail);
}

/* Rebuild a finding's state from its id on a freshly booted guest. */
static int
confirm (struct worker *worker, struct finding *finding)
{
  const struct session_config *config = worker->session->config;
  CLEANUP_FREE struct choice *choices = NULL;
  struct selection selection = { .rule = { .tear = config->tear } };
  struct outcome seen;
  struct device_report report;
  bool repeated;

  if (state_id_parse (finding->state, config->log, &selection.point, &choices, &selection.count) == -1)
    return -1;
  selection.choices = choices;
  worker_renew (worker);
  if (worker_run (worker, &selection, &seen, &report) == -1)
    return -1;
  repeated = outcome_same (&seen, &finding->outcome);
  if (!repeated)
    note_unrepeated (worker, finding);
  pthread_mutex_lock (&worker->session->lock);
  finding->confirmation = repeated ? FINDING_REPEATED : FINDING_UNREPEATED;
  worker->session->findings_confirmed++;
  const int r = ledger_add_confirmation (worker->session->ledger, finding);
  pthread_mutex_unlock (&worker->session->lock);
  outcome_free (&seen);
  return r;
}

int
confirm_findings (struct worker *worker)
{
  struct finding *finding;

  while ((finding = take_finding (worker->session)) != NULL)
    if (confirm (worker, finding) == -1)
      return -1;
  return 0;
}

int
settle_findings (struct session *session)
{
  struct findings *findings = &session->results.findings, settled = { 0 };

  for (size_t i = 0; i < findings->count; i++)
    if (findings->list[i].confirmation == FINDING_UNCONFIRMED)
      findings->list[i].confirmation = findings->list[first_alike (session, i)].confirmation;
  for (size_t i = 0; i < findings->count; i++)
    if (findings_add (&settled, &findings->list[i]) == -1) {
      findings_free (&settled);
      return out_of_memory ();
    }
  findings_free (findings);
  *findings = settled;
  return 0;
}
