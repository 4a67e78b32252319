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

/* A file to write for PATH: a temporary one beside it, or PATH itself where *temporary is false.  *name is its name, to free in any
 * case.  NULL after a message.
 */
static FILE *
open_for (const char *path, char **name, bool *temporary)
{
  struct stat status;
  FILE *file;

  *temporary = stat (path, &status) == -1 || S_ISREG (status.st_mode);
  if (asprintf (name, "%s%s", path, *temporary ? ".tmp" : "") == -1) {
    *name = NULL;
    error_message ("out of memory");
    return NULL;
  }
  file = fopen (*name, "we");
  if (file == NULL)
    error_message ("%s: %m", *name);
  return file;
}

int
publish_text (const char *path, const char *text)
{
  CLEANUP_FREE char *name = NULL;
  bool temporary;
  FILE *file = open_for (path, &name, &temporary);

  if (file == NULL)
    return -1;
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
  CLEANUP_FREE char *name = NULL;
  bool temporary;
  FILE *file = open_for (path, &name, &temporary);

  if (file == NULL)
    return -1;
  fclose (file);
  if (temporary)
    unlink (name);
  return 0;
}

bool
same_file (const char *a, const char *b)
{
  struct stat status_a, status_b;

  return stat (a, &status_a) == 0 && stat (b, &status_b) == 0 && status_a.st_dev == status_b.st_dev
    && status_a.st_ino == status_b.st_ino;
}
