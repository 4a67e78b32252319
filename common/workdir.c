/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/message.h"
#include "common/workdir.h"

char *
workdir_create (void)
{
  const char *parent = getenv ("TMPDIR");
  char *path;

  if (parent == NULL || *parent == '\0')
    parent = "/tmp";
  if (asprintf (&path, "%s/powercut-XXXXXX", parent) == -1) {
    error_message ("out of memory");
    return NULL;
  }
  if (mkdtemp (path) == NULL) {
    error_message ("cannot make a temporary folder in %s: %m: set TMPDIR to a folder that can be written", parent);
    free (path);
    return NULL;
  }
  return path;
}

static int
remove_entry (const char *path, const struct stat *status, int type, struct FTW *position)
{
  (void) status;
  (void) type;
  (void) position;
  return remove (path);
}

void
workdir_remove (const char *path)
{
  if (path && nftw (path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == -1)
    error_message ("cannot remove %s: %m", path);
}
