/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/missing.h"
#include "log/state-id.h"
#include "replay/crew.h"
#include "replay/worker.h"

#define MARKS_MAX (256 << 10)   /* escaping makes three bytes of one, and the guest takes AGENT_REQUEST_MAX */

int
worker_begin (struct worker *worker, struct session *session, struct runner *idle, const char *name)
{
  const struct session_config *config = session->config;

  *worker = (struct worker) {
    .session = session, .idle = idle, .log = config->log, .state = crash_state_new (config->log),
    .folder = config->kept ? text_format ("%s", kept_folder (config->kept))
    : text_format ("%s/%s", config->folder, name)
  };
  if (worker->folder && worker->state == NULL)
    out_of_memory ();
  return worker->folder && worker->state ? 0 : -1;
}

struct runner *
worker_end (struct worker *worker)
{
  crash_state_free (worker->state);
  free (worker->folder);
  return worker->runner ? worker->runner : worker->idle;
}

struct worker *
worker_alone (struct session *session)
{
  struct worker *worker = session->alone;
  struct runner *idle = worker == NULL && session->crew ? crew_take (session->crew) : NULL;

  if (worker)
    return worker;
  worker = malloc (sizeof *worker);
  if (worker == NULL)
    out_of_memory ();
  else if (worker_begin (worker, session, idle, "guest") == -1) {
    idle = worker_end (worker);
    free (worker);
    worker = NULL;
  }
  if (worker == NULL)
    runner_stop (idle);
  session->alone = worker;
  return worker;
}

void
worker_alone_end (struct session *session)
{
  struct runner *runner;

  if (session->alone == NULL)
    return;
  runner = worker_end (session->alone);
  if (session->crew && !session->results.failed)
    crew_give (session->crew, runner);
  else
    runner_stop (runner);
  free (session->alone);
  session->alone = NULL;
}

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

/* Have a guest: the idle one, which is for this session now, or a new one. */
static int
start_runner (struct worker *worker)
{
  struct session *session = worker->session;
  const struct runner_config *config = &session->config->runner;

  worker->runner = worker->idle;
  worker->idle = NULL;
  if (worker->runner) {
    if (runner_change (worker->runner, config) == -1)
      return -1;
  }
  else if (mkdir (worker->folder, 0700) == -1 && errno != EEXIST) {
    error_message ("%s: %m", worker->folder);
    return -1;
  }
  else if ((worker->runner = runner_start (config, worker->folder)) == NULL)
    return -1;
  int r = 0;
  pthread_mutex_lock (&session->lock);
  if (session->results.release == NULL) {
    session->results.release = strdup (runner_release (worker->runner));
    r = session->results.release ? ledger_add_release (session->ledger, session->results.release) : out_of_memory ();
  }
  pthread_mutex_unlock (&session->lock);
  return r;
}

void
worker_renew (struct worker *worker)
{
  struct runner *runner = worker->runner ? worker->runner : worker->idle;

  if (runner)
    runner_renew (runner);
}

struct choice *
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

/* Say that the checker's OUTCOME is no verdict about the state ID. */
static void
report_broken_check (const char *id, const struct outcome *outcome)
{
  CLEANUP_FREE char *hint = missing_hint (outcome->check_detail);

  if (outcome->check == CHECK_CHANGED)
    error_message ("state %s: the checker has changed what it was to look at: " CHECKER_REFUSED, id);
  else
    error_message ("state %s: the checker says neither 0 (right) nor 1 (wrong): %s%s%s%s", id, outcome->check_detail,
                   hint ? " (" : "", hint ? hint : "", hint ? ")" : "");
}

/* A checker that says nothing about a state is no verdict about it. */
static int
refuse_broken_check (const struct worker *worker, const struct selection *selection, const struct outcome *outcome,
                     const struct device_report *report)
{
  size_t decided = report->head.decision_count;
  CLEANUP_FREE struct choice *choices = NULL;
  CLEANUP_FREE char *id = NULL;

  if (outcome->check != CHECK_BROKEN && outcome->check != CHECK_CHANGED)
    return 0;
  choices = join_choices (selection, report->decisions, decided);
  if (choices == NULL)
    return -1;
  id = state_id_format (worker->log, selection->point, choices, selection->count + decided);
  pthread_mutex_lock (&worker->session->lock);
  if (!worker->session->results.failed)         /* it would say the same to every worker */
    report_broken_check (id ? id : "?", outcome);
  worker->session->results.failed = true;
  pthread_mutex_unlock (&worker->session->lock);
  return -1;
}

/* The tree that OUTCOME, an OUTCOME_TREE of the worker's last run, saw; the oracle keeps it.  NULL after a message. */
static const char *
observed_tree (struct worker *worker, const struct outcome *outcome)
{
  struct oracle *oracle = &worker->session->results.oracle;
  const char *known = oracle_find (oracle, outcome->digest);
  char *tree = known ? NULL : runner_tree (worker->runner);

  if (tree && ledger_add_tree (worker->session->ledger, outcome->digest, tree) == -1) {
    free (tree);
    return NULL;
  }
  return tree ? oracle_add (oracle, outcome->digest, tree) : known;
}

/* Be ready for a run of the worker's log. */
static int
prepare_run (struct worker *worker)
{
  const struct session_config *config = worker->session->config;

  return stop_requested () || (worker->runner == NULL && start_runner (worker) == -1) ? -1
    : runner_serve (worker->runner, worker->log == config->log ? config->runner.log : worker->log->file);
}

int
worker_run (struct worker *worker, const struct selection *selection, struct outcome *outcome,
            struct device_report *report)
{
  CLEANUP_FREE char *marks = marks_before (worker->log, selection->point);

  if (marks == NULL)
    return out_of_memory ();
  if (prepare_run (worker) == -1
      || runner_run (worker->runner, selection, marks, outcome, report) == -1)
    return -1;
  if (refuse_broken_check (worker, selection, outcome, report) == -1
      || (outcome->kind == OUTCOME_TREE && observed_tree (worker, outcome) == NULL)) {
    outcome_free (outcome);
    return -1;
  }
  return 0;
}

/* Note what the worker's last run wrote of the files of LOCATED. */
static int
note_written (struct worker *worker, struct located *located)
{
  const struct control_seen *written;
  char bytes[LOG_SECTOR];
  size_t count;

  if (runner_written (worker->runner, &written, &count) == -1)
    return -1;
  for (size_t i = 0; i < count; i++)
    for (unsigned j = 0; j < BLOCK_SECTORS; j++) {
      uint64_t sector = written[i].block * BLOCK_SECTORS + j;

      if (written[i].device != LOCATED_DEVICE || !(written[i].sectors & 1u << j)
          || !located_has_sector (located, sector))
        continue;
      if (runner_read_written (worker->runner, bytes, LOG_SECTOR, sector * LOG_SECTOR) == -1)
        return -1;
      if (located_add_written (located, sector, bytes) == -1)
        return out_of_memory ();
    }
  return 0;
}

/* Keep the located tree that the worker's last run saw, and put its digest into OUTCOME. */
static int
keep_located (struct worker *worker, struct outcome *outcome)
{
  struct session *session = worker->session;
  char *text = located_trees_text (&session->located, outcome->digest);
  char digest[TREE_DIGEST_LENGTH + 1];

  if (text == NULL)
    text = runner_tree (worker->runner);
  if (text == NULL)
    return -1;
  tree_digest (text, digest);
  if (strcmp (digest, outcome->digest) != 0) {
    error_message ("the guest's agent gave a tree that is not the one it observed");
    free (text);
    return -1;
  }
  struct located *located = located_new (text, digest, session->config->log->device_sizes[LOCATED_DEVICE]);
  if (located == NULL)
    return -1;
  if (located->file_count > 0 && note_written (worker, located) == -1) {
    located_free (located);
    return -1;
  }
  located_seal (located);
  if (located_trees_find (&session->located, located->digest) == NULL
      && ledger_add_located (session->ledger, located) == -1) {
    located_free (located);
    return -1;
  }
  const struct located *kept = located_trees_add (&session->located, located);
  if (kept == NULL)
    return out_of_memory ();
  memcpy (outcome->digest, kept->digest, sizeof outcome->digest);
  return 0;
}

int
worker_run_located (struct worker *worker, const struct selection *selection, struct outcome *outcome,
                    struct device_report *report)
{
  if (prepare_run (worker) == -1 || runner_run_located (worker->runner, selection, outcome, report) == -1)
    return -1;
  if (outcome->kind == OUTCOME_TREE && keep_located (worker, outcome) == -1) {
    outcome_free (outcome);
    return -1;
  }
  return 0;
}

/* Of the later steps of an update the earlier ones' trees matter, too: a moment that is about one reads its data. */
bool
worker_locates (const struct worker *worker)
{
  return worker->session->locates && worker->moment.phase != PHASE_UNKNOWN && worker->moment.step == 1;
}

int
worker_judge (struct worker *worker, const struct outcome *outcome, const struct moment *moment,
              struct verdict *verdict)
{
  int r = oracle_judge (&worker->session->results.oracle, outcome, moment, verdict);

  if (r == -1)
    free (verdict->detail);
  return r;
}

void
worker_note_mismatch (struct worker *worker)
{
  pthread_mutex_lock (&worker->session->lock);
  worker->session->results.mismatches++;
  worker->session->results.failed |= ledger_add_mismatch (worker->session->ledger) == -1;
  pthread_mutex_unlock (&worker->session->lock);
}
