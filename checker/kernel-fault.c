/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "checker/kernel-fault.h"
#include "filesystem/filesystem.h"

/* What every kernel says, whatever the file system is.  Sources: lib/bug.c, kernel/panic.c, kernel/hung_task.c,
 * arch/x86/kernel/dumpstack.c, lib/Kconfig.debug's reports.
 */
static const struct filesystem_fault faults[] = {
  { { "BUG: ", "" } },
  { { "kernel BUG at ", "" } },
  { { "WARNING: ", " at " } },
  { { "Oops: ", "" } },
  { { "general protection fault", "" } },
  { { "Kernel panic", "" } },
  { { "INFO: task ", " blocked for more than" } },
  { { "rcu: INFO: ", "detected stall" } },
  { { "UBSAN: ", "" } },
};

/* Whether LINE has both texts of one of LIST, of which there are COUNT or as many as have texts. */
static bool
is_among (const struct filesystem_fault *list, size_t count, const char *line)
{
  for (size_t i = 0; i < count && list[i].texts[0]; i++)
    if (strstr (line, list[i].texts[0]) && strstr (line, list[i].texts[1]))
      return true;
  return false;
}

bool
kernel_line_is_bug (const char *line)
{
  return is_among (faults, sizeof faults / sizeof faults[0], line);
}

bool
kernel_line_is_fault (const char *line)
{
  const struct filesystem *filesystem;

  if (kernel_line_is_bug (line))
    return true;
  for (size_t i = 0; (filesystem = filesystem_at (i)) != NULL; i++)
    if (is_among (filesystem->faults, FILESYSTEM_FAULTS_MAX, line))
      return true;
  return false;
}
