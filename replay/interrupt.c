/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "log/aftermath.h"
#include "log/derived.h"
#include "replay/enter.h"
#include "replay/expand.h"
#include "replay/interrupt.h"

static int interrupt (struct worker *worker, const struct level *before, const struct recovery_done *done);

/* Whether recovery wrote anything. */
static bool
wrote (const struct log_tape *tape)
{
  struct log_record record;
  const char *data;
  size_t at = 0;

  while (log_tape_next (tape, &at, &record, &data))
    if (record.kind != LOG_FLUSH)
      return true;
  return false;
}

/* The aftermath of DONE, whose first event of recovery is at *first; NULL after a message.  Its file has a name of its
 * own as long as it is open: the device's server may have the last one open still.
 */
static struct write_log *
make_aftermath (const struct worker *worker, const struct recovery_done *done, uint32_t *first)
{
  static atomic_uint number;
  CLEANUP_FREE uint32_t *pending = crash_point_pending (done->points, done->point);
  const struct log_crash crash = {
    .log = done->log, .position = done->point->position, .pending = pending,
    .pending_count = done->point->pending_count
  };
  CLEANUP_FREE char *path = text_format ("%s/aftermath-%u", worker->folder, atomic_fetch_add (&number, 1));

  if (path == NULL)
    return NULL;
  if (pending == NULL) {
    out_of_memory ();
    return NULL;
  }
  if (mkdir (worker->folder, 0700) == -1 && errno != EEXIST) {
    error_message ("%s: %m", worker->folder);
    return NULL;
  }
  if (log_continue (&crash, &done->tape, "powercut:new", path, first) == -1)
    return NULL;
  struct write_log *log = log_open_derived (done->log, path);
  if (log == NULL)
    unlink (path);
  return log;
}

static void
drop_aftermath (struct write_log *log)
{
  if (log)
    unlink (log->file);
  write_log_close (log);
}

/* Answer JOB and, if the power is to fail once more, interrupt that recovery, too. */
static int
do_job (struct search_job *job)
{
  const bool deeper = job->level->depth + 1 < job->worker->session->config->nested;
  struct recovery_done done = { .log = job->worker->log, .points = job->points, .point = job->point };
  struct reply reply;

  if (answer_run (job->worker, deeper, &reply) == -1)
    return -1;
  int r = reply.unknown ? leave_job (job) : enter_reply (job, &reply, deeper ? &done : NULL);
  reply_free (&reply);
  if (r == 0 && deeper)
    r = interrupt (job->worker, job->level, &done);
  recovery_done_free (&done);
  return r;
}

/* Make all runs that JOB's search asks for.  Returns 0, or -1 after a message or a stop. */
static int
search_point (struct search_job *job)
{
  enum search_step step = SEARCH_DONE;
  int r = 0;

  while (r == 0 && (step = search_take (job->search, &job->task)) == SEARCH_TASK) {
    if (search_selection (job->search, &job->task, &job->worker->selection, &job->choices) == -1)
      return out_of_memory ();
    job->worker->moment = job->point->moment;
    r = do_job (job);
    free (job->choices);
  }
  return step == SEARCH_FAILED ? out_of_memory () : r;
}

/* Note how far the search of a crash point of LEVEL came. */
static void
note_point (struct session *session, const struct level *level, const struct search *search)
{
  struct nested_result *nested = &session->results.nested[level->depth];
  mpz_t states, covered;

  mpz_inits (states, covered, NULL);
  search_states (search, states);
  search_covered (search, covered);
  nested->points++;
  nested->unfinished += mpz_cmp (states, covered) != 0;
  mpz_add (nested->states, nested->states, states);
  mpz_add (nested->covered, nested->covered, covered);
  mpz_clears (states, covered, NULL);
}

/* Interrupt the recovery of LEVEL at POINT, one of POINTS. */
static int
interrupt_at (struct worker *worker, const struct level *level, const struct crash_points *points,
              const struct crash_point *point)
{
  struct session *session = worker->session;
  const struct session_config *config = session->config;
  CLEANUP_FREE uint32_t *pending = crash_point_pending (points, point);
  const struct search_config search_config = {
    .log = level->aftermath, .point = point->position, .pending = pending,
    .pending_count = point->pending_count, .tear = config->tear, .limit = config->nested_limit,
    .seconds = (double) config->seconds, .seed = config->seed + point->position, .reduce = !config->no_reduction,
    .given = level->done->decided, .given_count = level->done->decided_count,
    .settled = level->done->point->pending_count
  };
  struct search_job job = {
    .worker = worker, .search = pending ? search_new (&search_config) : NULL, .points = points, .point = point,
    .level = level
  };

  if (job.search == NULL)
    return out_of_memory ();
  int r = search_point (&job);
  pthread_mutex_lock (&session->lock);
  note_point (session, level, job.search);
  pthread_mutex_unlock (&session->lock);
  search_free (job.search);
  return r;
}

/* Interrupt the recovery of LEVEL at each of its crash points. */
static int
interrupt_everywhere (struct worker *worker, const struct level *level)
{
  struct crash_points points;
  int r = model_crash_points (level->aftermath, 0, &points) == -1 ? out_of_memory () : 0;

  for (size_t i = 0; r == 0 && i < points.count; i++)
    if (points.points[i].position >= level->first)
      r = interrupt_at (worker, level, &points, &points.points[i]);
  crash_points_free (&points);
  return r;
}

/* Let WORKER's log be that of LEVEL meanwhile. */
static int
interrupt_level (struct worker *worker, const struct level *level)
{
  const struct worker outside = *worker;

  worker->log = level->aftermath;
  worker->state = crash_state_new (worker->log);
  int r = worker->state ? interrupt_everywhere (worker, level) : out_of_memory ();
  crash_state_free (worker->state);
  worker->log = outside.log;
  worker->state = outside.state;
  worker->selection = outside.selection;
  worker->moment = outside.moment;
  return r;
}

/* Count a recovery after those of BEFORE, whose tape is too long to be interrupted if UNTAPED. */
static void
count_recovery (struct session *session, const struct level *before, bool untaped)
{
  struct nested_result *nested = &session->results.nested[before ? before->depth + 1 : 0];

  pthread_mutex_lock (&session->lock);
  nested->recoveries += !untaped;
  nested->untaped += untaped;
  pthread_mutex_unlock (&session->lock);
}

static int
interrupt (struct worker *worker, const struct level *before, const struct recovery_done *done)
{
  struct level level = { .before = before, .done = done, .depth = before ? before->depth + 1 : 0 };
  const bool untaped = done->tape.bytes == NULL;

  if (!done->ended || (!untaped && !wrote (&done->tape)))
    return 0;
  count_recovery (worker->session, before, untaped);
  if (untaped)
    return 0;
  struct write_log *aftermath = make_aftermath (worker, done, &level.first);
  level.aftermath = aftermath;
  int r = aftermath ? interrupt_level (worker, &level) : -1;
  drop_aftermath (aftermath);
  return r;
}

int
interrupt_recovery (struct worker *worker, const struct recovery_done *done)
{
  /* What files hold is learnt from the log itself. */
  return worker_locates (worker) && expand_prepare (worker) == -1 ? -1 : interrupt (worker, NULL, done);
}
