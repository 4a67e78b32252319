/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/stop.h"
#include "log/state-id.h"
#include "replay/answer.h"
#include "replay/points.h"
#include "replay/search/node.h"

/* A run that a search asks for, and the worker that it was given to. */
struct search_job {
  struct worker *worker;
  struct search *search;
  struct task task;
  const struct crash_point *point;
  struct point_result *found;   /* there */
  struct choice *choices;       /* the selection's, to free */
};

/* The id of the state that LEAF stands for and in which all else is there, to free, or NULL. */
static char *
state_of (const struct search_job *job, const struct node *leaf)
{
  size_t count;
  CLEANUP_FREE struct choice *decided = node_decided (leaf, &count);

  return decided ? state_id_format (job->worker->session->config->log, job->point->position, decided, count) : NULL;
}

/* Enter what is wrong with the run that ended in LEAF. */
static int
add_finding (const struct search_job *job, const struct node *leaf, struct finding *finding)
{
  struct session *session = job->worker->session;
  CLEANUP_FREE char *path = node_place (leaf), *state = state_of (job, leaf), *place = NULL;
  CLEANUP_FREE char *after = finding_after (session->config->log, job->point->position);

  if (path == NULL || state == NULL || after == NULL
      || asprintf (&place, "%010u %s", job->point->position, path) == -1) {
    place = NULL;
    return out_of_memory ();
  }
  finding->state = state;
  finding->after = after;
  finding->place = place;
  if (finding->confirmation != FINDING_UNREPEATED && tally_blame (&job->found->tally, finding) == -1)
    return out_of_memory ();
  return findings_add (&session->results.findings, finding) == -1 ? out_of_memory () : 0;
}

/* Enter a verdict, and what a first run saw and a fresh boot did not show again, which stands for no state. */
static int
add_findings (const struct search_job *job, const struct node *leaf, const struct reply *reply,
              const struct verdict *verdict, const mpz_t states)
{
  const struct outcome *outcome = &reply->outcome;
  struct finding finding = {
    .kind = verdict->kind, .detail = verdict->detail, .outcome = *outcome, .atomic = verdict->atomic,
    .durable = verdict->durable, .confirmation = outcome->repeated ? FINDING_REPEATED : FINDING_UNCONFIRMED
  };
  int r = 0;

  mpz_init_set (finding.states, states);
  if (verdict->kind)
    r = add_finding (job, leaf, &finding);
  if (r == 0 && outcome->unrepeated_kind && !reply->remembered) {
    finding.kind = outcome->unrepeated_kind;
    finding.detail = outcome->unrepeated ? outcome->unrepeated : (char *) "";
    finding.atomic = finding.durable = true;
    finding.confirmation = FINDING_UNREPEATED;
    mpz_set_ui (finding.states, 0);
    r = add_finding (job, leaf, &finding);
  }
  mpz_clear (finding.states);
  return r;
}

/* Count a reply, and what a real run read.  Called with the lock held. */
static int
count_reply (const struct search_job *job, const struct reply *reply, bool violation)
{
  struct session *session = job->worker->session;
  struct results *results = &session->results;

  job->found->seconds += reply->seconds;
  job->found->runs += !reply->remembered;
  job->found->remembered += reply->remembered;
  results->runs += !reply->remembered;
  results->remembered += reply->remembered;
  session->violations += violation;
  if (reply->remembered)
    return 0;
  uint64_t *behaviour = array_add (session->behaviours, session->behaviour_count);
  if (behaviour == NULL)
    return out_of_memory ();
  *behaviour = reply->outcome.behaviour;
  return 0;
}

/* Let who listens know of a reply.  Called with the lock held. */
static int
tell_reply (const struct search_job *job, const struct node *leaf, const struct reply *reply,
            const struct verdict *verdict, const mpz_t states)
{
  const struct session_config *config = job->worker->session->config;
  CLEANUP_FREE char *state = NULL, *after = NULL;

  if (config->listen == NULL)
    return 0;
  state = state_of (job, leaf);
  after = finding_after (config->log, job->point->position);
  if (state == NULL || after == NULL)
    return out_of_memory ();
  const struct told_answer answer = {
    .log = config->log, .state = state, .point = job->point->position, .after = after, .outcome = &reply->outcome,
    .kind = verdict->kind, .detail = verdict->detail, .remembered = reply->remembered, .states = states
  };
  return config->listen (config->listener, &answer);
}

/* Enter a reply that VERDICT is about.  Called with the lock held. */
static int
enter_judged (const struct search_job *job, const struct reply *reply, const struct verdict *verdict, mpz_t states)
{
  const struct node *leaf;

  if (search_answer (job->search, &job->task, reply->decisions, reply->decision_count, states, &leaf) == -1
      || tally_add (&job->found->tally, &reply->outcome, states) == -1)
    return out_of_memory ();
  if (add_findings (job, leaf, reply, verdict, states) == -1 || tell_reply (job, leaf, reply, verdict, states) == -1)
    return -1;
  return count_reply (job, reply, verdict->kind != VIOLATION_NONE);
}

/* Judge a reply and enter it into what the workers share. */
static int
enter_reply (const struct search_job *job, const struct reply *reply)
{
  struct session *session = job->worker->session;
  struct verdict verdict;
  mpz_t states;
  int r;

  if (worker_judge (job->worker, &reply->outcome, &job->point->moment, &verdict) == -1)
    return -1;
  mpz_init (states);
  pthread_mutex_lock (&session->lock);
  r = enter_judged (job, reply, &verdict, states);
  pthread_cond_broadcast (&session->changed);
  pthread_mutex_unlock (&session->lock);
  mpz_clear (states);
  free (verdict.detail);
  return r;
}

static struct search *
begin_search (const struct session *session, const struct crash_point *point)
{
  const struct session_config *config = session->config;
  const struct search_config search = {
    .log = config->log, .point = point->position, .pending = point->pending, .pending_count = point->pending_count,
    .tear = config->tear, .limit = config->limit, .seconds = (double) config->seconds,
    .seed = config->seed + point->position, .reduce = !config->no_reduction, .prefix_only = config->prefixes_only
  };

  return search_new (&search);
}

/* Keep what the search of crash point number NUMBER came to. */
static void
end_search (struct session *session, size_t number)
{
  search_covered (session->searches[number], session->results.found[number].covered);
  search_free (session->searches[number]);
  session->searches[number] = NULL;
  session->results.found[number].done = true;
  session->points_done++;
}

/* What the search of crash point number NUMBER has to do; a task becomes JOB's. */
static enum search_step
try_point (struct session *session, size_t number, struct search_job *job)
{
  const struct crash_point *point = &session->results.points.points[number];
  struct search **search = &session->searches[number];
  enum search_step step;

  if (session->results.found[number].done)
    return SEARCH_DONE;
  if (*search == NULL && (*search = begin_search (session, point)) == NULL)
    return SEARCH_FAILED;
  step = search_take (*search, &job->task);
  if (step == SEARCH_DONE)
    end_search (session, number);
  if (step != SEARCH_TASK)
    return step;
  job->search = *search;
  job->point = point;
  job->found = &session->results.found[number];
  job->worker->moment = point->moment;
  return search_selection (*search, &job->task, &job->worker->selection, &job->choices) == -1 ? SEARCH_FAILED
    : SEARCH_TASK;
}

/* A task from the first crash point that has one.  Called with the lock held. */
static enum search_step
try_points (struct session *session, struct search_job *job)
{
  bool waiting = false;

  for (size_t i = session->first_point; i < session->results.points.count; i++) {
    enum search_step step = try_point (session, i, job);

    if (step == SEARCH_FAILED || step == SEARCH_TASK)
      return step;
    if (step == SEARCH_DONE && i == session->first_point)
      session->first_point++;
    waiting |= step == SEARCH_WAIT;
  }
  return waiting ? SEARCH_WAIT : SEARCH_DONE;
}

/* The worker's next job.  Returns 1, 0 if none is left, or -1. */
static int
take_job (struct worker *worker, struct search_job *job)
{
  struct session *session = worker->session;
  enum search_step step = SEARCH_DONE;

  *job = (struct search_job) { .worker = worker };
  pthread_mutex_lock (&session->lock);
  while (!session->results.failed && !stop_requested () && (step = try_points (session, job)) == SEARCH_WAIT)
    pthread_cond_wait (&session->changed, &session->lock);
  pthread_mutex_unlock (&session->lock);
  if (step == SEARCH_FAILED)
    return out_of_memory ();
  return step == SEARCH_TASK;
}

int
search_points (struct worker *worker)
{
  struct search_job job;
  int r;

  while ((r = take_job (worker, &job)) == 1) {
    struct reply reply;

    r = answer_run (worker, &reply);
    if (r == 0) {
      r = enter_reply (&job, &reply);
      outcome_free (&reply.outcome);
    }
    free (job.choices);
    if (r == -1)
      return -1;
  }
  return r;
}

void
note_covered (struct session *session)
{
  for (size_t i = 0; i < session->results.points.count; i++)
    if (session->searches[i])
      search_covered (session->searches[i], session->results.found[i].covered);
}
