/* SPDX-License-Identifier: BSD-3-Clause */
/* What a checker needs that the user named. */
#include <config.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/initramfs/host.h"
#include "guest/initramfs/initramfs.h"
#include "guest/initramfs/tree.h"

static int
add_included_file (struct initramfs *initramfs, const char *path)
{
  CLEANUP_FREE char *real = initramfs_follow (initramfs, path);
  CLEANUP_FREE char *guest = real ? initramfs_guest_path (real) : NULL;

  if (guest == NULL || initramfs_add_file (initramfs, real, guest) == -1
      || initramfs_add_libraries (initramfs, real) == -1)
    return -1;
  initramfs->guessing++;        /* it may be a script: then its interpreter comes, too */
  initramfs_add_program (initramfs, real, NULL);
  initramfs->guessing--;
  return 0;
}

int
initramfs_add_included (struct initramfs *initramfs, const char *path)
{
  CLEANUP_FREE char *directory = *path == '/' ? NULL : getcwd (NULL, 0);
  CLEANUP_FREE char *absolute = text_format ("%s/%s", directory ? directory : "", path);
  struct stat status;

  if (absolute == NULL)
    return -1;
  if ((*path != '/' && directory == NULL) || stat (absolute, &status) == -1) {
    error_message ("--include=%s: %m", path);
    return -1;
  }
  if (S_ISDIR (status.st_mode))
    return initramfs_add_host_tree (initramfs, absolute, &(struct tree_rules) { .libraries = true, .times = true });
  return add_included_file (initramfs, absolute);
}

int
initramfs_add_checker (struct initramfs *initramfs, const char *check, const char *const *included, size_t count)
{
  initramfs_ask_interpreters (initramfs);
  int r = initramfs_add_shell_command (initramfs, check) == -1 ? -1 : initramfs_add_environment (initramfs);

  for (size_t i = 0; r == 0 && i < count; i++)
    r = initramfs_add_included (initramfs, included[i]);
  return r;
}
