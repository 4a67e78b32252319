/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because the files of a run are told apart, counted and observed by what was found out of them once. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/judge.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "replay/expand.h"
#include "replay/located-pages.h"
#include "replay/search/data-classes.h"
#include "replay/worker.h"

/* A word that no file of a tree that can be compared has. */
#define WORD_UNLIKE_ALL "!ENODATA"

/* The states of one run. */
struct spread {
  struct worker *worker;
  const struct selection *selection;
  const struct located *located;
  struct located_words *words;  /* what each file holds, or NULL where that depends on what is undecided; to free */
  struct data_sector *sectors;  /* of the files of which it does */
  size_t sector_count;
};

void
expansion_begin_whole (struct expansion *expansion, struct outcome *outcome)
{
  *expansion = (struct expansion) { .count = 1 };
  mpz_init_set_ui (expansion->all, 1);
  expansion->parts[0].outcome = *outcome;
  mpz_init_set_ui (expansion->parts[0].ways, 1);
  memset (outcome, 0, sizeof *outcome);
}

void
expansion_free (struct expansion *expansion)
{
  for (size_t i = 0; i < expansion->count; i++) {
    outcome_free (&expansion->parts[i].outcome);
    free (expansion->parts[i].choices);
    mpz_clear (expansion->parts[i].ways);
  }
  mpz_clear (expansion->all);
  pages_seen_free (&expansion->pages);
  expansion->count = 0;
}

static void
free_words (const struct spread *spread)
{
  for (size_t i = 0; spread->words && i < spread->located->file_count; i++)
    located_words_free (&spread->words[i]);
  free (spread->words);
}

/* Read FILE in the state that is selected, and put the words for what it holds into *WORDS, to free in any case. */
static int
read_words (const struct spread *spread, const struct located_file *file, struct located_words *words)
{
  const struct pages *pages = spread->worker->session->config->pages;
  CLEANUP_FREE char *bytes = malloc (file->layout.sectors * LOG_SECTOR);

  if (bytes == NULL)
    return -1;
  located_read (spread->located, file, spread->worker->state, bytes);
  return located_words_make (file, bytes, pages && pages_find (pages, file->path) < pages->file_count, words);
}

/* Find the files that hold the same in all states. */
static int
read_decided_files (struct spread *spread)
{
  struct crash_state *state = spread->worker->state;

  spread->words = calloc (spread->located->file_count + 1, sizeof *spread->words);
  if (spread->words == NULL || crash_state_select (state, spread->selection) == -1)
    return -1;
  for (size_t i = 0; i < spread->located->file_count; i++) {
    size_t decided;

    if (read_words (spread, &spread->located->files[i], &spread->words[i]) == -1)
      return -1;
    crash_state_decisions (state, &decided);
    if (decided == 0)
      continue;
    crash_state_undo (state, 0);
    located_words_free (&spread->words[i]);
  }
  return 0;
}

/* Whether what file number NUMBER holds depends on what is undecided. */
static bool
is_open (const struct spread *spread, size_t number)
{
  return spread->words[number].content == NULL;
}

static size_t
count_open (const struct spread *spread)
{
  size_t open = 0;

  for (size_t i = 0; i < spread->located->file_count; i++)
    open += is_open (spread, i);
  return open;
}

/* The text in which each undecided file holds what it does in TREE, if it has the same length there; to free. */
static char *
text_as_in (const struct spread *spread, const struct known_tree *tree)
{
  size_t count = spread->located->file_count;
  CLEANUP_FREE struct located_words *words = calloc (count + 1, sizeof *words);
  char size[24];

  for (size_t i = 0; words && i < count; i++) {
    const struct located_file *file = &spread->located->files[i];
    const struct tree_object *object = is_open (spread, i) ? contents_object (tree, file->path) : NULL;

    snprintf (size, sizeof size, "%ju", (uintmax_t) file->size_bytes);
    words[i].content = !is_open (spread, i) ? spread->words[i].content
      : object && strcmp (object->field[TREE_SIZE], size) == 0 ? (char *) object->field[TREE_CONTENT]
      : (char *) WORD_UNLIKE_ALL;
  }
  return words ? located_text (spread->located, words) : NULL;
}

/* Whether all is as in tree number NUMBER if only the undecided files are: 1, 0, or -1 after a message. */
static int
is_as_in (const struct spread *spread, unsigned number)
{
  const struct session *session = spread->worker->session;
  const struct trees *trees = &session->config->trees;
  CLEANUP_FREE char *text = text_as_in (spread, &session->contents.trees[number]);
  struct judgement judgement;

  if (text == NULL)
    return out_of_memory ();
  if (judge (text, trees->texts[0], trees->texts[1], EXPECT_OLD_OR_NEW, &judgement) == -1)
    return -1;
  int as = number == 0 ? judgement.is_old : judgement.is_new;
  judgement_free (&judgement);
  return as;
}

/* The digest of the located tree number NUMBER, which the state of SELECTION has; empty if there is none. */
static int
locate_tree (struct worker *worker, unsigned number, const struct selection *selection,
             char digest[TREE_DIGEST_LENGTH + 1])
{
  struct ledger_part *ledger = worker->session->ledger;
  const char *known = ledger_contents (ledger, number);
  struct device_report report;
  struct outcome outcome;

  if (known || worker->session->config->joined) {
    snprintf (digest, TREE_DIGEST_LENGTH + 1, "%s", known ? known : "");
    return 0;
  }
  if (worker_run_located (worker, selection, &outcome, &report) == -1)
    return -1;
  snprintf (digest, TREE_DIGEST_LENGTH + 1, "%s", outcome.kind == OUTCOME_TREE ? outcome.digest : "");
  outcome_free (&outcome);
  return ledger_add_contents (ledger, number, digest);
}

/* Learn what the files of tree number NUMBER hold from the state at POSITION in which all is there. */
static int
learn_tree (struct worker *worker, unsigned number, uint32_t position)
{
  struct session *session = worker->session;
  const struct selection selection = { .point = position, .rule = { .tear = session->config->tear } };
  const struct located *located;
  char digest[TREE_DIGEST_LENGTH + 1];
  int r = 0;

  if (locate_tree (worker, number, &selection, digest) == -1)
    return -1;
  located = *digest ? located_trees_find (&session->located, digest) : NULL;
  if (located && crash_state_select (worker->state, &selection) == -1)
    r = out_of_memory ();
  if (located && r == 0)
    r = contents_learn (&session->contents.trees[number], located, worker->state);
  return r;
}

int
expand_prepare (struct worker *worker)
{
  struct contents *contents = &worker->session->contents;
  uint32_t first, last;
  int r = 0;

  pthread_mutex_lock (&contents->lock);
  if (!contents->learnt && model_range (worker->session->config->log, &first, &last) == 0) {
    r = learn_tree (worker, 0, first);
    if (r == 0)
      r = learn_tree (worker, 1, last);
  }
  contents->learnt |= r == 0;
  pthread_mutex_unlock (&contents->lock);
  return r;
}

/* Add COUNT SECTORS, which should hold OLD and NEW, or whatever is wrong.  Returns 0, or -1 if out of memory. */
static int
add_sectors (struct spread *spread, const struct data_sector *sectors, size_t count, const char *old, const char *new)
{
  for (size_t i = 0; i < count; i++) {
    struct data_sector *added = array_add (spread->sectors, spread->sector_count);

    if (added == NULL)
      return -1;
    *added = sectors[i];
    added->old.bytes = old ? old + i * LOG_SECTOR : NULL;
    added->new.bytes = new ? new + i * LOG_SECTOR : NULL;
  }
  return 0;
}

/* List the sectors of FILE.  Returns 1, 0 if it is not known what they should hold, or -1 if out of memory. */
static int
list_file (struct spread *spread, const struct located_file *file, unsigned set)
{
  const struct known_tree *trees = spread->worker->session->contents.trees;
  const char *old = set & LIKE_OLD && contents_object (&trees[0], file->path) ? contents_bytes (&trees[0], file->path)
    : NULL;
  const char *new = set & LIKE_NEW && contents_object (&trees[1], file->path) ? contents_bytes (&trees[1], file->path)
    : NULL;

  if ((set & LIKE_OLD && old == NULL) || (set & LIKE_NEW && new == NULL))
    return 0;
  CLEANUP_FREE struct data_sector *sectors = located_sectors (spread->located, file);
  return sectors && add_sectors (spread, sectors, file->layout.sectors, old, new) == 0 ? 1 : -1;
}

/* List the sectors of all undecided files that one of the trees has, for what is as in the trees of SET so far. */
static int
list_sectors (struct spread *spread, unsigned set)
{
  const struct known_tree *trees = spread->worker->session->contents.trees;
  int r = set ? expand_prepare (spread->worker) : 1;

  if (r == -1)
    return -1;
  r = 1;
  for (size_t i = 0; set && r == 1 && i < spread->located->file_count; i++) {
    const struct located_file *file = &spread->located->files[i];

    if (is_open (spread, i)
        && (contents_object (&trees[0], file->path) || contents_object (&trees[1], file->path)))
      r = list_file (spread, file, set);
  }
  return r == -1 ? out_of_memory () : r;
}

/* The text of the tree in the state that is selected, to free; NULL after a message. */
static char *
read_text (const struct spread *spread)
{
  const size_t count = spread->located->file_count;
  CLEANUP_FREE struct located_words *words = calloc (count + 1, sizeof *words);
  bool read = words != NULL;
  char *text;

  for (size_t i = 0; read && i < count; i++)
    if (is_open (spread, i))
      read = read_words (spread, &spread->located->files[i], &words[i]) == 0;
    else
      words[i] = spread->words[i];
  text = read ? located_text (spread->located, words) : NULL;
  for (size_t i = 0; words && i < count; i++)
    if (is_open (spread, i))
      located_words_free (&words[i]);
  if (text == NULL)
    out_of_memory ();
  return text;
}

/* What the tree looks like in the state of the selection with CLASS's choices and all else there.  It is known to the
 * oracle then.  Returns 0, or -1 after a message.
 */
static int
observe_class (struct spread *spread, const struct data_class *class, char digest[TREE_DIGEST_LENGTH + 1])
{
  struct oracle *oracle = &spread->worker->session->results.oracle;
  struct selection selection = *spread->selection;
  CLEANUP_FREE struct choice *choices = join_choices (spread->selection, class->choices, class->count);
  char *text;

  selection.choices = choices;
  selection.count += class->count;
  selection.rule.preference = PREFER_PRESENT;
  if (choices == NULL)
    return -1;
  if (crash_state_select (spread->worker->state, &selection) == -1)
    return out_of_memory ();
  text = read_text (spread);
  if (text == NULL)
    return -1;
  tree_digest (text, digest);
  const bool known = oracle_find (oracle, digest) != NULL;
  /* A run that reads everything and sees this tree will find that it is known, and not note it. */
  if (!known && ledger_add_tree (spread->worker->session->ledger, digest, text) == 0)
    return oracle_add (oracle, digest, text) ? 0 : -1;
  free (text);
  return known ? 0 : -1;
}

/* Add CLASS to *expansion; all of its states beside the tree saw OUTCOME. */
static int
add_part (struct spread *spread, struct data_class *class, const struct outcome *outcome, struct expansion *expansion)
{
  struct seen_part *part = &expansion->parts[expansion->count];

  if (outcome_copy (&part->outcome, outcome) == -1)
    return out_of_memory ();
  mpz_init_set (part->ways, class->ways);
  part->choices = class->choices;
  part->choice_count = class->count;
  class->choices = NULL;
  expansion->count++;
  const struct data_class decided = { .choices = part->choices, .count = part->choice_count };
  return observe_class (spread, &decided, part->outcome.digest);
}

/* Put what was counted into *expansion, the new state first. */
static int
add_parts (struct spread *spread, struct data_classes *classes, const struct outcome *outcome,
           struct expansion *expansion)
{
  int r = 0;

  *expansion = (struct expansion) { .count = 0 };
  mpz_init_set (expansion->all, classes->all);
  for (unsigned i = EXPANSION_PARTS_MAX; r == 0 && i-- > 0;)
    if (mpz_sgn (classes->classes[i].ways) > 0)
      r = add_part (spread, &classes->classes[i], outcome, expansion);
  if (r == -1)
    expansion_free (expansion);
  return r == -1 ? -1 : 1;
}

static unsigned
look_at_bytes (const struct data_sector *sector, const char *bytes)
{
  unsigned set = 0;

  if (sector->old.bytes && memcmp (bytes, sector->old.bytes, sector->bytes) == 0)
    set |= LIKE_OLD;
  if (sector->new.bytes && memcmp (bytes, sector->new.bytes, sector->bytes) == 0)
    set |= LIKE_NEW;
  return set;
}

/* What is asked of the undecided files, for what they hold. */
static struct data_question
question_of (const struct spread *spread)
{
  return (struct data_question) {
    .log = spread->worker->log, .selection = spread->selection, .state = spread->worker->state,
    .sectors = spread->sectors, .count = spread->sector_count, .look = look_at_bytes
  };
}

/* Count the states by what the undecided files hold; all else is as in the trees of SET. */
static int
count_states (struct spread *spread, unsigned set, const struct outcome *outcome, struct expansion *expansion)
{
  const struct data_question question = question_of (spread);
  enum groups_result result;
  struct data_classes classes;
  int r = 0;

  if (data_question_select (&question) == -1)
    return out_of_memory ();
  result = data_classes_count (&question, set, &classes);
  if (result == GROUPS_COUNTED)
    r = add_parts (spread, &classes, outcome, expansion);
  else if (result == GROUPS_FAILED)
    r = out_of_memory ();
  data_classes_free (&classes);
  return r;
}

/* Count what becomes of the pages, if they are to be tabulated.  What was expanded is freed if that cannot be done. */
static int
count_pages (const struct spread *spread, struct expansion *expansion)
{
  const struct pages *pages = spread->worker->session->config->pages;
  const struct data_question question = question_of (spread);
  int r = pages == NULL ? 1
    : located_pages_count (spread->located, &question, pages, spread->worker->moment.step, &expansion->pages);

  if (r != 1)
    expansion_free (expansion);
  return r;
}

/* Take all states of the spread for one in which all data are there: nobody knows yet what files should hold. */
static int
take_as_one (struct spread *spread, const struct outcome *outcome, struct expansion *expansion)
{
  struct data_class all = { .count = 0 };

  *expansion = (struct expansion) { .count = 0 };
  mpz_init_set_ui (expansion->all, 1);
  mpz_init_set_ui (all.ways, 1);
  const int r = add_part (spread, &all, outcome, expansion);
  mpz_clear (all.ways);
  if (r == -1)
    expansion_free (expansion);
  return r == -1 ? -1 : 1;
}

/* Tell the states of the spread apart. */
static int
tell_apart (struct spread *spread, const struct outcome *outcome, struct expansion *expansion)
{
  unsigned set = 0;

  if (read_decided_files (spread) == -1)
    return out_of_memory ();
  if (spread->worker->session->config->trees.count < 2)
    return take_as_one (spread, outcome, expansion);
  if (count_open (spread) > 0) {
    int old = is_as_in (spread, 0), new = old == -1 ? -1 : is_as_in (spread, 1), r;

    if (new == -1)
      return -1;
    set = (old ? LIKE_OLD : 0u) | (new ? LIKE_NEW : 0u);
    r = list_sectors (spread, set);
    if (r != 1)
      return r;
  }
  return count_states (spread, set, outcome, expansion);
}

int
expand_located (struct worker *worker, const struct selection *selection, struct outcome *outcome,
                struct expansion *expansion)
{
  struct spread spread = { .worker = worker, .selection = selection };
  int r;

  if (outcome->kind != OUTCOME_TREE) {
    expansion_begin_whole (expansion, outcome);
    return 1;
  }
  spread.located = located_trees_find (&worker->session->located, outcome->digest);
  r = tell_apart (&spread, outcome, expansion);
  if (r == 1)
    r = count_pages (&spread, expansion);
  free_words (&spread);
  free (spread.sectors);
  if (r == 1)
    outcome_free (outcome);
  return r;
}
