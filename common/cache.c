/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cache.h"
#include "common/cleanup.h"
#include "common/text.h"

int
cache_make (char *folder)
{
  for (char *slash = strchr (folder + 1, '/'); ; slash = strchr (slash + 1, '/')) {
    if (slash)
      *slash = '\0';
    if (mkdir (folder, 0700) == -1 && errno != EEXIST)
      return -1;
    if (slash == NULL)
      return access (folder, R_OK | X_OK);
    *slash = '/';
  }
}

/* FOLDER, made if missing; or NULL after a message, and FOLDER is freed. */
static char *
made_folder (char *folder)
{
  if (folder && cache_make (folder) == -1) {
    error_message ("cannot use the cache folder %s: %m: set XDG_CACHE_HOME to a folder that can be written", folder);
    free (folder);
    folder = NULL;
  }
  return folder;
}

char *
cache_path (void)
{
  const char *cache = getenv ("XDG_CACHE_HOME"), *home = getenv ("HOME");

  /* The specification says to ignore a relative path. */
  if (cache && *cache == '/')
    return text_format ("%s/powercut", cache);
  return home && *home == '/' ? text_format ("%s/.cache/powercut", home) : NULL;
}

char *
cache_folder (void)
{
  char *path = cache_path ();

  if (path == NULL)
    error_message ("no cache folder: HOME is not set: set it, or XDG_CACHE_HOME");
  return made_folder (path);
}

char *
cache_folder_in (const char *name)
{
  CLEANUP_FREE char *cache = cache_folder ();

  return cache ? made_folder (text_format ("%s/%s", cache, name)) : NULL;
}
