/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's root in place of the initramfs: read through 9p or, where the kernel can, hostfs, with a layer in memory
 * over it for what programs write.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define LOWER "/lower"
#define UPPER "/upper"
#define NEW_ROOT "/new-root"
#define OLD_ROOT "/powercut"    /* where the initramfs is from then on */
#define DEVICE_WAIT_MS 10000
#define DEVICE_STEP_MS 5

/* The device may take a moment to appear. */
static int
mount_host (void)
{
  /* User Mode Linux alone has this. */
  if (mount ("none", LOWER, "hostfs", MS_RDONLY, "/") == 0)
    return 0;
  for (int waited_ms = 0; waited_ms < DEVICE_WAIT_MS; waited_ms += DEVICE_STEP_MS) {
    if (mount (AGENT_HOST_ROOT_TAG, LOWER, "9p", MS_RDONLY,
               "trans=virtio,version=9p2000.L,msize=262144,cache=loose") == 0)
      return 0;
    if (errno != ENOENT)
      break;
    usleep (DEVICE_STEP_MS * 1000);
  }
  error_message ("cannot mount the host's root: %m");
  return -1;
}

static int
mount_layers (void)
{
  static const char *const folders[] = { LOWER, UPPER, NEW_ROOT };

  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
    mkdir (folders[i], 0755);
  if (mount_host () == -1)
    return -1;
  if (mount ("tmpfs", UPPER, "tmpfs", 0, "mode=755") == 0 && mkdir (UPPER "/files", 0755) == 0
      && mkdir (UPPER "/work", 0755) == 0
      && mount ("overlay", NEW_ROOT, "overlay", 0,
                "lowerdir=" LOWER ",upperdir=" UPPER "/files,workdir=" UPPER "/work") == 0
      && (mkdir (NEW_ROOT OLD_ROOT, 0755) == 0 || errno == EEXIST)
      && mount ("/", NEW_ROOT OLD_ROOT, NULL, MS_BIND, NULL) == 0)
    return 0;
  error_message ("cannot put a layer over the host's root: %m");
  return -1;
}

static void
make_link (const char *target, const char *path)
{
  if (symlink (target, path) == -1 && errno != EEXIST)
    error_message ("%s: %m", path);
}

/* The agent's own files stay where they were, and its tools are found. */
static void
make_links (void)
{
  static const char *const names[] = { "init", "modules" };
  DIR *tools = opendir (OLD_ROOT "/bin");
  struct dirent *entry;

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char target[64], path[64];

    snprintf (target, sizeof target, OLD_ROOT "/%s", names[i]);
    snprintf (path, sizeof path, "/%s", names[i]);
    make_link (target, path);
  }
  while (tools && (entry = readdir (tools)) != NULL)
    if (strncmp (entry->d_name, "powercut-", strlen ("powercut-")) == 0) {
      CLEANUP_FREE char *path = NULL;

      if (asprintf (&path, "/bin/%s", entry->d_name) == -1)
        path = NULL;
      else
        make_link (OLD_ROOT "/init", path);
    }
  if (tools)
    closedir (tools);
  /* No link: it is copied. */
  if (access (OLD_ROOT "/initial", F_OK) == 0
      && ((mkdir ("/initial", 0755) == -1 && errno != EEXIST)
          || mount (OLD_ROOT "/initial", "/initial", NULL, MS_BIND, NULL) == -1))
    error_message ("/initial: %m");
}

int
root_enter_host (void)
{
  if (mount_layers () == -1)
    return -1;
  if (chdir (NEW_ROOT) == -1 || mount (".", "/", NULL, MS_MOVE, NULL) == -1 || chroot (".") == -1
      || chdir ("/") == -1) {
    error_message ("cannot enter the host's root: %m");
    return -1;
  }
  make_links ();
  return 0;
}
