/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/image.h"

/* Make every applet a link to busybox, unless a program of the host is there. */
static int
add_applets (struct initramfs *initramfs, const char *busybox, const char *guest_path)
{
  CLEANUP_FREE char *list = process_output ((const char *const[]) { busybox, "--list", NULL }, NULL);
  char *rest = list, *name;

  if (list == NULL)
    return -1;
  while ((name = strsep (&rest, "\n")) != NULL) {
    CLEANUP_FREE char *link = text_format ("/bin/%s", name);

    if (link == NULL || (*name && strchr (name, '/') == NULL && strcmp (name, "busybox") != 0
                         && initramfs_add_link (initramfs, link, guest_path) == -1))
      return -1;
  }
  return 0;
}

int
guest_image_add_shell (struct initramfs *initramfs, const char *filesystem)
{
  CLEANUP_FREE char *busybox = process_find ("busybox");
  CLEANUP_FREE char *guest_path = NULL;
  const char *tools = filesystem_find (filesystem)->tools;

  if (busybox == NULL) {
    error_message ("busybox: not found: a shell in the guest needs it: install busybox-static");
    return -1;
  }
  if (initramfs_add_program (initramfs, busybox, &guest_path) == -1)
    return -1;
  if (tools && initramfs_add_named_programs (initramfs, tools) == -1)
    return -1;
  return add_applets (initramfs, busybox, guest_path);
}
