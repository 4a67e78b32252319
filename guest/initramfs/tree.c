/* SPDX-License-Identifier: BSD-3-Clause */
/* Directories of the host, with all that is in them. */
#include <config.h>

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/initramfs/host.h"
#include "guest/initramfs/initramfs.h"
#include "guest/initramfs/tree.h"

/* Add what HOST is, itself: symbolic links stay links, the owner is kept. */
static int
add_object (struct initramfs *initramfs, const char *host, const char *guest, const struct stat *status)
{
  char target[4096];
  ssize_t length;
  bool is_new;
  int result;

  switch (status->st_mode & S_IFMT) {
  case S_IFREG:
    result = initramfs_add_file (initramfs, host, guest);
    break;
  case S_IFLNK:
    length = readlink (host, target, sizeof target);
    if (length == -1 || length == sizeof target) {
      initramfs_complain (initramfs, "%s: cannot read the symbolic link: %m", host);
      return -1;
    }
    result = initramfs_add_bytes (initramfs, guest, status->st_mode, target, (size_t) length);
    break;
  default:
    result = initramfs_add_special (initramfs, guest, status->st_mode, status->st_rdev);
  }
  if (result == -1)
    return -1;
  struct initramfs_entry *entry = initramfs_entry (initramfs, guest, status->st_mode, &is_new);
  if (entry) {
    entry->owner = status->st_uid;
    entry->group = status->st_gid;
  }
  return entry ? 0 : -1;
}

/* Walks through a tree of the host. */
struct tree_walk {
  FTS *fts;
  size_t root_length;
  const char *guest;
  const struct tree_rules *rules;
};

/* Whether FOUND is left out, with all that is in it. */
static bool
is_left_out (const struct tree_walk *walk, const FTSENT *found)
{
  if (walk->rules->unwanted == NULL || found->fts_level == FTS_ROOTLEVEL)
    return false;
  return walk->rules->unwanted (found->fts_name);
}

static int
add_found_file (struct initramfs *initramfs, const struct tree_walk *walk, const FTSENT *found)
{
  CLEANUP_FREE char *path = text_format ("%s/%s", walk->guest, found->fts_path + walk->root_length);
  bool is_new;

  if (path == NULL || add_object (initramfs, found->fts_path, path, found->fts_statp) == -1)
    return -1;
  if (!S_ISREG (found->fts_statp->st_mode))
    return 0;
  struct initramfs_entry *entry = initramfs_entry (initramfs, path, S_IFREG, &is_new);
  if (entry && walk->rules->times)
    entry->seconds = found->fts_statp->st_mtime;
  if (walk->rules->libraries) {         /* of another machine's programs and of object files they are nowhere */
    initramfs->guessing++;
    initramfs_add_libraries (initramfs, found->fts_path);
    initramfs->guessing--;
  }
  return 0;
}

static int
add_found (struct initramfs *initramfs, const struct tree_walk *walk, FTSENT *found)
{
  if (found->fts_info == FTS_DP)
    return 0;
  if (is_left_out (walk, found)) {
    fts_set (walk->fts, found, FTS_SKIP);
    return 0;
  }
  switch (found->fts_info) {
  case FTS_DNR:
  case FTS_ERR:
  case FTS_NS:
    errno = found->fts_errno;
    initramfs_complain (initramfs, "%s: %m", found->fts_path);
    return -1;
  }
  return add_found_file (initramfs, walk, found);
}

static int
add_all (struct initramfs *initramfs, const struct tree_walk *walk, const char *host)
{
  FTSENT *found;
  int result = 0;

  while (result == 0 && (errno = 0, found = fts_read (walk->fts)) != NULL) {
    result = add_found (initramfs, walk, found);
    if (initramfs->guessing > 0)        /* what cannot be read is not there */
      result = 0;
  }
  if (result == 0 && errno != 0 && initramfs->guessing == 0) {
    error_message ("%s: %m", host);
    result = -1;
  }
  return result;
}

/* Add the directory HOST as GUEST. */
static int
add_tree (struct initramfs *initramfs, const char *host, const char *guest, const struct tree_rules *rules)
{
  char *const roots[] = { (char *) host, NULL };
  struct tree_walk walk = { .root_length = strlen (host), .guest = guest, .rules = rules };
  struct stat status;

  if (!initramfs_may_take (initramfs, host))
    return -1;
  if (stat (host, &status) == 0) {
    errno = ENOTDIR;
    if (S_ISDIR (status.st_mode))
      walk.fts = fts_open (roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
  }
  if (walk.fts == NULL) {
    initramfs_complain (initramfs, "%s: %m", host);
    return -1;
  }
  int result = add_all (initramfs, &walk, host);
  fts_close (walk.fts);
  return result;
}

int
initramfs_add_host_tree (struct initramfs *initramfs, const char *path, const struct tree_rules *rules)
{
  CLEANUP_FREE char *real = initramfs_follow (initramfs, path);
  CLEANUP_FREE char *guest = real ? initramfs_guest_path (real) : NULL;

  return guest ? add_tree (initramfs, real, guest, rules) : -1;
}

int
initramfs_add_tree (struct initramfs *initramfs, const char *host, const char *guest)
{
  const struct tree_rules rules = { .unwanted = NULL };

  return add_tree (initramfs, host, guest, &rules);
}
