/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/lock.h"
#include "common/message.h"
#include "common/workdir.h"

#define PREFIX "powercut-"
#define ENDING "XXXXXX"         /* as mkdtemp wants it */
#define LOCK_NAME ".powercut-lock"      /* in each folder: its maker has it for as long as it lives */
#define NEW_SECONDS 600         /* one that has just been made may have no lock yet */

/* Those that there are, for workdir_remove_all. */
struct workdir {
  struct workdir *next;
  pid_t maker;                  /* a child knows its parent's, but has no right to them */
  int lock;                     /* or -1: nobody sweeps it, then */
  char path[];
};

static struct workdir *workdirs;

/* Without memory for it, it is only left when everything is. */
static void
note (const char *path, int lock)
{
  struct workdir *workdir = malloc (sizeof *workdir + strlen (path) + 1);

  if (workdir == NULL)
    return;
  workdir->next = workdirs;
  workdir->maker = getpid ();
  workdir->lock = lock;
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
      if (workdir->lock >= 0)
        close (workdir->lock);
      free (workdir);
      return;
    }
}

static int
remove_entry (const char *path, const struct stat *status, int type, struct FTW *position)
{
  (void) status;
  (void) type;
  (void) position;
  return remove (path);
}

/* Take the lock of the folder PATH.  Returns as lock_take does. */
static int
take_lock (const char *path, bool make)
{
  CLEANUP_FREE char *lock = NULL;
  struct stat status;

  if (asprintf (&lock, "%s/" LOCK_NAME, path) == -1 || (!make && lstat (lock, &status) == -1))
    return -1;
  return lock_take (lock, true, 0);
}

/* Remove the folder PATH if it is this user's, not new, and its maker was killed. */
static void
sweep_one (const char *path)
{
  struct stat status;

  if (lstat (path, &status) == -1 || !S_ISDIR (status.st_mode) || status.st_uid != geteuid ()
      || time (NULL) - status.st_mtime < NEW_SECONDS)
    return;
  CLEANUP_CLOSE int lock = take_lock (path, false);
  if (lock >= 0)
    nftw (path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Whether NAME is as those of these folders are: a user may have others that begin so. */
static bool
is_workdir_name (const char *name)
{
  return strncmp (name, PREFIX, strlen (PREFIX)) == 0 && strlen (name) == strlen (PREFIX ENDING);
}

/* Remove what processes that were killed have left in PARENT. */
static void
sweep (const char *parent)
{
  DIR *directory = opendir (parent);
  const struct dirent *entry;

  while (directory && (entry = readdir (directory)) != NULL) {
    CLEANUP_FREE char *path = NULL;

    if (is_workdir_name (entry->d_name) && asprintf (&path, "%s/%s", parent, entry->d_name) != -1)
      sweep_one (path);
  }
  if (directory)
    closedir (directory);
}

char *
workdir_create (void)
{
  const char *parent = getenv ("TMPDIR");
  char *path;

  if (parent == NULL || *parent == '\0')
    parent = "/tmp";
  sweep (parent);
  if (asprintf (&path, "%s/" PREFIX ENDING, parent) == -1) {
    error_message ("out of memory");
    return NULL;
  }
  if (mkdtemp (path) == NULL) {
    error_message ("cannot make a temporary folder in %s: %m: set TMPDIR to a folder that can be written", parent);
    free (path);
    return NULL;
  }
  note (path, take_lock (path, true));
  return path;
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
