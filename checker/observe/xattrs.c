/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "checker/observe/observer.h"
#include "common/cleanup.h"

/* Get the attribute NAME, or the list of names if NAME is NULL, from FD or, if that is -1, by path: what cannot be
 * opened without side effects has no descriptor for these calls.
 */
static ssize_t
call_xattr (const struct tree_place *place, int fd, const char *name, char *data, size_t size)
{
  char path[sizeof "/proc/self/fd/2147483647/" + NAME_MAX];

  if (fd >= 0)
    return name ? fgetxattr (fd, name, data, size) : flistxattr (fd, data, size);
  snprintf (path, sizeof path, "/proc/self/fd/%d/%s", place->folder_fd, place->name);
  return name ? lgetxattr (path, name, data, size) : llistxattr (path, data, size);
}

/* Returns the attribute or list, to free, its length in *length; or NULL with errno.  The length is asked for first:
 * given a large buffer, the kernel would allocate and clear as much for each file, and most have no attribute.
 */
static char *
read_xattr (struct observer *observer, const struct tree_place *place, int fd, const char *name, size_t *length)
{
  ssize_t size = call_xattr (place, fd, name, NULL, 0);

  if (size == -1)
    return NULL;
  char *data = malloc ((size_t) size + 1);
  if (data == NULL) {
    observer->out_of_memory = true;
    return NULL;
  }
  if (size > 0)
    size = call_xattr (place, fd, name, data, (size_t) size);
  if (size == -1) {
    free (data);
    return NULL;
  }
  data[size] = '\0';
  *length = (size_t) size;
  return data;
}

static int
compare_names (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Whether NAME is by what XFS keeps an ACL, which it lists as system.posix_acl_*, too. */
static bool
is_listed_twice (const char *name)
{
  return strcmp (name, "trusted.SGI_ACL_FILE") == 0 || strcmp (name, "trusted.SGI_ACL_DEFAULT") == 0;
}

/* The names in LIST that count, sorted, to free; NULL if out of memory. */
static const char **
sort_names (const char *list, size_t length, size_t *count)
{
  const char **names = malloc ((length + 1) * sizeof *names);

  if (names == NULL)
    return NULL;
  *count = 0;
  for (const char *name = list; name < list + length; name += strlen (name) + 1)
    if (!is_listed_twice (name))
      names[(*count)++] = name;
  qsort (names, *count, sizeof *names, compare_names);
  return names;
}

/* Returns 0, or -1 with errno. */
static int
hash_xattrs (struct observer *observer, const struct tree_place *place, int fd, const char *const *names, size_t count)
{
  XXH3_128bits_reset (observer->hash);
  for (size_t i = 0; i < count; i++) {
    size_t length;
    CLEANUP_FREE char *value = read_xattr (observer, place, fd, names[i], &length);

    if (value == NULL)
      return -1;
    content_add_xattr (observer->hash, names[i], value, length);
  }
  return 0;
}

void
observe_xattrs (struct observer *observer, const struct tree_place *place, int fd, char text[CONTENT_WORD_SIZE])
{
  size_t length, count;
  CLEANUP_FREE char *list = read_xattr (observer, place, fd, NULL, &length);

  if (list == NULL) {
    if (errno == ENOTSUP)
      snprintf (text, CONTENT_WORD_SIZE, "-");
    else
      content_format_error (errno, text);
    return;
  }
  CLEANUP_FREE const char **names = sort_names (list, length, &count);
  if (names == NULL)
    observer->out_of_memory = true;
  if (names && count == 0)
    snprintf (text, CONTENT_WORD_SIZE, "-");
  else if (names == NULL || hash_xattrs (observer, place, fd, names, count) == -1)
    content_format_error (errno, text);
  else
    content_format_hash (XXH3_128bits_digest (observer->hash), text);
}
