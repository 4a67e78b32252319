/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "checker/persistence/state.h"
#include "common/array.h"
#include "common/message.h"

static void
free_leads (struct entry_state *entry)
{
  free (entry->leads);
}

static void
free_inode (struct inode_state *inode)
{
  attributes_free (&inode->attributes);
  free (inode->dirty.list);
  free (inode->reserved.list);
  free (inode->freed.list);
}

void
workload_state_free (struct workload_state *state)
{
  if (state == NULL)
    return;
  array_free (state->entries, state->entry_count, free_leads);
  array_free (state->inodes, state->inode_count, free_inode);
  simulation_free (&state->simulation);
  free (state);
}

bool
entry_may_lead (const struct entry_state *entry, uint32_t inode)
{
  for (size_t i = 0; i < entry->count; i++)
    if (entry->leads[i].inode == inode)
      return true;
  return false;
}

void
entry_rule_out (struct entry_state *entry, uint32_t inode)
{
  size_t kept = 0;

  for (size_t i = 0; i < entry->count; i++)
    if (entry->leads[i].inode != inode)
      entry->leads[kept++] = entry->leads[i];
  entry->count = kept;
}

void
entry_settle (struct entry_state *entry)
{
  entry->leads[0] = entry->leads[entry->count - 1];
  entry->count = 1;
}

/* ENTRY may lead there, and does by the latest operation.  Returns 0, or -1 after a message. */
static int
entry_let_lead (struct entry_state *entry, struct entry_lead lead)
{
  size_t kept = 0;

  for (size_t i = 0; i < entry->count; i++)
    if (entry->leads[i].link != lead.link)
      entry->leads[kept++] = entry->leads[i];
  entry->count = kept;
  struct entry_lead *last = array_add (entry->leads, entry->count);
  if (last == NULL)
    return out_of_memory ();
  *last = lead;
  return 0;
}

uint32_t
inode_number_of (const struct sim_inode *inode)
{
  return inode ? inode->number : NOWHERE;
}

/* Where ENTRY, which is new, leads at first: nowhere, until the operation has let it lead elsewhere; but in a snapshot
 * it was never without what it leads to.
 */
static struct entry_lead
first_lead (struct workload_state *state, const struct sim_entry *entry)
{
  const struct sim_effect *effect = &state->simulation.effect;

  if (effect->snapshot == NULL || entry->inode == NULL || entry->inode == effect->snapshot)
    return (struct entry_lead) { NOWHERE, NOWHERE };
  return (struct entry_lead) { entry->inode->number, state->link_count++ };
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
    if (entry_let_lead (entry, first_lead (state, simulation->entries[state->entry_count - 1])) == -1)
      return -1;
  }
  return 0;
}

int
workload_state_begin (struct workload_state *state, const struct workload *workload)
{
  return simulation_begin (&state->simulation, workload) == -1 ? -1 : add_new (state);
}

/* Where the last operation lets its entry INDEX lead: by the link that it has taken from its other one, or by a new
 * one.
 */
static struct entry_lead
find_lead (struct workload_state *state, size_t index)
{
  const struct sim_effect *effect = &state->simulation.effect;
  const struct sim_inode *inode = effect->entries[index]->inode;
  const size_t other = 1 - index;

  if (inode == NULL)
    return (struct entry_lead) { NOWHERE, NOWHERE };
  if (other >= effect->entry_count || effect->left[other] != inode)
    return (struct entry_lead) { inode->number, state->link_count++ };
  const struct entry_state *from = &state->entries[effect->entries[other]->number];
  return from->leads[from->count - 1];
}

/* The last operation has let ENTRY lead elsewhere, by LEAD; LEFT is what it led to, or NULL. */
static int
touch_entry (struct workload_state *state, const struct sim_entry *entry, struct entry_lead lead,
             const struct sim_inode *left, bool exchanged)
{
  struct entry_state *entry_state = &state->entries[entry->number];

  if (entry_let_lead (entry_state, lead) == -1)
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
  inode->data_touched = true;
  inode->word[0] = '\0';
  inode->size_min = size < inode->size_min ? size : inode->size_min;
  inode->size_max = size > inode->size_max ? size : inode->size_max;
  return ranges_add (&inode->dirty, range);
}

/* The last operation has changed the attributes, the mode or the owner of INODE, if that is not NULL. */
static int
touch_attributes (struct workload_state *state, const struct sim_inode *inode)
{
  return inode && state->inodes[inode->number].xattrs.made
    ? attributes_touch (&state->inodes[inode->number].attributes, inode) : 0;
}

/* Of what was promised of the blocks of INODE only that holds which the last operation has left, too. */
static int
touch_allocation (struct workload_state *state, const struct sim_inode *inode)
{
  struct inode_state *touched = &state->inodes[inode->number];

  if (!touched->allocation.made)
    return 0;
  return ranges_intersect (&touched->reserved, &inode->reserved) == -1 ? -1
    : ranges_intersect (&touched->freed, &inode->freed);
}

/* The same of all files whose blocks the last operation has to do with. */
static int
touch_allocations (struct workload_state *state)
{
  const struct sim_effect *effect = &state->simulation.effect;

  if (!effect->all_allocated)
    return effect->allocated ? touch_allocation (state, effect->allocated) : 0;
  for (size_t i = 0; i < state->inode_count; i++)
    if (touch_allocation (state, state->simulation.inodes[i]) == -1)
      return -1;
  return 0;
}

/* What the last operation touched may be old or new from now on. */
static int
touch (struct workload_state *state, enum workload_verb verb)
{
  const struct sim_effect *effect = &state->simulation.effect;
  struct entry_lead leads[2];

  for (size_t i = 0; i < effect->entry_count; i++)
    leads[i] = find_lead (state, i);
  for (size_t i = 0; i < effect->entry_count; i++)
    if (touch_entry (state, effect->entries[i], leads[i], effect->left[i], verb == WORKLOAD_EXCHANGE) == -1)
      return -1;
  if (effect->data && touch_data (&state->inodes[effect->data->number], effect->data->data.size,
                                  (struct byte_range) { effect->data_from, effect->data_to }) == -1)
    return -1;
  if (touch_attributes (state, effect->xattrs) == -1 || touch_attributes (state, effect->owner) == -1
      || touch_allocations (state) == -1)
    return -1;
  for (size_t i = 0; i < effect->time_count; i++)
    if (touch_attributes (state, effect->times[i]) == -1)
      return -1;
  return touch_attributes (state, effect->mode) == -1 ? -1 : touch_attributes (state, effect->facts);
}

/* The last operation was TOUCH's. */
static void
note_touch (struct workload_state *state, struct last_touch touch)
{
  const struct sim_effect *effect = &state->simulation.effect;
  const struct sim_inode *const inodes[] = {
    effect->data, effect->xattrs, effect->mode, effect->owner, effect->facts, effect->allocated
  };

  for (size_t i = 0; i < effect->entry_count; i++)
    state->entries[effect->entries[i]->number].touched = touch;
  for (size_t i = 0; i < sizeof inodes / sizeof inodes[0]; i++)
    if (inodes[i])
      state->inodes[inodes[i]->number].touched = touch;
}

/* What is in FOLDER has gone with it. */
static void
note_gone (struct workload_state *state, const struct sim_inode *folder)
{
  for (size_t i = 0; i < folder->entry_count; i++) {
    const struct sim_inode *inode = folder->entries[i]->inode;

    if (inode == NULL)
      continue;
    state->inodes[inode->number].gone = true;
    note_gone (state, inode);
  }
}

int
workload_state_do (struct workload_state *state, size_t index)
{
  if (simulation_do (&state->simulation, index) == -1 || add_new (state) == -1)
    return -1;
  const struct workload_operation *operation = &state->simulation.workload->operations[index];

  note_touch (state, (struct last_touch) { operation->block, operation->process });
  if (state->simulation.effect.deleted)
    note_gone (state, state->simulation.effect.deleted);
  return touch (state, operation->verb);
}

void
workload_state_forget_removed (struct workload_state *state)
{
  const struct sim_effect *effect = &state->simulation.effect;

  for (size_t i = 0; i < effect->entry_count; i++) {
    const struct sim_inode *left = effect->left[i];

    if (left && left->name_count == 0) {
      struct inode_state *inode = &state->inodes[left->number];

      inode->data.made = inode->xattrs.made = inode->allocation.made = false;
    }
  }
}

int
workload_state_finish (struct workload_state *state, XXH3_state_t *hash)
{
  for (size_t i = 0; i < state->inode_count; i++) {
    const struct sim_inode *inode = state->simulation.inodes[i];

    if (state->inodes[i].xattrs.made && attributes_finish (&state->inodes[i].attributes, hash) == -1)
      return -1;
    if (!state->inodes[i].data.made || state->inodes[i].data_touched || state->inodes[i].word[0] != '\0')
      continue;
    sim_data_word (&inode->data, hash, state->inodes[i].word);
    snprintf (state->inodes[i].size_text, sizeof state->inodes[i].size_text, "%ju", (uintmax_t) inode->data.size);
  }
  return 0;
}
