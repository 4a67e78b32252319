/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/keep.h"
#include "common/append.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/publish.h"
#include "common/text.h"

#define LOG_STEM "log"          /* what the names of a job's logs begin with: see POOL_LOG */

int
keep_check (const char *directory)
{
  CLEANUP_FREE char *file = text_format ("%s/" POOL_LOG, directory);

  if (file == NULL)
    return -1;
  if (mkdir (directory, 0777) == -1 && errno != EEXIST) {
    error_message ("%s: %m", directory);
    return -1;
  }
  return publish_check (file);
}

/* Make a file's name of TEXT, at the same place. */
static void
make_name (char *text)
{
  static const char fit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._=,+-";

  for (text += strspn (text, fit); *text; text += strspn (text, fit))
    *text = '-';
}

/* What the logs of CELL are called, to free; NULL after a message. */
static char *
name_cell (const struct cell *cell, const char *name)
{
  const struct environment *environment = cell->environment;
  const char *mount = environment->mount_options;
  char *text = text_format ("%s-%s%s%s-%s", name, environment->filesystem, *mount ? "-" : "", mount,
                            environment->kernel->release);

  if (text)
    make_name (text);
  return text;
}

/* Copy the file FROM to the publication TO. */
static int
copy (const char *from, struct publication *to)
{
  CLEANUP_CLOSE int fd = open (from, O_RDONLY | O_CLOEXEC);
  int r = fd == -1 ? -1 : append_file (to->fd, fd, 0);

  if (r == -1)
    error_message ("cannot keep %s: %m", to->path);
  return r;
}

int
keep_file (const char *from, const char *to)
{
  struct publication publication;

  return publish_begin (&publication, to) == -1 ? -1 : publish_end (&publication, copy (from, &publication));
}

int
keep_has_logs (const char *directory, const struct cell *cell, const char *name)
{
  CLEANUP_FREE char *stem = name_cell (cell, name);
  CLEANUP_FREE char *first = stem ? text_format ("%s/%s%s", directory, stem, POOL_LOG + strlen (LOG_STEM)) : NULL;

  return first == NULL ? -1 : access (first, F_OK) == 0;
}

int
keep_logs (const char *directory, const struct cell *cell, const char *name)
{
  CLEANUP_FREE char *stem = name_cell (cell, name);
  DIR *logs = stem ? opendir (cell->job->directory) : NULL;
  const struct dirent *entry;
  int r = 0;

  if (logs == NULL) {
    if (stem)
      error_message ("%s: %m", cell->job->directory);
    return -1;
  }
  while (r == 0 && (entry = readdir (logs)) != NULL)
    if (strncmp (entry->d_name, LOG_STEM, strlen (LOG_STEM)) == 0) {
      CLEANUP_FREE char *from = text_format ("%s/%s", cell->job->directory, entry->d_name);
      CLEANUP_FREE char *to = text_format ("%s/%s%s", directory, stem, entry->d_name + strlen (LOG_STEM));

      r = from && to ? keep_file (from, to) : -1;
    }
  closedir (logs);
  return r;
}
