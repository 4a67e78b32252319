/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "filesystem/filesystem.h"
#include "guest/fsck-there.h"

int
fsck_there (const char *filesystem)
{
  const struct filesystem *row = filesystem_find (filesystem);
  const char *name = row->fsck.words[0];

  if (name == NULL) {
    error_message ("--fsck: no program is known that checks a file system %s and leaves it as it is", filesystem);
    return -1;
  }
  CLEANUP_FREE char *program = process_find (name);
  if (program == NULL)
    error_message ("--fsck: %s not found: install %s, or do without --fsck", name, row->mkfs.package);
  return program ? 0 : -1;
}
