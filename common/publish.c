/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/publish.h"

/* The file to write to for PATH, to free: a temporary one beside it, or PATH itself, told by *temporary.  NULL after a message. */
static char *
file_to_write (const char *path, bool *temporary)
{
  struct stat status;
  char *file;

  *temporary = stat (path, &status) == -1 || S_ISREG (status.st_mode);
  if (asprintf (&file, "%s%s", path, *temporary ? ".tmp" : "") == -1) {
    error_message ("out of memory");
    return NULL;
  }
  return file;
}

int
publish_text (const char *path, const char *text)
{
  bool temporary;
  CLEANUP_FREE char *name = file_to_write (path, &temporary);
  FILE *file = name ? fopen (name, "we") : NULL;

  if (file == NULL) {
    if (name)
      error_message ("%s: %m", name);
    return -1;
  }
  bool written = fprintf (file, "%s\n", text) >= 0;
  written &= fclose (file) == 0;
  if (!written || (temporary && rename (name, path) == -1)) {
    error_message ("%s: %m", path);
    if (temporary)
      unlink (name);
    return -1;
  }
  return 0;
}

int
publish_check (const char *path)
{
  bool temporary;
  CLEANUP_FREE char *name = file_to_write (path, &temporary);
  FILE *file = name ? fopen (name, "we") : NULL;

  if (file == NULL) {
    if (name)
      error_message ("%s: %m", name);
    return -1;
  }
  fclose (file);
  if (temporary)
    unlink (name);
  return 0;
}
