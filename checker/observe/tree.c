/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/observe/observer.h"
#include "checker/observe/order.h"
#include "checker/observe/paths.h"
#include "checker/observe/sectors.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"

void
observe_end (struct observer *observer, const struct tree_place *place, const struct statx *status, const char *xattrs,
             size_t first)
{
  tree_print_tail (observer->lines, xattrs, place);
  if (observer->facts & FACT_LINKS && links_note (&observer->links, status, place->depth, first) == -1)
    observer->out_of_memory = true;
}

static void
observe_link (struct observer *observer, const struct tree_place *place, const struct statx *status)
{
  char error[CONTENT_WORD_SIZE], xattrs[ATTRIBUTES_SIZE];
  CLEANUP_FREE char *word = NULL;
  ssize_t length = readlinkat (place->folder_fd, place->name, observer->piece, PIECE_SIZE - 1);

  if (length <= 0)
    content_format_error (length == 0 ? ENODATA : errno, error);
  else {
    observer->piece[length] = '\0';
    word = content_target (observer->piece);
    observer->out_of_memory |= word == NULL;
  }
  observe_attributes (observer, place, -1, status, xattrs);
  tree_print_head (observer->lines, status);
  fputs (length <= 0 ? error : word ? word : "", observer->lines);
  observe_end (observer, place, status, xattrs, observer->links.count);
}

static void
observe_special (struct observer *observer, const struct tree_place *place, const struct statx *status)
{
  char xattrs[ATTRIBUTES_SIZE];

  observe_attributes (observer, place, -1, status, xattrs);
  tree_print_head (observer->lines, status);
  if (S_ISCHR (status->stx_mode) || S_ISBLK (status->stx_mode))
    fprintf (observer->lines, "%u:%u", status->stx_rdev_major, status->stx_rdev_minor);
  else
    putc ('-', observer->lines);
  observe_end (observer, place, status, xattrs, observer->links.count);
}

/* The line of what cannot be looked at. */
static void
observe_unknown (struct observer *observer, const struct tree_place *place, int error)
{
  tree_print_unknown (observer->lines, place, error);
  observer->links.incomplete = true;
}

static void observe_object (struct observer *observer, const struct tree_place *place);

/* Observe all in the folder open as FD, which is closed.  Returns 0 or the error that kept it from being read. */
static int
observe_entries (struct observer *observer, const struct tree_place *folder, int fd)
{
  DIR *directory = fdopendir (fd);
  struct dirent *entry;

  if (directory == NULL) {
    observer->out_of_memory = true;
    close (fd);
    return ENOMEM;
  }
  while (errno = 0, (entry = readdir (directory)) != NULL) {
    if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0
        || (folder->parent == NULL && strcmp (entry->d_name, TREE_LEFT_OUT) == 0))
      continue;
    struct tree_place place = { folder, entry->d_name, dirfd (directory), folder->depth + 1 };
    observe_object (observer, &place);
  }
  int error = errno;
  closedir (directory);
  return error;
}

/* Add the fact of the quotas to TEXT, the attributes of the root, which is open as FD. */
static void
add_usage (struct observer *observer, int fd, char text[ATTRIBUTES_SIZE])
{
  const size_t length = strlen (text);

  if (!(observer->facts & FACT_QUOTA) || observer->links.incomplete)
    return;
  CLEANUP_FREE char *fact = usage_fact (&observer->usage, fd);
  if (fact)
    snprintf (text + length, ATTRIBUTES_SIZE - length, "%s", fact);
  else
    observer->out_of_memory |= errno == ENOMEM;
}

static void
observe_folder (struct observer *observer, const struct tree_place *place, const struct statx *status)
{
  char content[CONTENT_WORD_SIZE] = "-", xattrs[ATTRIBUTES_SIZE] = "-";
  const size_t first = observer->links.count;
  int error = 0;

  if (place->parent && is_mount_point (status))
    error = EXDEV;
  else {
    int fd = open_quietly (place->folder_fd, place->name, O_DIRECTORY);
    if (fd == -1)
      error = errno;
    observe_attributes (observer, place, fd, status, xattrs);
    if (fd >= 0 && place->depth < TREE_DEPTH_MAX)
      error = observe_entries (observer, place, fd);
    else if (fd >= 0) {
      error = ELOOP;
      close (fd);
    }
  }
  if (error != 0) {
    content_format_error (error, content);
    observer->links.incomplete = true;
  }
  if (place->parent == NULL)
    add_usage (observer, place->folder_fd, xattrs);
  tree_print_head (observer->lines, status);
  fputs_unlocked (content, observer->lines);
  observe_end (observer, place, status, xattrs, first);
}

static void
observe_object (struct observer *observer, const struct tree_place *place)
{
  struct statx status;

  if (look_at (place->folder_fd, place->name, &status) == -1) {
    observe_unknown (observer, place, errno);
    return;
  }
  switch (tree_type_letter (status.stx_mode)) {
  case 'f': observe_file (observer, place, &status); break;
  case 'd': observe_folder (observer, place, &status); break;
  case 'l': observe_link (observer, place, &status); break;
  case '?': observe_unknown (observer, place, EUCLEAN); break;
  default: observe_special (observer, place, &status);
  }
}

static bool
means_absent (int error)
{
  return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

static void
observe_path (struct observer *observer, const struct tree_place *root, const char *path)
{
  CLEANUP_FREE char *normal = malloc (strlen (path) + 2);
  struct statx status;

  if (normal == NULL) {
    observer->out_of_memory = true;
    return;
  }
  if (!normalise_path (path, normal))
    return;
  if (strcmp (normal, ".") == 0) {
    observe_object (observer, root);
    return;
  }
  char *slash = strrchr (normal, '/');
  if (slash)
    *slash = '\0';
  /* The folders above are one place: they are only ever printed. */
  struct tree_place above = { root, normal, -1, 0 };
  struct tree_place place = { slash ? &above : root, slash ? slash + 1 : normal, -1, 1 };
  CLEANUP_CLOSE int parent_fd = open_parent (root->folder_fd, slash ? normal : "");
  place.folder_fd = parent_fd;
  if (parent_fd >= 0 && look_at (parent_fd, place.name, &status) == 0)
    observe_object (observer, &place);
  else if (!means_absent (errno))
    tree_print_unknown (observer->lines, &place, errno);
}

static bool
close_stream (FILE *file)
{
  bool good = file && !ferror (file);

  return (file == NULL || fclose (file) == 0) && good;
}

/* Walk and give the final text, to free, or NULL with errno. */
static char *
observe_all (struct observer *observer, int root_fd, const char *const *paths, size_t path_count)
{
  const struct tree_place root = { NULL, ".", root_fd, 0 };
  CLEANUP_FREE char *text = NULL, *sectors = NULL;
  size_t length = 0, sectors_length = 0;

  observer->lines = open_memstream (&text, &length);
  observer->sectors = open_memstream (&sectors, &sectors_length);
  observer->links.incomplete = path_count > 0;
  if (observer->lines && observer->sectors) {
    if (path_count == 0)
      observe_object (observer, &root);
    for (size_t i = 0; i < path_count; i++)
      observe_path (observer, &root, paths[i]);
  }
  bool good = close_stream (observer->lines);
  good = close_stream (observer->sectors) && good && !observer->out_of_memory;
  if (good && observer->too_many_sectors) {
    errno = EFBIG;
    return NULL;
  }
  char *joined = good && links_tell (&observer->links, &text, &length) == 0
    ? order_lines (text, length, sectors, sectors_length) : NULL;
  if (joined == NULL)
    errno = ENOMEM;
  return joined;
}

static char *
observe_with (struct observer *observer, int root_fd, const char *const *paths, size_t path_count)
{
  char *text = NULL;

  observer->hash = XXH3_createState ();
  observer->piece = malloc (PIECE_SIZE);
  if (observer->hash && observer->piece)
    text = observe_all (observer, root_fd, paths, path_count);
  else
    errno = ENOMEM;
  free (observer->links.rows);
  free (observer->usage.rows);
  free (observer->piece);
  XXH3_freeState (observer->hash);
  return text;
}

char *
tree_observe_sectors (int root_fd, const char *const *paths, size_t path_count, const struct sector_request *request,
                      unsigned facts)
{
  struct observer observer = { .request = request, .facts = facts, .sectors_left = SECTORS_MAX };

  return observe_with (&observer, root_fd, paths, path_count);
}

char *
tree_observe_located (int root_fd, const char *const *paths, size_t path_count, const struct sector_request *request,
                      unsigned facts)
{
  struct observer observer = { .request = request, .facts = facts, .locates = true };

  return observe_with (&observer, root_fd, paths, path_count);
}

char *
tree_observe (int root_fd, const char *const *paths, size_t path_count)
{
  return tree_observe_sectors (root_fd, paths, path_count, NULL, 0);
}
