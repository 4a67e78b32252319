/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/initramfs/host.h"
#include "guest/initramfs/terminals.h"

static const char *const directories[] = { "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo",
                                           "/usr/lib/terminfo" };

/* What programs are on in the guest: the kernel says `linux`, and script(1) and the like may say otherwise. */
static const char *const terminals[] = { "linux", "vt100", "xterm", "xterm-256color", "screen", "dumb" };

static int
add_terminal (struct initramfs *initramfs, const char *name)
{
  for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
    CLEANUP_FREE char *path = text_format ("%s/%c/%s", directories[i], *name, name);

    if (path == NULL)
      return -1;
    if (access (path, R_OK) == 0)
      return initramfs_add_host_file (initramfs, path);
  }
  return 0;
}

int
initramfs_add_terminals (struct initramfs *initramfs)
{
  const char *here = getenv ("TERM");

  for (size_t i = 0; i < sizeof terminals / sizeof terminals[0]; i++)
    if (add_terminal (initramfs, terminals[i]) == -1)
      return -1;
  return here && *here && strchr (here, '/') == NULL ? add_terminal (initramfs, here) : 0;
}
