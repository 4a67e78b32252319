/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/parts.h"
#include "filesystem/filesystem.h"
#include "guest/agent/protocol.h"
#include "guest/image.h"
#include "guest/kernel/find.h"
#include "guest/kernel/modules.h"

#define NAMES_MAX 16
#define MODULES_MAX (1 + FILESYSTEM_MODULES_MAX)       /* of one file system */

/* What a guest needs whose root is the host's. */
static const char *const host_root_modules[] = { "9pnet_virtio", "9p", "overlay", NULL };

/* Put the modules for FILESYSTEM after the COUNT names in NAMES. */
static size_t
add_filesystem (const char *filesystem, const char **names, size_t count)
{
  const struct filesystem *row = filesystem_find (filesystem);

  names[count++] = row->driver ? row->driver : filesystem;
  for (const char *const *name = row->asked_for; *name; name++)
    names[count++] = *name;
  return count;
}

int
guest_kernel_find (const char *spec, const char *filesystems, bool host_root, struct kernel *kernel)
{
  CLEANUP_FREE char *copy = strdup (filesystems);
  CLEANUP_FREE const char **modules = calloc (MODULES_MAX * strlen (filesystems) + NAMES_MAX + 1, sizeof *modules);
  char *rest = copy, *type;
  size_t count = 0;

  if (copy == NULL || modules == NULL)
    return out_of_memory ();
  while ((type = strsep (&rest, ",")) != NULL)
    if (*type)
      count = add_filesystem (type, modules, count);
  for (size_t i = count = 0; modules[i]; i++)
    if (modules[i][strlen (modules[i]) - 1] != '?')     /* those may be missing */
      modules[count++] = modules[i];
  for (const char *const *name = host_root_modules; host_root && *name; name++)
    modules[count++] = *name;
  modules[count] = NULL;
  return kernel_find_with (spec, modules, kernel);
}

/* The agent is init, and under other names a tool for the programs that it runs. */
static int
add_agent (struct initramfs *initramfs, const char *agent)
{
  static const char *const tools[] = {
    "/bin/powercut-freeze", "/bin/powercut-mark", "/bin/powercut-thaw", AGENT_MODPROBE_TOOL, AGENT_TRACE_TOOL,
    AGENT_WORKLOAD_TOOL
  };

  if (initramfs_add_file (initramfs, agent, "/init") == -1)
    return -1;
  for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
    if (initramfs_add_link (initramfs, tools[i], "/init") == -1)
      return -1;
  return 0;
}

/* An initramfs with the agent and the modules for the devices and, if it is not NULL, for FILESYSTEM. */
static struct initramfs *
begin_image (const struct kernel *kernel, const char *filesystem, bool nbd)
{
  static const char *const devices[] = { "virtio_pci", "virtio_console", "virtio_blk", "crc32c_intel?",
                                         "crc32c_generic?" };
  CLEANUP_FREE char *agent = part_path (PART_AGENT);
  const char *names[NAMES_MAX + 1] = { NULL };
  const char *fsck = filesystem ? filesystem_find (filesystem)->fsck.program : NULL;
  struct initramfs *initramfs;
  size_t count = 0;

  if (agent == NULL)
    return NULL;
  for (; count < sizeof devices / sizeof devices[0]; count++)
    names[count] = devices[count];
  if (nbd) {
    names[count++] = "virtio_net";
    names[count++] = "nbd";
  }
  if (filesystem)
    add_filesystem (filesystem, names, count);
  initramfs = initramfs_new ();
  if (initramfs && (add_agent (initramfs, agent) == -1 || initramfs_add_environment (initramfs) == -1
                    || initramfs_add_modules (initramfs, kernel, NULL, names) == -1
                    || (fsck && initramfs_add_program (initramfs, fsck, NULL) == -1))) {
    initramfs_free (initramfs);
    return NULL;
  }
  return initramfs;
}

int
guest_image_supports (const struct kernel *kernel, const char *filesystem)
{
  const char *names[NAMES_MAX + 1] = { NULL };
  int r = 0;

  add_filesystem (filesystem, names, 0);
  for (const char *const *name = names; *name && r == 0; name++) {
    struct text_list files;

    if (kernel->modules == NULL || (*name)[strlen (*name) - 1] == '?')
      continue;
    r = modules_find (kernel->modules, kernel->release, *name, &files);
    if (r == 0)
      text_list_free (&files);
  }
  return r == -1 ? -1 : r == 0;
}

struct initramfs *
guest_image_new (const struct kernel *kernel, const char *filesystem, bool nbd)
{
  return begin_image (kernel, filesystem, nbd);
}

/* Whether NAME is in LIST, which has commas between its names. */
static bool
is_listed (const char *list, const char *name)
{
  size_t length = strlen (name);

  for (; list; list = strchr (list, ',') ? strchr (list, ',') + 1 : NULL)
    if (strncmp (list, name, length) == 0 && (list[length] == ',' || list[length] == '\0'))
      return true;
  return false;
}

/* Add the modules for file systems of TYPE, for when they are needed.  One that is OPTIONAL may be missing. */
static int
add_modules_for_later (struct initramfs *initramfs, const struct kernel *kernel, const char *type, bool optional)
{
  const char *names[NAMES_MAX + 1] = { NULL };
  CLEANUP_FREE char *name = NULL;

  if (asprintf (&name, "%s%s", type, optional ? "?" : "") == -1) {
    name = NULL;
    return out_of_memory ();
  }
  add_filesystem (type, names, 0);
  for (size_t i = 0; names[i]; i++)
    if (strcmp (names[i], type) == 0)
      names[i] = name;
  return initramfs_add_modules (initramfs, kernel, type, names);
}

struct initramfs *
guest_image_new_for_many (const struct kernel *kernel, const char *filesystem, const char *filesystems, bool nbd)
{
  CLEANUP_FREE char *copy = strdup (filesystems);
  const bool listed = is_listed (filesystems, filesystem) && filesystem_find (filesystem)->fsck.program == NULL;
  struct initramfs *initramfs = begin_image (kernel, listed ? NULL : filesystem, nbd);
  char *rest = copy, *type;
  int r = initramfs ? 0 : -1;

  while (r == 0 && rest && (type = strsep (&rest, ",")) != NULL)
    if (*type && filesystem_find (type)->fsck.program == NULL)
      r = add_modules_for_later (initramfs, kernel, type, strcmp (type, filesystem) != 0);
  if (r == 0)
    return initramfs;
  initramfs_free (initramfs);
  return NULL;
}

int
guest_image_pack_checker (const char *check, const char *const *included, size_t count, const char *confine,
                          const char *file)
{
  struct initramfs *initramfs = initramfs_new ();
  int r = -1;

  if (initramfs && (confine == NULL || initramfs_confine (initramfs, confine) == 0)
      && initramfs_add_checker (initramfs, check, included, count) == 0)
    r = initramfs_pack (initramfs, file);
  initramfs_free (initramfs);
  return r;
}

int
guest_image_add_host_root (struct initramfs *initramfs, const struct kernel *kernel)
{
  if (initramfs_add_modules (initramfs, kernel, NULL, host_root_modules) == -1)
    return -1;
  return initramfs_add_data (initramfs, AGENT_HOST_ROOT, "", 0, 0644);
}
