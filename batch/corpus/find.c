/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/corpus/corpus.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"

/* The path of the case.ini in FOLDER, to free, or NULL: there is none. */
static char *
find_case_file (const char *folder)
{
  char *file = text_format ("%s/" CASE_FILE, folder);

  if (file && access (file, F_OK) == 0)
    return file;
  free (file);
  return NULL;
}

static bool
has_suffix (const char *name)
{
  return strlen (name) > strlen (CASE_SUFFIX) && text_ends_with (name, CASE_SUFFIX);
}

/* What reports call the case at PATH that was found in the folder ROOT, to free: the path from there, without the
 * suffix.
 */
static char *
name_of (const char *path, const char *root)
{
  const char *rest = path + strlen (root), *base = strrchr (path, '/');
  size_t length;

  rest += strspn (rest, "/");
  if (*rest == '\0')
    rest = base ? base + 1 : path;
  length = strlen (rest) - (has_suffix (rest) ? strlen (CASE_SUFFIX) : 0);
  return text_format ("%.*s", (int) length, rest);
}

static int
add_case (struct corpus *corpus, const char *path, const char *root, const char *pattern)
{
  CLEANUP_FREE char *name = name_of (path, root), *case_file = find_case_file (path);
  struct corpus_case *added;

  if (name == NULL)
    return -1;
  if (pattern && fnmatch (pattern, name, 0) != 0)
    return 0;
  if (corpus_check_inside (corpus, path, case_file) == -1)
    return -1;
  added = array_add (corpus->cases, corpus->case_count);
  return added ? case_read (added, path, name) : out_of_memory ();
}

/* Take in what the walk has come to.  What is in a case's own folder is the case's.  Files are cases only where the
 * user has pointed at them: elsewhere others may have files of such names, too.
 */
static int
visit (struct corpus *corpus, FTS *walk, FTSENT *found, const char *root, const char *pattern)
{
  CLEANUP_FREE char *case_file = NULL;

  switch (found->fts_info) {
  case FTS_D:
    case_file = find_case_file (found->fts_path);
    if (case_file == NULL)
      return 0;
    fts_set (walk, found, FTS_SKIP);
    return add_case (corpus, found->fts_path, root, pattern);
  case FTS_F:
    if (found->fts_level > 1 || !has_suffix (found->fts_path))
      return 0;
    return add_case (corpus, found->fts_path, root, pattern);
  case FTS_DNR:
  case FTS_ERR:
  case FTS_NS:
    errno = found->fts_errno;
    error_message ("%s: %m", found->fts_path);
    return -1;
  default:
    return 0;
  }
}

static int
walk_folder (struct corpus *corpus, const char *root, const char *pattern)
{
  CLEANUP_FREE char *start = text_format ("%s", root);
  FTS *walk;
  FTSENT *found;
  int r = 0;

  if (start == NULL)
    return -1;
  for (char *end = start + strlen (start); end - 1 > start && end[-1] == '/';)
    *--end = '\0';
  walk = fts_open ((char *const[]) { start, NULL }, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
  if (walk == NULL) {
    error_message ("%s: %m", root);
    return -1;
  }
  while (r == 0 && (errno = 0, found = fts_read (walk)) != NULL)
    r = visit (corpus, walk, found, start, pattern);
  if (r == 0 && errno != 0) {
    error_message ("%s: cannot look for cases: %m", root);
    r = -1;
  }
  fts_close (walk);
  return r;
}

static int
compare_cases (const void *left, const void *right)
{
  const struct corpus_case *a = left, *b = right;
  int order = strcmp (a->name, b->name);

  return order ? order : strcmp (a->path, b->path);
}

int
corpus_find_cases (struct corpus *corpus, const char *const *paths, size_t count, const char *pattern)
{
  CLEANUP_FREE char *part = pattern ? text_format ("*%s*", pattern) : NULL;

  if (pattern && part == NULL)
    return -1;
  for (size_t i = 0; i < count; i++) {
    size_t before = corpus->case_count;

    if (walk_folder (corpus, paths[i], part) == -1)
      return -1;
    if (corpus->case_count == before) {
      error_message ("%s: no case in it%s%s: a case is a folder with a file " CASE_FILE ", or a file NAME" CASE_SUFFIX,
                     paths[i], pattern ? " whose name fits " : "", pattern ? pattern : "");
      return -1;
    }
  }
  qsort (corpus->cases, corpus->case_count, sizeof *corpus->cases, compare_cases);
  return 0;
}

void
corpus_free_cases (struct corpus *corpus)
{
  for (size_t i = 0; corpus->logs && i < corpus->case_count; i++) {
    free (corpus->logs[i].path);
    free (corpus->logs[i].filesystem);
  }
  free (corpus->logs);
  corpus->logs = NULL;
  array_free (corpus->cases, corpus->case_count, case_free);
}
