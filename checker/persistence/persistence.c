/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/persistence/doing.h"
#include "checker/persistence/hearing.h"
#include "checker/persistence/paths.h"
#include "checker/persistence/persistence.h"
#include "checker/persistence/promises.h"
#include "checker/persistence/walk.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/printable.h"

/* The rules that not even a file system that is never cut off need hold. */
#define RULES_OF_SOME (RULE_BIT (RULE_LINKS) | RULE_BIT (RULE_TIME))

/* Of what all kept states have, objects and names, before they are forgotten: they are made again as they are needed.
 * States that follow one another are those of neighbouring crash points, so one becomes the next where it can.
 */
#define STATES_PARTS_MAX 50000

/* What is known when some operations have returned. */
struct known_state {
  struct workload_progress progress;
  struct workload_state *state;
  struct doing doing;           /* that has made it */
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

/* Let KNOWN be what is known at PROGRESS, which is not before its own.  Returns 0, or -1 after a message. */
static int
go_on (const struct persistence *persistence, struct known_state *known, struct workload_progress progress)
{
  known->progress = progress;
  return doing_come_to (&known->doing, progress, persistence->workload->count) == -1 ? -1
    : workload_state_finish (known->state, persistence->hash);
}

/* Make KNOWN, which is all zeros, the state at PROGRESS.  Returns as above. */
static int
make_state (const struct persistence *persistence, struct workload_progress progress, struct known_state *known)
{
  known->state = calloc (1, sizeof *known->state);
  if (known->state == NULL)
    return out_of_memory ();
  return doing_begin (&known->doing, persistence->workload, persistence->rules, known->state) == -1 ? -1
    : go_on (persistence, known, progress);
}

/* Of what is known the last that can go on to PROGRESS; NULL if none can. */
static struct known_state *
find_earlier (const struct persistence *persistence, struct workload_progress progress)
{
  for (size_t i = persistence->state_count; i > 0; i--)
    if (doing_can_come_to (&persistence->states[i - 1].doing, progress))
      return &persistence->states[i - 1];
  return NULL;
}

static size_t
count_parts (const struct workload_state *state)
{
  return state->simulation.inode_count + state->simulation.entry_count;
}

/* The state at PROGRESS; NULL after a message.  It stays persistence's, until the next one is asked for. */
static struct workload_state *
find_state (struct persistence *persistence, struct workload_progress progress)
{
  for (size_t i = 0; i < persistence->state_count; i++) {
    const struct known_state *known = &persistence->states[i];

    if (progress_compare (known->progress, progress) == 0)
      return known->state;
  }
  struct known_state *known = find_earlier (persistence, progress);
  const size_t parts = known ? count_parts (known->state) : 0;
  if (known == NULL && persistence->state_parts > STATES_PARTS_MAX)
    forget_states (persistence);
  const int r = known ? go_on (persistence, known, progress)
    : (known = array_add (persistence->states, persistence->state_count)) == NULL ? out_of_memory ()
    : make_state (persistence, progress, known);
  if (r == -1) {
    forget_states (persistence);
    return NULL;
  }
  persistence->state_parts += count_parts (known->state) - parts;
  return known->state;
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

/* Whether a mark may say that operation OTHER has returned beside NUMBER: it is another process's of the same block. */
static bool
is_beside (const struct workload *workload, size_t number, size_t other)
{
  const struct workload_operation *one = &workload->operations[number - 1];

  return other < number && one->block != 0 && one->block == workload->operations[other - 1].block
    && one->process != workload->operations[other - 1].process;
}

/* Whether a mark may say that operations have come so far. */
static bool
is_progress (const struct workload *workload, struct workload_progress progress)
{
  if (!is_mark (workload, progress.returned[0]))
    return false;
  for (size_t i = 1; i < WORKLOAD_PROCESSES_MAX && progress.returned[i]; i++)
    if (!is_mark (workload, progress.returned[i]) || progress.returned[i - 1] == 0
        || !is_beside (workload, progress.returned[i - 1], progress.returned[i]))
      return false;
  return true;
}

ssize_t
persistence_paths (struct persistence *persistence, char ***paths)
{
  return paths_by_sectors (persistence->workload, persistence->rules, paths);
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
                   progress.returned[0]);
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
  struct doing doing;
  int r = -1;

  *detail = NULL;
  if (state == NULL)
    return out_of_memory ();
  const struct workload_progress all = { { PROGRESS_ALL } };
  if (doing_begin (&doing, workload, rules, state) == 0
      && doing_come_to (&doing, all, done ? workload->count : workload->setup_count) == 0
      && promise_all (&promiser) == 0 && workload_state_finish (state, persistence->hash) == 0)
    r = judge_seen (&exact, state, seen, detail);
  workload_state_free (state);
  return r;
}
