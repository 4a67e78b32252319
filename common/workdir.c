/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/workdir.h"

/* Those that there are, for workdir_remove_all. */
struct workdir {
  struct workdir *next;
  pid_t maker;                  /* a child knows its parent's, but has no right to them */
  char path[];
};

static struct workdir *workdirs;

/* Without memory for it, it is only left when everything is. */
static void
note (const char *path)
{
  struct workdir *workdir = malloc (sizeof *workdir + strlen (path) + 1);

  if (workdir == NULL)
    return;
  workdir->next = workdirs;
  workdir->maker = getpid ();
  strcpy (workdir->path, path);
  workdirs = workdir;
}

static void
forget (const char *path)
{
  for (struct workdir **at = &workdirs; *at; at = &(*at)->next)
    if (strcmp ((*at)->path, path) == 0) {
      struct workdir *workdir = *at;

      *at = workdir->next;
      free (workdir);
      return;
    }
}

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
  note (path);
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
  if (path == NULL)
    return;
  if (nftw (path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == -1)
    error_message ("cannot remove %s: %m", path);
  forget (path);
}

void
workdir_remove_all (void)
{
  for (const struct workdir *workdir = workdirs; workdir; workdir = workdir->next)
    if (workdir->maker == getpid ())
      nftw (workdir->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
