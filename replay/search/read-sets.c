/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/array.h"
#include "replay/search/read-sets.h"

struct answer {
  struct answer *next;          /* to the same question */
  XXH128_hash_t content;
  struct question *questions;   /* what runs that got here read next */
  struct known_run *run;        /* one that read no more, or NULL */
};

struct known_run {
  struct outcome outcome;       /* first: who has it has the run */
  bool restored;                /* another process has made it, and it has not been counted here */
  bool has_tape;
  struct log_tape tape;
};

struct question {
  struct question *next;        /* of another run that got the same answers so far */
  uint64_t block;
  uint32_t device, sectors;
  struct answer *answers;
};

struct read_sets {
  pthread_mutex_t lock;
  const struct write_log *log;
  const struct crash_points *points;
  uint32_t constant_limit;      /* writes below this number are durable at every crash point, or pending at the first */
  uint32_t write_limit;         /* writes below this number are issued at the last one */
  bool open;                    /* everything may vary */
  struct answer root;           /* asks for the inputs: its question has no sectors */
  read_sets_listener *listen;   /* or NULL */
  void *listener;
  struct read_step *steps;      /* to where a run is being kept */
  size_t step_count;
};

struct read_sets *
read_sets_new (const struct write_log *log, const struct crash_points *points)
{
  struct read_sets *sets = calloc (1, sizeof *sets);

  if (sets == NULL)
    return NULL;
  pthread_mutex_init (&sets->lock, NULL);
  sets->log = log;
  sets->points = points;
  if (points->count > 0) {
    sets->constant_limit = log_writes_until (log, points->points[0].position);
    sets->write_limit = log_writes_until (log, points->points[points->count - 1].position);
  }
  return sets;
}

void
read_sets_open (struct read_sets *sets)
{
  sets->open = true;
}

static void
free_run (struct known_run *run)
{
  if (run) {
    outcome_free (&run->outcome);
    free (run->tape.bytes);
  }
  free (run);
}

/* Free all that hangs on ROOT.  A trie is as deep as a run has reads: no recursion. */
static void
free_below (struct answer *root)
{
  struct question *question = root->questions;

  while (question) {
    struct answer *answer = question->answers;
    struct question *last;

    if (answer == NULL) {
      struct question *next = question->next;

      free (question);
      question = next;
      continue;
    }
    /* Take the answer's questions into the list, behind this one. */
    question->answers = answer->next;
    if (answer->questions) {
      for (last = answer->questions; last->next; last = last->next) {
        /* to its end */
      }
      last->next = question->next;
      question->next = answer->questions;
    }
    free_run (answer->run);
    free (answer);
  }
  free_run (root->run);
}

void
read_sets_free (struct read_sets *sets)
{
  if (sets == NULL)
    return;
  free_below (&sets->root);
  pthread_mutex_destroy (&sets->lock);
  free (sets->steps);
  free (sets);
}

/* Whether WRITE is there in every state of every crash point, over all that is older. */
static bool
is_constant (const struct read_sets *sets, uint32_t write)
{
  return write < sets->constant_limit && !(sets->log->writes[write].flags & LOG_UNORDERED)
    && !pending_index_has (&sets->points->pending, write, sets->points->points[0].position);
}

/* Those of SECTORS whose content is not the same in every state of every crash point. */
static unsigned
varying_sectors (const struct read_sets *sets, const struct control_seen *seen)
{
  unsigned varying = 0, left = seen->sectors;
  struct index_walk walk;
  uint32_t number;

  if (sets->open)
    return seen->sectors;
  index_walk_begin (&walk, &sets->log->index, seen->device, seen->block, sets->write_limit);
  while (left && index_walk_next (&walk, &number)) {
    unsigned touched = write_block_sectors (&sets->log->writes[number], seen->block) & left;

    if (!is_constant (sets, number))
      varying |= touched;
    left &= ~touched;           /* a constant write hides all older ones, and what varies has been noted */
  }
  return varying;
}

/* Not inlined: `walk` would take a block of stack for each level. */
static XXH128_hash_t __attribute__ ((noinline))
read_content (struct crash_state *state, const struct question *question)
{
  char block[BLOCK_SIZE] = "";

  crash_state_read_block (state, question->device, question->block, question->sectors, block);
  return XXH3_128bits (block, sizeof block);
}

static struct answer *
find_answer (const struct question *question, XXH128_hash_t content)
{
  struct answer *answer = question->answers;

  while (answer && !XXH128_isEqual (answer->content, content))
    answer = answer->next;
  return answer;
}

/* The run of STATE that has got to ANSWER.  Recursion is as deep as there are nodes with several
 * questions.
 */
static const struct known_run *
walk (const struct answer *answer, struct crash_state *state)
{
  while (answer->run == NULL && answer->questions && answer->questions->next == NULL) {
    answer = find_answer (answer->questions, read_content (state, answer->questions));
    if (answer == NULL)
      return NULL;
  }
  if (answer->run)
    return answer->run;
  for (const struct question *question = answer->questions; question; question = question->next) {
    const struct known_run *run = NULL;
    const struct answer *next;
    size_t decided;

    crash_state_decisions (state, &decided);
    next = find_answer (question, read_content (state, question));
    if (next)
      run = walk (next, state);
    if (run)
      return run;
    crash_state_undo (state, decided);
  }
  return NULL;
}

static XXH128_hash_t
inputs_content (uint64_t inputs)
{
  return (XXH128_hash_t) { .low64 = inputs };
}

/* Copy FROM, bytes and all.  Returns 0, or -1 with errno ENOMEM. */
static int
copy_tape (struct log_tape *to, const struct log_tape *from)
{
  *to = (struct log_tape) { .size = from->size, .room = from->size };
  if (from->bytes == NULL)
    return 0;
  to->bytes = malloc (from->size + 1);
  if (to->bytes)
    memcpy (to->bytes, from->bytes, from->size);
  return to->bytes ? 0 : -1;
}

const struct outcome *
read_sets_find (struct read_sets *sets, struct crash_state *state, uint64_t inputs, struct log_tape *tape)
{
  const struct known_run *run = NULL;
  const struct answer *first = NULL;

  pthread_mutex_lock (&sets->lock);
  if (sets->root.questions)
    first = find_answer (sets->root.questions, inputs_content (inputs));
  if (first)
    run = walk (first, state);
  /* Without memory for a copy, a run is made. */
  if (run && tape && (!run->has_tape || copy_tape (tape, &run->tape) == -1))
    run = NULL;
  pthread_mutex_unlock (&sets->lock);
  return run ? &run->outcome : NULL;
}

/* The question WANTED at ANSWER, new if there is none; NULL with errno ENOMEM. */
static struct question *
get_question (struct answer *answer, const struct question *wanted)
{
  struct question *question = answer->questions;

  while (question && (question->block != wanted->block || question->device != wanted->device
                      || question->sectors != wanted->sectors))
    question = question->next;
  if (question)
    return question;
  question = malloc (sizeof *question);
  if (question == NULL)
    return NULL;
  *question = *wanted;
  question->next = answer->questions;
  answer->questions = question;
  return question;
}

static struct answer *
get_answer (struct question *question, XXH128_hash_t content)
{
  struct answer *answer = find_answer (question, content);

  if (answer)
    return answer;
  answer = calloc (1, sizeof *answer);
  if (answer == NULL)
    return NULL;
  answer->content = content;
  answer->next = question->answers;
  question->answers = answer;
  return answer;
}

/* Keep at ANSWER what a run saw; *news says whether it was not known. */
static enum read_set_result
keep_run (struct answer *answer, const struct outcome *outcome, const struct log_tape *tape, bool *news)
{
  if (answer->run && !outcome_same (&answer->run->outcome, outcome))
    return READ_SET_CONTRADICTED;
  *news = answer->run == NULL || (tape && !answer->run->has_tape);
  if (answer->run == NULL) {
    struct known_run *run = calloc (1, sizeof *run);

    if (run == NULL || outcome_copy (&run->outcome, outcome) == -1) {
      free (run);
      return READ_SET_FAILED;
    }
    answer->run = run;
  }
  if (tape == NULL || answer->run->has_tape)
    return READ_SET_KEPT;
  answer->run->has_tape = copy_tape (&answer->run->tape, tape) == 0;
  return answer->run->has_tape ? READ_SET_KEPT : READ_SET_FAILED;
}

/* Where a run of INPUTS begins; NULL with errno ENOMEM. */
static struct answer *
begin_path (struct read_sets *sets, uint64_t inputs)
{
  struct question *first = get_question (&sets->root, &(struct question) { .sectors = 0 });

  sets->step_count = 0;
  return first ? get_answer (first, inputs_content (inputs)) : NULL;
}

/* Where a run goes on from ANSWER that then reads what STEP says; NULL with errno ENOMEM. */
static struct answer *
take_step (struct read_sets *sets, struct answer *answer, const struct read_step *step)
{
  const struct question wanted = { .block = step->block, .device = step->device, .sectors = step->sectors };
  struct question *question = get_question (answer, &wanted);
  struct read_step *added = sets->listen ? array_add (sets->steps, sets->step_count) : NULL;

  if (question == NULL || (sets->listen && added == NULL))
    return NULL;
  if (added)
    *added = *step;
  return get_answer (question, (XXH128_hash_t) { step->content[0], step->content[1] });
}

/* Tell who listens what is kept at ANSWER, where the steps lead. */
static enum read_set_result
tell (const struct read_sets *sets, uint64_t inputs, const struct answer *answer)
{
  const struct known_reads known = {
    .inputs = inputs, .steps = sets->steps, .count = sets->step_count, .outcome = &answer->run->outcome,
    .tape = answer->run->has_tape ? &answer->run->tape : NULL
  };

  return sets->listen (sets->listener, &known) == -1 ? READ_SET_UNTOLD : READ_SET_KEPT;
}

enum read_set_result
read_sets_add (struct read_sets *sets, struct crash_state *state, uint64_t inputs, const struct control_seen *seen,
               size_t count, const struct outcome *outcome, const struct log_tape *tape)
{
  enum read_set_result result = READ_SET_FAILED;
  struct answer *answer;
  bool news = false;

  pthread_mutex_lock (&sets->lock);
  answer = begin_path (sets, inputs);
  /* Who finds that a run which read less saw the same adds nothing: that one is found first. */
  for (size_t i = 0; i < count && answer && answer->run == NULL; i++) {
    const struct question wanted = {
      .block = seen[i].block, .device = seen[i].device, .sectors = varying_sectors (sets, &seen[i])
    };

    if (wanted.sectors == 0)
      continue;
    const XXH128_hash_t content = read_content (state, &wanted);
    const struct read_step step = {
      .block = wanted.block, .device = wanted.device, .sectors = wanted.sectors,
      .content = { content.low64, content.high64 }
    };
    answer = take_step (sets, answer, &step);
  }
  if (answer)
    result = keep_run (answer, outcome, tape, &news);
  if (news && result == READ_SET_KEPT && sets->listen)
    result = tell (sets, inputs, answer);
  pthread_mutex_unlock (&sets->lock);
  return result;
}

void
read_sets_listen (struct read_sets *sets, read_sets_listener *listen, void *listener)
{
  sets->listen = listen;
  sets->listener = listener;
}

enum read_set_result
read_sets_restore (struct read_sets *sets, const struct known_reads *known)
{
  enum read_set_result result = READ_SET_FAILED;
  bool news = false;

  pthread_mutex_lock (&sets->lock);
  struct answer *answer = begin_path (sets, known->inputs);
  for (size_t i = 0; i < known->count && answer && answer->run == NULL; i++)
    answer = take_step (sets, answer, &known->steps[i]);
  if (answer)
    result = keep_run (answer, known->outcome, known->tape, &news);
  if (result == READ_SET_KEPT && news)
    answer->run->restored = true;
  pthread_mutex_unlock (&sets->lock);
  return result;
}

bool
read_sets_count_restored (struct read_sets *sets, const struct outcome *outcome)
{
  struct known_run *run = (struct known_run *) outcome;

  pthread_mutex_lock (&sets->lock);
  const bool restored = run->restored;
  run->restored = false;
  pthread_mutex_unlock (&sets->lock);
  return restored;
}
