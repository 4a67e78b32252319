/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/stop.h"
#include "replay/enter.h"
#include "replay/interrupt.h"
#include "replay/points.h"

static struct search *
begin_search (const struct session *session, size_t number)
{
  const struct session_config *config = session->config;
  const struct crash_point *point = &session->results.points.points[number];
  const struct point_result *found = &session->results.found[number];
  CLEANUP_FREE uint32_t *pending = crash_point_pending (&session->results.points, point);
  const struct search_config search = {
    .log = config->log, .point = point->position, .pending = pending, .pending_count = point->pending_count,
    .tear = config->tear, .limit = config->limit, .seconds = (double) config->seconds,
    .parts = found->parts, .part = (unsigned) found->part, .seed = config->seed + point->position,
    .reduce = !config->no_reduction, .prefix_only = config->prefixes_only
  };

  return pending ? search_new (&search) : NULL;
}

/* Keep what the search of a part of crash point number NUMBER has come to. */
static void
note_part (struct session *session, size_t number)
{
  struct point_result *found = &session->results.found[number];
  mpz_t count;

  mpz_init (count);
  search_covered (session->searches[number], count);
  mpz_add (found->covered, found->covered, count);
  search_states (session->searches[number], count);
  mpz_add (found->own, found->own, count);
  if (!session->config->joined && found->parts > 1)
    mpz_set (found->states, found->own);
  mpz_clear (count);
}

/* The same at its end: if all parts are to be searched, go on to the next one. */
static void
end_part (struct session *session, size_t number)
{
  struct point_result *found = &session->results.found[number];

  note_part (session, number);
  search_free (session->searches[number]);
  session->searches[number] = NULL;
  if (session->config->joined && (unsigned) ++found->part < found->parts)
    return;
  found->done = true;
  session->points_done++;
}

/* What the search of crash point number NUMBER has to do; a task becomes JOB's. */
static enum search_step
try_point (struct session *session, size_t number, struct search_job *job)
{
  const struct crash_point *point = &session->results.points.points[number];
  struct search **search = &session->searches[number];
  enum search_step step;

  do {
    if (session->results.found[number].done)
      return SEARCH_DONE;
    if (*search == NULL && (*search = begin_search (session, number)) == NULL)
      return SEARCH_FAILED;
    step = search_take (*search, &job->task);
    if (step == SEARCH_DONE)
      end_part (session, number);
  } while (step == SEARCH_DONE);
  if (step != SEARCH_TASK)
    return step;
  job->search = *search;
  job->points = &session->results.points;
  job->point = point;
  job->found = &session->results.found[number];
  job->worker->moment = point->moment;
  return search_selection (*search, &job->task, &job->worker->selection, &job->choices) == -1 ? SEARCH_FAILED
    : SEARCH_TASK;
}

/* With a time for all, from one crash point after the other: what tells most of each comes first. */
static enum search_step
try_in_turn (struct session *session, struct search_job *job)
{
  const size_t count = session->results.points.count;
  bool waiting = false;

  session->timed_out |= clock_seconds (CLOCK_MONOTONIC) >= session->deadline;
  for (size_t i = 0; i < count && !session->timed_out; i++) {
    enum search_step step = try_point (session, session->turn, job);

    session->turn = (session->turn + 1) % count;
    if (step == SEARCH_FAILED || step == SEARCH_TASK)
      return step;
    waiting |= step == SEARCH_WAIT;
  }
  return waiting ? SEARCH_WAIT : SEARCH_DONE;
}

/* A task from the first crash point that has one.  Called with the lock held. */
static enum search_step
try_points (struct session *session, struct search_job *job)
{
  bool waiting = false;

  if (session->deadline > 0)
    return try_in_turn (session, job);
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

/* Whether what was seen is enough. */
static bool
is_enough (const struct session *session)
{
  return session->config->violated && *session->config->violated;
}

/* The worker's next job.  Returns 1, 0 if none is left, or -1. */
static int
take_job (struct worker *worker, struct search_job *job)
{
  struct session *session = worker->session;
  enum search_step step = SEARCH_DONE;

  *job = (struct search_job) { .worker = worker };
  pthread_mutex_lock (&session->lock);
  while (!session->results.failed && !stop_requested () && !is_enough (session)
         && (step = try_points (session, job)) == SEARCH_WAIT)
    pthread_cond_wait (&session->changed, &session->lock);
  pthread_mutex_unlock (&session->lock);
  if (step == SEARCH_FAILED)
    return out_of_memory ();
  return step == SEARCH_TASK;
}

/* Answer JOB and, if that is asked for, interrupt the recovery. */
static int
do_job (struct search_job *job)
{
  const bool nested = job->worker->session->config->nested > 0;
  struct recovery_done done = { .log = job->worker->log, .points = job->points, .point = job->point };
  struct reply reply;

  if (answer_run (job->worker, nested, &reply) == -1)
    return -1;
  int r = reply.unknown ? leave_job (job) : enter_reply (job, &reply, nested ? &done : NULL);
  reply_free (&reply);
  if (r == 0 && nested)
    r = interrupt_recovery (job->worker, &done);
  recovery_done_free (&done);
  return r;
}

int
search_points (struct worker *worker)
{
  struct search_job job;
  int r;

  while ((r = take_job (worker, &job)) == 1) {
    r = do_job (&job);
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
      note_part (session, i);
  for (size_t i = 0; session->timed_out && i < session->results.points.count; i++)
    session->results.found[i].done = true;
}
