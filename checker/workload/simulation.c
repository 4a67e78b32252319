/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"

#define PIECE_SIZE 65536

/* Say why the operation cannot be done. */
static int __attribute__ ((format (printf, 3, 4)))
refuse (const struct simulation *simulation, const struct workload_operation *operation, const char *format, ...)
{
  CLEANUP_FREE char *text = NULL, *safe = NULL;
  va_list args;

  if (simulation->quiet)
    return -1;
  va_start (args, format);
  int length = vasprintf (&text, format, args);
  va_end (args);
  if (length == -1)
    text = NULL;
  safe = text ? safe_text (text) : NULL;
  error_message ("%s:%u: %s %s", simulation->workload->name, operation->line, workload_verb_name (operation->verb),
                 safe ? safe : "ran out of memory");
  return -1;
}

/* LIST, an array of COUNT pointers, with room for one more; NULL if out of memory. */
static void *
grow (void *list, size_t count)
{
  bool full = (count & (count - 1)) == 0;       /* it has as many places as the next power of two */

  return full ? reallocarray (list, count ? 2 * count : 1, sizeof (void *)) : list;
}

static struct sim_inode *
new_inode (struct simulation *simulation, char type)
{
  struct sim_inode *inode = calloc (1, sizeof *inode);
  struct sim_inode **larger = grow (simulation->inodes, simulation->inode_count);

  if (larger)
    simulation->inodes = larger;
  if (inode == NULL || larger == NULL) {
    free (inode);
    out_of_memory ();
    return NULL;
  }
  inode->type = type;
  inode->mode = -1;
  inode->number = (uint32_t) simulation->inode_count;
  simulation->inodes[simulation->inode_count++] = inode;
  return inode;
}

/* The place of the first name in FOLDER that is not below NAME. */
static size_t
entry_place (const struct sim_inode *folder, const char *name)
{
  size_t low = 0, high = folder->entry_count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (strcmp (folder->entries[middle]->name, name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static struct sim_entry *
find_in_folder (const struct sim_inode *folder, const char *name)
{
  size_t place = entry_place (folder, name);

  return place < folder->entry_count && strcmp (folder->entries[place]->name, name) == 0 ? folder->entries[place] : NULL;
}

/* The entry NAME of FOLDER, made if there is none; NULL after a message. */
static struct sim_entry *
make_entry (struct simulation *simulation, struct sim_inode *folder, const char *name)
{
  struct sim_entry *entry = find_in_folder (folder, name);
  size_t place = entry_place (folder, name);

  if (entry)
    return entry;
  entry = calloc (1, sizeof *entry);
  char *copy = strdup (name);
  struct sim_entry **here = grow (folder->entries, folder->entry_count);
  struct sim_entry **all = grow (simulation->entries, simulation->entry_count);
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
  simulation->entries[simulation->entry_count++] = entry;
  memmove (folder->entries + place + 1, folder->entries + place, (folder->entry_count - place) * sizeof *folder->entries);
  folder->entries[place] = entry;
  folder->entry_count++;
  return entry;
}

/* Let ENTRY lead to INODE, which may be NULL. */
static void
lead (struct simulation *simulation, struct sim_entry *entry, struct sim_inode *inode)
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

/* The folder of PATH, *name being its last component; NULL if there is none. */
static struct sim_inode *
find_folder (const struct simulation *simulation, const char *path, const char **name)
{
  struct sim_inode *folder = simulation->inodes[0];

  for (;;) {
    const char *slash = strchr (path, '/');
    if (slash == NULL) {
      *name = path;
      return folder;
    }
    CLEANUP_FREE char *component = strndup (path, (size_t) (slash - path));
    const struct sim_entry *entry = component ? find_in_folder (folder, component) : NULL;
    if (entry == NULL || entry->inode == NULL || entry->inode->type != 'd')
      return NULL;
    folder = entry->inode;
    path = slash + 1;
  }
}

struct sim_entry *
simulation_find_entry (const struct simulation *simulation, const char *path)
{
  const char *name;
  const struct sim_inode *folder = find_folder (simulation, path, &name);

  return folder ? find_in_folder (folder, name) : NULL;
}

static struct sim_tmpfile *
find_tmpfile (const struct simulation *simulation, const char *name)
{
  for (size_t i = 0; i < simulation->tmpfile_count; i++)
    if (strcmp (simulation->tmpfiles[i].name, name) == 0)
      return &simulation->tmpfiles[i];
  return NULL;
}

struct sim_inode *
simulation_find (const struct simulation *simulation, const char *path)
{
  const struct sim_entry *entry;

  if (strcmp (path, ".") == 0)
    return simulation->inodes[0];
  const struct sim_tmpfile *tmpfile = find_tmpfile (simulation, path);
  if (tmpfile)
    return tmpfile->inode;
  entry = simulation_find_entry (simulation, path);
  return entry ? entry->inode : NULL;
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

/* Data. */

int
sim_data_copy (const struct sim_data *from, struct sim_data *to)
{
  *to = (struct sim_data) { from->size, calloc (from->count + 1, sizeof *to->extents), from->count };
  if (to->extents == NULL)
    return -1;
  if (from->count > 0)
    memcpy (to->extents, from->extents, from->count * sizeof *to->extents);
  return 0;
}

/* The part of EXTENT from FROM up to TO, moved by SHIFT bytes (modulo 2^64), into *part.  False if there is none. */
static bool
cut_extent (const struct sim_extent *extent, uint64_t from, uint64_t to, uint64_t shift, struct sim_extent *part)
{
  uint64_t start = extent->start > from ? extent->start : from;
  uint64_t end = extent->start + extent->length < to ? extent->start + extent->length : to;

  if (start >= end)
    return false;
  *part = (struct sim_extent) { start + shift, end - start, extent->source + (start - extent->start), extent->operation };
  return true;
}

/* Replace what is from FROM up to TO by ADDED (NULL: zeros), and move what is behind by SHIFT. */
static int
replace_range (struct sim_data *data, uint64_t from, uint64_t to, uint64_t shift, const struct sim_extent *added)
{
  struct sim_extent *extents = calloc (data->count + 3, sizeof *extents);
  size_t count = 0;

  if (extents == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < data->count; i++)
    count += cut_extent (&data->extents[i], 0, from, 0, &extents[count]);
  if (added)
    extents[count++] = *added;
  for (size_t i = 0; i < data->count; i++)
    count += cut_extent (&data->extents[i], to, UINT64_MAX, shift, &extents[count]);
  free (data->extents);
  data->extents = extents;
  data->count = count;
  return 0;
}

/* Note that the data of INODE have changed. */
static void
touch_data (struct simulation *simulation, struct sim_inode *inode, uint64_t from, uint64_t to)
{
  simulation->effect.data = inode;
  simulation->effect.data_from = from;
  simulation->effect.data_to = to;
}

static int
write_data (struct simulation *simulation, struct sim_inode *inode, uint64_t offset, uint64_t length, uint32_t number)
{
  const struct sim_extent extent = { offset, length, offset, number };
  uint64_t end = offset + length, from = offset < inode->data.size ? offset : inode->data.size;

  touch_data (simulation, inode, from, end > inode->data.size ? UINT64_MAX : end);
  if (end > inode->data.size)
    inode->data.size = end;
  return replace_range (&inode->data, offset, end, 0, &extent);
}

static int
set_size (struct simulation *simulation, struct sim_inode *inode, uint64_t size)
{
  struct sim_data *data = &inode->data;

  if (size != data->size)
    touch_data (simulation, inode, size < data->size ? size : data->size, UINT64_MAX);
  data->size = size;
  return replace_range (data, size, UINT64_MAX, 0, NULL);
}

void
sim_data_read (const struct sim_data *data, uint64_t offset, uint8_t *bytes, size_t length)
{
  struct sim_extent part;

  memset (bytes, 0, length);
  for (size_t i = 0; i < data->count; i++)
    if (cut_extent (&data->extents[i], offset, offset + length, 0, &part))
      workload_fill (part.operation, part.source, bytes + (part.start - offset), (size_t) part.length);
}

void
sim_data_word (const struct sim_data *data, XXH3_state_t *hash, char word[CONTENT_WORD_SIZE])
{
  static _Thread_local uint8_t piece[PIECE_SIZE];
  struct content content;
  size_t next = 0;

  content_begin (&content, hash);
  while (content.size < data->size) {
    const struct sim_extent *extent = next < data->count ? &data->extents[next] : NULL;
    const bool in_extent = extent && content.size >= extent->start;
    uint64_t end = in_extent ? extent->start + extent->length : extent ? extent->start : data->size;
    uint64_t length = end - content.size < PIECE_SIZE ? end - content.size : PIECE_SIZE;

    if (in_extent)
      workload_fill (extent->operation, extent->source + (content.size - extent->start), piece, (size_t) length);
    else
      memset (piece, 0, (size_t) length);
    content_add (&content, piece, (size_t) length);
    next += in_extent && content.size == end;
  }
  content_word (&content, word);
}

/* Extended attributes. */

static struct sim_xattr *
find_xattr (const struct sim_inode *inode, const char *name)
{
  for (size_t i = 0; i < inode->xattr_count; i++)
    if (strcmp (inode->xattrs[i].name, name) == 0)
      return &inode->xattrs[i];
  return NULL;
}

static int
compare_xattrs (const void *left, const void *right)
{
  return strcmp (((const struct sim_xattr *) left)->name, ((const struct sim_xattr *) right)->name);
}

static int
set_xattr (struct sim_inode *inode, const struct workload_operation *operation)
{
  struct sim_xattr *xattr = find_xattr (inode, operation->other);
  char *value = malloc (operation->value_length + 1);

  if (value == NULL)
    return out_of_memory ();
  memcpy (value, operation->value, operation->value_length);
  if (xattr == NULL) {
    char *name = strdup (operation->other);
    struct sim_xattr *larger = name ? reallocarray (inode->xattrs, inode->xattr_count + 1, sizeof *larger) : NULL;

    if (larger == NULL) {
      free (name);
      free (value);
      return out_of_memory ();
    }
    inode->xattrs = larger;
    xattr = &larger[inode->xattr_count++];
    *xattr = (struct sim_xattr) { name, NULL, 0 };
  }
  free (xattr->value);
  xattr->value = value;
  xattr->length = operation->value_length;
  qsort (inode->xattrs, inode->xattr_count, sizeof *inode->xattrs, compare_xattrs);
  return 0;
}

static void
remove_xattr (struct sim_inode *inode, struct sim_xattr *xattr)
{
  free (xattr->name);
  free (xattr->value);
  inode->xattr_count--;
  memmove (xattr, xattr + 1, (size_t) (inode->xattrs + inode->xattr_count - xattr) * sizeof *xattr);
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

/* Operations.  Each returns 0, or -1 after a message. */

/* The file that PATH names, or NULL after a message. */
static struct sim_inode *
need_file (const struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = simulation_find (simulation, operation->path);

  if (inode == NULL)
    refuse (simulation, operation, "%s: there is no such file", operation->path);
  else if (inode->type != 'f') {
    refuse (simulation, operation, "%s: is no file", operation->path);
    inode = NULL;
  }
  return inode;
}

/* What PATH names, if it can be opened. */
static struct sim_inode *
need_object (const struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = simulation_find (simulation, operation->path);

  if (inode == NULL)
    refuse (simulation, operation, "%s: there is nothing of this name", operation->path);
  else if (inode->type != 'f' && inode->type != 'd') {
    refuse (simulation, operation, "%s: is a %s: name a file or folder", operation->path,
            inode->type == 'l' ? "symbolic link" : "FIFO");
    inode = NULL;
  }
  return inode;
}

/* The entry of PATH, which must lead somewhere. */
static struct sim_entry *
need_entry (const struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  struct sim_entry *entry = simulation_find_entry (simulation, path);

  if (entry == NULL || entry->inode == NULL) {
    refuse (simulation, operation, "%s: there is nothing of this name", path);
    return NULL;
  }
  return entry;
}

/* The entry of PATH, which may lead nowhere yet, but whose folder must be there. */
static struct sim_entry *
need_place (struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  const char *name;
  struct sim_inode *folder = find_folder (simulation, path, &name);

  if (folder == NULL) {
    refuse (simulation, operation, "%s: its folder is not there", path);
    return NULL;
  }
  return make_entry (simulation, folder, name);
}

static struct sim_entry *
need_free_place (struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  struct sim_entry *entry = need_place (simulation, operation, path);

  if (entry && entry->inode) {
    refuse (simulation, operation, "%s: is there already", path);
    return NULL;
  }
  return entry;
}

/* A new object at PATH; NULL after a message. */
static struct sim_inode *
make_object (struct simulation *simulation, const struct workload_operation *operation, const char *path, char type)
{
  struct sim_entry *entry = need_free_place (simulation, operation, path);
  struct sim_inode *inode = entry ? new_inode (simulation, type) : NULL;

  if (inode)
    lead (simulation, entry, inode);
  return inode;
}

static int
do_write (struct simulation *simulation, const struct workload_operation *operation, uint32_t number)
{
  bool creates = operation->verb != WORKLOAD_MMAPWRITE && simulation_find (simulation, operation->path) == NULL;
  struct sim_inode *inode = creates ? make_object (simulation, operation, operation->path, 'f')
    : need_file (simulation, operation);

  if (inode == NULL)
    return -1;
  uint64_t offset = operation->verb == WORKLOAD_APPEND ? inode->data.size : operation->offset;
  if (offset + operation->length > WORKLOAD_FILE_MAX)
    return refuse (simulation, operation, "%s: files have at most 1G here", operation->path);
  if (operation->verb == WORKLOAD_MMAPWRITE && offset + operation->length > inode->data.size)
    return refuse (simulation, operation, "%s: the file ends before that: make it large enough first", operation->path);
  return write_data (simulation, inode, offset, operation->length, number);
}

static int
do_msync (struct simulation *simulation, const struct workload_operation *operation)
{
  const struct sim_inode *inode = need_file (simulation, operation);

  if (inode == NULL)
    return -1;
  if (operation->offset >= inode->data.size)
    return refuse (simulation, operation, "%s: the file ends before that", operation->path);
  return 0;
}

/* Take a range out, or put one in. */
static int
shift_data (struct simulation *simulation, const struct workload_operation *operation, struct sim_inode *inode)
{
  struct sim_data *data = &inode->data;
  uint64_t offset = operation->offset, length = operation->length;

  if (operation->falloc == FALLOC_COLLAPSE ? offset + length >= data->size : offset >= data->size)
    return refuse (simulation, operation, "%s: the range must end before the file does", operation->path);
  touch_data (simulation, inode, offset, UINT64_MAX);
  if (operation->falloc == FALLOC_COLLAPSE) {
    data->size -= length;
    return replace_range (data, offset, offset + length, -length, NULL);
  }
  if (data->size + length > WORKLOAD_FILE_MAX)
    return refuse (simulation, operation, "%s: files have at most 1G here", operation->path);
  data->size += length;
  return replace_range (data, offset, offset, length, NULL);
}

static int
do_falloc (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_file (simulation, operation);
  uint64_t end = operation->offset + operation->length;

  if (inode == NULL)
    return -1;
  if (operation->falloc >= FALLOC_COLLAPSE)
    return shift_data (simulation, operation, inode);
  struct sim_data *data = &inode->data;
  bool grows = end > data->size && !(operation->falloc & (FALLOC_KEEP | FALLOC_PUNCH));
  bool zeroes = operation->falloc & (FALLOC_PUNCH | FALLOC_ZERO) && operation->offset < data->size;
  if (!grows && !zeroes)
    return 0;
  touch_data (simulation, inode, zeroes ? operation->offset : data->size, grows ? UINT64_MAX : end);
  if (grows)
    data->size = end;
  return zeroes ? replace_range (data, operation->offset, end, 0, NULL) : 0;
}

static int
do_reflink (struct simulation *simulation, const struct workload_operation *operation)
{
  const struct sim_inode *from = need_file (simulation, operation);
  struct sim_inode *to = from ? make_object (simulation, operation, operation->other, 'f') : NULL;

  if (to == NULL)
    return -1;
  touch_data (simulation, to, 0, UINT64_MAX);
  return sim_data_copy (&from->data, &to->data) == -1 ? out_of_memory () : 0;
}

static int
do_symlink (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = make_object (simulation, operation, operation->path, 'l');

  if (inode == NULL)
    return -1;
  inode->target = strdup (operation->other);
  return inode->target ? 0 : out_of_memory ();
}

static int
do_link (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *old = need_entry (simulation, operation, operation->path);
  struct sim_entry *entry = old ? need_free_place (simulation, operation, operation->other) : NULL;

  if (entry == NULL)
    return -1;
  if (old->inode->type == 'd')
    return refuse (simulation, operation, "%s: folders have one name only", operation->path);
  lead (simulation, entry, old->inode);
  return 0;
}

static int
do_tmpfile (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_tmpfile *larger = reallocarray (simulation->tmpfiles, simulation->tmpfile_count + 1, sizeof *larger);

  if (larger == NULL)
    return out_of_memory ();
  simulation->tmpfiles = larger;
  larger += simulation->tmpfile_count;
  *larger = (struct sim_tmpfile) { operation->path, new_inode (simulation, 'f'), false };
  if (larger->inode == NULL)
    return -1;
  simulation->tmpfile_count++;
  return 0;
}

/* The kernel gives a file that had names and has lost them all no name again. */
static int
do_linktmp (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_tmpfile *tmpfile = find_tmpfile (simulation, operation->path);
  struct sim_entry *entry = need_free_place (simulation, operation, operation->other);

  if (entry == NULL)
    return -1;
  if (tmpfile->named && tmpfile->inode->name_count == 0)
    return refuse (simulation, operation, "%s: has lost its name, and the kernel gives it no other", operation->path);
  tmpfile->named = true;
  lead (simulation, entry, tmpfile->inode);
  return 0;
}

static bool
is_empty (const struct sim_inode *folder)
{
  for (size_t i = 0; i < folder->entry_count; i++)
    if (folder->entries[i]->inode)
      return false;
  return true;
}

static int
do_remove (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *entry = need_entry (simulation, operation, operation->path);
  bool folder = operation->verb == WORKLOAD_RMDIR;

  if (entry == NULL)
    return -1;
  if (folder != (entry->inode->type == 'd'))
    return refuse (simulation, operation, "%s: is %s", operation->path, folder ? "no folder: see unlink" : "a folder: see rmdir");
  if (folder && !is_empty (entry->inode))
    return refuse (simulation, operation, "%s: the folder is not empty", operation->path);
  lead (simulation, entry, NULL);
  return 0;
}

/* Whether INODE is FOLDER or above it. */
static bool
is_above (const struct sim_inode *inode, const struct sim_inode *folder)
{
  while (folder && folder != inode)
    folder = folder->above ? folder->above->folder : NULL;
  return folder != NULL;
}

static int
do_exchange (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *one = need_entry (simulation, operation, operation->path);
  struct sim_entry *other = one ? need_entry (simulation, operation, operation->other) : NULL;

  if (other == NULL)
    return -1;
  struct sim_inode *first = one->inode, *second = other->inode;
  if (first == second)
    return 0;
  if (is_above (first, other->folder) || is_above (second, one->folder))
    return refuse (simulation, operation, "%s: a folder cannot be exchanged with what is below it", operation->path);
  lead (simulation, one, second);
  lead (simulation, other, first);
  return 0;
}

static int
do_rename (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *old = need_entry (simulation, operation, operation->path);
  struct sim_entry *entry = old ? need_place (simulation, operation, operation->other) : NULL;

  if (entry == NULL)
    return -1;
  struct sim_inode *inode = old->inode;
  if (entry->inode == inode)
    return 0;                   /* two names of one file: rename(2) does nothing */
  if (is_above (inode, entry->folder))
    return refuse (simulation, operation, "%s: a folder cannot be moved below itself", operation->path);
  if (entry->inode && (entry->inode->type == 'd') != (inode->type == 'd'))
    return refuse (simulation, operation, "%s: a folder and what is none cannot replace one another", operation->other);
  if (entry->inode && entry->inode->type == 'd' && !is_empty (entry->inode))
    return refuse (simulation, operation, "%s: the folder is not empty", operation->other);
  lead (simulation, old, NULL);
  lead (simulation, entry, inode);
  return 0;
}

static int
do_xattr (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object (simulation, operation);

  if (inode == NULL)
    return -1;
  simulation->effect.xattrs = inode;
  if (operation->verb == WORKLOAD_SETXATTR)
    return set_xattr (inode, operation);
  struct sim_xattr *xattr = find_xattr (inode, operation->other);
  if (xattr == NULL)
    return refuse (simulation, operation, "%s: has no attribute %s", operation->path, operation->other);
  remove_xattr (inode, xattr);
  return 0;
}

static int
do_chmod (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object (simulation, operation);

  if (inode == NULL)
    return -1;
  simulation->effect.mode = inode;
  inode->mode = (int) operation->length;
  return 0;
}

static int
do_truncate (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_file (simulation, operation);

  return inode ? set_size (simulation, inode, operation->length) : -1;
}

int
simulation_do (struct simulation *simulation, size_t index)
{
  const struct workload_operation *operation = &simulation->workload->operations[index];

  simulation->effect = (struct sim_effect) { .entry_count = 0 };
  if (index == simulation->workload->setup_count)
    simulation->tmpfile_count = 0;      /* the setup is a process of its own, and they end with it */
  switch (operation->verb) {
  case WORKLOAD_APPEND:
  case WORKLOAD_DWRITE:
  case WORKLOAD_MMAPWRITE:
  case WORKLOAD_WRITE: return do_write (simulation, operation, (uint32_t) index + 1);
  case WORKLOAD_CHMOD: return do_chmod (simulation, operation);
  case WORKLOAD_CREAT: return make_object (simulation, operation, operation->path, 'f') ? 0 : -1;
  case WORKLOAD_EXCHANGE: return do_exchange (simulation, operation);
  case WORKLOAD_FALLOC: return do_falloc (simulation, operation);
  case WORKLOAD_FDATASYNC:
  case WORKLOAD_FSYNC: return need_object (simulation, operation) ? 0 : -1;
  case WORKLOAD_LINK: return do_link (simulation, operation);
  case WORKLOAD_LINKTMP: return do_linktmp (simulation, operation);
  case WORKLOAD_MKDIR: return make_object (simulation, operation, operation->path, 'd') ? 0 : -1;
  case WORKLOAD_MKFIFO: return make_object (simulation, operation, operation->path, 'p') ? 0 : -1;
  case WORKLOAD_MSYNC: return do_msync (simulation, operation);
  case WORKLOAD_REFLINK: return do_reflink (simulation, operation);
  case WORKLOAD_RENAME: return do_rename (simulation, operation);
  case WORKLOAD_REMOVEXATTR:
  case WORKLOAD_SETXATTR: return do_xattr (simulation, operation);
  case WORKLOAD_RMDIR:
  case WORKLOAD_UNLINK: return do_remove (simulation, operation);
  case WORKLOAD_SYMLINK: return do_symlink (simulation, operation);
  case WORKLOAD_TMPFILE: return do_tmpfile (simulation, operation);
  case WORKLOAD_TRUNCATE: return do_truncate (simulation, operation);
  case WORKLOAD_CHECKPOINT:
  case WORKLOAD_DROPCACHES:
  case WORKLOAD_SYNC:
  case WORKLOAD_SYNCFS: break;
  }
  return 0;
}

int
simulation_begin (struct simulation *simulation, const struct workload *workload)
{
  *simulation = (struct simulation) { .workload = workload };
  return new_inode (simulation, 'd') ? 0 : -1;
}

static void
free_inode (struct sim_inode *inode)
{
  free (inode->data.extents);
  for (size_t i = 0; i < inode->xattr_count; i++) {
    free (inode->xattrs[i].name);
    free (inode->xattrs[i].value);
  }
  free (inode->xattrs);
  free (inode->target);
  free (inode->entries);
  free (inode);
}

void
simulation_free (struct simulation *simulation)
{
  for (size_t i = 0; i < simulation->inode_count; i++)
    free_inode (simulation->inodes[i]);
  free (simulation->inodes);
  for (size_t i = 0; i < simulation->entry_count; i++) {
    free (simulation->entries[i]->name);
    free (simulation->entries[i]);
  }
  free (simulation->entries);
  free (simulation->tmpfiles);
  *simulation = (struct simulation) { .workload = simulation->workload };
}

int
simulation_check (const struct workload *workload)
{
  struct simulation simulation;
  int r = simulation_begin (&simulation, workload);

  for (size_t i = 0; i < workload->count && r == 0; i++)
    r = simulation_do (&simulation, i);
  simulation_free (&simulation);
  return r;
}
