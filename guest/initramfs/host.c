/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of the host, and what is on the way to them. */
#include <config.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/initramfs/host.h"
#include "guest/initramfs/initramfs.h"
#include "guest/initramfs/libraries.h"

/* Directories that the guest mounts something over. */
static const char *const covered[] = { "/dev/", "/mnt/", "/proc/", "/sys/" };

static bool
is_covered (const char *path)
{
  return text_begins_with (path, covered, sizeof covered / sizeof covered[0]);
}

char *
initramfs_guest_path (const char *path)
{
  return text_format ("%s%s", is_covered (path) ? "/host" : "", path);
}

/* Append the COMPONENT of LENGTH bytes to the path *resolved, a text to free. */
static int
append_component (char **resolved, const char *component, size_t length)
{
  char *longer;

  if (length == 0 || (length == 1 && *component == '.'))
    return 0;
  if (length == 2 && memcmp (component, "..", 2) == 0) {
    char *slash = strrchr (*resolved, '/');

    if (slash)
      *slash = '\0';
    return 0;
  }
  longer = text_format ("%s/%.*s", *resolved, (int) length, component);
  free (*resolved);
  *resolved = longer;
  return longer ? 0 : -1;
}

/* The guest's own links, and what is a directory there already, stay. */
static int
add_link (struct initramfs *initramfs, const char *path, const char *target)
{
  if (is_covered (path))
    return 0;
  initramfs->guessing++;
  initramfs_add_link (initramfs, path, target);
  initramfs->guessing--;
  return 0;
}

/* If *resolved is a symbolic link, add it, and let *resolved be the directory that it counts from and *rest what is
 * left to follow.  Returns 1, 0 if it is none, or -1 after a message.
 */
static int
step_over_link (struct initramfs *initramfs, char **resolved, char **rest)
{
  char target[PATH_MAX];
  ssize_t length = readlink (**resolved ? *resolved : "/", target, sizeof target - 1);
  char *left;

  if (length == -1)
    return 0;
  target[length] = '\0';
  if (add_link (initramfs, *resolved, target) == -1)
    return -1;
  *(*target == '/' ? *resolved : strrchr (*resolved, '/')) = '\0';
  left = text_format ("%s/%s", target, *rest);
  free (*rest);
  *rest = left;
  return left ? 1 : -1;
}

/* Who goes to PATH/.. must find PATH, though nothing in it may be taken along. */
static void
add_directory (struct initramfs *initramfs, const char *path)
{
  bool is_new;

  initramfs->guessing++;
  if (*path && !is_covered (path))
    initramfs_entry (initramfs, path, S_IFDIR | 0755, &is_new);
  initramfs->guessing--;
}

char *
initramfs_follow (struct initramfs *initramfs, const char *path)
{
  char *resolved = strdup (""), *rest = strdup (path);
  int links = 0, r = resolved && rest ? 0 : -1;

  while (r == 0 && *rest) {
    size_t length = strcspn (rest, "/");

    if (length == 2 && memcmp (rest, "..", 2) == 0)
      add_directory (initramfs, resolved);
    r = append_component (&resolved, rest, length);
    memmove (rest, rest + length + (rest[length] == '/'), strlen (rest + length + (rest[length] == '/')) + 1);
    if (r == 0)
      r = step_over_link (initramfs, &resolved, &rest);
    if (r == 1)
      r = ++links > INITRAMFS_LINKS_MAX ? -1 : 0;
    if (links > INITRAMFS_LINKS_MAX)
      initramfs_complain (initramfs, "%s: %s", path, strerror (ELOOP));
  }
  free (rest);
  if (r == 0)
    return resolved;
  free (resolved);
  return NULL;
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

int
initramfs_add_host_file (struct initramfs *initramfs, const char *path)
{
  CLEANUP_FREE char *real = initramfs_follow (initramfs, path);
  CLEANUP_FREE char *guest = real ? initramfs_guest_path (real) : NULL;

  return guest ? initramfs_add_file (initramfs, real, guest) : -1;
}

/* Whether FILE is ELF and linked: a module of a kernel is not, and needs no libraries. */
static bool
is_linked (const char *file)
{
  CLEANUP_CLOSE int fd = open (file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct {
    unsigned char ident[EI_NIDENT];
    Elf64_Half type;
  } start;

  return fd != -1 && read (fd, &start, sizeof start) == (ssize_t) sizeof start
         && memcmp (start.ident, ELFMAG, SELFMAG) == 0 && start.type != ET_REL;
}

int
initramfs_add_libraries (struct initramfs *initramfs, const char *file)
{
  struct text_list files = { .texts = NULL };
  char why[1024];
  int r = 0;

  if (!is_linked (file))
    return 0;
  if (libraries_find (file, &files, why, sizeof why) == -1) {
    initramfs_complain (initramfs, "%s", why);
    r = -1;
  }
  for (size_t i = 0; i < files.count && r == 0; i++)
    r = initramfs_add_host_file (initramfs, files.texts[i]);
  text_list_free (&files);
  return r;
}
