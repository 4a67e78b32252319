/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fts.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

/* As many as the kernel follows in one path. */
#define SYMBOLIC_LINKS_MAX 40

static int
compare_entries (const void *left, const void *right)
{
  return strcmp (((const struct initramfs_entry *) left)->path, ((const struct initramfs_entry *) right)->path);
}

static void
free_entry (void *data)
{
  struct initramfs_entry *entry = data;

  free (entry->path);
  free (entry->host);
  free (entry->data);
  free (entry);
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
    if (links > SYMBOLIC_LINKS_MAX) {
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

static int
add_special (struct initramfs *initramfs, const char *guest, mode_t mode, dev_t device)
{
  bool is_new;
  struct initramfs_entry *entry = initramfs_entry (initramfs, guest, mode, &is_new);

  if (entry == NULL)
    return -1;
  if (is_new)
    entry->device = device;
  return 0;
}

/* MODE tells whether DATA is a file's contents or the target of a symbolic link. */
static int
add_bytes (struct initramfs *initramfs, const char *guest, mode_t mode, const void *data, size_t length)
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
  return add_bytes (initramfs, guest, S_IFREG | (mode & 07777), data, length);
}

int
initramfs_add_link (struct initramfs *initramfs, const char *guest, const char *target)
{
  return add_bytes (initramfs, guest, S_IFLNK | 0777, target, strlen (target));
}

/* Whether PATH is FOLDER or below it. */
static bool
is_below (const char *path, const char *folder)
{
  size_t length = strlen (folder);

  return strncmp (path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0' || strcmp (folder, "/") == 0);
}

/* Whether PATH, without symbolic links, is a part of the system: not of /usr/local, where a site keeps what is its own. */
static bool
is_system (const char *path)
{
  static const char *const system[] = {
    "/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr", "/etc/ld.so.cache", "/etc/alternatives"
  };

  for (size_t i = 0; i < sizeof system / sizeof system[0]; i++)
    if (is_below (path, system[i]))
      return !is_below (path, "/usr/local");
  return false;
}

/* Whether everybody on this machine may read PATH, which has no symbolic links: not only who runs this, perhaps root. */
static bool
is_public (const char *path)
{
  CLEANUP_FREE char *above = strdup (path);
  struct stat status;
  mode_t needed = S_IROTH;

  if (above == NULL)
    return false;
  for (char *slash; *above; *slash = '\0', needed = S_IXOTH) {
    if (stat (above, &status) == -1 || (status.st_mode & needed) == 0)
      return false;
    slash = strrchr (above, '/');
  }
  return true;
}

bool
initramfs_may_take (const struct initramfs *initramfs, const char *path)
{
  CLEANUP_FREE char *real = initramfs->confined ? realpath (path, NULL) : NULL;

  if (initramfs->confined == NULL)
    return true;
  if (real == NULL) {
    initramfs_complain (initramfs, "%s: %m", path);
    return false;
  }
  if (is_below (real, initramfs->confined))
    return true;
  if (!is_system (real))
    initramfs_complain (initramfs, "%s: is neither in %s, from where alone files may be taken, nor a part of the system", path,
                        initramfs->confined);
  else if (!is_public (real))
    initramfs_complain (initramfs, "%s: not everybody on this machine may read it, and files may be taken from %s alone", path,
                        initramfs->confined);
  else
    return true;
  return false;
}

int
initramfs_confine (struct initramfs *initramfs, const char *folder)
{
  free (initramfs->confined);
  initramfs->confined = realpath (folder, NULL);
  if (initramfs->confined)
    return 0;
  error_message ("%s: %m", folder);
  return -1;
}

int
initramfs_add_file (struct initramfs *initramfs, const char *host, const char *guest)
{
  struct stat status;
  bool is_new;

  if (!initramfs_may_take (initramfs, host))
    return -1;
  if (stat (host, &status) == -1 || access (host, R_OK) == -1) {
    initramfs_complain (initramfs, "%s: %m", host);
    return -1;
  }
  if (!S_ISREG (status.st_mode)) {
    initramfs_complain (initramfs, "%s: is no regular file", host);
    return -1;
  }
  struct initramfs_entry *entry = initramfs_entry (initramfs, guest, S_IFREG | (status.st_mode & 07777), &is_new);
  if (entry == NULL)
    return -1;
  if (!is_new)
    return 0;
  entry->host = strdup (host);
  return entry->host ? 0 : -1;
}

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
    result = add_bytes (initramfs, guest, status->st_mode, target, (size_t) length);
    break;
  default:
    result = add_special (initramfs, guest, status->st_mode, status->st_rdev);
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
struct walk {
  FTS *fts;
  size_t root_length;
  const char *guest;
  const struct tree_rules *rules;
};

/* Whether FOUND is left out, with all that is in it. */
static bool
is_left_out (const struct walk *walk, const FTSENT *found)
{
  if (walk->rules->unwanted == NULL || found->fts_level == FTS_ROOTLEVEL)
    return false;
  return walk->rules->unwanted (found->fts_name);
}

static int
add_found_file (struct initramfs *initramfs, const struct walk *walk, const FTSENT *found)
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
add_found (struct initramfs *initramfs, const struct walk *walk, FTSENT *found)
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
add_all (struct initramfs *initramfs, const struct walk *walk, const char *host)
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

int
initramfs_add_tree_by_rules (struct initramfs *initramfs, const char *host, const char *guest, const struct tree_rules *rules)
{
  char *const roots[] = { (char *) host, NULL };
  struct walk walk = { .root_length = strlen (host), .guest = guest, .rules = rules };
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
initramfs_add_tree (struct initramfs *initramfs, const char *host, const char *guest)
{
  const struct tree_rules rules = { .unwanted = NULL };

  return initramfs_add_tree_by_rules (initramfs, host, guest, &rules);
}

/* Scripts name programs as /bin/sh and as /usr/bin/sh: where these are the same on the host, so they are here. */
static int
add_merged_folders (struct initramfs *initramfs)
{
  static const char *const folders[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };
  char target[256];

  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    ssize_t length = readlink (folders[i], target, sizeof target);
    if (length <= 0 || length == sizeof target || strncmp (target, "usr/", 4) != 0)
      continue;
    CLEANUP_FREE char *folder = text_format ("/%.*s", (int) length, target);
    if (folder == NULL || initramfs_add_link (initramfs, folders[i], folder + 1) == -1
        || add_special (initramfs, folder, S_IFDIR | 0755, 0) == -1)
      return -1;
  }
  return 0;
}

static int
add_skeleton (struct initramfs *initramfs)
{
  static const struct {
    const char *path;
    mode_t mode;
    unsigned major, minor;
  } objects[] = {
    { "/dev", S_IFDIR | 0755, 0, 0 },
    { "/dev/console", S_IFCHR | 0600, 5, 1 },
    { "/dev/null", S_IFCHR | 0666, 1, 3 },
    { "/mnt", S_IFDIR | 0755, 0, 0 },
    { "/proc", S_IFDIR | 0555, 0, 0 },
    { "/root", S_IFDIR | 0700, 0, 0 },
    { "/sys", S_IFDIR | 0555, 0, 0 },
    { "/tmp", S_IFDIR | S_ISVTX | 0777, 0, 0 },
  };

  for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
    if (add_special (initramfs, objects[i].path, objects[i].mode, makedev (objects[i].major, objects[i].minor)) == -1)
      return -1;
  return add_merged_folders (initramfs);
}

struct initramfs *
initramfs_new (void)
{
  struct initramfs *initramfs = calloc (1, sizeof *initramfs);

  if (initramfs == NULL) {
    error_message ("out of memory");
    return NULL;
  }
  if (add_skeleton (initramfs) == -1) {
    initramfs_free (initramfs);
    return NULL;
  }
  return initramfs;
}

void
initramfs_free (struct initramfs *initramfs)
{
  if (initramfs == NULL)
    return;
  tdestroy (initramfs->entries, free_entry);
  for (size_t i = 0; i < LANGUAGES; i++)
    text_list_free (&initramfs->modules[i]);
  text_list_free (&initramfs->read);
  free (initramfs->confined);
  free (initramfs);
}
