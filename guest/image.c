/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "filesystem/filesystem.h"
#include "guest/agent/protocol.h"
#include "guest/base.h"
#include "guest/fsck-there.h"
#include "guest/image.h"
#include "guest/kernel/find.h"
#include "guest/kernel/modules.h"

/* What a guest needs whose root is the host's: User Mode Linux, which has hostfs, the last alone. */
static const char *const host_root_modules[] = { "9pnet_virtio", "9p", "overlay", NULL };

/* What a guest needs to reach a server of disks by itself: User Mode Linux, over a port, the last alone. */
static const char *const nbd_modules[] = { BASE_NBD_MODULES, NULL };

int
guest_kernel_find (const char *spec, const char *filesystems, bool host_root, struct kernel *kernel)
{
  CLEANUP_FREE char *copy = strdup (filesystems);
  CLEANUP_FREE const char **modules = calloc (BASE_MODULES_MAX * (strlen (filesystems) + 1) + 4, sizeof *modules);
  char *rest = copy, *type;
  size_t count = 0;

  if (copy == NULL || modules == NULL)
    return out_of_memory ();
  while ((type = strsep (&rest, ",")) != NULL)
    if (*type)
      count = base_filesystem_modules (type, modules, count);
  for (size_t i = count = 0; modules[i]; i++)
    if (modules[i][strlen (modules[i]) - 1] != '?')     /* those may be missing */
      modules[count++] = modules[i];
  for (const char *const *name = host_root_modules; host_root && *name; name++)
    modules[count++] = *name;
  modules[count] = NULL;
  return kernel_find_with (spec, modules, kernel);
}

/* The first of NAMES that KERNEL does not have, or NULL: it has all but those that may be missing.  Returns 0, or -1
 * after a message.
 */
static int
find_missing (const struct kernel *kernel, const char *const *names, const char **missing)
{
  *missing = NULL;
  for (; *names && kernel->modules; names++) {
    struct text_list files;

    if ((*names)[strlen (*names) - 1] == '?')
      continue;
    int r = modules_find (kernel->modules, kernel_modules_release (kernel), *names, &files);
    if (r == 0)
      text_list_free (&files);
    if (r == 1)
      *missing = *names;
    if (r != 0)
      return r == 1 ? 0 : -1;
  }
  return 0;
}

int
guest_image_supports (const struct kernel *kernel, const char *filesystem)
{
  const char *names[BASE_MODULES_MAX + 1] = { NULL }, *missing;

  base_filesystem_modules (filesystem, names, 0);
  return find_missing (kernel, names, &missing) == -1 ? -1 : missing == NULL;
}

/* Returns 0 if KERNEL has all NAMES, or -1 after a message. */
static int
require (const struct kernel *kernel, const char *const *names)
{
  const char *missing;

  if (find_missing (kernel, names, &missing) == -1)
    return -1;
  return missing ? module_is_missing (kernel->release, missing) : 0;
}

struct initramfs *
guest_extras_new (const struct kernel *kernel, const char *filesystem, uint32_t features, bool nbd)
{
  const char *names[BASE_MODULES_MAX + 1] = { NULL };
  const struct filesystem_repair *repair = filesystem_repair (filesystem_find (filesystem), features);

  base_filesystem_modules (filesystem, names, 0);
  if (require (kernel, names) == -1
      || (nbd && require (kernel, nbd_modules + (kernel_runs_alone (kernel) ? 1 : 0)) == -1))
    return NULL;
  struct initramfs *extras = initramfs_new ();
  if (extras && initramfs_add_environment (extras) == 0
      && (repair == NULL || initramfs_add_program (extras, repair->program, NULL) == 0))
    return extras;
  initramfs_free (extras);
  return NULL;
}

int
guest_image_add_fsck (struct initramfs *extras, const char *filesystem)
{
  if (fsck_there (filesystem) == -1)
    return -1;
  return initramfs_add_program (extras, filesystem_find (filesystem)->fsck.words[0], NULL);
}

int
guest_image_pack (const char *check, const char *assemble, const char *const *included, size_t count,
                  const char *confine, const char *file)
{
  struct initramfs *initramfs = initramfs_new ();
  int r = initramfs && confine ? initramfs_confine (initramfs, confine) : initramfs ? 0 : -1;

  if (r == 0 && check)
    r = initramfs_add_checker (initramfs, check, included, count);
  if (r == 0 && assemble)
    r = initramfs_add_checker (initramfs, assemble, NULL, 0);
  if (r == 0)
    r = initramfs_pack (initramfs, file);
  initramfs_free (initramfs);
  return r;
}

int
guest_image_add_assembly (struct initramfs *extras, const struct kernel *kernel)
{
  static const char *const drivers[] = { "dm-mod?", "md-mod?", NULL };
  /* By which name the kernel asks for a module (drivers/md/md.c, md_run; drivers/md/dm-target.c), and what it is
   * called, if that is another name.
   */
  static const struct {
    const char *asked, *module;
  } kinds[] = {
    { "md-level-0", "raid0?" }, { "md-level-1", "raid1?" }, { "md-level-4", "raid456?" }, { "md-level-5", "raid456?" },
    { "md-level-6", "raid456?" }, { "md-level-10", "raid10?" }, { "md-linear", "linear?" }, { "dm-crypt", "dm-crypt?" },
    { "dm-integrity", "dm-integrity?" }, { "dm-mirror", "dm-mirror?" }, { "dm-raid", "dm-raid?" },
    { "dm-snapshot", "dm-snapshot?" }, { "dm-snapshot-origin", "dm-snapshot?" }, { "dm-thin", "dm-thin-pool?" },
    { "dm-thin-pool", "dm-thin-pool?" }, { "dm-writecache", "dm-writecache?" },
  };

  if (initramfs_add_modules (extras, kernel, AGENT_ASSEMBLY_MODULES, drivers) == -1)
    return -1;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (initramfs_add_modules (extras, kernel, kinds[i].asked, (const char *const[]) { kinds[i].module, NULL }) == -1)
      return -1;
  return 0;
}

int
guest_image_add_multipath (struct initramfs *extras, const struct kernel *kernel)
{
  static const char *const modules[] = { "dm-multipath", "dm-round-robin", NULL };

  return require (kernel, modules) == -1 ? -1
    : initramfs_add_modules (extras, kernel, AGENT_MULTIPATH_MODULES, modules);
}

int
guest_image_add_host_root (struct initramfs *extras, const struct kernel *kernel)
{
  if (initramfs_add_modules (extras, kernel, AGENT_HOST_ROOT_MODULES,
                             host_root_modules + (kernel_runs_alone (kernel) ? 2 : 0)) == -1)
    return -1;
  return initramfs_add_data (extras, AGENT_HOST_ROOT, "", 0, 0644);
}
