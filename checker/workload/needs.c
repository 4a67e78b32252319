/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>

#include "checker/workload/allocation.h"
#include "checker/workload/attributes.h"
#include "checker/workload/names.h"
#include "checker/workload/needs.h"
#include "checker/workload/words.h"

int
cannot (const struct simulation *simulation, const struct workload_operation *operation, const char *format, ...)
{
  const struct text_place place = { simulation->workload->name, operation->line, workload_verb_name (operation->verb) };
  va_list args;

  if (simulation->quiet)
    return -1;
  va_start (args, format);
  refuse_with (&place, format, args);
  va_end (args);
  return -1;
}

struct sim_inode *
need_file_at (const struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  struct sim_inode *inode = simulation_find (simulation, path);

  if (inode == NULL)
    cannot (simulation, operation, "%s: there is no such file", path);
  else if (inode->type != 'f') {
    cannot (simulation, operation, "%s: is no file", path);
    inode = NULL;
  }
  return inode;
}

struct sim_inode *
need_file (const struct simulation *simulation, const struct workload_operation *operation)
{
  return need_file_at (simulation, operation, operation->path);
}

struct sim_inode *
need_object_at (const struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  struct sim_inode *inode = simulation_find (simulation, path);

  if (inode == NULL)
    cannot (simulation, operation, "%s: there is nothing of this name", path);
  else if (inode->type != 'f' && inode->type != 'd') {
    cannot (simulation, operation, "%s: is a %s: name a file or folder", path,
            inode->type == 'l' ? "symbolic link" : inode->type == 'p' ? "FIFO" : "device");
    inode = NULL;
  }
  else if (inode->subvolume == SUBVOLUME_STUB) {
    cannot (simulation, operation, "%s: is in place of a subvolume, which a snapshot does not take along", path);
    inode = NULL;
  }
  return inode;
}

struct sim_inode *
need_object (const struct simulation *simulation, const struct workload_operation *operation)
{
  return need_object_at (simulation, operation, operation->path);
}

struct sim_entry *
need_entry (const struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  struct sim_entry *entry = simulation_find_entry (simulation, path);

  if (entry == NULL || entry->inode == NULL) {
    cannot (simulation, operation, "%s: there is nothing of this name", path);
    return NULL;
  }
  return entry;
}

struct sim_entry *
need_place (struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  const char *name;
  struct sim_inode *folder = sim_find_folder (simulation, path, &name);

  if (folder == NULL) {
    cannot (simulation, operation, "%s: its folder is not there", path);
    return NULL;
  }
  return sim_make_entry (simulation, folder, name);
}

struct sim_entry *
need_free_place (struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  struct sim_entry *entry = need_place (simulation, operation, path);

  if (entry && entry->inode) {
    cannot (simulation, operation, "%s: is there already", path);
    return NULL;
  }
  return entry;
}

struct sim_inode *
make_object (struct simulation *simulation, const struct workload_operation *operation, const char *path, char type)
{
  struct sim_entry *entry = need_free_place (simulation, operation, path);
  struct sim_inode *inode = entry ? sim_make_inode (simulation, type) : NULL;

  if (inode == NULL || simulate_inheritance (inode, entry->folder) == -1
      || (type == 'f' && sim_allocation_begin (inode) == -1))
    return NULL;
  sim_lead (simulation, entry, inode);
  return inode;
}

struct sim_inode *
need_or_make_file (struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  return simulation_find (simulation, path) ? need_file_at (simulation, operation, path)
    : make_object (simulation, operation, path, 'f');
}
