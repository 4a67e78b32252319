/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
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

/* A part of the states of a run, what is wrong with them and how many they are. */
struct judged_part {
  const struct reply *reply;
  const struct seen_part *part;
  struct verdict verdict;
  mpz_t states;
};

/* The id of the state of PART that LEAF stands for and in which all else is there, to free, or NULL. */
static char *
state_of (const struct search_job *job, const struct node *leaf, const struct seen_part *part)
{
  size_t count;
  CLEANUP_FREE struct choice *decided = node_decided (leaf, &count);
  const struct selection selection = { .choices = decided, .count = count };
  CLEANUP_FREE struct choice *choices = decided ? join_choices (&selection, part->choices, part->choice_count) : NULL;

  return choices ? state_id_format (job->worker->session->config->log, job->point->position, choices,
                                    count + part->choice_count) : NULL;
}

/* Enter what is wrong with PART of the states of the run that ended in LEAF. */
static int
add_finding (const struct search_job *job, const struct node *leaf, const struct judged_part *part,
             struct finding *finding)
{
  struct session *session = job->worker->session;
  CLEANUP_FREE char *path = node_place (leaf), *state = state_of (job, leaf, part->part), *place = NULL;
  CLEANUP_FREE char *after = finding_after (session->config->log, job->point->position);
  unsigned number = (unsigned) (part->part - part->reply->seen.parts);

  /* The parts come in their order, the first one like a run that has no others. */
  if (path == NULL || state == NULL || after == NULL
      || asprintf (&place, "%010u %s%.*u", job->point->position, path, number > 0, number) == -1) {
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
add_findings (const struct search_job *job, const struct node *leaf, const struct judged_part *part)
{
  const struct outcome *outcome = &part->part->outcome;
  const struct verdict *verdict = &part->verdict;
  struct finding finding = {
    .kind = verdict->kind, .detail = verdict->detail, .outcome = *outcome, .atomic = verdict->atomic,
    .durable = verdict->durable, .confirmation = outcome->repeated ? FINDING_REPEATED : FINDING_UNCONFIRMED
  };
  int r = 0;

  mpz_init_set (finding.states, part->states);
  if (verdict->kind)
    r = add_finding (job, leaf, part, &finding);
  if (r == 0 && outcome->unrepeated_kind && !part->reply->remembered && part->part == part->reply->seen.parts) {
    finding.kind = outcome->unrepeated_kind;
    finding.detail = outcome->unrepeated ? outcome->unrepeated : (char *) "";
    finding.atomic = finding.durable = true;
    finding.confirmation = FINDING_UNREPEATED;
    mpz_set_ui (finding.states, 0);
    r = add_finding (job, leaf, part, &finding);
  }
  mpz_clear (finding.states);
  return r;
}

/* Count a reply, and what a real run read.  Each of its parts is an answer; one run is enough for all.  Called with the
 * lock held.
 */
static int
count_reply (const struct search_job *job, const struct reply *reply, bool violation)
{
  struct session *session = job->worker->session;
  struct results *results = &session->results;
  const size_t runs = !reply->remembered, remembered = reply->seen.count - runs;

  job->found->seconds += reply->seconds;
  job->found->runs += runs;
  job->found->remembered += remembered;
  results->runs += runs;
  results->remembered += remembered;
  session->violations += violation;
  if (reply->remembered)
    return 0;
  uint64_t *behaviour = array_add (session->behaviours, session->behaviour_count);
  if (behaviour == NULL)
    return out_of_memory ();
  *behaviour = reply->seen.parts[0].outcome.behaviour;
  return 0;
}

/* Let who listens know of a part of a reply.  Called with the lock held. */
static int
tell_part (const struct search_job *job, const struct node *leaf, const struct judged_part *part)
{
  const struct session_config *config = job->worker->session->config;
  CLEANUP_FREE char *state = NULL, *after = NULL;

  if (config->listen == NULL)
    return 0;
  state = state_of (job, leaf, part->part);
  after = finding_after (config->log, job->point->position);
  if (state == NULL || after == NULL)
    return out_of_memory ();
  const struct told_answer answer = {
    .log = config->log, .runner = &config->runner, .state = state, .point = job->point->position, .after = after,
    .outcome = &part->part->outcome, .kind = part->verdict.kind, .detail = part->verdict.detail,
    .remembered = part->reply->remembered || part->part > part->reply->seen.parts, .states = part->states
  };
  return config->listen (config->listener, &answer);
}

/* Enter a part of a reply: of ALL the states of the run, its share.  Called with the lock held. */
static int
enter_part (const struct search_job *job, const struct node *leaf, const mpz_t all, struct judged_part *part)
{
  const struct expansion *seen = &part->reply->seen;

  assert (mpz_divisible_p (all, seen->all));
  mpz_divexact (part->states, all, seen->all);
  mpz_mul (part->states, part->states, part->part->ways);
  if (tally_add (&job->found->tally, &part->part->outcome, part->states) == -1)
    return out_of_memory ();
  return add_findings (job, leaf, part) == -1 ? -1 : tell_part (job, leaf, part);
}

/* Enter what became of the pages, if there are any, in ALL the states of a run.  Called with the lock held. */
static void
enter_pages (const struct search_job *job, const struct expansion *seen, const mpz_t all)
{
  struct results *results = &job->worker->session->results;
  const struct outcome *outcome = &seen->parts[0].outcome;
  const struct moment *moment = &job->point->moment;

  if (results->config->pages == NULL)
    return;
  if (seen->pages.classes)
    page_counts_add_seen (&results->pages, moment, &seen->pages, all);
  else
    page_counts_add (&results->pages, moment, outcome->kind == OUTCOME_TREE
                     ? oracle_classes (&results->oracle, outcome->digest) : NULL, all);
}

/* Enter a reply that is judged, part by part.  Called with the lock held. */
static int
enter_judged (const struct search_job *job, const struct reply *reply, struct judged_part *parts)
{
  const struct node *leaf;
  bool violation = false;
  mpz_t all, entered;
  int r = 0;

  mpz_inits (all, entered, NULL);
  if (search_answer (job->search, &job->task, reply->decisions, reply->decision_count, all, &leaf) == -1)
    r = out_of_memory ();
  if (r == 0)
    enter_pages (job, &reply->seen, all);
  for (size_t i = 0; r == 0 && i < reply->seen.count; i++) {
    r = enter_part (job, leaf, all, &parts[i]);
    mpz_add (entered, entered, parts[i].states);
    violation |= parts[i].verdict.kind != VIOLATION_NONE;
  }
  assert (r == -1 || mpz_cmp (entered, all) == 0);
  mpz_clears (all, entered, NULL);
  return r == -1 ? -1 : count_reply (job, reply, violation);
}

/* Judge a reply and enter it into what the workers share. */
static int
enter_reply (const struct search_job *job, const struct reply *reply)
{
  struct session *session = job->worker->session;
  struct judged_part parts[EXPANSION_PARTS_MAX];
  size_t judged = 0;
  int r = 0;

  for (; r == 0 && judged < reply->seen.count; judged++) {
    parts[judged] = (struct judged_part) { .reply = reply, .part = &reply->seen.parts[judged] };
    mpz_init (parts[judged].states);
    r = worker_judge (job->worker, &parts[judged].part->outcome, &job->point->moment, &parts[judged].verdict);
    if (r == -1)
      parts[judged].verdict.detail = NULL;
  }
  if (r == 0) {
    pthread_mutex_lock (&session->lock);
    r = enter_judged (job, reply, parts);
    pthread_cond_broadcast (&session->changed);
    pthread_mutex_unlock (&session->lock);
  }
  while (judged-- > 0) {
    mpz_clear (parts[judged].states);
    free (parts[judged].verdict.detail);
  }
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
      reply_free (&reply);
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
