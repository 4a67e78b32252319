/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "checker/observe/pages.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "log/info.h"
#include "replay/expected.h"
#include "replay/made.h"

/* Add the observation in a mark, after its name.  A mark's text has lost the newline at its end. */
static int
add_tree (struct trees *trees, const char *text, size_t length)
{
  char **tree = array_add (trees->texts, trees->count);

  if (tree == NULL)
    return out_of_memory ();
  *tree = text_format ("%.*s%s", (int) length, text, length > 0 ? "\n" : "");
  return *tree ? 0 : -1;
}

/* The observations that travel in the marks. */
static int
find_trees (const struct write_log *log, bool growing, struct trees *trees)
{
  for (uint32_t i = 0; i < log->mark_count; i++) {
    const char *text;
    size_t length;

    if (log_mark_is (&log->marks[i], trees->count == 0 ? "powercut:old" : "powercut:new", &text, &length)
        && add_tree (trees, text, length) == -1)
      return -1;
  }
  if (growing || trees->count > 1 || (trees->count == 0 && log->end == LOG_END_CLOSED)
      || log_info (log, LOG_KEY_WORKLOAD))
    return 0;
  error_message ("%s: the log ends before the update was committed, so that nobody knows what is right: record it "
                 "again, or look at it with --list", log->path);
  return -1;
}

/* What FILESYSTEM, made with FEATURES, promises with the OPTIONS of its mount (NULL: none) and those of each remount of
 * WORKLOAD, too: into *promises.  Returns 0, or -1 after a message.
 */
static int
find_promises (const struct filesystem *filesystem, const char *options, uint32_t features,
               const struct workload *workload, uint32_t *promises)
{
  *promises = filesystem_promises (filesystem, options ? options : "", features);
  for (size_t i = 0; i < workload->count; i++) {
    const struct workload_operation *operation = &workload->operations[i];

    if (operation->verb != WORKLOAD_REMOUNT)
      continue;
    CLEANUP_FREE char *all = text_format ("%s,%s", options ? options : "", operation->other);
    if (all == NULL)
      return -1;
    *promises &= filesystem_promises (filesystem, all, features);
  }
  return 0;
}

/* The oracle of the log's workload.  The simulation that it rests on is first held against what was seen without a
 * crash.
 */
static struct persistence *
make_persistence (const struct write_log *log, const struct workload *workload, const struct trees *trees)
{
  const struct filesystem *filesystem = filesystem_find (log_info (log, LOG_KEY_FILESYSTEM));
  const char *options = log_info (log, LOG_KEY_MOUNT);
  struct persistence *persistence = NULL;
  uint32_t features, promises, rules;

  if (made_features (log, &features) == -1
      || find_promises (filesystem, options, features, workload, &promises) == -1)
    return NULL;
  if (persistence_rules (workload, promises, &rules) == 0)
    persistence = persistence_new (workload, rules);
  for (size_t i = 0; persistence && i < trees->count && i < 2; i++) {
    CLEANUP_FREE char *detail = NULL;

    if (persistence_compare (persistence, i == 1, trees->texts[i], &detail) == 0 && detail == NULL)
      continue;
    if (detail)
      error_message ("%s: without a crash, too, the guest saw something else than its workload does: %s", log->path,
                     detail);
    persistence_free (persistence);
    persistence = NULL;
  }
  return persistence;
}

/* Parse the workload in the header, if there is one, and make its oracle. */
static int
find_workload (struct expected *expected, const struct write_log *log)
{
  const char *text = log_info (log, LOG_KEY_WORKLOAD);

  if (text == NULL)
    return 0;
  expected->workload_name = text_format ("%s: workload", log->path);
  if (expected->workload_name == NULL || workload_parse (text, expected->workload_name, &expected->workload) == -1)
    return -1;
  expected->persistence = make_persistence (log, &expected->workload, &expected->trees);
  if (expected->persistence == NULL)
    return -1;
  ssize_t count = persistence_paths (expected->persistence, &expected->ranged);
  expected->ranged_count = count == -1 ? 0 : (size_t) count;
  return count == -1 ? -1 : 0;
}

/* The pages to tabulate. */
static int
find_pages (struct expected *expected, const struct write_log *log, bool pages, uint64_t page_bytes)
{
  const char *recorded = log_info (log, LOG_KEY_PAGES);

  if (recorded == NULL && (pages || page_bytes > 0)) {
    error_message ("%s has nothing about pages: record it with --pages", log->path);
    return -1;
  }
  if (recorded == NULL)
    return 0;
  if (page_bytes == 0 && (parse_size (recorded, &page_bytes) == -1 || page_size_fault (page_bytes))) {
    error_message ("%s: its header has a size of pages that cannot be: give --page-size", log->path);
    return -1;
  }
  expected->paged = true;
  return pages_init (&expected->pages, expected->trees.texts, expected->trees.count, page_bytes);
}

/* The watched paths of the header.  A workload says itself what is right. */
static int
find_watch (struct expected *expected, const struct write_log *log)
{
  const char *path = NULL;

  while (expected->persistence == NULL && (path = log_info_after (log, LOG_KEY_WATCH, path)) != NULL) {
    const char **watched = array_add (expected->watch, expected->watch_count);

    if (watched == NULL)
      return out_of_memory ();
    *watched = path;
  }
  return 0;
}

int
expected_find (struct expected *expected, const struct write_log *log, bool pages, uint64_t page_bytes, bool growing)
{
  *expected = (struct expected) { .watch = NULL };
  return find_trees (log, growing, &expected->trees) == -1 || find_workload (expected, log) == -1
    || find_watch (expected, log) == -1 ? -1 : find_pages (expected, log, pages, page_bytes);
}

void
expected_free (struct expected *expected)
{
  for (size_t i = 0; i < expected->trees.count; i++)
    free (expected->trees.texts[i]);
  free (expected->trees.texts);
  persistence_free (expected->persistence);
  workload_free (&expected->workload);
  free (expected->workload_name);
  free (expected->watch);
  pages_free (&expected->pages);
  for (size_t i = 0; i < expected->ranged_count; i++)
    free (expected->ranged[i]);
  free (expected->ranged);
}
