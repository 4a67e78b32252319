/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers take crash points in order, each with a guest of its own.  What a point gives depends on the point alone, and results
 * are kept by point: the report is the same whatever the number of workers.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "checker/judge.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/stop.h"
#include "log/state-id.h"
#include "replay/search.h"
#include "replay/session.h"

/* A worker with the crash point that it is at. */
struct worker {
  struct session *session;
  struct runner *runner;
  const struct crash_point *point;
  struct point_result *result;
  struct outcome outcome;       /* of the last run */
};

/* What an outcome means at a crash point. */
struct verdict {
  const char *kind;             /* as in struct finding, or NULL: nothing is wrong */
  char *detail;                 /* to free */
  bool atomic, durable;
};

static int
out_of_memory (void)
{
  error_message ("out of memory");
  return -1;
}

/* The text of the last mark at POSITION or before, without powercut's own. */
static char *
mark_before (const struct write_log *log, uint32_t position)
{
  static const char own[] = "powercut:";

  for (uint32_t i = log->mark_count; i-- > 0;) {
    const struct log_mark *mark = &log->marks[i];

    if (mark->position <= position && (mark->length < sizeof own - 1 || memcmp (mark->text, own, sizeof own - 1) != 0))
      return strndup (mark->text, mark->length);
  }
  return strdup ("");
}

/* The observation of the worker's last run; from its guest if it is a new one. */
static const char *
observation_text (struct worker *worker)
{
  struct session *session = worker->session;
  const char *digest = worker->outcome.digest, *text;
  char *tree, seen[TREE_DIGEST_LENGTH + 1];

  pthread_mutex_lock (&session->lock);
  text = observations_find (&session->observations, digest);
  pthread_mutex_unlock (&session->lock);
  if (text)
    return text;
  tree = runner_tree (worker->runner);
  if (tree == NULL)
    return NULL;
  tree_digest (tree, seen);
  if (strcmp (seen, digest) != 0) {
    error_message ("the guest's agent gave a tree that is not the one it observed");
    free (tree);
    return NULL;
  }
  pthread_mutex_lock (&session->lock);
  text = observations_add (&session->observations, digest, tree);
  pthread_mutex_unlock (&session->lock);
  if (text == NULL)
    out_of_memory ();
  return text;
}

static int
compare_texts (const void *left, const void *right)
{
  return strcmp (*(char *const *) left, *(char *const *) right);
}

/* Enter the paths of LEFTOVERS that are new.  Called with the lock held. */
static int
add_leftovers (struct session *session, char *const *leftovers)
{
  for (; *leftovers; leftovers++) {
    if (session->leftover_count > 0
        && bsearch (leftovers, session->leftovers, session->leftover_count, sizeof *leftovers, compare_texts))
      continue;
    char **larger = reallocarray (session->leftovers, session->leftover_count + 2, sizeof *larger);
    if (larger == NULL)
      return out_of_memory ();
    session->leftovers = larger;
    larger[session->leftover_count] = strdup (*leftovers);
    if (larger[session->leftover_count] == NULL)
      return out_of_memory ();
    larger[++session->leftover_count] = NULL;
    qsort (larger, session->leftover_count, sizeof *larger, compare_texts);
  }
  return 0;
}

/* Ask the tree oracle. */
static int
judge_tree (struct worker *worker, struct verdict *verdict)
{
  struct session *session = worker->session;
  const struct session_config *config = session->config;
  struct judgement judgement;
  const char *seen = observation_text (worker);
  int r;

  if (seen == NULL)
    return -1;
  if (config->old_tree == NULL || worker->point->phase == PHASE_UNKNOWN)
    return 0;
  if (judge (seen, config->old_tree, config->new_tree,
             worker->point->phase == PHASE_COMMITTED ? EXPECT_NEW : EXPECT_OLD_OR_NEW, &judgement) == -1)
    return -1;
  verdict->atomic = judgement.atomic;
  verdict->durable = judgement.durable;
  if (!judgement.atomic || !judgement.durable) {
    verdict->kind = judgement.atomic ? "durability" : "atomicity";
    verdict->detail = judgement.detail;
    judgement.detail = NULL;
  }
  pthread_mutex_lock (&session->lock);
  r = add_leftovers (session, judgement.leftovers);
  pthread_mutex_unlock (&session->lock);
  judgement_free (&judgement);
  return r;
}

/* Hold the worker's last outcome against the oracles.  A kernel fault outweighs what the tree shows. */
static int
judge_outcome (struct worker *worker, struct verdict *verdict)
{
  struct outcome *outcome = &worker->outcome;

  *verdict = (struct verdict) { .atomic = true, .durable = true };
  if (outcome->kind == OUTCOME_TREE) {
    if (judge_tree (worker, verdict) == -1)
      return -1;
    if (outcome->fault == NULL)
      return 0;
    free (verdict->detail);
    verdict->kind = "kernel";
    verdict->detail = strdup (outcome->fault);
    return 0;
  }
  verdict->kind = outcome->kind == OUTCOME_UNMOUNTABLE ? "unmountable" : outcome->kind == OUTCOME_DIED ? "kernel" : "hang";
  verdict->detail = strdup (outcome->detail ? outcome->detail : "");
  verdict->atomic = false;
  verdict->durable = worker->point->phase != PHASE_COMMITTED;
  return 0;
}

static int64_t
make_run (void *opaque, const struct choice *choices, size_t count, const struct choice **decisions)
{
  struct worker *worker = opaque;

  if (stop_requested ())
    return -1;
  if (runner_run (worker->runner, worker->point->position, choices, count, &worker->outcome) == -1)
    return -1;
  *decisions = worker->outcome.decisions;
  return worker->outcome.report.decision_count;
}

/* Enter a run into what the workers share. */
static int
count_run (struct session *session, uint64_t behaviour, bool violation)
{
  int r = 0;

  pthread_mutex_lock (&session->lock);
  session->runs++;
  session->violations += violation;
  if (session->behaviour_count == session->behaviour_room) {
    size_t room = session->behaviour_room ? session->behaviour_room * 2 : 1024;
    uint64_t *larger = reallocarray (session->behaviours, room, sizeof *larger);

    if (larger) {
      session->behaviours = larger;
      session->behaviour_room = room;
    }
    else
      r = out_of_memory ();
  }
  if (r == 0)
    session->behaviours[session->behaviour_count++] = behaviour;
  pthread_cond_signal (&session->changed);
  pthread_mutex_unlock (&session->lock);
  return r;
}

static int
add_finding (struct worker *worker, const char *kind, const char *detail, bool repeated, const struct choice *decided,
             size_t count, const mpz_t states)
{
  const struct write_log *log = worker->session->config->log;
  CLEANUP_FREE char *state = state_id_format (log, worker->point->position, decided, count);
  CLEANUP_FREE char *after = mark_before (log, worker->point->position);
  struct finding finding = { .kind = kind, .detail = (char *) detail, .state = state, .after = after, .repeated = repeated };
  int r;

  if (state == NULL || after == NULL || detail == NULL)
    return out_of_memory ();
  mpz_init_set (finding.states, states);
  r = findings_add (&worker->result->findings, &finding);
  mpz_clear (finding.states);
  return r == -1 ? out_of_memory () : 0;
}

/* What a fresh boot did not show again stands for no state. */
static int
add_unrepeated (struct worker *worker, const struct choice *decided, size_t count)
{
  const char *detail = worker->outcome.unrepeated;
  mpz_t none;
  int r;

  mpz_init (none);
  r = add_finding (worker, worker->outcome.unrepeated_kind, detail ? detail : "", false, decided, count, none);
  mpz_clear (none);
  return r;
}

static int
visit_run (void *opaque, const struct choice *decided, size_t count, const mpz_t states)
{
  struct worker *worker = opaque;
  struct verdict verdict;
  int r = judge_outcome (worker, &verdict);

  if (r == 0) {
    worker->result->atomic &= verdict.atomic;
    worker->result->durable &= verdict.durable;
    if (verdict.kind)
      r = add_finding (worker, verdict.kind, verdict.detail, true, decided, count, states);
    if (r == 0 && worker->outcome.unrepeated_kind)
      r = add_unrepeated (worker, decided, count);
    free (verdict.detail);
  }
  if (r == 0)
    r = count_run (worker->session, worker->outcome.report.behaviour, verdict.kind != NULL);
  outcome_free (&worker->outcome);
  return r;
}

/* Search one crash point.  Returns 0, or -1 if the worker cannot go on. */
static int
search_point (struct worker *worker)
{
  const struct session_config *config = worker->session->config;
  struct point_result *result = worker->result;
  struct search search;
  int r;

  search_init (&search);
  search.pending = worker->point->pending;
  search.pending_count = worker->point->pending_count;
  search.limit = config->limit;
  search.reduce = !config->no_reduction;
  search.prefix_only = config->prefixes_only;
  search.run = make_run;
  search.visit = visit_run;
  search.opaque = worker;
  r = search_states (&search);
  result->runs = search.runs;
  mpz_set (result->states, search.states);
  mpz_set (result->covered, search.covered);
  result->done = r != -1;
  result->finished = r == 0;
  search_clear (&search);
  return r == -1 ? -1 : 0;
}

/* The next crash point to search, or false if none is left. */
static bool
take_point (struct worker *worker)
{
  struct session *session = worker->session;
  bool taken = false;

  pthread_mutex_lock (&session->lock);
  if (session->next_point < session->points.count && !session->failed && !stop_requested ()) {
    worker->point = &session->points.points[session->next_point];
    worker->result = &session->results[session->next_point++];
    taken = true;
  }
  pthread_mutex_unlock (&session->lock);
  return taken;
}

static struct runner *
start_runner (struct session *session, const char *folder)
{
  struct runner *runner;

  if (mkdir (folder, 0700) == -1 && errno != EEXIST) {
    error_message ("%s: %m", folder);
    return NULL;
  }
  runner = runner_start (&session->config->runner, folder);
  pthread_mutex_lock (&session->lock);
  if (runner && session->release == NULL)
    session->release = strdup (runner_release (runner));
  pthread_mutex_unlock (&session->lock);
  return runner;
}

static void *
work (void *opaque)
{
  struct session *session = opaque;
  struct worker worker = { .session = session };
  CLEANUP_FREE char *folder = NULL;
  bool failed = asprintf (&folder, "%s/guest-%d", session->config->folder, (int) gettid ()) == -1;

  if (failed)
    folder = NULL;
  else
    worker.runner = start_runner (session, folder);
  failed = worker.runner == NULL;
  while (!failed && take_point (&worker)) {
    failed = search_point (&worker) == -1;
    pthread_mutex_lock (&session->lock);
    session->points_done += !failed;
    pthread_mutex_unlock (&session->lock);
  }
  runner_stop (worker.runner);
  pthread_mutex_lock (&session->lock);
  session->failed |= failed;
  session->workers_left--;
  pthread_cond_signal (&session->changed);
  pthread_mutex_unlock (&session->lock);
  return NULL;
}

static double
now_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* Draw the progress line.  Called with the lock held. */
static void
draw_progress (const struct session *session, double seconds)
{
  double left = session->points_done ? seconds / (double) session->points_done
    * (double) (session->points.count - session->points_done) : 0;

  fprintf (stderr, "\r\033[Kcrash point %zu/%zu, %ju runs, %.0f runs/s, %ju violations", session->points_done,
           session->points.count, (uintmax_t) session->runs, (double) session->runs / (seconds > 0.1 ? seconds : 0.1),
           (uintmax_t) session->violations);
  if (session->points_done)
    fprintf (stderr, ", about %.0f s left", left);
}

/* Wait until all workers are done, drawing the progress. */
static void
wait_for_workers (struct session *session, double start)
{
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
    if (session->config->progress)
      draw_progress (session, now_seconds () - start);
  }
  pthread_mutex_unlock (&session->lock);
  if (session->config->progress)
    fputs ("\r\033[K", stderr);
}

static int
prepare (struct session *session, const struct session_config *config)
{
  memset (session, 0, sizeof *session);
  session->config = config;
  pthread_mutex_init (&session->lock, NULL);
  pthread_cond_init (&session->changed, NULL);
  if (model_crash_points (config->log, config->prefixes_only, &session->points) == -1)
    return out_of_memory ();
  session->results = calloc (session->points.count ? session->points.count : 1, sizeof *session->results);
  if (session->results == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < session->points.count; i++) {
    mpz_init (session->results[i].states);
    mpz_init (session->results[i].covered);
    mpz_ui_pow_ui (session->results[i].states, 2, session->points.points[i].pending_count);
    session->results[i].atomic = session->results[i].durable = true;
  }
  return 0;
}

int
session_run (struct session *session, const struct session_config *config)
{
  double start = now_seconds ();
  size_t jobs = config->jobs;
  CLEANUP_FREE pthread_t *threads = calloc (jobs, sizeof *threads);
  size_t started = 0;

  if (prepare (session, config) == -1)
    return -1;
  if (threads == NULL)
    return out_of_memory ();
  if (jobs > session->points.count)
    jobs = session->points.count;
  session->workers_left = (unsigned) jobs;
  for (; started < jobs; started++) {
    int error = pthread_create (&threads[started], NULL, work, session);

    if (error) {
      errno = error;
      error_message ("cannot start a thread: %m");
      pthread_mutex_lock (&session->lock);
      session->failed = true;
      session->workers_left -= (unsigned) (jobs - started);
      pthread_mutex_unlock (&session->lock);
      break;
    }
  }
  wait_for_workers (session, start);
  for (size_t i = 0; i < started; i++)
    pthread_join (threads[i], NULL);
  session->seconds = now_seconds () - start;
  return session->failed || stop_requested () ? -1 : 0;
}

void
session_free (struct session *session)
{
  for (size_t i = 0; session->results && i < session->points.count; i++) {
    mpz_clear (session->results[i].states);
    mpz_clear (session->results[i].covered);
    findings_free (&session->results[i].findings);
  }
  free (session->results);
  crash_points_free (&session->points);
  observations_free (&session->observations);
  free (session->behaviours);
  for (size_t i = 0; i < session->leftover_count; i++)
    free (session->leftovers[i]);
  free (session->leftovers);
  free (session->release);
  pthread_cond_destroy (&session->changed);
  pthread_mutex_destroy (&session->lock);
}

/* Print A and B, which come from a log or a guest, behind LABEL. */
static void
print_line (const char *label, const char *a, const char *b)
{
  fputs (label, stdout);
  print_safely (a, strlen (a), stdout);
  if (b) {
    fputs (": ", stdout);
    print_safely (b, strlen (b), stdout);
  }
  putchar ('\n');
}

/* Print what one run saw and what it means. */
static int
print_outcome (struct worker *worker, const char *id)
{
  const struct outcome *outcome = &worker->outcome;
  CLEANUP_FREE char *after = mark_before (worker->session->config->log, worker->point->position);
  struct verdict verdict;

  if (judge_outcome (worker, &verdict) == -1)
    return -1;
  print_line ("state      ", id, NULL);
  print_line ("after      ", after ? after : "", NULL);
  printf ("kernel     %s\npending    %u writes\n", runner_release (worker->runner), worker->point->pending_count);
  printf ("device     %ju reads, %ju bytes; %ju writes, %ju bytes\n", (uintmax_t) outcome->report.reads,
          (uintmax_t) outcome->report.read_bytes, (uintmax_t) outcome->report.writes,
          (uintmax_t) outcome->report.written_bytes);
  if (outcome->kind == OUTCOME_TREE)
    printf ("observed   %s\n%s", outcome->digest, observation_text (worker));
  if (verdict.kind)
    print_line ("verdict    ", verdict.kind, verdict.detail);
  else
    printf ("verdict    nothing wrong\n");
  if (outcome->unrepeated_kind)
    print_line ("not seen again on a fresh boot: ", outcome->unrepeated_kind, outcome->unrepeated);
  free (verdict.detail);
  return verdict.kind ? 1 : 0;
}

int
session_show_state (const struct session_config *config, uint32_t position, const struct choice *choices, size_t count,
                    const char *id)
{
  struct session session;
  struct crash_point point = { .position = position, .phase = model_phase (config->log, position) };
  struct worker worker = { .session = &session, .point = &point };
  int64_t pending = model_pending (config->log, position, &point.pending);
  int r = -1;

  if (pending == -1 || prepare (&session, config) == -1)
    return -1;
  point.pending_count = (uint32_t) pending;
  worker.runner = start_runner (&session, config->folder);
  if (worker.runner && runner_run (worker.runner, position, choices, count, &worker.outcome) == 0) {
    r = print_outcome (&worker, id);
    outcome_free (&worker.outcome);
  }
  runner_stop (worker.runner);
  free (point.pending);
  session_free (&session);
  return r;
}
