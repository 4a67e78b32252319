/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/persistence/doing.h"
#include "checker/persistence/paths.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"

struct found_paths {
  char **paths;                 /* each once */
  size_t count;
  bool new;                     /* which are looked for */
};

static int
compare_paths (const void *left, const void *right)
{
  return strcmp (*(char *const *) left, *(char *const *) right);
}

/* Add the path of ENTRY, unless it is there.  Returns 0, or -1. */
static int
add_path (const struct sim_entry *entry, struct found_paths *found)
{
  CLEANUP_FREE char *path = sim_entry_path (entry);
  char *word = path ? escape_text (path) : NULL;

  if (word == NULL)
    return -1;
  for (size_t i = 0; i < found->count; i++)
    if (strcmp (found->paths[i], word) == 0) {
      free (word);
      return 0;
    }
  found->paths[found->count++] = word;
  return 0;
}

/* Whether INODE is judged by what was touched or, with NEW, was never promised, so that only what is stale counts. */
static bool
needs_sectors (const struct inode_state *inode, bool new)
{
  return new ? !inode->data.made && inode->size_max > 0 : inode->data.made && inode->data_touched;
}

/* Add the paths under which a file of STATE may be judged by its sectors: a doing_visit, which stops when there is no
 * room for more.
 */
static int
add_paths (void *context, const struct workload_state *state)
{
  struct found_paths *found = context;

  for (size_t i = 0; i < state->entry_count; i++)
    for (size_t j = 0; j < state->entries[i].count && found->count < PERSISTENCE_PATHS_MAX; j++) {
      uint32_t inode = state->entries[i].leads[j].inode;

      if (inode != NOWHERE && needs_sectors (&state->inodes[inode], found->new)
          && add_path (state->simulation.entries[i], found) == -1)
        return out_of_memory ();
    }
  return found->count == PERSISTENCE_PATHS_MAX;
}

/* Add the paths of all states, in blocks those in which the process of number LAST comes last.  Returns as
 * doing_visit_all does.
 */
static int
add_all_paths (const struct workload *workload, uint32_t rules, unsigned last, struct found_paths *found)
{
  struct workload_state *state = calloc (1, sizeof *state);
  struct doing doing;
  int r = state == NULL ? out_of_memory () : doing_begin (&doing, workload, rules, state);

  if (r == 0)
    r = doing_visit_all (&doing, last, add_paths, found);
  workload_state_free (state);
  return r;
}

/* The most processes that a block of WORKLOAD has. */
static unsigned
process_count (const struct workload *workload)
{
  unsigned count = 1;

  for (size_t i = 0; i < workload->count; i++)
    count = workload->operations[i].process + 1 > count ? workload->operations[i].process + 1 : count;
  return count;
}

ssize_t
paths_by_sectors (const struct workload *workload, uint32_t rules, char ***paths)
{
  struct found_paths found = { .paths = calloc (PERSISTENCE_PATHS_MAX, sizeof *found.paths) };
  const unsigned processes = process_count (workload);
  const unsigned walks = rules & RULE_BIT (RULE_STALE) ? 2 * processes : processes;
  int r = found.paths == NULL ? out_of_memory () : 0;

  for (unsigned i = 0; i < walks && r == 0; i++) {
    found.new = i >= processes;
    r = add_all_paths (workload, rules, i % processes, &found);
  }
  *paths = found.paths;
  if (r != -1) {
    qsort (found.paths, found.count, sizeof *found.paths, compare_paths);
    return (ssize_t) found.count;
  }
  for (size_t i = 0; i < found.count; i++)
    free (found.paths[i]);
  free (found.paths);
  return -1;
}
