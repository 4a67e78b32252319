/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/array.h"
#include "common/message.h"
#include "guest/jobs.h"
#include "guest/kernel/kernel.h"
#include "replay/crew.h"
#include "replay/worker.h"

struct crew {
  struct kept *kept;            /* or NULL */
  struct runner *spare;         /* without it: the guest of the thread that the crew belongs to, or NULL */
  pthread_t *threads;
  size_t thread_count;
  unsigned jobs;                /* threads that there are to be, each with its processor, or 0 */
  atomic_uint settled;          /* how many of them have one */
  atomic_bool failed;

  pthread_mutex_t lock;         /* of what follows */
  pthread_cond_t changed;
  struct session **sessions;    /* in the order in which they are worked for */
  size_t count;
  bool closed;                  /* there will be no more */
};

/* Session number NUMBER, once there is one; NULL if there will be none. */
static struct session *
wait_for_session (struct crew *crew, size_t number)
{
  pthread_mutex_lock (&crew->lock);
  while (number >= crew->count && !crew->closed)
    pthread_cond_wait (&crew->changed, &crew->lock);
  struct session *session = number < crew->count ? crew->sessions[number] : NULL;
  pthread_mutex_unlock (&crew->lock);
  return session;
}

/* A guest ends with the thread that started it: so the thread lasts as long as there may be sessions. */
static void *
work (void *opaque)
{
  struct crew *crew = opaque;
  struct runner *runner = NULL;
  struct session *session;

  if (crew->jobs > 0)
    jobs_settle (atomic_fetch_add (&crew->settled, 1), crew->jobs);
  for (size_t number = 0; (session = wait_for_session (crew, number)) != NULL; number++)
    runner = session_work (session, runner);
  runner_stop (runner);
  return NULL;
}

static int
start_threads (struct crew *crew, unsigned jobs)
{
  crew->threads = calloc (jobs, sizeof *crew->threads);
  if (crew->threads == NULL)
    return out_of_memory ();
  for (; crew->thread_count < jobs; crew->thread_count++) {
    int error = pthread_create (&crew->threads[crew->thread_count], NULL, work, crew);

    if (error) {
      errno = error;
      error_message ("cannot start a thread: %m");
      return -1;
    }
  }
  return 0;
}

struct crew *
crew_new (const struct session_config *config)
{
  struct crew *crew = calloc (1, sizeof *crew);

  if (crew == NULL) {
    out_of_memory ();
    return NULL;
  }
  crew->kept = config->kept;
  if (config->runner.kernel && kernel_runs_alone (config->runner.kernel))
    crew->jobs = config->jobs;
  pthread_mutex_init (&crew->lock, NULL);
  pthread_cond_init (&crew->changed, NULL);
  if (crew->kept || start_threads (crew, config->jobs) == 0)
    return crew;
  crew_free (crew);
  return NULL;
}

void
crew_free (struct crew *crew)
{
  if (crew == NULL)
    return;
  pthread_mutex_lock (&crew->lock);
  crew->closed = true;
  pthread_cond_broadcast (&crew->changed);
  pthread_mutex_unlock (&crew->lock);
  for (size_t i = 0; i < crew->thread_count; i++)
    pthread_join (crew->threads[i], NULL);
  runner_stop (crew->spare);
  pthread_cond_destroy (&crew->changed);
  pthread_mutex_destroy (&crew->lock);
  free (crew->threads);
  free (crew->sessions);
  free (crew);
}

unsigned
crew_size (const struct crew *crew)
{
  return crew->kept ? 1 : (unsigned) crew->thread_count;
}

int
crew_add (struct crew *crew, struct session *session)
{
  pthread_mutex_lock (&crew->lock);
  struct session **added = array_add (crew->sessions, crew->count);
  if (added)
    *added = session;
  pthread_cond_broadcast (&crew->changed);
  pthread_mutex_unlock (&crew->lock);
  return added ? 0 : out_of_memory ();
}

void
crew_help (struct crew *crew, struct session *session)
{
  if (crew->kept)
    crew_give (crew, session_work (session, crew_take (crew)));
}

struct runner *
crew_take (struct crew *crew)
{
  struct runner *runner = crew->spare;

  crew->spare = NULL;
  return crew->kept ? kept_take (crew->kept) : runner;
}

void
crew_give (struct crew *crew, struct runner *runner)
{
  if (crew->kept)
    kept_give (crew->kept, runner);
  else
    crew->spare = runner;
}

void
crew_fail (struct crew *crew)
{
  crew->failed = true;
}

bool
crew_failed (struct crew *crew)
{
  return crew->failed;
}
