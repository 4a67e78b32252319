/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <linux/fs.h>
#include <stddef.h>

#include "checker/observe/flags.h"

static const struct {
  char letter;
  uint32_t flag;
} known[] = {
  { 'A', FS_NOATIME_FL }, { 'C', FS_NOCOW_FL }, { 'D', FS_DIRSYNC_FL }, { 'S', FS_SYNC_FL }, { 'a', FS_APPEND_FL },
  { 'c', FS_COMPR_FL }, { 'd', FS_NODUMP_FL }, { 'i', FS_IMMUTABLE_FL },
};
#define KNOWN_COUNT (sizeof known / sizeof known[0])

bool
flags_read (const char *letters, char between, uint32_t *flags)
{
  const char *at = letters;

  *flags = 0;
  for (; *at && *at != between; at++) {
    size_t i = 0;

    while (i < KNOWN_COUNT && known[i].letter != *at)
      i++;
    if (i == KNOWN_COUNT)
      return false;
    *flags |= known[i].flag;
  }
  return at > letters;
}

void
flags_print (uint32_t flags, FILE *file)
{
  for (size_t i = 0; i < KNOWN_COUNT; i++)
    if (flags & known[i].flag)
      putc (known[i].letter, file);
}

uint32_t
flags_known (void)
{
  uint32_t flags = 0;

  for (size_t i = 0; i < KNOWN_COUNT; i++)
    flags |= known[i].flag;
  return flags;
}
