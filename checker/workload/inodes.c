/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/inodes.h"
#include "checker/workload/language.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"

void
sim_inode_free (struct sim_inode *inode)
{
  free (inode->data.extents);
  free (inode->reserved.list);
  free (inode->freed.list);
  for (size_t i = 0; i < inode->xattr_count; i++) {
    free (inode->xattrs[i].name);
    free (inode->xattrs[i].value);
  }
  free (inode->xattrs);
  free (inode->target);
  free (inode->entries);
  free (inode);
}

int
sim_inode_mode (const struct sim_inode *inode)
{
  return inode->mode != -1 ? inode->mode : inode->type == 'd' ? WORKLOAD_FOLDER_MODE : WORKLOAD_FILE_MODE;
}

size_t
sim_entry_place (const struct sim_inode *folder, const char *name)
{
  return array_place (folder->entry_count, i, strcmp (folder->entries[i]->name, name) < 0);
}

struct sim_entry *
sim_find_in (const struct sim_inode *folder, const char *name)
{
  size_t place = sim_entry_place (folder, name);
  struct sim_entry *entry = place < folder->entry_count ? folder->entries[place] : NULL;

  return entry && strcmp (entry->name, name) == 0 ? entry : NULL;
}

bool
sim_is_empty (const struct sim_inode *folder)
{
  for (size_t i = 0; i < folder->entry_count; i++)
    if (folder->entries[i]->inode)
      return false;
  return true;
}

bool
sim_is_above (const struct sim_inode *inode, const struct sim_inode *folder)
{
  while (folder && folder != inode)
    folder = folder->above ? folder->above->folder : NULL;
  return folder != NULL;
}

const struct sim_inode *
sim_subvolume_of (const struct sim_inode *folder)
{
  while (folder->above && (folder->subvolume == SUBVOLUME_NONE || folder->subvolume == SUBVOLUME_STUB))
    folder = folder->above->folder;
  return folder;
}

char *
sim_entry_path (const struct sim_entry *entry)
{
  CLEANUP_FREE char *folder = NULL;
  char *path;

  if (entry->folder->above == NULL)
    return strdup (entry->name);
  folder = sim_entry_path (entry->folder->above);
  return folder && asprintf (&path, "%s/%s", folder, entry->name) != -1 ? path : NULL;
}

struct sim_xattr *
sim_xattr_find (const struct sim_inode *inode, const char *name)
{
  return array_named (inode->xattrs, inode->xattr_count, name);
}

static int
compare_xattrs (const void *left, const void *right)
{
  return strcmp (((const struct sim_xattr *) left)->name, ((const struct sim_xattr *) right)->name);
}

/* The attribute NAME, made without a value if there is none.  NULL if out of memory. */
static struct sim_xattr *
make_xattr (struct sim_inode *inode, const char *name)
{
  struct sim_xattr *xattr = sim_xattr_find (inode, name);
  char *copy;

  if (xattr)
    return xattr;
  copy = strdup (name);
  xattr = copy ? array_add (inode->xattrs, inode->xattr_count) : NULL;
  if (xattr == NULL) {
    free (copy);
    return NULL;
  }
  xattr->name = copy;
  qsort (inode->xattrs, inode->xattr_count, sizeof *inode->xattrs, compare_xattrs);
  return sim_xattr_find (inode, name);
}

int
sim_xattr_set (struct sim_inode *inode, const char *name, const char *value, size_t length)
{
  char *copy = malloc (length + 1);
  struct sim_xattr *xattr = copy ? make_xattr (inode, name) : NULL;

  if (xattr == NULL) {
    free (copy);
    return out_of_memory ();
  }
  memcpy (copy, value, length);
  free (xattr->value);
  xattr->value = copy;
  xattr->length = length;
  return 0;
}

bool
sim_xattr_forget (struct sim_inode *inode, const char *name)
{
  struct sim_xattr *xattr = sim_xattr_find (inode, name);

  if (xattr == NULL)
    return false;
  free (xattr->name);
  free (xattr->value);
  inode->xattr_count--;
  memmove (xattr, xattr + 1, (size_t) (inode->xattrs + inode->xattr_count - xattr) * sizeof *xattr);
  return true;
}

void
sim_xattrs_word (const struct sim_inode *inode, XXH3_state_t *hash, char word[CONTENT_WORD_SIZE])
{
  XXH3_128bits_reset (hash);
  for (size_t i = 0; i < inode->xattr_count; i++)
    content_add_xattr (hash, inode->xattrs[i].name, inode->xattrs[i].value, inode->xattrs[i].length);
  if (inode->xattr_count == 0)
    snprintf (word, CONTENT_WORD_SIZE, "-");
  else
    content_format_hash (XXH3_128bits_digest (hash), word);
}
