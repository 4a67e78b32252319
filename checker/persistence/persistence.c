/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/persistence/hearing.h"
#include "checker/persistence/persistence.h"
#include "checker/persistence/promises.h"
#include "checker/persistence/walk.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/printable.h"

/* The rules that not even a file system that is never cut off need hold. */
#define RULES_OF_SOME (RULE_BIT (RULE_LINKS) | RULE_BIT (RULE_TIME))

/* Of what all kept states have, objects and names, before they are forgotten: they are made again as they are needed,
 * and states that follow one another are those of neighbouring crash points.
 */
#define STATES_PARTS_MAX 50000

/* What is known when some operations have returned. */
struct known_state {
  struct workload_progress progress;
  struct workload_state *state;
};

struct persistence {
  const struct workload *workload;
  uint32_t rules;
  XXH3_state_t *hash;
  struct written_file *written;      /* to files, by number, if that is asked for */
  size_t written_count;
  struct known_state *states;
  size_t state_count;
  size_t state_parts;           /* objects and names in them */
};

int
persistence_rules (const struct workload *workload, uint32_t promises, uint32_t *rules)
{
  *rules = promises;
  for (size_t i = 0; i < workload->rule_count; i++) {
    const struct workload_rule *change = &workload->rules[i];
    enum persistence_rule rule = persistence_rule_find (change->name);

    if (rule == RULE_COUNT) {
      CLEANUP_FREE char *safe = safe_text (change->name);

      error_message ("%s:%u: %s: no such rule: see powercut-workload(5)", workload->name, change->line,
                     safe ? safe : "?");
      return -1;
    }
    if (change->on)
      *rules |= RULE_BIT (rule);
    else
      *rules &= ~RULE_BIT (rule);
  }
  return 0;
}

struct persistence *
persistence_new (const struct workload *workload, uint32_t rules)
{
  struct persistence *persistence = calloc (1, sizeof *persistence);

  if (persistence) {
    *persistence = (struct persistence) {
      .workload = workload, .rules = rules, .hash = XXH3_createState ()
    };
    if (persistence->hash) {
      if (!(rules & RULE_BIT (RULE_STALE))
          || written_find (workload, &persistence->written, &persistence->written_count) == 0)
        return persistence;
      persistence_free (persistence);
      return NULL;
    }
    persistence_free (persistence);
  }
  out_of_memory ();
  return NULL;
}

static void
free_known (struct known_state *known)
{
  workload_state_free (known->state);
}

static void
forget_states (struct persistence *persistence)
{
  array_free (persistence->states, persistence->state_count, free_known);
  persistence->state_parts = 0;
}

void
persistence_free (struct persistence *persistence)
{
  if (persistence == NULL)
    return;
  forget_states (persistence);
  written_free (persistence->written, persistence->written_count);
  XXH3_freeState (persistence->hash);
  free (persistence);
}

/* Whether operation INDEX, which persists, had returned at PROGRESS. */
static bool
has_returned (const struct workload *workload, struct workload_progress progress, size_t index)
{
  const struct workload_operation *operation = &workload->operations[index];
  const bool all = progress.operation > workload->count;
  const struct workload_operation *last = progress.operation && !all ? &workload->operations[progress.operation - 1]
    : NULL;

  return index < (operation->block == 0 || last == NULL || last->block != operation->block
                  || last->process == operation->process ? progress.operation : progress.beside);
}

/* Do the operations up to number LIMIT, where those of PROGRESS were the last persistence operations that returned; a
 * process stops at its next one.
 */
static int
do_operations (const struct persistence *persistence, struct workload_state *state, struct workload_progress progress,
               size_t limit)
{
  const struct workload *workload = persistence->workload;
  struct promiser promiser = { persistence->rules, state, 0, { 0, 0 } };
  bool stopped[2] = { false, false };
  uint32_t block = 0;           /* in which a process was stopped */

  if (workload_state_begin (state, workload) == -1)
    return -1;
  for (size_t i = 0; i < limit; i++) {
    const struct workload_operation *operation = &workload->operations[i];
    const bool persists = workload_is_persistence (operation) && i >= workload->setup_count;
    const bool is_next = persists && !has_returned (workload, progress, i);

    if (i == workload->setup_count && promise_all (&promiser) == -1)
      return -1;
    if ((stopped[0] || stopped[1]) && (operation->block == 0 || operation->block != block))
      break;
    if (stopped[operation->process])
      continue;
    stopped[operation->process] = is_next;
    block = operation->block;
    if (is_next && !workload_changes (operation))
      continue;
    if (workload_state_do (state, i) == -1)
      return -1;
    promiser.operation = (uint32_t) i + 1;
    promiser.by = (struct last_touch) { operation->block, operation->process };
    if (operation->verb == WORKLOAD_SNAPSHOT && promise_whole (&promiser, state->simulation.effect.snapshot) == -1)
      return -1;
    if (is_next)                /* some of what it writes may be there before it returns */
      continue;
    if (persists && promise_by (&promiser, operation) == -1)
      return -1;
    promiser.operation = 0;
  }
  return 0;
}

/* A new state at PROGRESS; NULL after a message. */
static struct workload_state *
make_state (const struct persistence *persistence, struct workload_progress progress)
{
  struct workload_state *state = calloc (1, sizeof *state);

  if (state == NULL) {
    out_of_memory ();
    return NULL;
  }
  if (do_operations (persistence, state, progress, persistence->workload->count) == -1
      || workload_state_finish (state, persistence->hash) == -1) {
    workload_state_free (state);
    return NULL;
  }
  return state;
}

/* The state at PROGRESS; NULL after a message.  It stays persistence's, until the next one is asked for. */
static struct workload_state *
find_state (struct persistence *persistence, struct workload_progress progress)
{
  for (size_t i = 0; i < persistence->state_count; i++) {
    const struct known_state *known = &persistence->states[i];

    if (known->progress.operation == progress.operation && known->progress.beside == progress.beside)
      return known->state;
  }
  if (persistence->state_parts > STATES_PARTS_MAX)
    forget_states (persistence);
  struct workload_state *state = make_state (persistence, progress);
  struct known_state *added = state ? array_add (persistence->states, persistence->state_count) : NULL;
  if (added == NULL) {
    if (state)
      out_of_memory ();
    workload_state_free (state);
    return NULL;
  }
  *added = (struct known_state) { progress, state };
  persistence->state_parts += state->simulation.inode_count + state->simulation.entry_count;
  return state;
}

/* Say how many more there are.  Returns the detail, or NULL. */
static char *
finish_detail (struct hearing *hearing)
{
  char *text;

  if (hearing->more == 0 || hearing->detail == NULL)
    return hearing->detail;
  if (asprintf (&text, "%s (and %zu more)", hearing->detail, hearing->more) == -1)
    text = NULL;
  free (hearing->detail);
  return text;
}

/* Parse the lines about sectors at TEXT. */
static int
parse_files (struct hearing *hearing, const char *text)
{
  while (*text) {
    struct page_file *file = array_add (hearing->files, hearing->file_count);

    if (file == NULL)
      return out_of_memory ();
    text = page_file_parse (text, file);
    if (text == NULL) {
      hearing->file_count--;
      error_message ("the observed tree: a line about sectors is malformed: %m");
      return -1;
    }
  }
  return 0;
}

static void
free_files (struct hearing *hearing)
{
  for (size_t i = 0; i < hearing->file_count; i++)
    page_file_free (&hearing->files[i]);
  free (hearing->files);
}

/* Hold SEEN against STATE. */
static int
judge_seen (const struct persistence *persistence, struct workload_state *state, const char *seen, char **detail)
{
  struct hearing hearing = {
    .workload = persistence->workload, .rules = persistence->rules, .state = state, .tree = { .name = "observed" },
    .written = persistence->written
  };
  int r = tree_parse (seen, &hearing.tree) == -1 ? -1 : parse_files (&hearing, pages_begin (seen));

  if (r == 0 && walk_tree (&hearing) == -1)
    r = out_of_memory ();
  tree_free (&hearing.tree);
  free_files (&hearing);
  *detail = finish_detail (&hearing);
  if (r == 0 && hearing.detail && *detail == NULL)
    r = out_of_memory ();
  return r;
}

static int
compare_paths (const void *left, const void *right)
{
  return strcmp (*(char *const *) left, *(char *const *) right);
}

/* Add the path of ENTRY to the COUNT in PATHS, unless it is there.  Returns their number, or -1. */
static ssize_t
add_path (const struct sim_entry *entry, char **paths, ssize_t count)
{
  CLEANUP_FREE char *path = sim_entry_path (entry);
  char *word = path ? escape_text (path) : NULL;

  if (word == NULL)
    return -1;
  for (ssize_t i = 0; i < count; i++)
    if (strcmp (paths[i], word) == 0) {
      free (word);
      return count;
    }
  paths[count] = word;
  return count + 1;
}

/* Whether INODE is judged by what was touched or, with NEW, was never promised, so that only what is stale counts. */
static bool
needs_sectors (const struct inode_state *inode, bool new)
{
  return new ? !inode->data.made && inode->size_max > 0 : inode->data.made && inode->data_touched;
}

/* Add the paths, COUNT so far, under which a file of STATE may be judged by its sectors, NEW or not. */
static ssize_t
add_paths (const struct workload_state *state, bool new, char **paths, ssize_t count)
{
  for (size_t i = 0; i < state->entry_count; i++)
    for (size_t j = 0; j < state->entries[i].count && count >= 0 && count < PERSISTENCE_PATHS_MAX; j++) {
      uint32_t inode = state->entries[i].leads[j].inode;

      if (inode != NOWHERE && needs_sectors (&state->inodes[inode], new))
        count = add_path (state->simulation.entries[i], paths, count);
    }
  return count;
}

/* Whether a mark may say that operation NUMBER has returned: one of the update's that promise, or 0, the sync before
 * it.
 */
static bool
is_mark (const struct workload *workload, size_t number)
{
  if (number == 0)
    return true;
  return number > workload->setup_count && number <= workload->count
    && workload_is_persistence (&workload->operations[number - 1]);
}

/* Whether a mark may say that operations have come so far: if two, then one of each process of a block. */
static bool
is_progress (const struct workload *workload, struct workload_progress progress)
{
  if (!is_mark (workload, progress.operation) || !is_mark (workload, progress.beside))
    return false;
  if (progress.beside == 0)
    return true;
  const struct workload_operation *last = &workload->operations[progress.operation - 1];
  const struct workload_operation *beside = &workload->operations[progress.beside - 1];
  return progress.beside < progress.operation && last->block != 0 && last->block == beside->block
    && last->process != beside->process;
}

/* Add the paths, COUNT so far, of all states.  Returns their number, or -1 after a message. */
static ssize_t
add_all_paths (struct persistence *persistence, bool new, char **paths, ssize_t count)
{
  for (size_t number = 0; number <= persistence->workload->count && count < PERSISTENCE_PATHS_MAX; number++) {
    if (!is_mark (persistence->workload, number))
      continue;
    const struct workload_state *state = find_state (persistence, (struct workload_progress) { (uint32_t) number, 0 });
    if (state == NULL)
      return -1;
    count = add_paths (state, new, paths, count);
    if (count == -1)
      return out_of_memory ();
  }
  return count;
}

ssize_t
persistence_paths (struct persistence *persistence, char ***paths)
{
  *paths = calloc (PERSISTENCE_PATHS_MAX, sizeof **paths);
  if (*paths == NULL)
    return out_of_memory ();
  ssize_t count = add_all_paths (persistence, false, *paths, 0);
  if (count != -1 && persistence->written)
    count = add_all_paths (persistence, true, *paths, count);
  if (count == -1) {
    for (ssize_t i = 0; i < PERSISTENCE_PATHS_MAX; i++)
      free ((*paths)[i]);
    free (*paths);
    return -1;
  }
  qsort (*paths, (size_t) count, sizeof **paths, compare_paths);
  return count;
}

unsigned
persistence_facts (const struct persistence *persistence)
{
  unsigned facts = persistence->rules & RULE_BIT (RULE_LINKS) ? FACT_LINKS : 0;
  const unsigned quota = persistence->rules & RULE_BIT (RULE_QUOTA) ? FACT_QUOTA : 0;

  for (size_t i = 0; i < persistence->workload->count; i++) {
    if (workload_is_of_subvolumes (&persistence->workload->operations[i]))
      facts |= FACT_SUBVOLUME;
    switch (persistence->workload->operations[i].verb) {
    case WORKLOAD_FALLOC:
      facts |= persistence->rules & (RULE_BIT (RULE_ALLOCATED) | RULE_BIT (RULE_BLOCKS)) ? FACT_EXTENTS : 0;
      break;
    case WORKLOAD_CHATTR: facts |= FACT_FLAGS; break;
    case WORKLOAD_PROJECT: facts |= FACT_PROJECT | quota; break;
    case WORKLOAD_CHOWN: facts |= quota; break;
    case WORKLOAD_UTIMES: facts |= FACT_TIME; break;
    default: break;
    }
  }
  return facts;
}

int
persistence_judge (struct persistence *persistence, struct workload_progress progress, const char *seen, char **detail)
{
  struct workload_state *state;

  *detail = NULL;
  if (!is_progress (persistence->workload, progress)) {
    error_message ("%s: a mark says that operation %u has returned, which is no persistence operation of the update: "
                   "the log is damaged or was written by another version", persistence->workload->name,
                   progress.operation);
    return -1;
  }
  state = find_state (persistence, progress);
  return state ? judge_seen (persistence, state, seen, detail) : -1;
}

int
persistence_compare (struct persistence *persistence, bool done, const char *seen, char **detail)
{
  const struct workload *workload = persistence->workload;
  /* Not all count links, or keep times to the second. */
  const uint32_t rules = RULES_ALL & ~(RULES_OF_SOME & ~persistence->rules);
  const struct persistence exact = { .workload = workload, .rules = rules, .hash = persistence->hash };
  struct workload_state *state = calloc (1, sizeof *state);
  const struct promiser promiser = { rules, state, 0, { 0, 0 } };
  int r = -1;

  *detail = NULL;
  if (state == NULL)
    return out_of_memory ();
  const struct workload_progress all = { UINT32_MAX, 0 };
  if (do_operations (&exact, state, all, done ? workload->count : workload->setup_count) == 0
      && promise_all (&promiser) == 0 && workload_state_finish (state, persistence->hash) == 0)
    r = judge_seen (&exact, state, seen, detail);
  workload_state_free (state);
  return r;
}
