/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "checker/persistence/state.h"
#include "common/array.h"
#include "common/message.h"

static void
free_inodes (struct entry_state *entry)
{
  free (entry->inodes);
}

static void
free_unsynced (struct inode_state *inode)
{
  free (inode->unsynced);
}

void
workload_state_free (struct workload_state *state)
{
  if (state == NULL)
    return;
  array_free (state->entries, state->entry_count, free_inodes);
  array_free (state->inodes, state->inode_count, free_unsynced);
  simulation_free (&state->simulation);
  free (state);
}

bool
entry_may_lead (const struct entry_state *entry, uint32_t inode)
{
  return array_has (entry->inodes, entry->count, inode);
}

void
entry_rule_out (struct entry_state *entry, uint32_t inode)
{
  size_t kept = 0;

  for (size_t i = 0; i < entry->count; i++)
    if (entry->inodes[i] != inode)
      entry->inodes[kept++] = entry->inodes[i];
  entry->count = kept;
}

int
entry_let_lead (struct entry_state *entry, uint32_t inode)
{
  entry_rule_out (entry, inode);
  uint32_t *last = array_add (entry->inodes, entry->count);
  if (last == NULL)
    return out_of_memory ();
  *last = inode;
  return 0;
}

uint32_t
inode_number_of (const struct sim_inode *inode)
{
  return inode ? inode->number : NOWHERE;
}

/* Enter what the simulation has made. */
static int
add_new (struct workload_state *state)
{
  const struct simulation *simulation = &state->simulation;

  while (state->inode_count < simulation->inode_count)
    if (array_add (state->inodes, state->inode_count) == NULL)
      return out_of_memory ();
  while (state->entry_count < simulation->entry_count) {
    struct entry_state *entry = array_add (state->entries, state->entry_count);

    if (entry == NULL)
      return out_of_memory ();
    if (entry_let_lead (entry, NOWHERE) == -1)
      return -1;
  }
  return 0;
}

int
workload_state_begin (struct workload_state *state, const struct workload *workload)
{
  return simulation_begin (&state->simulation, workload) == -1 ? -1 : add_new (state);
}

/* The last operation has let ENTRY lead elsewhere; LEFT is what it led to, or NULL. */
static int
touch_entry (struct workload_state *state, const struct sim_entry *entry, const struct sim_inode *left, bool exchanged)
{
  struct entry_state *entry_state = &state->entries[entry->number];

  if (entry_let_lead (entry_state, inode_number_of (entry->inode)) == -1)
    return -1;
  entry_state->exchanged |= exchanged;
  if (entry->inode)
    state->inodes[entry->inode->number].renamed = true;
  if (left) {
    struct inode_state *inode = &state->inodes[left->number];

    inode->renamed = true;
    inode->gone = inode->gone || left->name_count == 0;
  }
  return 0;
}

/* The last operation has changed the data of a file, whose size is SIZE now, in RANGE. */
static int
touch_data (struct inode_state *inode, uint64_t size, struct byte_range range)
{
  struct byte_range *unsynced = array_add (inode->unsynced, inode->unsynced_count);

  if (unsynced == NULL)
    return out_of_memory ();
  *unsynced = range;
  inode->data_touched = true;
  inode->size_min = size < inode->size_min ? size : inode->size_min;
  inode->size_max = size > inode->size_max ? size : inode->size_max;
  inode->dirty.from = range.from < inode->dirty.from ? range.from : inode->dirty.from;
  inode->dirty.to = range.to > inode->dirty.to ? range.to : inode->dirty.to;
  return 0;
}

/* What the last operation touched may be old or new from now on. */
static int
touch (struct workload_state *state, enum workload_verb verb, XXH3_state_t *hash)
{
  const struct sim_effect *effect = &state->simulation.effect;

  for (size_t i = 0; i < effect->entry_count; i++)
    if (touch_entry (state, effect->entries[i], effect->left[i], verb == WORKLOAD_EXCHANGE) == -1)
      return -1;
  if (effect->data && touch_data (&state->inodes[effect->data->number], effect->data->data.size,
                                  (struct byte_range) { effect->data_from, effect->data_to }) == -1)
    return -1;
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

int
workload_state_do (struct workload_state *state, size_t index, XXH3_state_t *hash)
{
  if (simulation_do (&state->simulation, index) == -1 || add_new (state) == -1)
    return -1;
  return touch (state, state->simulation.workload->operations[index].verb, hash);
}

void
workload_state_finish (struct workload_state *state, XXH3_state_t *hash)
{
  for (size_t i = 0; i < state->inode_count; i++) {
    const struct sim_inode *inode = state->simulation.inodes[i];

    if (!state->inodes[i].data.made || state->inodes[i].data_touched)
      continue;
    sim_data_word (&inode->data, hash, state->inodes[i].word);
    snprintf (state->inodes[i].size_text, sizeof state->inodes[i].size_text, "%ju", (uintmax_t) inode->data.size);
  }
}
