/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers, each with a guest of its own, take runs from the searches of the crash points, the earliest point first.  What a
 * search covers depends on its crash point alone, and what was found is sorted in the end: the findings are the same whatever
 * the number of workers.  Only how many answers were runs may differ, where two workers needed the same one at once.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/plural.h"
#include "common/progress.h"
#include "common/stop.h"
#include "guest/missing.h"
#include "log/state-id.h"
#include "replay/explain/minimal.h"
#include "replay/freeze.h"
#include "replay/report/page-table.h"
#include "replay/search/read-sets.h"
#include "replay/search/search.h"
#include "replay/session.h"

#define MARKS_MAX (256 << 10)   /* escaping makes three bytes of one, and the guest takes AGENT_REQUEST_MAX */

/* A worker with the run that it is at. */
struct worker {
  struct session *session;
  char *folder;
  struct runner *runner;        /* NULL until the first real run */
  struct crash_state *state;    /* what a run sees, seen without a guest */
  const struct crash_point *point;
  struct point_result *result;
  struct task task;
  struct selection selection;
  struct choice *choices;       /* the selection's */
};

/* What became of a task. */
struct reply {
  struct outcome outcome;       /* to free */
  struct device_report report;  /* of the run, unless remembered */
  const struct choice *decisions;       /* the worker's, until its next run */
  size_t decision_count;
  double seconds;               /* that the answer took */
  bool remembered;
};

/* The public marks at POSITION or before, a line each, to free: the last MARKS_MAX bytes of them. */
static char *
marks_before (const struct write_log *log, uint32_t position)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file == NULL)
    return NULL;
  for (uint32_t i = 0; i < log->mark_count && log->marks[i].position <= position; i++)
    if (log_mark_is_public (&log->marks[i])) {
      for (uint32_t at = 0; at < log->marks[i].length; at++)
        putc (log->marks[i].text[at] == '\n' || log->marks[i].text[at] == '\0' ? ' ' : log->marks[i].text[at], file);
      putc ('\n', file);
    }
  if (fclose (file) == EOF) {
    free (text);
    return NULL;
  }
  if (length > MARKS_MAX) {
    const char *from = strchr (text + length - MARKS_MAX, '\n');

    memmove (text, from + 1, strlen (from));
  }
  return text;
}

static int
start_runner (struct worker *worker)
{
  struct session *session = worker->session;
  const struct session_config *config = session->config;

  if (config->kept == NULL && mkdir (worker->folder, 0700) == -1 && errno != EEXIST) {
    error_message ("%s: %m", worker->folder);
    return -1;
  }
  worker->runner = config->kept ? kept_take (config->kept, &config->runner) : runner_start (&config->runner, worker->folder);
  if (worker->runner == NULL)
    return -1;
  pthread_mutex_lock (&session->lock);
  if (session->release == NULL)
    session->release = strdup (runner_release (worker->runner));
  pthread_mutex_unlock (&session->lock);
  return 0;
}

/* SELECTION's choices with DECISIONS behind them, to free, or NULL after a message. */
static struct choice *
join_choices (const struct selection *selection, const struct choice *decisions, size_t count)
{
  size_t before = selection->count;
  struct choice *choices = calloc (before + count ? before + count : 1, sizeof *choices);

  if (choices == NULL) {
    out_of_memory ();
    return NULL;
  }
  if (before > 0)
    memcpy (choices, selection->choices, before * sizeof *choices);
  if (count > 0)
    memcpy (choices + before, decisions, count * sizeof *choices);
  return choices;
}

/* A checker that says nothing about a state is no verdict about it. */
static int
refuse_broken_check (const struct worker *worker, const struct selection *selection, const struct outcome *outcome,
                     const struct device_report *report)
{
  size_t decided = report->head.decision_count;
  CLEANUP_FREE struct choice *choices = NULL;
  CLEANUP_FREE char *id = NULL, *hint = NULL;

  if (outcome->check != CHECK_BROKEN)
    return 0;
  choices = join_choices (selection, report->decisions, decided);
  if (choices == NULL)
    return -1;
  id = state_id_format (worker->session->config->log, selection->point, choices, selection->count + decided);
  pthread_mutex_lock (&worker->session->lock);
  if (!worker->session->failed) {       /* it would say the same to every worker */
    hint = missing_hint (outcome->check_detail);
    error_message ("state %s: the checker says neither 0 (right) nor 1 (wrong): %s%s%s%s", id ? id : "?", outcome->check_detail,
                   hint ? " (" : "", hint ? hint : "", hint ? ")" : "");
  }
  worker->session->failed = true;
  pthread_mutex_unlock (&worker->session->lock);
  return -1;
}

/* The tree that OUTCOME, an OUTCOME_TREE of the worker's last run, saw; the oracle keeps it.  NULL after a message. */
static const char *
observed_tree (struct worker *worker, const struct outcome *outcome)
{
  struct oracle *oracle = &worker->session->oracle;
  const char *known = oracle_find (oracle, outcome->digest);
  char *tree = known ? NULL : runner_tree (worker->runner);

  return tree ? oracle_add (oracle, outcome->digest, tree) : known;
}

/* Make a real run of SELECTION; what it observed is known to the oracle then. */
static int
make_run (struct worker *worker, const struct selection *selection, struct outcome *outcome, struct device_report *report)
{
  CLEANUP_FREE char *marks = marks_before (worker->session->config->log, selection->point);

  if (marks == NULL)
    return out_of_memory ();
  if (stop_requested () || (worker->runner == NULL && start_runner (worker) == -1)
      || runner_run (worker->runner, selection, marks, outcome, report) == -1)
    return -1;
  if (refuse_broken_check (worker, selection, outcome, report) == -1
      || (outcome->kind == OUTCOME_TREE && observed_tree (worker, outcome) == NULL)) {
    outcome_free (outcome);
    return -1;
  }
  return 0;
}

/* What a run at the worker's crash point depends on, but for the device: the marks that a checker is told. */
static uint64_t
inputs (const struct worker *worker)
{
  const struct session_config *config = worker->session->config;
  uint64_t count = 0;

  if (config->runner.check == NULL)
    return 0;
  for (uint32_t i = 0; i < config->log->mark_count && config->log->marks[i].position <= worker->point->position; i++)
    count += log_mark_is_public (&config->log->marks[i]);
  return count;
}

/* The worker's selection with DECISIONS behind its choices, which are to free. */
static int
decided_selection (const struct worker *worker, const struct choice *decisions, size_t count, struct selection *selection,
                   struct choice **choices)
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
  struct session *session = worker->session;
  CLEANUP_FREE char *id = state_id_format (session->config->log, worker->point->position, choices, count);

  pthread_mutex_lock (&session->lock);
  session->mismatches++;
  pthread_mutex_unlock (&session->lock);
  error_message ("state %s: %s: recovery depends on more than what it reads, and no number of this replay is to be trusted "
                 "(--no-reduction needs no such trust)", id ? id : "?", what);
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
  result = read_sets_add (worker->session->read_sets, worker->state, inputs (worker), report->seen, report->head.seen_count,
                             &reply->outcome);
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
                               config->seed + worker->point->position) % 100 < config->audit_percent;
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
  if (make_run (worker, &selection, &seen, &report) == -1)
    return -1;
  pthread_mutex_lock (&worker->session->lock);
  worker->session->audited++;
  pthread_mutex_unlock (&worker->session->lock);
  if (!outcome_same (&seen, &reply->outcome))
    note_mismatch (worker, choices, selection.count, "a run saw something else than was remembered");
  outcome_free (&seen);
  return 0;
}

/* Answer the worker's task from memory.  Returns 1 if that can be done, 0 if not. */
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

/* Answer the worker's task.  The reply's outcome is to free. */
static int
answer_task (struct worker *worker, struct reply *reply)
{
  double start = clock_seconds (CLOCK_MONOTONIC);
  int r;

  memset (reply, 0, sizeof *reply);
  r = remember (worker, reply);
  if (r == 1)
    r = worker->session->config->audit_percent > 0 ? audit (worker, reply) : 0;
  else if (r == 0) {
    if (make_run (worker, &worker->selection, &reply->outcome, &reply->report) == -1)
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

/* Enter what is wrong with the run that ended in LEAF. */
static int
add_finding (struct worker *worker, const struct node *leaf, struct finding *finding)
{
  const struct write_log *log = worker->session->config->log;
  CLEANUP_FREE char *path = search_place (leaf), *state = NULL, *after = finding_after (log, worker->point->position);
  CLEANUP_FREE char *place = NULL;
  CLEANUP_FREE struct choice *decided = NULL;
  size_t count;

  decided = search_decided (leaf, &count);
  state = decided ? state_id_format (log, worker->point->position, decided, count) : NULL;
  if (path == NULL || state == NULL || after == NULL || asprintf (&place, "%010u %s", worker->point->position, path) == -1) {
    place = NULL;
    return out_of_memory ();
  }
  finding->state = state;
  finding->after = after;
  finding->place = place;
  if (finding->confirmation != FINDING_UNREPEATED && tally_blame (&worker->result->tally, finding) == -1)
    return out_of_memory ();
  return findings_add (&worker->session->findings, finding) == -1 ? out_of_memory () : 0;
}

/* Enter a verdict, and what a first run saw and a fresh boot did not show again, which stands for no state. */
static int
add_findings (struct worker *worker, const struct node *leaf, const struct reply *reply, const struct verdict *verdict,
              const mpz_t states)
{
  const struct outcome *outcome = &reply->outcome;
  struct finding finding = {
    .kind = verdict->kind, .detail = verdict->detail, .outcome = *outcome, .atomic = verdict->atomic,
    .durable = verdict->durable, .confirmation = outcome->repeated ? FINDING_REPEATED : FINDING_UNCONFIRMED
  };
  int r = 0;

  mpz_init_set (finding.states, states);
  if (verdict->kind)
    r = add_finding (worker, leaf, &finding);
  if (r == 0 && outcome->unrepeated_kind && !reply->remembered) {
    finding.kind = outcome->unrepeated_kind;
    finding.detail = outcome->unrepeated ? outcome->unrepeated : (char *) "";
    finding.atomic = finding.durable = true;
    finding.confirmation = FINDING_UNREPEATED;
    mpz_set_ui (finding.states, 0);
    r = add_finding (worker, leaf, &finding);
  }
  mpz_clear (finding.states);
  return r;
}

/* Note what a real run read. */
static int
add_behaviour (struct session *session, uint64_t behaviour)
{
  if (session->behaviour_count == session->behaviour_room) {
    size_t room = session->behaviour_room ? session->behaviour_room * 2 : 1024;
    uint64_t *larger = reallocarray (session->behaviours, room, sizeof *larger);

    if (larger == NULL)
      return out_of_memory ();
    session->behaviours = larger;
    session->behaviour_room = room;
  }
  session->behaviours[session->behaviour_count++] = behaviour;
  return 0;
}

/* Count a reply.  Called with the lock held. */
static int
count_reply (struct worker *worker, const struct reply *reply, bool violation)
{
  struct session *session = worker->session;

  worker->result->seconds += reply->seconds;
  worker->result->runs += !reply->remembered;
  worker->result->remembered += reply->remembered;
  session->runs += !reply->remembered;
  session->remembered += reply->remembered;
  session->violations += violation;
  return reply->remembered ? 0 : add_behaviour (session, reply->outcome.behaviour);
}

/* Let who listens know of a reply.  Called with the lock held. */
static int
tell_reply (const struct worker *worker, const struct node *leaf, const struct reply *reply, const struct verdict *verdict,
            const mpz_t states)
{
  const struct write_log *log = worker->session->config->log;
  CLEANUP_FREE struct choice *decided = NULL;
  CLEANUP_FREE char *state = NULL, *after = NULL;
  size_t count;

  if (worker->session->config->lines == NULL)
    return 0;
  decided = search_decided (leaf, &count);
  state = decided ? state_id_format (log, worker->point->position, decided, count) : NULL;
  after = finding_after (log, worker->point->position);
  if (state == NULL || after == NULL)
    return out_of_memory ();
  const struct run_line line = {
    .state = state, .point = worker->point->position, .after = after, .outcome = &reply->outcome, .kind = verdict->kind,
    .detail = verdict->detail, .remembered = reply->remembered
  };
  return run_lines_add (worker->session->config->lines, &line, states);
}

/* Judge a reply and enter it into what the workers share. */
static int
enter_reply (struct worker *worker, const struct reply *reply)
{
  struct session *session = worker->session;
  const struct node *leaf;
  struct verdict verdict;
  mpz_t states;
  int r;

  if (oracle_judge (&session->oracle, &reply->outcome, &worker->point->moment, &verdict) == -1) {
    free (verdict.detail);
    return -1;
  }
  mpz_init (states);
  pthread_mutex_lock (&session->lock);
  r = search_answer (worker->result->search, &worker->task, reply->decisions, reply->decision_count, states, &leaf);
  if (r == 0)
    r = tally_add (&worker->result->tally, &reply->outcome, states);
  if (r == -1)
    out_of_memory ();
  if (r == 0)
    r = add_findings (worker, leaf, reply, &verdict, states);
  if (r == 0)
    r = tell_reply (worker, leaf, reply, &verdict, states);
  if (r == 0)
    r = count_reply (worker, reply, verdict.kind != NULL);
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
    .tear = config->tear, .limit = config->limit, .seconds = (double) config->seconds, .seed = config->seed + point->position,
    .reduce = !config->no_reduction, .prefix_only = config->prefixes_only
  };

  return search_new (&search);
}

/* Keep what a search came to. */
static void
end_search (struct session *session, struct point_result *result)
{
  search_covered (result->search, result->covered);
  search_free (result->search);
  result->search = NULL;
  result->done = true;
  session->points_done++;
}

/* A task for the worker, from the first crash point that has one.  Called with the lock held. */
static enum search_step
try_points (struct worker *worker)
{
  struct session *session = worker->session;
  bool waiting = false;

  for (size_t i = session->first_point; i < session->points.count; i++) {
    struct point_result *result = &session->results[i];
    enum search_step step;

    if (!result->done && result->search == NULL && (result->search = begin_search (session, &session->points.points[i])) == NULL)
      return SEARCH_FAILED;
    step = result->done ? SEARCH_DONE : search_take (result->search, &worker->task);
    if (step == SEARCH_FAILED)
      return step;
    if (step == SEARCH_TASK) {
      worker->point = &session->points.points[i];
      worker->result = result;
      return search_selection (result->search, &worker->task, &worker->selection, &worker->choices) == -1 ? SEARCH_FAILED : step;
    }
    if (step == SEARCH_DONE && !result->done)
      end_search (session, result);
    if (result->done && i == session->first_point)
      session->first_point++;
    waiting |= step == SEARCH_WAIT;
  }
  return waiting ? SEARCH_WAIT : SEARCH_DONE;
}

/* The next task of the worker.  Returns 1, 0 if none is left, or -1. */
static int
take_task (struct worker *worker)
{
  struct session *session = worker->session;
  enum search_step step = SEARCH_DONE;

  pthread_mutex_lock (&session->lock);
  while (!session->failed && !stop_requested () && (step = try_points (worker)) == SEARCH_WAIT)
    pthread_cond_wait (&session->changed, &session->lock);
  pthread_mutex_unlock (&session->lock);
  if (step == SEARCH_FAILED)
    return out_of_memory ();
  return step == SEARCH_TASK;
}

/* Search until nothing is left.  Returns 0, or -1 if the worker cannot go on. */
static int
search_points (struct worker *worker)
{
  int r;

  while ((r = take_task (worker)) == 1) {
    struct reply reply;

    r = answer_task (worker, &reply);
    if (r == 0) {
      r = enter_reply (worker, &reply);
      outcome_free (&reply.outcome);
    }
    free (worker->choices);
    worker->choices = NULL;
    if (r == -1)
      return -1;
  }
  return r;
}

/* The first finding that read the same and saw the same as FINDING; a checker may have been told other marks. */
static size_t
first_alike (const struct session *session, size_t finding)
{
  const struct finding *list = session->findings.list;
  size_t first = 0;

  if (session->config->runner.check)
    return finding;
  /* What stands for no state was seen by a first run, and the outcome beside it by the second. */
  while (first < finding && (mpz_sgn (list[first].states) == 0 || list[first].outcome.behaviour != list[finding].outcome.behaviour
                             || !outcome_same (&list[first].outcome, &list[finding].outcome)))
    first++;
  return first;
}

/* The next finding that a fresh guest has to confirm, or NULL.  Once all crash points are done. */
static struct finding *
take_finding (struct session *session)
{
  struct finding *taken = NULL;

  pthread_mutex_lock (&session->lock);
  if (!session->searched)
    findings_sort (&session->findings);
  session->searched = true;
  while (taken == NULL && session->next_finding < session->findings.count && !session->failed && !stop_requested ()) {
    size_t next = session->next_finding++;

    if (session->findings.list[next].confirmation == FINDING_UNCONFIRMED && first_alike (session, next) == next)
      taken = &session->findings.list[next];
  }
  pthread_mutex_unlock (&session->lock);
  return taken;
}

/* A fresh guest saw something else, though it must have read the same: it is not only this state that was answered wrongly. */
static void
note_unrepeated (struct session *session, const struct finding *finding)
{
  pthread_mutex_lock (&session->lock);
  session->mismatches++;
  pthread_mutex_unlock (&session->lock);
  error_message ("state %s: a freshly booted guest does not see it again: %s: no number of this replay is to be trusted",
                 finding->state, finding->kind);
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
  if (worker->runner)
    runner_renew (worker->runner);
  if (make_run (worker, &selection, &seen, &report) == -1)
    return -1;
  repeated = outcome_same (&seen, &finding->outcome);
  if (!repeated)
    note_unrepeated (worker->session, finding);
  pthread_mutex_lock (&worker->session->lock);
  finding->confirmation = repeated ? FINDING_REPEATED : FINDING_UNREPEATED;
  worker->session->findings_confirmed++;
  pthread_mutex_unlock (&worker->session->lock);
  outcome_free (&seen);
  return 0;
}

static int
confirm_findings (struct worker *worker)
{
  struct finding *finding;

  while ((finding = take_finding (worker->session)) != NULL)
    if (confirm (worker, finding) == -1)
      return -1;
  return 0;
}

static void *
work (void *opaque)
{
  struct session *session = opaque;
  struct worker worker = { .session = session, .state = crash_state_new (session->config->log) };
  bool failed = true;

  if (worker.state == NULL || asprintf (&worker.folder, "%s/guest-%d", session->config->folder, (int) gettid ()) == -1) {
    worker.folder = NULL;
    out_of_memory ();
  }
  else
    failed = search_points (&worker) == -1 || confirm_findings (&worker) == -1;
  double cpu_seconds = worker.runner ? runner_cpu_seconds (worker.runner) : 0;

  if (session->config->kept && !failed)
    kept_give (session->config->kept, worker.runner);
  else
    runner_stop (worker.runner);
  crash_state_free (worker.state);
  free (worker.folder);
  pthread_mutex_lock (&session->lock);
  session->device_cpu_seconds += cpu_seconds;
  session->failed |= failed;
  session->workers_left--;
  pthread_cond_broadcast (&session->changed);
  pthread_mutex_unlock (&session->lock);
  return NULL;
}

/* Show how far it is.  Called with the lock held. */
static void
show_progress (const struct session *session, struct progress *progress, double seconds)
{
  double left = session->points_done ? seconds / (double) session->points_done
    * (double) (session->points.count - session->points_done) : 0;
  char rest[64] = "";

  if (session->searched)
    snprintf (rest, sizeof rest, ", %zu confirmed on a fresh boot", session->findings_confirmed);
  else if (session->points_done)
    snprintf (rest, sizeof rest, ", about %.0f s left", left);
  progress_show (progress, "crash point %zu/%zu, %ju %s, %.0f runs/s, %ju %s%s", session->points_done,
                 session->points.count, (uintmax_t) session->runs, plural (session->runs, "run", "runs"),
                 (double) session->runs / (seconds > 0.1 ? seconds : 0.1), (uintmax_t) session->violations,
                 plural (session->violations, "violation", "violations"), rest);
}

/* Wait until all workers are done, showing the progress. */
static void
wait_for_workers (struct session *session, double start)
{
  struct progress *progress = progress_begin (!session->config->progress);

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
    if (stop_requested ())
      pthread_cond_broadcast (&session->changed);
    show_progress (session, progress, clock_seconds (CLOCK_MONOTONIC) - start);
  }
  pthread_mutex_unlock (&session->lock);
  progress_end (progress);
}

static int
prepare (struct session *session, const struct session_config *config)
{
  memset (session, 0, sizeof *session);
  session->config = config;
  oracle_init (&session->oracle, &config->trees, config->persistence, config->pages);
  pthread_mutex_init (&session->lock, NULL);
  pthread_cond_init (&session->changed, NULL);
  if (model_crash_points (config->log, config->prefixes_only, &session->points) == -1)
    return out_of_memory ();
  session->results = calloc (session->points.count ? session->points.count : 1, sizeof *session->results);
  session->read_sets = read_sets_new (config->log, &session->points);
  if (session->results == NULL || session->read_sets == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < session->points.count; i++) {
    const struct crash_point *point = &session->points.points[i];

    mpz_init (session->results[i].covered);
    mpz_init (session->results[i].states);
    if (model_count_states (config->log, point->pending, point->pending_count, &config->tear, session->results[i].states)
        == -1)
      return -1;
  }
  return 0;
}

/* Findings that are alike share the confirmation of the first of them; some may be joined then. */
static int
settle_findings (struct session *session)
{
  struct findings settled = { 0 };

  for (size_t i = 0; i < session->findings.count; i++)
    if (session->findings.list[i].confirmation == FINDING_UNCONFIRMED)
      session->findings.list[i].confirmation = session->findings.list[first_alike (session, i)].confirmation;
  for (size_t i = 0; i < session->findings.count; i++)
    if (findings_add (&settled, &session->findings.list[i]) == -1) {
      findings_free (&settled);
      return out_of_memory ();
    }
  findings_free (&session->findings);
  session->findings = settled;
  return 0;
}

/* What is wrong with one state, from memory or from a run.  Memory knows the explored part of the log alone. */
static int
probe_state (void *opaque, uint32_t position, const struct choice *choices, size_t count, struct verdict *verdict)
{
  struct worker *worker = opaque;
  const struct session_config *config = worker->session->config;
  const struct crash_point point = { .position = position, .moment = model_moment (config->log, position) };
  struct reply reply;
  uint32_t first, last;
  int r = model_range (config->log, &first, &last);

  worker->point = &point;
  worker->selection = (struct selection) {
    .point = position, .choices = choices, .count = count, .rule = { .tear = config->tear }
  };
  if (r == 0 && position >= first && position <= last)
    r = answer_task (worker, &reply);
  else
    r = make_run (worker, &worker->selection, &reply.outcome, &reply.report);
  if (r == -1)
    return -1;
  r = oracle_judge (&worker->session->oracle, &reply.outcome, &point.moment, verdict);
  outcome_free (&reply.outcome);
  if (r == -1)
    free (verdict->detail);
  return r;
}

/* Whether a run of MINIMAL, which may be known from memory alone, is wrong with KIND: 1, 0 after a message, or -1. */
static int
confirm_minimal (struct worker *worker, const struct minimal *minimal, const char *kind)
{
  struct session *session = worker->session;
  const struct moment moment = model_moment (session->config->log, minimal->position);
  struct selection selection = { .point = minimal->position, .rule = { .tear = session->config->tear } };
  CLEANUP_FREE struct choice *choices = minimal_choices (minimal, &selection.count);
  struct device_report report;
  struct outcome outcome;
  struct verdict verdict;

  if (choices == NULL)
    return out_of_memory ();
  selection.choices = choices;
  if (make_run (worker, &selection, &outcome, &report) == -1)
    return -1;
  int r = oracle_judge (&session->oracle, &outcome, &moment, &verdict);
  if (r == 0)
    r = verdict.kind && strcmp (verdict.kind, kind) == 0;
  if (r == 0) {
    session->mismatches++;
    error_message ("state %s: a run is not wrong as was remembered: %s: no number of this replay is to be trusted",
                   minimal->state, kind);
  }
  free (verdict.detail);
  outcome_free (&outcome);
  return r;
}

/* The smallest state that is wrong with KIND as the one of CHOICES at POSITION is, in *minimal, which stays NULL if a run
 * does not confirm it.
 */
static int
find_minimal (struct worker *worker, const char *kind, uint32_t position, const struct choice *choices, size_t count,
              struct minimal **minimal)
{
  struct session *session = worker->session;
  const struct minimal_config config = {
    .log = session->config->log, .points = &session->points, .kind = kind, .probe = probe_state, .opaque = worker
  };
  struct minimal *found = minimal_find (&config, position, choices, count);
  int r = found ? confirm_minimal (worker, found, kind) : -1;
  struct blame *blame = r == 1 ? blame_new (config.log, &session->config->trees) : NULL;

  if (r == 1 && (blame == NULL || minimal_describe (found, config.log, blame) == -1))
    r = out_of_memory ();
  if (r == 1)
    *minimal = found;
  else
    minimal_free (found);
  blame_free (blame);
  return r == -1 ? -1 : 0;
}

/* Begin to work alone, when all others are done; the guest starts with the first run. */
static int
begin_lone_worker (struct worker *worker, struct session *session)
{
  *worker = (struct worker) { .session = session, .state = crash_state_new (session->config->log) };
  if (asprintf (&worker->folder, "%s/guest", session->config->folder) == -1)
    worker->folder = NULL;
  return worker->state && worker->folder ? 0 : out_of_memory ();
}

static void
end_lone_worker (struct worker *worker)
{
  runner_stop (worker->runner);
  crash_state_free (worker->state);
  free (worker->folder);
}

/* The smallest state of every finding that a guest confirmed; what the log alone shows has no other. */
static int
minimize_findings (struct session *session)
{
  const struct write_log *log = session->config->log;
  struct worker worker;
  int r = begin_lone_worker (&worker, session);

  for (size_t i = 0; r == 0 && i < session->findings.count; i++) {
    struct finding *finding = &session->findings.list[i];
    CLEANUP_FREE struct choice *choices = NULL;
    uint32_t position;
    size_t count;

    if (finding->confirmation != FINDING_REPEATED || strcmp (finding->kind, "freeze") == 0)
      continue;
    r = state_id_parse (finding->state, log, &position, &choices, &count);
    if (r == 0)
      r = find_minimal (&worker, finding->kind, position, choices, count, &finding->minimal);
  }
  end_lone_worker (&worker);
  return r;
}

static size_t
start_workers (struct session *session, pthread_t *threads)
{
  unsigned jobs = session->config->jobs;
  size_t started = 0;

  session->workers_left = jobs;
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
  return started;
}

int
session_run (struct session *session, const struct session_config *config)
{
  double start = clock_seconds (CLOCK_MONOTONIC), cpu_start = clock_seconds (CLOCK_PROCESS_CPUTIME_ID);
  CLEANUP_FREE pthread_t *threads = calloc (config->jobs, sizeof *threads);
  size_t started = 0;

  if (prepare (session, config) == -1)
    return -1;
  if (threads == NULL)
    return out_of_memory ();
  if (config->kept) {           /* a guest ends with the thread that started it */
    session->workers_left = 1;
    work (session);
  }
  else {
    started = start_workers (session, threads);
    wait_for_workers (session, start);
  }
  for (size_t i = 0; i < started; i++)
    pthread_join (threads[i], NULL);
  /* Of searches that were broken off, too, what they covered is told. */
  for (size_t i = 0; i < session->points.count; i++)
    if (session->results[i].search)
      search_covered (session->results[i].search, session->results[i].covered);
  session->failed |= freeze_check (config->log, &config->tear, &session->findings) == -1;
  findings_sort (&session->findings);
  session->failed |= settle_findings (session) == -1;
  if (config->minimize && !session->failed && !stop_requested ())
    session->failed |= minimize_findings (session) == -1;
  session->seconds = clock_seconds (CLOCK_MONOTONIC) - start;
  session->search_cpu_seconds = clock_seconds (CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
  return session->failed || stop_requested () ? -1 : 0;
}

void
session_free (struct session *session)
{
  for (size_t i = 0; session->results && i < session->points.count; i++) {
    mpz_clear (session->results[i].states);
    mpz_clear (session->results[i].covered);
    tally_free (&session->results[i].tally);
    search_free (session->results[i].search);
  }
  free (session->results);
  read_sets_free (session->read_sets);
  crash_points_free (&session->points);
  oracle_free (&session->oracle);
  findings_free (&session->findings);
  free (session->behaviours);
  free (session->release);
  pthread_cond_destroy (&session->changed);
  pthread_mutex_destroy (&session->lock);
}

/* Print A and B, which come from a log or a guest, behind LABEL. */
static void
print_line (const char *label, const char *a, const char *b)
{
  fputs (label, stdout);
  print_names_safely (a, strlen (a), stdout);
  if (b) {
    fputs (": ", stdout);
    print_names_safely (b, strlen (b), stdout);
  }
  putchar ('\n');
}

#define TREE_SHOWN_MAX (1 << 20)        /* bytes */

/* Print a tree, as much of it as a terminal has use for. */
static void
print_tree (const char *digest, const char *tree)
{
  const char *line = tree;

  printf ("observed   %s\n", digest);
  for (size_t length; *line && line - tree < TREE_SHOWN_MAX; line += length + (line[length] == '\n')) {
    length = strcspn (line, "\n");
    print_names_safely (line, length, stdout);
    putchar ('\n');
  }
  if (*line)
    printf ("... (%zu bytes more)\n", strlen (line));
}

/* Print what a checker said. */
static void
print_output (const char *text)
{
  size_t length = strlen (text);

  print_lines_safely (text, length, stdout);
  if (length > 0 && text[length - 1] != '\n')
    putchar ('\n');
}

/* Print what one run saw and what it means. */
static int
print_outcome (struct worker *worker, const struct selection *selection, const struct outcome *outcome,
               const struct control_report *report)
{
  const struct write_log *log = worker->session->config->log;
  struct oracle *oracle = &worker->session->oracle;
  CLEANUP_FREE char *after = finding_after (log, worker->point->position);
  CLEANUP_FREE char *id = state_id_format (log, selection->point, selection->choices, selection->count);
  struct verdict verdict;
  int r;

  if (id == NULL)
    return out_of_memory ();
  if (oracle_judge (oracle, outcome, &worker->point->moment, &verdict) == -1) {
    free (verdict.detail);
    return -1;
  }
  print_line ("state      ", id, NULL);
  print_line ("after      ", after ? after : "", NULL);
  print_line ("kernel     ", runner_release (worker->runner), NULL);
  printf ("pending    %u %s\n", worker->point->pending_count, plural (worker->point->pending_count, "write", "writes"));
  printf ("device     %ju %s, %ju bytes; %ju %s, %ju bytes\n", (uintmax_t) report->reads, plural (report->reads, "read", "reads"),
          (uintmax_t) report->read_bytes, (uintmax_t) report->writes, plural (report->writes, "write", "writes"),
          (uintmax_t) report->written_bytes);
  if (outcome->kind == OUTCOME_TREE && worker->session->config->runner.observe)
    print_tree (outcome->digest, oracle_find (oracle, outcome->digest));
  if (outcome->kind == OUTCOME_TREE && oracle->pages && worker->point->moment.phase != PHASE_UNKNOWN
      && worker->point->moment.step <= oracle->pages->step_count)
    page_classes_print (oracle->pages, pages_at_step (oracle->pages, observations_find (&oracle->observations, outcome->digest)->classes,
                                                      worker->point->moment.step), stdout);
  if (outcome->check_output)
    printf ("checker    %s\n", check_name (outcome->check));
  if (outcome->check_output)
    print_output (outcome->check_output);
  if (verdict.kind)
    print_line ("verdict    ", verdict.kind, verdict.detail);
  else
    printf ("verdict    nothing wrong\n");
  if (outcome->unrepeated_kind)
    print_line ("not seen again on a fresh boot: ", outcome->unrepeated_kind, outcome->unrepeated);
  r = verdict.kind ? 1 : 0;
  free (verdict.detail);
  return r;
}

/* Print the smallest state that is wrong as this one is. */
static int
show_minimal (struct worker *worker, const struct selection *selection)
{
  struct minimal *minimal = NULL;
  struct verdict verdict;
  int r = probe_state (worker, selection->point, selection->choices, selection->count, &verdict);

  if (r == -1)
    return -1;
  if (verdict.kind)
    r = find_minimal (worker, verdict.kind, selection->point, selection->choices, selection->count, &minimal);
  if (minimal)
    minimal_print (minimal, worker->session->config->log, verdict.detail, stdout);
  minimal_free (minimal);
  free (verdict.detail);
  return r;
}

/* Print what a run of SELECTION saw.  Returns as session_show_state does. */
static int
show_outcome (struct worker *worker, const struct selection *selection, const struct outcome *outcome,
              const struct control_report *report)
{
  int r = print_outcome (worker, selection, outcome, report);

  if (r == 1 && worker->session->config->minimize && show_minimal (worker, selection) == -1)
    return -1;
  return r == 1 && worker->session->mismatches > 0 ? -1 : r;
}

/* Keep what a run saw. */
static int
keep_outcome (struct worker *worker, const struct outcome *outcome, struct seen_state *seen)
{
  struct oracle *oracle = &worker->session->oracle;
  struct verdict verdict;
  int r = oracle_judge (oracle, outcome, &worker->point->moment, &verdict);

  seen->kind = verdict.kind;
  seen->detail = verdict.detail;
  seen->release = strdup (runner_release (worker->runner));
  if (r == 0 && outcome->kind == OUTCOME_TREE && worker->session->config->runner.observe) {
    seen->tree = strdup (oracle_find (oracle, outcome->digest));
    r = seen->tree ? 0 : out_of_memory ();
  }
  return r == 0 && seen->release == NULL ? out_of_memory () : r;
}

/* Make a run of SELECTION and print what it saw, or keep it in *SEEN if that is not NULL. */
static int
look_at_state (struct session *session, const struct crash_point *point, const struct selection *selection,
               struct seen_state *seen)
{
  struct device_report report;
  struct worker worker;
  struct outcome outcome;
  int r = begin_lone_worker (&worker, session);

  worker.point = point;
  if (r == 0)
    r = make_run (&worker, selection, &outcome, &report);
  if (r == 0) {
    r = seen ? keep_outcome (&worker, &outcome, seen) : show_outcome (&worker, selection, &outcome, &report.head);
    outcome_free (&outcome);
  }
  end_lone_worker (&worker);
  return r;
}

static int
visit_state (const struct session_config *config, uint32_t position, const struct choice *choices, size_t count,
             struct seen_state *seen)
{
  const struct selection selection = { .point = position, .choices = choices, .count = count, .rule = { .tear = config->tear } };
  struct crash_point point = { .position = position, .moment = model_moment (config->log, position) };
  int64_t pending = model_pending (config->log, position, &point.pending);
  struct session session;
  int r = -1;

  if (pending == -1)
    return out_of_memory ();
  point.pending_count = (uint32_t) pending;
  if (prepare (&session, config) == 0)
    r = look_at_state (&session, &point, &selection, seen);
  free (point.pending);
  session_free (&session);
  return r;
}

int
session_show_state (const struct session_config *config, uint32_t position, const struct choice *choices, size_t count)
{
  return visit_state (config, position, choices, count, NULL);
}

int
session_see_state (const struct session_config *config, uint32_t position, const struct choice *choices, size_t count,
                   struct seen_state *seen)
{
  *seen = (struct seen_state) { .kind = NULL };
  return visit_state (config, position, choices, count, seen);
}

void
seen_state_free (struct seen_state *seen)
{
  free (seen->detail);
  free (seen->release);
  free (seen->tree);
}
