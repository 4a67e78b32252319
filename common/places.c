/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/places.h"

static bool
same_inode (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether A and B, neither of which is there, have the same name in the same directory. */
static bool
same_name (const char *a, const char *b)
{
  CLEANUP_FREE char *a_copy = strdup (a), *b_copy = strdup (b);
  struct stat a_status, b_status;

  if (a_copy == NULL || b_copy == NULL || strcmp (basename (a_copy), basename (b_copy)) != 0)
    return false;
  return stat (dirname (a_copy), &a_status) == 0 && stat (dirname (b_copy), &b_status) == 0
    && same_inode (&a_status, &b_status);
}

bool
same_place (const char *a, const char *b)
{
  struct stat a_status, b_status;
  bool a_there = stat (a, &a_status) == 0, b_there = stat (b, &b_status) == 0;

  if (a_there && b_there)
    return S_ISREG (a_status.st_mode) && same_inode (&a_status, &b_status);
  return !a_there && !b_there && same_name (a, b);
}

int
places_check_distinct (const char *const *paths, size_t count)
{
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; paths[i] && strcmp (paths[i], "-") != 0 && j < i; j++)
      if (paths[j] && strcmp (paths[j], "-") != 0 && same_place (paths[i], paths[j])) {
        error_message ("%s: two reports in one file: give each its own", paths[i]);
        return -1;
      }
  return 0;
}
