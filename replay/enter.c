/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <stdlib.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "log/state-id.h"
#include "replay/enter.h"
#include "replay/search/node.h"

/* A part of the states of a run, what is wrong with them and how many they are. */
struct judged_part {
  const struct reply *reply;
  const struct seen_part *part;
  struct verdict verdict;
  enum confirmation confirmation;
  mpz_t states;
};

/* All that was decided for the run that ended in LEAF, to free. */
static struct choice *
decided_of (const struct search_job *job, const struct node *leaf, size_t *count)
{
  const struct recovery_done *before = job->level ? job->level->done : NULL;
  CLEANUP_FREE struct choice *decided = node_decided (leaf, count);
  const struct selection selection = {
    .choices = before ? before->decided : NULL, .count = before ? before->decided_count : 0
  };
  struct choice *all = decided ? join_choices (&selection, decided, *count) : NULL;

  *count += selection.count;
  return all;
}

/* The id of the state of PART that LEAF stands for and in which all else is there, to free, or NULL. */
static char *
state_of (const struct search_job *job, const struct node *leaf, const struct seen_part *part)
{
  size_t count;
  CLEANUP_FREE struct choice *decided = decided_of (job, leaf, &count);
  const struct selection selection = { .choices = decided, .count = count };
  CLEANUP_FREE struct choice *choices = decided ? join_choices (&selection, part->choices, part->choice_count) : NULL;

  count += part->choice_count;
  return choices == NULL ? NULL
    : job->level ? level_state_id (job->level, job->point->position, choices, count)
    : state_id_format (job->worker->log, job->point->position, choices, count);
}

/* After what the job's crash is, to free, or NULL. */
static char *
after_what (const struct search_job *job)
{
  return job->level ? level_after (job->level) : finding_after (job->worker->log, job->point->position);
}

/* By what the run that ended in LEAF sorts, to free, or NULL. */
static char *
place_of (const struct search_job *job, const struct node *leaf)
{
  CLEANUP_FREE char *path = node_place (leaf);
  const char *before = job->level ? job->level->done->place : "";

  return path ? text_format ("%s%s%010u %s", before, *before ? "~" : "", job->point->position, path) : NULL;
}

/* Enter what is wrong with PART of the states of the run that ended in LEAF. */
static int
add_finding (const struct search_job *job, const struct node *leaf, const struct judged_part *part,
             struct finding *finding)
{
  struct session *session = job->worker->session;
  CLEANUP_FREE char *run = place_of (job, leaf), *state = state_of (job, leaf, part->part), *place = NULL;
  CLEANUP_FREE char *after = after_what (job);
  unsigned number = (unsigned) (part->part - part->reply->seen.parts);

  /* The parts come in their order, the first one like a run that has no others. */
  if (run && state && after)
    place = text_format ("%s%.*u", run, number > 0, number);
  if (place == NULL)
    return out_of_memory ();
  finding->state = state;
  finding->after = after;
  finding->place = place;
  finding->depth = job->level ? job->level->depth + 1 : 0;
  if (job->found && finding->confirmation != FINDING_UNREPEATED && tally_blame (&job->found->tally, finding) == -1)
    return out_of_memory ();
  return findings_add (&session->results.findings, finding) == -1 ? out_of_memory () : 0;
}

/* Whether KIND was wrong before recovery was interrupted: then this is not why. */
static bool
was_wrong (const struct search_job *job, enum violation kind)
{
  return job->level && job->level->done->wrong >> kind & 1;
}

/* Enter a verdict, and what a first run saw and a fresh boot did not show again, which stands for no state. */
static int
add_findings (const struct search_job *job, const struct node *leaf, const struct judged_part *part)
{
  const struct outcome *outcome = &part->part->outcome;
  const struct verdict *verdict = &part->verdict;
  struct finding finding = {
    .kind = verdict->kind, .detail = verdict->detail, .outcome = *outcome, .atomic = verdict->atomic,
    .durable = verdict->durable, .confirmation = part->confirmation
  };
  int r = 0;

  mpz_init_set (finding.states, part->states);
  if (verdict->kind && !was_wrong (job, verdict->kind))
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

/* Count a reply, and what a real run read.  Each of its parts is an answer; one run is enough for all.  Of a reply that
 * is not the session's own only a run counts.  Called with the lock held.
 */
static int
count_reply (const struct search_job *job, const struct reply *reply, bool violation, bool is_own)
{
  struct session *session = job->worker->session;
  struct results *results = &session->results;
  const size_t runs = !reply->remembered, remembered = is_own ? reply->seen.count - runs : 0;

  session->violations += violation;
  if (violation && session->config->violated)
    *session->config->violated = true;
  if (job->level) {
    struct nested_result *nested = &results->nested[job->level->depth];

    nested->runs += runs;
    nested->remembered += remembered;
    return 0;
  }
  job->found->seconds += reply->seconds;
  job->found->runs += runs;
  job->found->remembered += remembered;
  results->runs += runs;
  results->remembered += remembered;
  if (job->task.node->parent)
    estimate_note (&session->estimate, reply->decision_count);
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
  after = after_what (job);
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
  if (job->found && tally_add (&job->found->tally, &part->part->outcome, part->states) == -1)
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

  if (results->config->pages == NULL || job->level)
    return;
  if (seen->pages.classes)
    page_counts_add_seen (&results->pages, moment, &seen->pages, all);
  else
    page_counts_add (&results->pages, moment, outcome->kind == OUTCOME_TREE
                     ? oracle_classes (&results->oracle, outcome->digest) : NULL, all);
}

/* Note in DONE what the run that ended in LEAF did. */
static int
note_done (const struct search_job *job, const struct node *leaf, struct reply *reply, const struct judged_part *parts,
           struct recovery_done *done)
{
  done->wrong = job->level ? job->level->done->wrong : 0;
  for (size_t i = 0; i < reply->seen.count; i++)
    done->wrong |= 1u << parts[i].verdict.kind;
  done->decided = decided_of (job, leaf, &done->decided_count);
  done->place = place_of (job, leaf);
  done->ended = reply->seen.parts[0].outcome.kind == OUTCOME_TREE;
  done->tape = reply->tape;
  reply->tape = (struct log_tape) { .bytes = NULL };
  return done->decided && done->place ? 0 : out_of_memory ();
}

/* Enter a reply that is judged, part by part.  Called with the lock held. */
static int
enter_judged (const struct search_job *job, struct reply *reply, struct judged_part *parts, struct recovery_done *done)
{
  const struct node *leaf;
  bool violation = false;
  mpz_t all, entered;
  int r = 0;

  mpz_inits (all, entered, NULL);
  if (search_answer (job->search, &job->task, reply->decisions, reply->decision_count, all, &leaf) == -1)
    r = out_of_memory ();
  const bool is_own = r == 0 && mpz_sgn (all) > 0;
  if (is_own)
    enter_pages (job, &reply->seen, all);
  for (size_t i = 0; r == 0 && is_own && i < reply->seen.count; i++) {
    r = enter_part (job, leaf, all, &parts[i]);
    mpz_add (entered, entered, parts[i].states);
    violation |= parts[i].verdict.kind != VIOLATION_NONE;
  }
  assert (r == -1 || mpz_cmp (entered, all) == 0);
  mpz_clears (all, entered, NULL);
  if (is_own && r == 0 && done)
    r = note_done (job, leaf, reply, parts, done);
  return r == -1 ? -1 : count_reply (job, reply, violation, is_own);
}

/* What a fresh guest may have seen of PART's kind AFTER this, of whatever state. */
static struct finding
like_part (const struct judged_part *part, char *after)
{
  return (struct finding) {
    .kind = part->verdict.kind, .detail = part->verdict.detail, .after = after, .state = "",
    .confirmation = part->confirmation
  };
}

/* Whether what is wrong with PART was seen on a fresh boot after another recovery already. */
static int
was_confirmed (const struct search_job *job, const struct judged_part *part)
{
  struct session *session = job->worker->session;
  CLEANUP_FREE char *after = after_what (job);

  if (after == NULL)
    return out_of_memory ();
  const struct finding like = like_part (part, after);
  if (ledger_confirmation (session->ledger, &like) == FINDING_REPEATED)
    return 1;
  pthread_mutex_lock (&session->lock);
  int r = findings_repeated (&session->results.findings, part->verdict.kind, part->verdict.detail, after);
  pthread_mutex_unlock (&session->lock);
  return r == -1 ? out_of_memory () : r;
}

/* Keep that a fresh guest saw PART. */
static int
keep_confirmed (const struct search_job *job, const struct judged_part *part)
{
  CLEANUP_FREE char *after = after_what (job);

  if (after == NULL)
    return out_of_memory ();
  const struct finding like = like_part (part, after);
  return ledger_add_confirmation (job->worker->session->ledger, &like);
}

/* Let a freshly booted guest see PART, while the log is there that it is of. */
static int
confirm_part (const struct search_job *job, struct judged_part *part)
{
  struct worker *worker = job->worker;
  const struct reply *reply = part->reply;
  CLEANUP_FREE struct choice *decided = join_choices (&worker->selection, reply->decisions, reply->decision_count);
  struct selection selection = worker->selection;
  struct device_report report;
  struct outcome seen;

  selection.choices = decided;
  selection.count += reply->decision_count;
  CLEANUP_FREE struct choice *choices = decided
    ? join_choices (&selection, part->part->choices, part->part->choice_count) : NULL;
  selection.choices = choices;
  selection.count += part->part->choice_count;
  selection.rule.preference = PREFER_PRESENT;
  if (choices == NULL)
    return -1;
  worker_renew (worker);
  if (worker_run (worker, &selection, &seen, &report) == -1)
    return -1;
  part->confirmation = outcome_same (&seen, &part->part->outcome) ? FINDING_REPEATED : FINDING_UNREPEATED;
  outcome_free (&seen);
  if (part->confirmation == FINDING_REPEATED)
    return keep_confirmed (job, part);
  worker_note_mismatch (worker);
  error_message ("after an interrupted recovery, a freshly booted guest does not see again: %s: no number of this "
                 "replay is to be trusted", violation_name (part->verdict.kind));
  return 0;
}

/* Find out whether PART can be seen again, if its log will not be there later. */
static int
try_again (const struct search_job *job, struct judged_part *part)
{
  const enum violation kind = part->verdict.kind;

  part->confirmation = part->part->outcome.repeated ? FINDING_REPEATED : FINDING_UNCONFIRMED;
  if (job->level == NULL || kind == VIOLATION_NONE || was_wrong (job, kind) || part->confirmation == FINDING_REPEATED)
    return 0;
  const int known = was_confirmed (job, part);
  if (known == 1)
    part->confirmation = FINDING_REPEATED;
  return known == 0 && !job->worker->session->config->joined ? confirm_part (job, part) : known == -1 ? -1 : 0;
}

/* Judge PART. */
static int
judge_part (const struct search_job *job, struct judged_part *part)
{
  if (worker_judge (job->worker, &part->part->outcome, &job->worker->moment, &part->verdict) == 0)
    return try_again (job, part);
  part->verdict.detail = NULL;
  return -1;
}

int
enter_reply (const struct search_job *job, struct reply *reply, struct recovery_done *done)
{
  struct session *session = job->worker->session;
  struct judged_part parts[EXPANSION_PARTS_MAX];
  size_t judged = 0;
  int r = 0;

  for (; r == 0 && judged < reply->seen.count; judged++) {
    parts[judged] = (struct judged_part) { .reply = reply, .part = &reply->seen.parts[judged] };
    mpz_init (parts[judged].states);
    r = judge_part (job, &parts[judged]);
  }
  if (r == 0) {
    pthread_mutex_lock (&session->lock);
    r = enter_judged (job, reply, parts, done);
    pthread_cond_broadcast (&session->changed);
    pthread_mutex_unlock (&session->lock);
  }
  while (judged-- > 0) {
    mpz_clear (parts[judged].states);
    free (parts[judged].verdict.detail);
  }
  return r;
}

int
leave_job (const struct search_job *job)
{
  struct session *session = job->worker->session;

  pthread_mutex_lock (&session->lock);
  search_leave (job->search, &job->task);
  session->results.unknown++;
  pthread_cond_broadcast (&session->changed);
  pthread_mutex_unlock (&session->lock);
  return 0;
}
