/* SPDX-License-Identifier: BSD-3-Clause */
/* What an initramfs is made of: a tree of entries, by their paths in the guest. */
#include <config.h>

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

static int
compare_entries (const void *left, const void *right)
{
  return strcmp (((const struct initramfs_entry *) left)->path, ((const struct initramfs_entry *) right)->path);
}

void
initramfs_complain (const struct initramfs *initramfs, const char *format, ...)
{
  char text[4096];
  va_list args;

  if (initramfs->guessing > 0)
    return;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  error_message ("%s", text);
}

static struct initramfs_entry *
find_entry (const struct initramfs *initramfs, const char *path)
{
  struct initramfs_entry key = { .path = (char *) path };
  struct initramfs_entry **found = tfind (&key, &initramfs->entries, compare_entries);

  return found ? *found : NULL;
}

/* Append the next component of *REST to PATH, which has room for it.  Returns false at the end. */
static bool
next_component (char *path, const char **rest)
{
  *rest += strspn (*rest, "/");
  size_t length = strcspn (*rest, "/"), end = strlen (path);

  if (length == 0)
    return false;
  if (length == 2 && memcmp (*rest, "..", 2) == 0) {
    char *slash = strrchr (path, '/');
    if (slash)
      *slash = '\0';
  }
  else if (length != 1 || **rest != '.') {
    path[end] = '/';
    memcpy (path + end + 1, *rest, length);
    path[end + 1 + length] = '\0';
  }
  *rest += length;
  return true;
}

/* Follow the symbolic links of the guest among the parents of GUEST once: *follow_again is set if one was replaced. */
static char *
follow_parents (const struct initramfs *initramfs, const char *guest, bool *follow_again)
{
  char *path = calloc (1, strlen (guest) + 2);
  const char *rest = guest;

  *follow_again = false;
  if (path == NULL)
    error_message ("out of memory");
  while (path && next_component (path, &rest)) {
    const struct initramfs_entry *entry = find_entry (initramfs, path);
    if (entry == NULL || !S_ISLNK (entry->mode) || rest[strspn (rest, "/")] == '\0')
      continue;
    *strrchr (path, '/') = '\0';
    const char *target = entry->data;
    char *followed = text_format ("%s/%s%s", *target == '/' ? "" : path, target, rest);
    free (path);
    *follow_again = true;
    return followed;
  }
  return path;
}

/* GUEST without `.`, `..` and doubled slashes, and with no symbolic link among its parents, so that each object has one
 * path only and nothing is put below a link.  To free, or NULL after a message.
 */
static char *
canonical_path (const struct initramfs *initramfs, const char *guest)
{
  char *path = strdup (guest);
  bool again = true;

  for (int links = 0; path && again; links++) {
    if (links > INITRAMFS_LINKS_MAX) {
      errno = ELOOP;
      initramfs_complain (initramfs, "cannot put %s into the initramfs: %m", guest);
      free (path);
      return NULL;
    }
    char *followed = follow_parents (initramfs, path, &again);
    free (path);
    path = followed;
  }
  return path;
}

/* Insert PATH (taken over), which is not there yet. */
static struct initramfs_entry *
insert_entry (struct initramfs *initramfs, char *path, mode_t mode)
{
  struct initramfs_entry *entry = calloc (1, sizeof *entry);

  if (entry) {
    entry->path = path;
    entry->mode = mode;
    if (tsearch (entry, &initramfs->entries, compare_entries))
      return entry;
  }
  error_message ("out of memory");
  free (path);
  free (entry);
  return NULL;
}

static int
make_parents (struct initramfs *initramfs, const char *path)
{
  for (const char *slash = strchr (path + 1, '/'); slash; slash = strchr (slash + 1, '/')) {
    char *parent = strndup (path, (size_t) (slash - path));
    const struct initramfs_entry *entry = parent ? find_entry (initramfs, parent) : NULL;

    if (entry == NULL) {
      if (parent == NULL || insert_entry (initramfs, parent, S_IFDIR | 0755) == NULL)
        return -1;
      continue;
    }
    free (parent);
    if (!S_ISDIR (entry->mode)) {
      initramfs_complain (initramfs, "cannot put %s into the initramfs: %s is no folder there", path, entry->path);
      return -1;
    }
  }
  return 0;
}

struct initramfs_entry *
initramfs_entry (struct initramfs *initramfs, const char *guest, mode_t mode, bool *is_new)
{
  char *path = canonical_path (initramfs, guest);

  if (path == NULL)
    return NULL;
  struct initramfs_entry *entry = find_entry (initramfs, path);
  *is_new = entry == NULL;
  if (entry == NULL && make_parents (initramfs, path) == 0)
    return insert_entry (initramfs, path, mode);
  /* A link may stand for a folder: what is added below it goes where it points. */
  if (entry && S_ISDIR (entry->mode) != S_ISDIR (mode) && !(S_ISDIR (mode) && S_ISLNK (entry->mode))) {
    initramfs_complain (initramfs, "cannot put %s into the initramfs: it would be both a file and a folder", path);
    entry = NULL;
  }
  free (path);
  return entry;
}

int
initramfs_add_special (struct initramfs *initramfs, const char *guest, mode_t mode, dev_t device)
{
  bool is_new;
  struct initramfs_entry *entry = initramfs_entry (initramfs, guest, mode, &is_new);

  if (entry == NULL)
    return -1;
  if (is_new)
    entry->device = device;
  return 0;
}

int
initramfs_add_bytes (struct initramfs *initramfs, const char *guest, mode_t mode, const void *data, size_t length)
{
  bool is_new;
  char *copy = malloc (length + 1);

  if (copy == NULL)
    return out_of_memory ();
  if (length > 0)
    memcpy (copy, data, length);
  copy[length] = '\0';
  struct initramfs_entry *entry = initramfs_entry (initramfs, guest, mode, &is_new);
  if (entry && is_new) {
    entry->data = copy;
    entry->length = length;
  }
  else
    free (copy);
  return entry ? 0 : -1;
}

int
initramfs_add_data (struct initramfs *initramfs, const char *guest, const void *data, size_t length, unsigned mode)
{
  return initramfs_add_bytes (initramfs, guest, S_IFREG | (mode & 07777), data, length);
}

int
initramfs_add_link (struct initramfs *initramfs, const char *guest, const char *target)
{
  return initramfs_add_bytes (initramfs, guest, S_IFLNK | 0777, target, strlen (target));
}
