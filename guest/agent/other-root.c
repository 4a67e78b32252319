/* SPDX-License-Identifier: BSD-3-Clause */
/* Other roots than the guest's own, in which programs run that a log carries. */
#include <config.h>

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"

int
other_root_show (const char *root, const char *path)
{
  CLEANUP_FREE char *target = text_format ("%s%s", root, path);

  if (target == NULL)
    return -1;
  if (mount (path, target, NULL, MS_BIND | MS_REC, NULL) == 0)
    return 0;
  error_message ("cannot show %s as %s: %m", path, target);
  return -1;
}

int
other_root_prepare (const char *root)
{
  static const char *const directories[] = { "/dev", "/proc", "/sys" };
  CLEANUP_FREE char *shown = text_format ("%s/proc/self", root), *run = text_format ("%s/run", root);

  if (shown == NULL || run == NULL)
    return -1;
  if (access (shown, F_OK) == 0)
    return 0;
  for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
    if (other_root_show (root, directories[i]) == -1)
      return -1;
  etc_make_files (root);
  mkdir (run, 0755);
  return 0;
}
