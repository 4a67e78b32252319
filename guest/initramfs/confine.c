/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files of the host may be taken. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

/* Whether PATH is FOLDER or below it. */
static bool
is_below (const char *path, const char *folder)
{
  size_t length = strlen (folder);

  return strncmp (path, folder, length) == 0
         && (path[length] == '/' || path[length] == '\0' || strcmp (folder, "/") == 0);
}

/* Whether PATH, without symbolic links, is a part of the system: not of /usr/local, where a site keeps what is its own.
 */
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

/* Whether everybody on this machine may read PATH, which has no symbolic links: not only who runs this, perhaps root.
 */
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
    initramfs_complain (initramfs,
                        "%s: is neither in %s, from where alone files may be taken, nor a part of the system", path,
                        initramfs->confined);
  else if (!is_public (real))
    initramfs_complain (initramfs,
                        "%s: not everybody on this machine may read it, and files may be taken from %s alone", path,
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
