/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fnmatch.h>
#include <string.h>

#include "filesystem/fsck.h"

#define LINE_MAX_BYTES 300      /* as much as is looked at, and told, of a line */

/* fsck(8): 1 and 2 are errors that were corrected, 4 those that were left; from 8 on it is the program that failed.
 * fsck.f2fs ends with -1 where its assertions about the file system fail.
 */
bool
fsck_objects (int status)
{
  return (status > 0 && (status & 7)) || status == 255;
}

static bool
is_idle (const struct filesystem_fsck *fsck, const char *line, size_t length)
{
  char text[LINE_MAX_BYTES + 1] = "";

  memcpy (text, line, length);
  for (size_t i = 0; i < FILESYSTEM_IDLE_MAX && fsck->idle[i]; i++)
    if (fnmatch (fsck->idle[i], text, 0) == 0)
      return true;
  return false;
}

const char *
fsck_complaint (const struct filesystem_fsck *fsck, const char *output, size_t *length)
{
  const char *line = output;

  while (*line) {
    line += strspn (line, " \t\r\n");
    *length = strcspn (line, "\r\n");
    if (*length > LINE_MAX_BYTES)
      *length = LINE_MAX_BYTES;
    while (*length > 0 && line[*length - 1] == ' ')
      --*length;
    if (*length > 0 && !is_idle (fsck, line, *length))
      return line;
    line += strcspn (line, "\n");
  }
  *length = 0;
  return line;
}
