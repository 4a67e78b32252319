/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "common/parts.h"
#include "guest/fsck.h"
#include "guest/image.h"
#include "guest/protocol.h"

#define NAMES_MAX 16

/* Modules that a file system asks for only when it is mounted, so that nothing depends on them. */
static const struct {
  const char *filesystem;
  const char *names[4];
} asked_for[] = {
  { "ext2", { "ext4" } },
  { "ext3", { "ext4" } },
  { "vfat", { "nls_cp437?", "nls_ascii?", "nls_iso8859_1?" } },
  { "exfat", { "nls_utf8?" } },
};

/* Put the file system's modules behind the COUNT names in NAMES. */
static size_t
add_filesystem (const char *filesystem, const char **names, size_t count)
{
  bool ext = strcmp (filesystem, "ext2") == 0 || strcmp (filesystem, "ext3") == 0;

  if (!ext)
    names[count++] = filesystem;
  for (size_t i = 0; i < sizeof asked_for / sizeof asked_for[0]; i++)
    if (strcmp (asked_for[i].filesystem, filesystem) == 0)
      for (const char *const *name = asked_for[i].names; *name; name++)
        names[count++] = *name;
  return count;
}

/* The agent is init, and under other names a tool for the programs that it runs. */
static int
add_agent (struct initramfs *initramfs, const char *agent)
{
  static const char *const tools[] = {
    "/bin/powercut-freeze", "/bin/powercut-mark", "/bin/powercut-thaw", AGENT_WORKLOAD_TOOL
  };

  if (initramfs_add_file (initramfs, agent, "/init") == -1)
    return -1;
  for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
    if (initramfs_add_link (initramfs, tools[i], "/init") == -1)
      return -1;
  return 0;
}

struct initramfs *
guest_image_new (const struct kernel *kernel, const char *filesystem, bool nbd)
{
  static const char *const devices[] = { "virtio_pci", "virtio_console", "virtio_blk", "crc32c_intel?", "crc32c_generic?" };
  CLEANUP_FREE char *agent = part_path (PART_AGENT);
  const char *names[NAMES_MAX + 1] = { NULL };
  const struct fsck *fsck = fsck_find (filesystem);
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
  add_filesystem (filesystem, names, count);
  initramfs = initramfs_new ();
  if (initramfs && (add_agent (initramfs, agent) == -1
                    || initramfs_add_modules (initramfs, kernel, names) == -1
                    || (fsck && initramfs_add_program (initramfs, fsck->program, NULL) == -1))) {
    initramfs_free (initramfs);
    return NULL;
  }
  return initramfs;
}
