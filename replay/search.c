/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "replay/search.h"

/* One level of the tree: a decided write, and whether both its branches have been taken. */
struct level {
  uint32_t write;
  enum choice_kind kind;
  bool turned;
};

struct tree {
  struct level *levels;         /* room for all pending writes */
  size_t depth;
  struct choice *choices;       /* for all pending writes, by their order in pending */
};

void
search_init (struct search *search)
{
  memset (search, 0, sizeof *search);
  search->reduce = true;
  mpz_init (search->states);
  mpz_init (search->covered);
}

void
search_clear (struct search *search)
{
  mpz_clear (search->states);
  mpz_clear (search->covered);
}

static int
compare_numbers (const void *left, const void *right)
{
  uint32_t a = *(const uint32_t *) left, b = *(const uint32_t *) right;

  return a < b ? -1 : a > b;
}

static void
force (const struct search *search, struct tree *tree, uint32_t write, enum choice_kind kind)
{
  const uint32_t *found = bsearch (&write, search->pending, search->pending_count, sizeof write, compare_numbers);

  assert (found);               /* only pending writes are ever undecided */
  tree->choices[found - search->pending].kind = kind;
}

static void
push (struct tree *tree, uint32_t write, enum choice_kind kind)
{
  tree->levels[tree->depth++] = (struct level) { .write = write, .kind = kind };
}

/* Choices for the next run: what the tree forces, and the rest undecided. */
static void
set_choices (const struct search *search, struct tree *tree)
{
  for (uint32_t i = 0; i < search->pending_count; i++)
    tree->choices[i] = (struct choice) { search->pending[i], search->prefix_only ? CHOICE_PRESENT : CHOICE_UNDECIDED };
  for (size_t i = 0; i < tree->depth; i++)
    force (search, tree, tree->levels[i].write, tree->levels[i].kind);
}

/* Without reduction every write is decided before the run. */
static void
decide_all (const struct search *search, struct tree *tree)
{
  for (uint32_t i = 0; i < search->pending_count; i++)
    if (tree->choices[i].kind == CHOICE_UNDECIDED) {
      tree->choices[i].kind = CHOICE_PRESENT;
      push (tree, search->pending[i], CHOICE_PRESENT);
    }
}

static int
report_visit (struct search *search, const struct tree *tree, mpz_t states)
{
  CLEANUP_FREE struct choice *decided = calloc (tree->depth ? tree->depth : 1, sizeof *decided);

  if (decided == NULL)
    return -1;
  for (size_t i = 0; i < tree->depth; i++)
    decided[i] = (struct choice) { tree->levels[i].write, tree->levels[i].kind };
  return search->visit (search->opaque, decided, tree->depth, states);
}

/* One run of the states that agree with the tree. */
static int
run_once (struct search *search, struct tree *tree)
{
  const struct choice *decisions;
  mpz_t states;
  int r;

  set_choices (search, tree);
  if (!search->reduce)
    decide_all (search, tree);
  int64_t count = search->run (search->opaque, tree->choices, search->pending_count, &decisions);
  if (count < 0)
    return -1;
  for (int64_t i = 0; i < count; i++)
    push (tree, decisions[i].write, decisions[i].kind);
  mpz_init (states);
  if (search->prefix_only)
    mpz_set_ui (states, 1);
  else
    mpz_ui_pow_ui (states, 2, search->pending_count - tree->depth);
  mpz_add (search->covered, search->covered, states);
  search->runs++;
  r = report_visit (search, tree, states);
  mpz_clear (states);
  return r;
}

/* Turn the last decision that has not been turned.  False if there is none. */
static bool
backtrack (struct tree *tree)
{
  while (tree->depth > 0 && tree->levels[tree->depth - 1].turned)
    tree->depth--;
  if (tree->depth == 0)
    return false;
  struct level *last = &tree->levels[tree->depth - 1];
  last->kind = last->kind == CHOICE_PRESENT ? CHOICE_ABSENT : CHOICE_PRESENT;
  last->turned = true;
  return true;
}

int
search_states (struct search *search)
{
  size_t room = search->pending_count ? search->pending_count : 1;
  CLEANUP_FREE struct level *levels = calloc (room, sizeof *levels);
  CLEANUP_FREE struct choice *choices = calloc (room, sizeof *choices);
  struct tree tree = { .levels = levels, .choices = choices };

  if (levels == NULL || choices == NULL)
    return -1;
  mpz_ui_pow_ui (search->states, 2, search->pending_count);
  mpz_set_ui (search->covered, 0);
  search->runs = 0;
  do {
    if (search->limit && search->runs == search->limit)
      return 1;
    if (run_once (search, &tree) == -1)
      return -1;
  } while (!search->prefix_only && backtrack (&tree));
  assert (search->prefix_only || mpz_cmp (search->covered, search->states) == 0);
  return 0;
}
