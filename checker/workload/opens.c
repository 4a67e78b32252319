/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checker/workload/attributes.h"
#include "checker/workload/names.h"
#include "checker/workload/needs.h"
#include "checker/workload/opens.h"
#include "checker/workload/subvolumes.h"
#include "common/array.h"
#include "common/message.h"

static int
add_open (struct simulation *simulation, struct sim_open opened)
{
  struct sim_open *added = array_add (simulation->opens, simulation->open_count);

  if (added == NULL)
    return out_of_memory ();
  *added = opened;
  return 0;
}

int
simulate_open (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object_at (simulation, operation, operation->other);

  return inode == NULL ? -1
    : add_open (simulation, (struct sim_open) {
                  .name = operation->path, .inode = inode, .entry = simulation_find_entry (simulation, operation->other)
                });
}

int
simulate_tmpfile (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = sim_make_inode (simulation, 'f');

  if (inode == NULL
      || add_open (simulation, (struct sim_open) { .name = operation->path, .inode = inode, .tmpfile = true }) == -1)
    return -1;
  return simulate_inheritance (inode, simulation->inodes[0]);
}

/* The parser has found NAME to be open. */
static struct sim_open *
find_name (struct simulation *simulation, const char *name)
{
  return array_named (simulation->opens, simulation->open_count, name);
}

int
simulate_close (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_open *opened = find_name (simulation, operation->path);

  *opened = simulation->opens[--simulation->open_count];
  return 0;
}

/* The kernel gives a file that had names and has lost them all no name again. */
int
simulate_linktmp (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_open *opened = find_name (simulation, operation->path);
  struct sim_entry *entry = need_free_place (simulation, operation, operation->other);

  if (entry == NULL)
    return -1;
  if (opened->named && opened->inode->name_count == 0)
    return cannot (simulation, operation, "%s: has lost its name, and the kernel gives it no other", operation->path);
  if (check_same_subvolume (simulation, operation, simulation->inodes[0], entry->folder) == -1)
    return -1;
  opened->named = true;
  sim_lead (simulation, entry, opened->inode);
  return 0;
}
