/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/names.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"

struct sim_inode *
sim_make_inode (struct simulation *simulation, char type)
{
  struct sim_inode *inode = calloc (1, sizeof *inode);
  struct sim_inode **place = inode ? array_add (simulation->inodes, simulation->inode_count) : NULL;

  if (place == NULL) {
    free (inode);
    out_of_memory ();
    return NULL;
  }
  inode->type = type;
  inode->mode = -1;
  inode->owner = -1;
  inode->mtime = -1;
  inode->flags_known = FS_IMMUTABLE_FL | FS_APPEND_FL;  /* which nothing inherits */
  inode->number = (uint32_t) simulation->inode_count - 1;
  *place = inode;
  return inode;
}

struct sim_entry *
sim_make_entry (struct simulation *simulation, struct sim_inode *folder, const char *name)
{
  struct sim_entry *entry = sim_find_in (folder, name);
  size_t place = sim_entry_place (folder, name), after = folder->entry_count - place;

  if (entry)
    return entry;
  entry = calloc (1, sizeof *entry);
  char *copy = strdup (name);
  struct sim_entry **here = array_with_room (folder->entries, folder->entry_count, sizeof *here);
  struct sim_entry **all = array_with_room (simulation->entries, simulation->entry_count, sizeof *all);
  if (here)
    folder->entries = here;
  if (all)
    simulation->entries = all;
  if (entry == NULL || copy == NULL || here == NULL || all == NULL) {
    free (entry);
    free (copy);
    out_of_memory ();
    return NULL;
  }
  *entry = (struct sim_entry) { (uint32_t) simulation->entry_count, copy, folder, NULL };
  all[simulation->entry_count++] = entry;
  memmove (here + place + 1, here + place, after * sizeof *here);
  here[place] = entry;
  folder->entry_count++;
  return entry;
}

void
sim_lead (struct simulation *simulation, struct sim_entry *entry, struct sim_inode *inode)
{
  struct sim_effect *effect = &simulation->effect;

  effect->left[effect->entry_count] = entry->inode;
  effect->entries[effect->entry_count++] = entry;
  if (entry->inode) {
    entry->inode->name_count--;
    if (entry->inode->above == entry)
      entry->inode->above = NULL;
  }
  entry->inode = inode;
  if (inode) {
    inode->name_count++;
    if (inode->type == 'd')
      inode->above = entry;
  }
}

void
sim_touch_data (struct simulation *simulation, struct sim_inode *inode, uint64_t from, uint64_t to)
{
  simulation->effect.data = inode;
  simulation->effect.data_from = from;
  simulation->effect.data_to = to;
}

void
sim_touch_range (struct simulation *simulation, struct sim_inode *inode, uint64_t offset, uint64_t end)
{
  const uint64_t size = inode->data.size;

  sim_touch_data (simulation, inode, offset < size ? offset : size, end > size ? UINT64_MAX : end);
  inode->data.size = end > size ? end : size;
}

struct sim_inode *
sim_find_folder (const struct simulation *simulation, const char *path, const char **name)
{
  struct sim_inode *folder = simulation->inodes[0];

  for (;;) {
    const char *slash = strchr (path, '/');
    if (slash == NULL) {
      *name = path;
      return folder;
    }
    CLEANUP_FREE char *component = strndup (path, (size_t) (slash - path));
    const struct sim_entry *entry = component ? sim_find_in (folder, component) : NULL;
    if (entry == NULL || entry->inode == NULL || entry->inode->type != 'd')
      return NULL;
    folder = entry->inode;
    path = slash + 1;
  }
}

const struct sim_open *
sim_find_open (const struct simulation *simulation, const char *path)
{
  const struct sim_open *found = array_named (simulation->opens, simulation->open_count, path + (*path == '@'));

  return found && (*path == '@' || found->tmpfile) ? found : NULL;
}

struct sim_entry *
simulation_find_entry (const struct simulation *simulation, const char *path)
{
  const struct sim_open *opened = sim_find_open (simulation, path);
  const char *name;

  if (opened)
    return opened->entry;
  const struct sim_inode *folder = sim_find_folder (simulation, path, &name);
  return folder ? sim_find_in (folder, name) : NULL;
}

struct sim_inode *
simulation_find (const struct simulation *simulation, const char *path)
{
  const struct sim_open *opened = sim_find_open (simulation, path);
  const struct sim_entry *entry;

  if (opened)
    return opened->inode;
  if (strcmp (path, ".") == 0)
    return simulation->inodes[0];
  entry = simulation_find_entry (simulation, path);
  return entry ? entry->inode : NULL;
}
