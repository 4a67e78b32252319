/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/pages.h"
#include "checker/observe/sectors.h"
#include "checker/observe/tree-text.h"
#include "checker/persistence.h"
#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "filesystem/filesystem.h"

#define NOWHERE UINT32_MAX      /* in place of the number of an inode */
#define PAGE_BYTES 4096

/* Who promised something. */
struct promise {
  bool made;
  enum persistence_rule rule;
  uint32_t operation;           /* its number; 0: the sync before `begin` */
};

struct range {
  uint64_t from, to;
};

/* What is known of a name: where it may lead. */
struct entry_state {
  uint32_t *inodes;             /* numbers, and NOWHERE; the one of the latest operation last */
  size_t count;
  bool exchanged;               /* by an exchange that no promise includes yet */
  struct promise promise;       /* of the last that took something out */
};

struct inode_state {
  struct promise name;          /* it has one */
  bool renamed;                 /* since then */
  bool gone;                    /* since then it had no name at some time */

  struct promise data;
  bool data_touched;            /* since then */
  uint64_t size_min, size_max;  /* since then */
  struct range dirty;           /* all that was touched lies in it */
  struct range *unsynced;       /* what msync would have to write */
  size_t unsynced_count;
  char word[CONTENT_WORD_SIZE], size_text[24];  /* what is in it now, if it is promised and was not touched */

  struct promise xattrs;
  unsigned xattr_touches;       /* since then */
  char old_xattrs[CONTENT_WORD_SIZE], new_xattrs[CONTENT_WORD_SIZE];
  int old_mode, new_mode;       /* -1: not known, as chmod has never set it */
  unsigned mode_touches;        /* since the promise of the xattrs, which is about the mode, too */

  bool found;                   /* in the observation */
};

/* All that is known after some persistence operation. */
struct state {
  struct simulation simulation;
  struct entry_state *entries;  /* by number */
  size_t entry_count;
  struct inode_state *inodes;   /* by number */
  size_t inode_count;
};

struct persistence {
  const struct workload *workload;
  uint32_t rules;
  XXH3_state_t *hash;
  struct state **states;        /* by the number of the operation that was the last to return; NULL: not worked out yet */
};

int
persistence_rules (const struct workload *workload, const char *filesystem, const char *options, uint32_t *rules)
{
  *rules = filesystem_promises (filesystem_find (filesystem), options);
  for (size_t i = 0; i < workload->rule_count; i++) {
    const struct workload_rule *change = &workload->rules[i];
    enum persistence_rule rule = persistence_rule_find (change->name);

    if (rule == RULE_COUNT) {
      CLEANUP_FREE char *safe = safe_text (change->name);

      error_message ("%s:%u: %s: no such rule: see powercut-workload(5)", workload->name, change->line, safe ? safe : "?");
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
      workload, rules, XXH3_createState (), calloc (workload->count + 1, sizeof *persistence->states)
    };
    if (persistence->hash && persistence->states)
      return persistence;
    persistence_free (persistence);
  }
  out_of_memory ();
  return NULL;
}

static void
free_state (struct state *state)
{
  if (state == NULL)
    return;
  for (size_t i = 0; i < state->entry_count; i++)
    free (state->entries[i].inodes);
  free (state->entries);
  for (size_t i = 0; i < state->inode_count; i++)
    free (state->inodes[i].unsynced);
  free (state->inodes);
  simulation_free (&state->simulation);
  free (state);
}

void
persistence_free (struct persistence *persistence)
{
  if (persistence == NULL)
    return;
  for (size_t i = 0; persistence->states && i <= persistence->workload->count; i++)
    free_state (persistence->states[i]);
  free (persistence->states);
  XXH3_freeState (persistence->hash);
  free (persistence);
}

/* Where names may lead. */

static bool
may_lead (const struct entry_state *entry, uint32_t inode)
{
  for (size_t i = 0; i < entry->count; i++)
    if (entry->inodes[i] == inode)
      return true;
  return false;
}

static void
rule_out (struct entry_state *entry, uint32_t inode)
{
  size_t kept = 0;

  for (size_t i = 0; i < entry->count; i++)
    if (entry->inodes[i] != inode)
      entry->inodes[kept++] = entry->inodes[i];
  entry->count = kept;
}

static int
let_lead (struct entry_state *entry, uint32_t inode)
{
  rule_out (entry, inode);
  uint32_t *larger = reallocarray (entry->inodes, entry->count + 1, sizeof *larger);
  if (larger == NULL)
    return out_of_memory ();
  entry->inodes = larger;
  larger[entry->count++] = inode;
  return 0;
}

static uint32_t
number_of (const struct sim_inode *inode)
{
  return inode ? inode->number : NOWHERE;
}

/* Enter what the simulation has made. */
static int
add_new (struct state *state)
{
  const struct simulation *simulation = &state->simulation;

  if (state->inode_count < simulation->inode_count) {
    struct inode_state *larger = reallocarray (state->inodes, simulation->inode_count, sizeof *larger);

    if (larger == NULL)
      return out_of_memory ();
    state->inodes = larger;
    while (state->inode_count < simulation->inode_count)
      larger[state->inode_count++] = (struct inode_state) { .found = false };
  }
  if (state->entry_count < simulation->entry_count) {
    struct entry_state *larger = reallocarray (state->entries, simulation->entry_count, sizeof *larger);

    if (larger == NULL)
      return out_of_memory ();
    state->entries = larger;
    while (state->entry_count < simulation->entry_count) {
      struct entry_state *entry = &larger[state->entry_count++];

      *entry = (struct entry_state) { .count = 0 };
      if (let_lead (entry, NOWHERE) == -1)
        return -1;
    }
  }
  return 0;
}

/* What the last operation touched may be old or new from now on. */
static int
touch (struct state *state, enum workload_verb verb, XXH3_state_t *hash)
{
  const struct sim_effect *effect = &state->simulation.effect;

  for (size_t i = 0; i < effect->entry_count; i++) {
    if (let_lead (&state->entries[effect->entries[i]->number], number_of (effect->entries[i]->inode)) == -1)
      return -1;
    state->entries[effect->entries[i]->number].exchanged |= verb == WORKLOAD_EXCHANGE;
    if (effect->entries[i]->inode)
      state->inodes[effect->entries[i]->inode->number].renamed = true;
    if (effect->left[i]) {
      struct inode_state *left = &state->inodes[effect->left[i]->number];

      left->renamed = true;
      left->gone = left->gone || effect->left[i]->name_count == 0;
    }
  }
  if (effect->data) {
    struct inode_state *inode = &state->inodes[effect->data->number];
    uint64_t size = effect->data->data.size;
    struct range *larger = reallocarray (inode->unsynced, inode->unsynced_count + 1, sizeof *larger);

    if (larger == NULL)
      return out_of_memory ();
    inode->unsynced = larger;
    larger[inode->unsynced_count++] = (struct range) { effect->data_from, effect->data_to };
    inode->data_touched = true;
    inode->size_min = size < inode->size_min ? size : inode->size_min;
    inode->size_max = size > inode->size_max ? size : inode->size_max;
    inode->dirty.from = effect->data_from < inode->dirty.from ? effect->data_from : inode->dirty.from;
    inode->dirty.to = effect->data_to > inode->dirty.to ? effect->data_to : inode->dirty.to;
  }
  if (effect->xattrs) {
    state->inodes[effect->xattrs->number].xattr_touches++;
    sim_xattrs_word (effect->xattrs, hash, state->inodes[effect->xattrs->number].new_xattrs);
  }
  if (effect->mode) {
    state->inodes[effect->mode->number].mode_touches++;
    state->inodes[effect->mode->number].new_mode = effect->mode->mode;
  }
  return 0;
}

/* What persistence operations promise.  A rule that is off promises nothing. */

struct promiser {
  const struct persistence *persistence;
  struct state *state;
  uint32_t operation;
};

static bool
is_on (const struct promiser *promiser, enum persistence_rule rule)
{
  return promiser->persistence->rules & RULE_BIT (rule);
}

static struct promise
promise (const struct promiser *promiser, enum persistence_rule rule)
{
  return (struct promise) { true, rule, promiser->operation };
}

static void
promise_data (const struct promiser *promiser, const struct sim_inode *inode, enum persistence_rule rule)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];

  if (inode->type != 'f' || !is_on (promiser, rule))
    return;
  state->data = promise (promiser, rule);
  state->data_touched = false;
  state->size_min = state->size_max = inode->data.size;
  state->dirty = (struct range) { UINT64_MAX, 0 };
  state->unsynced_count = 0;
}

static void
promise_xattrs (const struct promiser *promiser, const struct sim_inode *inode, enum persistence_rule rule)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];

  if (!is_on (promiser, rule))
    return;
  state->xattrs = promise (promiser, rule);
  state->xattr_touches = state->mode_touches = 0;
  state->old_mode = inode->mode;
  sim_xattrs_word (inode, promiser->persistence->hash, state->old_xattrs);
}

/* Some name of INODE is durable. */
static void
promise_some_name (const struct promiser *promiser, const struct sim_inode *inode, enum persistence_rule rule)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];

  if (inode->name_count == 0)
    return;
  state->name = promise (promiser, rule);
  state->renamed = state->gone = false;
}

/* ENTRY leads where it does now, and nowhere else. */
static int
promise_entry (const struct promiser *promiser, const struct sim_entry *entry, enum persistence_rule rule)
{
  struct entry_state *state = &promiser->state->entries[entry->number];

  if (!is_on (promiser, rule))
    return 0;
  state->count = 0;
  state->exchanged = false;
  state->promise = promise (promiser, rule);
  if (let_lead (state, number_of (entry->inode)) == -1)
    return -1;
  if (entry->inode)
    promise_some_name (promiser, entry->inode, rule);
  return 0;
}

/* Whether the folder that ABOVE leads to may be found under another name, too: it was moved, which the fsync of something in it that
 * was clean does not write.
 */
static bool
was_moved (const struct promiser *promiser, const struct sim_entry *above)
{
  for (size_t i = 0; i < promiser->state->simulation.entry_count; i++)
    if (i != above->number && may_lead (&promiser->state->entries[i], above->inode->number))
      return true;
  return false;
}

/* ENTRY, and the folders above it up to one that was promised or moved before. */
static int
promise_path (const struct promiser *promiser, const struct sim_entry *entry, enum persistence_rule rule)
{
  if (promise_entry (promiser, entry, rule) == -1)
    return -1;
  for (const struct sim_entry *above = entry->folder->above; above; above = above->folder->above)
    if (promiser->state->inodes[above->inode->number].name.made || was_moved (promiser, above))
      break;
    else if (promise_entry (promiser, above, rule) == -1)
      return -1;
  return 0;
}

/* Whether the fsync of a file says something about ENTRY. */
static bool
fsync_covers (const struct promiser *promiser, const struct sim_entry *entry)
{
  return !promiser->state->entries[entry->number].exchanged || is_on (promiser, RULE_FSYNC_EXCHANGE);
}

/* Whatever does not lead to INODE now will not lead to it again. */
static void
promise_gone (const struct promiser *promiser, const struct sim_inode *inode)
{
  const struct simulation *simulation = &promiser->state->simulation;

  if (!is_on (promiser, RULE_FSYNC_GONE))
    return;
  for (size_t i = 0; i < simulation->entry_count; i++) {
    struct entry_state *entry = &promiser->state->entries[i];

    if (simulation->entries[i]->inode == inode || !may_lead (entry, inode->number)
        || !fsync_covers (promiser, simulation->entries[i]))
      continue;
    rule_out (entry, inode->number);
    entry->promise = promise (promiser, RULE_FSYNC_GONE);
  }
}

/* All names of INODE: OWN is the one by which it was synced, NULL if it was by none. */
static int
promise_names (const struct promiser *promiser, const struct sim_inode *inode, const struct sim_entry *own)
{
  const struct simulation *simulation = &promiser->state->simulation;

  for (size_t i = 0; i < simulation->entry_count; i++) {
    const struct sim_entry *entry = simulation->entries[i];

    if (entry->inode == inode && fsync_covers (promiser, entry)
        && promise_path (promiser, entry, own == NULL || own == entry ? RULE_FSYNC_NAME : RULE_FSYNC_LINKS) == -1)
      return -1;
  }
  promise_gone (promiser, inode);
  return 0;
}

static int
promise_folder (const struct promiser *promiser, const struct sim_inode *folder)
{
  for (size_t i = 0; i < folder->entry_count; i++)
    if (promise_entry (promiser, folder->entries[i], folder->entries[i]->inode ? RULE_DIR_NAME : RULE_DIR_GONE) == -1)
      return -1;
  return 0;
}

static int
promise_fsync (const struct promiser *promiser, const char *path)
{
  const struct simulation *simulation = &promiser->state->simulation;
  const struct sim_inode *inode = simulation_find (simulation, path);
  const struct sim_entry *own = simulation_find_entry (simulation, path);

  promise_data (promiser, inode, RULE_FSYNC_DATA);
  promise_xattrs (promiser, inode, RULE_FSYNC_XATTR);
  if (promise_names (promiser, inode, own && own->inode == inode ? own : NULL) == -1)
    return -1;
  return inode->type == 'd' ? promise_folder (promiser, inode) : 0;
}

static void
promise_fdatasync (const struct promiser *promiser, const struct sim_inode *inode)
{
  promise_data (promiser, inode, RULE_FSYNC_DATA);
  if (inode->type == 'f' && is_on (promiser, RULE_FSYNC_NAME) && !promiser->state->inodes[inode->number].name.made)
    promise_some_name (promiser, inode, RULE_FSYNC_NAME);
}

static void
promise_msync (const struct promiser *promiser, const struct sim_inode *inode, const struct workload_operation *operation)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];
  uint64_t from = operation->offset / PAGE_BYTES * PAGE_BYTES, to = operation->offset + operation->length;
  size_t kept = 0;

  to = (to + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
  for (size_t i = 0; i < state->unsynced_count; i++)
    if (state->unsynced[i].from < from || state->unsynced[i].to > to)
      state->unsynced[kept++] = state->unsynced[i];
  state->unsynced_count = kept;
  if (kept == 0 && state->data.made)
    promise_data (promiser, inode, RULE_FSYNC_DATA);
}

static int
promise_all (const struct promiser *promiser)
{
  const struct simulation *simulation = &promiser->state->simulation;

  for (size_t i = 0; i < simulation->inode_count; i++) {
    promise_data (promiser, simulation->inodes[i], RULE_SYNC_DATA);
    promise_xattrs (promiser, simulation->inodes[i], RULE_SYNC_XATTR);
  }
  for (size_t i = 0; i < simulation->entry_count; i++)
    if (promise_entry (promiser, simulation->entries[i],
                       simulation->entries[i]->inode ? RULE_SYNC_NAME : RULE_SYNC_GONE) == -1)
      return -1;
  return 0;
}

static int
promise_by (const struct promiser *promiser, const struct workload_operation *operation)
{
  switch (operation->verb) {
  case WORKLOAD_FSYNC:
    return promise_fsync (promiser, operation->path);
  case WORKLOAD_FDATASYNC:
    promise_fdatasync (promiser, simulation_find (&promiser->state->simulation, operation->path));
    return 0;
  case WORKLOAD_MSYNC:
    promise_msync (promiser, simulation_find (&promiser->state->simulation, operation->path), operation);
    return 0;
  default:
    return promise_all (promiser);
  }
}

/* Work out the words of what is promised and was not touched. */
static void
finish_state (struct state *state, XXH3_state_t *hash)
{
  for (size_t i = 0; i < state->inode_count; i++) {
    const struct sim_inode *inode = state->simulation.inodes[i];

    if (!state->inodes[i].data.made || state->inodes[i].data_touched)
      continue;
    sim_data_word (&inode->data, hash, state->inodes[i].word);
    snprintf (state->inodes[i].size_text, sizeof state->inodes[i].size_text, "%ju", (uintmax_t) inode->data.size);
  }
}

/* Do the operations up to number LIMIT, where NUMBER is the last persistence operation that returned; stop at the next. */
static int
do_operations (const struct persistence *persistence, struct state *state, uint32_t number, size_t limit)
{
  const struct workload *workload = persistence->workload;
  struct promiser promiser = { persistence, state, 0 };

  if (simulation_begin (&state->simulation, workload) == -1 || add_new (state) == -1)
    return -1;
  for (size_t i = 0; i < limit; i++) {
    const struct workload_operation *operation = &workload->operations[i];
    bool persists = workload_is_persistence (operation->verb) && i >= workload->setup_count;

    if (i == workload->setup_count && promise_all (&promiser) == -1)
      return -1;
    if (persists && i >= number)
      break;
    if (simulation_do (&state->simulation, i) == -1 || add_new (state) == -1
        || touch (state, operation->verb, persistence->hash) == -1)
      return -1;
    promiser.operation = (uint32_t) i + 1;
    if (persists && promise_by (&promiser, operation) == -1)
      return -1;
    promiser.operation = 0;
  }
  return 0;
}

/* The state when operation NUMBER was the last to return; NULL after a message.  It stays persistence's. */
static struct state *
find_state (struct persistence *persistence, uint32_t number)
{
  struct state *state = persistence->states[number];

  if (state)
    return state;
  state = calloc (1, sizeof *state);
  if (state == NULL) {
    out_of_memory ();
    return NULL;
  }
  if (do_operations (persistence, state, number, persistence->workload->count) == -1) {
    free_state (state);
    return NULL;
  }
  finish_state (state, persistence->hash);
  persistence->states[number] = state;
  return state;
}

/* The judgement of one observation. */
struct judge {
  const struct persistence *persistence;
  struct state *state;
  struct tree tree;
  struct page_file *files;      /* whose sectors were observed */
  size_t file_count;
  char *detail;                 /* of the first violation */
  size_t more;                  /* violations after it */
  bool out_of_memory;
};

/* How far an object is what an inode is: the higher, the farther. */
enum match { MATCH_NOT, MATCH_TYPE, MATCH_DATA, MATCH_ALL };

static bool
is (const char *text, const char *word)
{
  return strcmp (text, word) == 0;
}

/* Whether a byte of DATA below SIZE and outside RANGE is not zero. */
static bool
has_bytes (const struct sim_data *data, const struct range *range, uint64_t size)
{
  for (size_t i = 0; i < data->count; i++) {
    uint64_t start = data->extents[i].start, end = start + data->extents[i].length;

    end = end < size ? end : size;
    if (start < end && (start < range->from || end > range->to))
      return true;
  }
  return false;
}

/* Whether sector NUMBER of DATA is the one of hash SEEN. */
static bool
sector_matches (const struct sim_data *data, size_t number, uint64_t seen)
{
  uint8_t bytes[SECTOR_SIZE];

  sim_data_read (data, (uint64_t) number * SECTOR_SIZE, bytes, sizeof bytes);
  return seen == (all_zero ((const char *) bytes, sizeof bytes) ? SECTOR_OF_ZEROS : XXH3_64bits (bytes, sizeof bytes));
}

/* Whether the sectors at PATH that lie outside the range that was touched are as they were; also if nobody knows. */
static bool
sectors_match (const struct judge *judge, const struct inode_state *state, const struct sim_inode *inode, const char *path)
{
  const struct page_file *file = NULL;

  for (size_t i = 0; i < judge->file_count && file == NULL; i++)
    if (strcmp (judge->files[i].path, path) == 0)
      file = &judge->files[i];
  for (size_t i = 0; file && i < file->count; i++) {
    uint64_t from = (uint64_t) i * SECTOR_SIZE;

    if ((from + SECTOR_SIZE <= state->dirty.from || from >= state->dirty.to)
        && !sector_matches (&inode->data, i, file->sectors[i]))
      return false;
  }
  return true;
}

static bool
data_match (const struct judge *judge, const struct inode_state *state, const struct sim_inode *inode,
            const struct tree_object *seen)
{
  const char *content = seen->field[TREE_CONTENT];

  if (!state->data.made)
    return true;
  if (!state->data_touched)
    return is (seen->field[TREE_SIZE], state->size_text) && is (content, state->word);
  uint64_t size = strtoull (seen->field[TREE_SIZE], NULL, 10);  /* a number, as tree_parse has found */
  if (size < state->size_min || size > state->size_max)
    return false;
  return !(is (content, "zero") && has_bytes (&inode->data, &state->dirty, size))
    && sectors_match (judge, state, inode, seen->field[TREE_PATH]);
}

static bool
xattrs_match (const struct inode_state *state, const struct tree_object *seen)
{
  const char *xattrs = seen->field[TREE_XATTRS];

  return !state->xattrs.made || state->xattr_touches > 1 || is (xattrs, state->old_xattrs)
    || (state->xattr_touches == 1 && is (xattrs, state->new_xattrs));
}

static bool
mode_matches (const struct inode_state *state, const struct tree_object *seen)
{
  int mode = (int) strtol (seen->field[TREE_MODE], NULL, 8);    /* four octal digits, as tree_parse has found */

  return !state->xattrs.made || state->old_mode == -1 || state->mode_touches > 1 || mode == state->old_mode
    || (state->mode_touches == 1 && mode == state->new_mode);
}

/* The target as an observation has it. */
static char *
target_word (const char *target)
{
  char *word = NULL;
  size_t length;
  FILE *file = open_memstream (&word, &length);

  if (file == NULL)
    return NULL;
  bool mark = target[0] == '!'; /* it would look like an error */
  if (mark)
    fputs ("%21", file);
  escape_word (target + mark, strlen (target) - mark, file);
  return fclose (file) == 0 ? word : NULL;
}

static enum match
match_object (struct judge *judge, const struct sim_inode *inode, const struct tree_object *seen)
{
  const struct inode_state *state = &judge->state->inodes[inode->number];

  if (seen->field[TREE_TYPE][0] != inode->type || seen->field[TREE_CONTENT][0] == '!' || seen->field[TREE_XATTRS][0] == '!')
    return MATCH_NOT;
  if (inode->type == 'l') {
    CLEANUP_FREE char *target = target_word (inode->target);

    judge->out_of_memory |= target == NULL;
    if (target && !is (target, seen->field[TREE_CONTENT]))
      return MATCH_NOT;
  }
  if (inode->type == 'f' && !data_match (judge, state, inode, seen))
    return MATCH_TYPE;
  return xattrs_match (state, seen) && mode_matches (state, seen) ? MATCH_ALL : MATCH_DATA;
}

/* Print what INODE should be. */
static void
print_expected (FILE *file, const struct judge *judge, const struct sim_inode *inode)
{
  const struct inode_state *state = &judge->state->inodes[inode->number];
  struct tree_object object = { .field = { [TREE_TYPE] = "f", [TREE_SIZE] = state->size_text, [TREE_CONTENT] = state->word } };

  if (inode->type == 'f' && state->data.made && !state->data_touched)
    tree_print_contents (file, &object);
  else if (inode->type == 'l') {
    CLEANUP_FREE char *target = target_word (inode->target);

    fputs ("link to ", file);
    tree_print_word (file, target ? target : "?");
  }
  else
    fputs (tree_type_name (inode->type), file);
}

/* Print by whom it was promised. */
static void
print_promise (FILE *file, const struct judge *judge, const struct promise *made)
{
  const struct workload *workload = judge->persistence->workload;

  if (!made->made)
    return;
  if (made->operation == 0)
    fputs (" (synced before `begin')", file);
  else
    fprintf (file, " (%s at line %u)", workload_verb_name (workload->operations[made->operation - 1].verb),
             workload->operations[made->operation - 1].line);
}

/* A violation is described to this stream, which begins with rule and path, unless there is one already: then it is counted, and
 * the stream is NULL.
 */
static FILE *
begin_violation (struct judge *judge, enum persistence_rule rule, const char *path, size_t *length)
{
  FILE *file;

  if (judge->detail) {
    judge->more++;
    return NULL;
  }
  file = open_memstream (&judge->detail, length);
  if (file == NULL) {
    judge->out_of_memory = true;
    return NULL;
  }
  fprintf (file, "%s: ", persistence_rule_name (rule));
  tree_print_word (file, path);
  fputs (": ", file);
  return file;
}

static void
end_violation (struct judge *judge, FILE *file, const struct promise *made)
{
  print_promise (file, judge, made);
  judge->out_of_memory |= fclose (file) == EOF;
}

static void
report_missing (struct judge *judge, const char *path, const struct sim_inode *inode, const struct promise *made)
{
  size_t length;
  FILE *file = begin_violation (judge, made->rule, path, &length);

  if (file == NULL)
    return;
  fputs ("missing, should be ", file);
  print_expected (file, judge, inode);
  end_violation (judge, file, made);
}

static void
report_present (struct judge *judge, const char *path, const struct tree_object *seen, const struct promise *made)
{
  size_t length;
  FILE *file = begin_violation (judge, made->rule, path, &length);

  if (file == NULL)
    return;
  tree_print_contents (file, seen);
  fputs (", should be gone", file);
  end_violation (judge, file, made);
}

/* Print what was asked of a file whose data were touched after the promise. */
static void
print_bounds (FILE *file, const struct inode_state *state)
{
  fprintf (file, "%ju to %ju bytes", (uintmax_t) state->size_min, (uintmax_t) state->size_max);
  if (state->dirty.to == UINT64_MAX)
    fprintf (file, ", the first %ju as they were", (uintmax_t) state->dirty.from);
  else
    fprintf (file, ", those outside %ju to %ju as they were", (uintmax_t) state->dirty.from, (uintmax_t) state->dirty.to);
}

/* SEEN is not what it leads to, INODE coming nearest. */
static void
report_wrong (struct judge *judge, const char *path, const struct tree_object *seen, const struct sim_inode *inode,
              enum match match)
{
  const struct inode_state *state = &judge->state->inodes[inode->number];
  const struct promise nobody = { .rule = RULE_OBJECT };
  const struct promise *made = match == MATCH_NOT ? &nobody : match == MATCH_TYPE ? &state->data : &state->xattrs;
  size_t length;

  if (match == MATCH_NOT && !(judge->persistence->rules & RULE_BIT (RULE_OBJECT)))
    return;
  FILE *file = begin_violation (judge, made->rule, path, &length);
  if (file == NULL)
    return;
  if (match == MATCH_DATA && !mode_matches (state, seen))
    fprintf (file, "mode %s, should be %04o", seen->field[TREE_MODE], (unsigned) state->old_mode);
  else if (match == MATCH_DATA)
    fprintf (file, "xattrs %.*s, should be %.*s", TREE_HASH_SHOWN, seen->field[TREE_XATTRS], TREE_HASH_SHOWN, state->old_xattrs);
  else {
    if (seen->field[TREE_XATTRS][0] == '!')
      fprintf (file, "%s with unreadable xattrs (%s)", tree_type_name (seen->field[TREE_TYPE][0]), seen->field[TREE_XATTRS] + 1);
    else
      tree_print_contents (file, seen);
    fputs (", should be ", file);
    if (match == MATCH_TYPE && state->data_touched)
      print_bounds (file, state);
    else
      print_expected (file, judge, inode);
  }
  end_violation (judge, file, made);
}

static const struct tree_object *
find_seen (const struct judge *judge, const char *path)
{
  size_t low = 0, high = judge->tree.count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp (judge->tree.objects[middle].field[TREE_PATH], path);

    if (order == 0)
      return &judge->tree.objects[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

/* A path, and what may be there: of several folders that may be above it, each has an entry, or none. */
struct place {
  char *path;                   /* escaped */
  const struct sim_inode **inodes;      /* each once */
  size_t count;
  bool may_miss;
  const struct promise *promise;        /* of some entry; NULL: there is none */
};

static bool
has_inode (const struct place *place, const struct sim_inode *inode)
{
  for (size_t i = 0; i < place->count; i++)
    if (place->inodes[i] == inode)
      return true;
  return false;
}

/* Work out what may be at the path of ENTRIES, COUNT of the FOLDER_COUNT folders that may be above it. */
static int
make_place (const struct judge *judge, const char *prefix, struct sim_entry *const *entries, size_t count, size_t folder_count,
            struct place *place)
{
  size_t room = 0, length;
  FILE *file;

  for (size_t i = 0; i < count; i++)
    room += judge->state->entries[entries[i]->number].count;
  *place = (struct place) { .inodes = calloc (room + 1, sizeof *place->inodes), .may_miss = count < folder_count };
  file = open_memstream (&place->path, &length);
  if (file == NULL)
    return -1;
  fprintf (file, "%s%s", prefix, *prefix ? "/" : "");
  escape_word (entries[0]->name, strlen (entries[0]->name), file);
  if (fclose (file) == EOF || place->inodes == NULL)
    return -1;
  for (size_t i = 0; i < count; i++) {
    const struct entry_state *state = &judge->state->entries[entries[i]->number];

    if (state->promise.made)
      place->promise = &state->promise;
    for (size_t j = 0; j < state->count; j++) {
      if (state->inodes[j] == NOWHERE)
        place->may_miss = true;
      else if (!has_inode (place, judge->state->simulation.inodes[state->inodes[j]]))
        place->inodes[place->count++] = judge->state->simulation.inodes[state->inodes[j]];
    }
  }
  return 0;
}

static void
free_place (struct place *place)
{
  free (place->path);
  free (place->inodes);
}

static int visit_folders (struct judge *judge, const struct sim_inode *const *folders, size_t count, const char *prefix);

/* SEEN is at PLACE: which of the inodes that may be there is it? */
static int
judge_object (struct judge *judge, struct place *place, const struct tree_object *seen)
{
  const struct sim_inode *nearest = NULL;
  enum match best = MATCH_NOT;
  size_t folder_count = 0;

  for (size_t i = 0; i < place->count; i++) {
    enum match match = match_object (judge, place->inodes[i], seen);

    if (nearest == NULL || match >= best) {
      nearest = place->inodes[i];
      best = match;
    }
    judge->state->inodes[place->inodes[i]->number].found |= match == MATCH_ALL;
  }
  if (best != MATCH_ALL)
    report_wrong (judge, place->path, seen, nearest, best);
  if (seen->field[TREE_TYPE][0] != 'd' || seen->field[TREE_CONTENT][0] == '!')
    return 0;
  for (size_t i = 0; i < place->count; i++)
    if (place->inodes[i]->type == 'd')
      place->inodes[folder_count++] = place->inodes[i];
  return visit_folders (judge, place->inodes, folder_count, place->path);
}

static int
judge_place (struct judge *judge, struct place *place)
{
  const struct tree_object *seen = find_seen (judge, place->path);

  if (seen && place->count > 0)
    return judge_object (judge, place, seen);
  if (seen && place->promise)
    report_present (judge, place->path, seen, place->promise);
  else if (seen == NULL && !place->may_miss && place->promise)
    report_missing (judge, place->path, place->inodes[place->count - 1], place->promise);
  return 0;
}

static int
compare_entries (const void *left, const void *right)
{
  return strcmp ((*(struct sim_entry *const *) left)->name, (*(struct sim_entry *const *) right)->name);
}

/* Judge all names in the folder PREFIX, which may be any of FOLDERS. */
static int
visit_folders (struct judge *judge, const struct sim_inode *const *folders, size_t count, const char *prefix)
{
  CLEANUP_FREE struct sim_entry **entries = NULL;
  size_t entry_count = 0, same, at = 0;

  for (size_t i = 0; i < count; i++)
    entry_count += folders[i]->entry_count;
  entries = calloc (entry_count + 1, sizeof *entries);
  if (entries == NULL)
    return -1;
  for (size_t i = 0; i < count; i++) {
    if (folders[i]->entry_count > 0)
      memcpy (entries + at, folders[i]->entries, folders[i]->entry_count * sizeof *entries);
    at += folders[i]->entry_count;
  }
  qsort (entries, entry_count, sizeof *entries, compare_entries);
  for (size_t i = 0; i < entry_count; i += same) {
    struct place place;

    for (same = 1; i + same < entry_count && compare_entries (&entries[i], &entries[i + same]) == 0;)
      same++;
    int r = make_place (judge, prefix, entries + i, same, count, &place);
    if (r == 0)
      r = judge_place (judge, &place);
    free_place (&place);
    if (r == -1)
      return -1;
  }
  return 0;
}

/* INODE, which has had a name all the time, is under none of those that it may have. */
static void
report_lost (struct judge *judge, const struct sim_inode *inode)
{
  const struct inode_state *state = &judge->state->inodes[inode->number];
  const struct simulation *simulation = &judge->state->simulation;
  enum persistence_rule rule = state->renamed ? RULE_RENAME_LOST : state->name.rule;
  const char *separator = "";
  char *paths = NULL;
  size_t length;
  FILE *file;

  if (!(judge->persistence->rules & RULE_BIT (rule)))
    return;
  file = open_memstream (&paths, &length);
  for (size_t i = 0; file && i < simulation->entry_count; i++) {
    CLEANUP_FREE char *path = NULL;

    if (!may_lead (&judge->state->entries[i], inode->number))
      continue;
    path = sim_entry_path (simulation->entries[i]);
    fputs (separator, file);
    escape_word (path ? path : "?", path ? strlen (path) : 1, file);
    separator = " or ";
  }
  if (file == NULL || fclose (file) == EOF)
    judge->out_of_memory = true;
  file = paths ? begin_violation (judge, rule, paths, &length) : NULL;
  free (paths);
  if (file == NULL)
    return;
  fputs ("lost, should be ", file);
  print_expected (file, judge, inode);
  end_violation (judge, file, &state->name);
}

static int
judge_tree (struct judge *judge)
{
  struct state *state = judge->state;

  for (size_t i = 0; i < state->inode_count; i++)
    state->inodes[i].found = false;
  const struct sim_inode *folder = state->simulation.inodes[0];
  const struct tree_object *root = find_seen (judge, ".");
  enum match match = root ? match_object (judge, folder, root) : MATCH_ALL;     /* paths may have been watched */

  if (match != MATCH_ALL)
    report_wrong (judge, ".", root, folder, match);
  if (visit_folders (judge, (const struct sim_inode *const *) state->simulation.inodes, 1, "") == -1)
    return -1;
  /* What is missing or wrong under a name that it must have has been said already. */
  for (size_t i = 1; i < state->inode_count && judge->detail == NULL; i++)
    if (state->inodes[i].name.made && !state->inodes[i].gone && !state->inodes[i].found)
      report_lost (judge, state->simulation.inodes[i]);
  return judge->out_of_memory ? -1 : 0;
}

/* Say how many more there are.  Returns the detail, or NULL. */
static char *
finish_detail (struct judge *judge)
{
  char *text;

  if (judge->more == 0 || judge->detail == NULL)
    return judge->detail;
  if (asprintf (&text, "%s (and %zu more)", judge->detail, judge->more) == -1)
    text = NULL;
  free (judge->detail);
  return text;
}

/* Parse the lines about sectors at TEXT. */
static int
parse_files (struct judge *judge, const char *text)
{
  while (*text) {
    struct page_file *larger = reallocarray (judge->files, judge->file_count + 1, sizeof *larger);

    if (larger == NULL)
      return out_of_memory ();
    judge->files = larger;
    text = page_file_parse (text, &larger[judge->file_count]);
    if (text == NULL) {
      error_message ("the observed tree: a line about sectors is malformed: %m");
      return -1;
    }
    judge->file_count++;
  }
  return 0;
}

static void
free_files (struct judge *judge)
{
  for (size_t i = 0; i < judge->file_count; i++)
    page_file_free (&judge->files[i]);
  free (judge->files);
}

/* Hold SEEN against STATE. */
static int
judge_seen (const struct persistence *persistence, struct state *state, const char *seen, char **detail)
{
  struct judge judge = { .persistence = persistence, .state = state, .tree = { .name = "observed" } };
  int r = tree_parse (seen, &judge.tree) == -1 ? -1 : parse_files (&judge, pages_begin (seen));

  if (r == 0 && judge_tree (&judge) == -1)
    r = out_of_memory ();
  tree_free (&judge.tree);
  free_files (&judge);
  *detail = finish_detail (&judge);
  if (r == 0 && judge.detail && *detail == NULL)
    r = out_of_memory ();
  return r;
}

static int
compare_paths (const void *left, const void *right)
{
  return strcmp (*(char *const *) left, *(char *const *) right);
}

/* Add the path of ENTRY to the COUNT in PATHS, unless it is there or they are too many.  Returns their number, or -1. */
static ssize_t
add_path (const struct sim_entry *entry, char **paths, ssize_t count)
{
  CLEANUP_FREE char *path = sim_entry_path (entry);
  char *word = NULL;
  size_t length;
  FILE *file = path ? open_memstream (&word, &length) : NULL;

  if (file == NULL)
    return -1;
  escape_word (path, strlen (path), file);
  if (fclose (file) == EOF)
    return -1;
  for (ssize_t i = 0; i < count; i++)
    if (strcmp (paths[i], word) == 0) {
      free (word);
      return count;
    }
  paths[count] = word;
  return count + 1;
}

/* Add the paths, COUNT so far, under which a file of STATE may be judged by ranges. */
static ssize_t
add_paths (const struct state *state, char **paths, ssize_t count)
{
  for (size_t i = 0; i < state->entry_count; i++)
    for (size_t j = 0; j < state->entries[i].count && count >= 0 && count < PERSISTENCE_PATHS_MAX; j++) {
      uint32_t inode = state->entries[i].inodes[j];

      if (inode != NOWHERE && state->inodes[inode].data.made && state->inodes[inode].data_touched)
        count = add_path (state->simulation.entries[i], paths, count);
    }
  return count;
}

ssize_t
persistence_paths (struct persistence *persistence, char ***paths)
{
  const struct workload *workload = persistence->workload;
  ssize_t count = 0;

  *paths = calloc (PERSISTENCE_PATHS_MAX, sizeof **paths);
  if (*paths == NULL)
    return out_of_memory ();
  for (size_t number = 0; number <= workload->count && count >= 0 && count < PERSISTENCE_PATHS_MAX; number++) {
    if (number > 0 && (number <= workload->setup_count || !workload_is_persistence (workload->operations[number - 1].verb)))
      continue;
    const struct state *state = find_state (persistence, (uint32_t) number);
    ssize_t larger = state ? add_paths (state, *paths, count) : -1;

    if (larger == -1) {
      for (ssize_t i = 0; i < PERSISTENCE_PATHS_MAX; i++)
        free ((*paths)[i]);
      free (*paths);
      return state ? out_of_memory () : -1;
    }
    count = larger;
  }
  qsort (*paths, (size_t) count, sizeof **paths, compare_paths);
  return count;
}

int
persistence_judge (struct persistence *persistence, uint32_t number, const char *seen, char **detail)
{
  const struct workload *workload = persistence->workload;
  struct state *state;

  *detail = NULL;
  if (number != 0 && (number > workload->count || number <= workload->setup_count
                      || !workload_is_persistence (workload->operations[number - 1].verb))) {
    error_message ("%s: a mark says that operation %u has returned, which is no persistence operation of the update: the log is "
                   "damaged or was written by another version", workload->name, number);
    return -1;
  }
  state = find_state (persistence, number);
  return state ? judge_seen (persistence, state, seen, detail) : -1;
}

int
persistence_compare (struct persistence *persistence, bool done, const char *seen, char **detail)
{
  const struct workload *workload = persistence->workload;
  const struct persistence exact = { workload, RULES_ALL, persistence->hash, NULL };
  struct state *state = calloc (1, sizeof *state);
  const struct promiser promiser = { &exact, state, 0 };
  int r = -1;

  *detail = NULL;
  if (state == NULL)
    return out_of_memory ();
  if (do_operations (&exact, state, (uint32_t) workload->count, done ? workload->count : workload->setup_count) == 0
      && promise_all (&promiser) == 0) {
    finish_state (state, persistence->hash);
    r = judge_seen (&exact, state, seen, detail);
  }
  free_state (state);
  return r;
}
