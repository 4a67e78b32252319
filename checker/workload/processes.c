/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/workload/names.h"
#include "checker/workload/needs.h"
#include "checker/workload/processes.h"
#include "common/array.h"
#include "common/message.h"

/* Who is being looked at: OPERATION, in a simulation. */
struct user {
  struct processes *processes;
  const struct simulation *simulation;
  const struct workload_operation *operation;
  bool conflicts;               /* with another process */
};

static void
note (struct user *user, struct process_use *use, bool writes)
{
  const uint32_t own = UINT32_C (1) << user->operation->process;

  if (use->block != user->operation->block)
    *use = (struct process_use) { .block = user->operation->block };
  *(writes ? &use->writes : &use->reads) |= own;
  user->conflicts |= ((use->writes | (writes ? use->reads : 0)) & ~own) != 0;
}

static void
note_entry (struct user *user, const struct sim_entry *entry, bool writes)
{
  note (user, &user->processes->entries[entry->number], writes);
}

static void
note_names (struct user *user, const struct sim_inode *inode, bool writes)
{
  if (inode)
    note (user, &user->processes->names[inode->number], writes);
}

static void
note_contents (struct user *user, const struct sim_inode *inode, bool writes)
{
  if (inode)
    note (user, &user->processes->contents[inode->number], writes);
}

/* Whether VERB has nothing to do with what the file holds that it names. */
static bool
looks_at_name_alone (enum workload_verb verb)
{
  return verb == WORKLOAD_FSYNC || verb == WORKLOAD_FDATASYNC || verb == WORKLOAD_SYNC_FILE_RANGE;
}

/* The way to PATH is looked at, and what it leads to. */
static void
note_path (struct user *user, const char *path)
{
  const struct sim_inode *inode = simulation_find (user->simulation, path);
  const char *name;

  note_names (user, inode, false);
  if (!looks_at_name_alone (user->operation->verb))
    note_contents (user, inode, false);
  if (sim_find_open (user->simulation, path))
    return;
  const struct sim_entry *entry = simulation_find_entry (user->simulation, path);
  const struct sim_inode *folder = sim_find_folder (user->simulation, path, &name);
  if (entry)
    note_entry (user, entry, false);
  for (; folder; folder = folder->above ? folder->above->folder : NULL) {
    note_contents (user, folder, false);        /* what is made in it inherits them */
    if (folder->above)
      note_entry (user, folder->above, false);
  }
}

/* Whether VERB has a second path. */
static bool
has_two_paths (enum workload_verb verb)
{
  return verb == WORKLOAD_CLONE || verb == WORKLOAD_COPYRANGE || verb == WORKLOAD_DEDUPE || verb == WORKLOAD_EXCHANGE
    || verb == WORKLOAD_LINK || verb == WORKLOAD_LINKTMP || verb == WORKLOAD_REFLINK || verb == WORKLOAD_RENAME;
}

static int
say_conflict (const struct user *user)
{
  return !user->conflicts ? 0
    : cannot (user->simulation, user->operation, "%s: another process of the block has to do with it or what leads "
              "there, too, and one of them changes that: which is first is not known", user->operation->path);
}

/* Have room for all that is in the simulation. */
static int
make_room (struct processes *processes, const struct simulation *simulation)
{
  while (processes->entry_count < simulation->entry_count)
    if (array_add (processes->entries, processes->entry_count) == NULL)
      return out_of_memory ();
  while (processes->content_count < simulation->inode_count)
    if (array_add (processes->names, processes->name_count) == NULL
        || array_add (processes->contents, processes->content_count) == NULL)
      return out_of_memory ();
  return 0;
}

int
processes_before (struct processes *processes, const struct simulation *simulation, size_t index)
{
  const struct workload_operation *operation = &simulation->workload->operations[index];
  struct user user = { processes, simulation, operation, false };

  if (operation->block == 0 || operation->path == NULL)
    return 0;
  if (make_room (processes, simulation) == -1)
    return -1;
  note_path (&user, operation->path);
  if (has_two_paths (operation->verb))
    note_path (&user, operation->other);
  return say_conflict (&user);
}

int
processes_after (struct processes *processes, const struct simulation *simulation, size_t index)
{
  const struct workload_operation *operation = &simulation->workload->operations[index];
  const struct sim_effect *effect = &simulation->effect;
  struct user user = { processes, simulation, operation, false };

  if (operation->block == 0)
    return 0;
  if (make_room (processes, simulation) == -1)
    return -1;
  for (size_t i = 0; i < effect->entry_count; i++) {
    note_entry (&user, effect->entries[i], true);
    note_names (&user, effect->left[i], true);
    note_names (&user, effect->entries[i]->inode, true);
  }
  note_contents (&user, effect->data, true);
  note_contents (&user, effect->xattrs, true);
  note_contents (&user, effect->mode, true);
  note_contents (&user, effect->owner, true);
  note_contents (&user, effect->facts, true);
  if (operation->verb == WORKLOAD_UTIMES)
    note_contents (&user, simulation_find (simulation, operation->path), true);
  return say_conflict (&user);
}

void
processes_free (struct processes *processes)
{
  free (processes->entries);
  free (processes->names);
  free (processes->contents);
}
