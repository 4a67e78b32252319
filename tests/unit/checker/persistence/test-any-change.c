/* SPDX-License-Identifier: BSD-3-Clause */
/* Random workloads, of what is promised of which each change is found. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/workload/random.h"
#include "checker/workload/simulation.h"
#include "common/text.h"
#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/unit.h"

/* Workload NUMBER, to free. */
static char *
make (uint64_t number, size_t most)
{
  const struct random_bounds bounds = { .seed = 20, .least = 2, .most = most };
  char *text = random_workload (&bounds, number);

  ck_assert_ptr_nonnull (text);
  return text;
}

/* A line of an observation. */
struct changed_line {
  char type;
  char content[64], xattrs[64], path[64];
  unsigned mode, user, group;
  char size[24];
};

/* The line at TEXT.  Returns whether there is one. */
static bool
scan_line (const char *text, struct changed_line *line)
{
  return sscanf (text, "%c %o %u %u %23s %63s %63s %63s", &line->type, &line->mode, &line->user, &line->group,
                 line->size, line->content, line->xattrs, line->path) == 8;
}

/* A change of a line; false if it cannot be made. */
typedef bool change_line (struct changed_line *line);

static bool
change_content (struct changed_line *line)
{
  strcpy (line->content, line->type == 'l' ? "elsewhere" : "0123456789abcdef0123456789abcdef");
  return line->type == 'l' || (line->type == 'f' && strcmp (line->size, "0") != 0);
}

static bool
change_size (struct changed_line *line)
{
  if (strcmp (line->size, "0") == 0)
    strcpy (line->content, "zero");
  snprintf (line->size, sizeof line->size, "%lu", strtoul (line->size, NULL, 10) + 1);
  return line->type == 'f';
}

static bool
change_xattrs (struct changed_line *line)
{
  strcpy (line->xattrs, strcmp (line->xattrs, "-") == 0 ? "0123456789abcdef0123456789abcdef" : "-");
  return line->type == 'f' || line->type == 'd';
}

/* Modes and owners that nothing has set are printed as these; they are not looked at. */
static bool
change_mode (struct changed_line *line)
{
  bool set = line->mode != 0644 && line->mode != 0755;

  line->mode = 0644;
  return set;
}

static bool
change_owner (struct changed_line *line)
{
  bool set = line->user != 0 || line->group != 0;

  line->user = line->group = 0;
  return set;
}

static bool
change_type (struct changed_line *line)
{
  bool file = line->type == 'f';

  line->type = 'p';
  strcpy (line->size, "-");
  strcpy (line->content, "-");
  return file;
}

static bool
drop (struct changed_line *line)
{
  bool root = strcmp (line->path, ".") == 0;

  line->type = '\0';
  return !root;
}

/* TREE, the line of PATH changed by CHANGE, or dropped with all that is below it; to free, or NULL: it cannot be. */
static char *
changed (const char *tree, const char *path, change_line *change)
{
  struct text_stream text;
  struct changed_line line;
  bool done = false, gone = false;
  const size_t length = strlen (path);

  ck_assert (text_begin (&text));
  for (const char *at = tree; *at; at = strchrnul (at, '\n') + 1) {
    ck_assert_msg (scan_line (at, &line), "%s", at);
    if (gone && strncmp (line.path, path, length) == 0 && line.path[length] == '/')
      continue;
    if (strcmp (line.path, path) == 0) {
      done = change (&line);
      gone = line.type == '\0';
    }
    if (line.type != '\0')
      fprintf (text.file, "%c %04o %u %u %s %s %s %s\n", line.type, line.mode, line.user, line.group, line.size,
               line.content, line.xattrs, line.path);
  }
  char *made = text_end (&text);
  if (done)
    return made;
  free (made);
  return NULL;
}

/* TEXT, whose last operation has promised what is at PATH, leaves TREE: that CHANGE is not found is wrong.  Returns
 * whether there was one.
 */
static bool
assert_found (const char *text, const char *tree, const char *path, change_line *change)
{
  char *seen = changed (tree, path, change);

  if (seen == NULL)
    return false;
  struct workload workload = parse_well (text);
  char *detail = judge_on ("ext4", "", text, (uint32_t) workload.count, seen);
  ck_assert_msg (detail != NULL, "%sleaves\n%sand this is right, too:\n%s", text, tree, seen);
  free (detail);
  free (seen);
  workload_free (&workload);
  return true;
}

static change_line *const changes[] = {
  drop, change_type, change_content, change_size, change_xattrs, change_mode, change_owner
};
#define CHANGE_COUNT (sizeof changes / sizeof changes[0])

/* All changes of the line of PATH in TREE, which TEXT leaves; each that is possible adds to COUNTS. */
static void
assert_all_found (const char *text, const char *tree, const char *path, unsigned counts[CHANGE_COUNT])
{
  for (size_t i = 0; i < CHANGE_COUNT; i++)
    counts[i] += assert_found (text, tree, path, changes[i]);
}

/* Of some workloads, what is done after START to SYNC_ALL or to each path that can be synced. */
static void
assert_promised (bool sync_all)
{
  unsigned counts[CHANGE_COUNT] = { 0 };

  for (uint64_t number = 1; number <= unit_rounds (100); number++) {
    char *start = make (number, 10), *tree = tree_after (start, SIZE_MAX);
    struct changed_line line;

    for (const char *at = tree; scan_line (at, &line); at = strchrnul (at, '\n') + 1) {
      char *text = sync_all ? text_format ("%ssync\n", start) : text_format ("%sfsync %s\n", start, line.path);

      if (sync_all || line.type == 'f' || line.type == 'd')
        assert_all_found (text, tree, line.path, counts);
      free (text);
    }
    free (tree);
    free (start);
  }
  for (size_t i = 0; i < CHANGE_COUNT; i++)
    ck_assert_msg (counts[i] >= unit_rounds (100) / 40, "change %zu was tried %u times", i, counts[i]);
}

START_TEST (each_change_after_a_sync_is_found)
{
  assert_promised (true);
}
END_TEST

START_TEST (each_change_of_what_was_synced_by_itself_is_found)
{
  assert_promised (false);
}
END_TEST

/* A name in the root that was there at some time, and is not any more. */
START_TEST (a_name_that_comes_back_after_a_sync_is_found)
{
  unsigned found = 0;

  for (uint64_t number = 1; number <= unit_rounds (100); number++) {
    char *start = make (number, 10), *text = text_format ("%ssync\n", start), *tree = tree_after (text, SIZE_MAX);
    struct workload workload = parse_well (text);

    for (size_t done = 1; done < workload.count; done++) {
      char *before = tree_after (text, done);
      struct changed_line line;

      for (const char *at = before; scan_line (at, &line); at = strchrnul (at, '\n') + 1) {
        char *word = text_format (" %s\n", line.path);
        char *seen = text_format ("%s%.*s\n", tree, (int) strcspn (at, "\n"), at);
        char *detail = strchr (line.path, '/') || strstr (tree, word) ? NULL
          : judge_on ("ext4", "", text, (uint32_t) workload.count, seen);

        ck_assert_msg (detail || strchr (line.path, '/') || strstr (tree, word), "%sand this is right:\n%s", text,
                       seen);
        found += detail != NULL;
        free (detail);
        free (seen);
        free (word);
      }
      free (before);
    }
    workload_free (&workload);
    free (tree);
    free (text);
    free (start);
  }
  ck_assert_uint_ge (found, unit_rounds (100) * 3 / 10);
}
END_TEST

UNIT_TEST_MAIN ("any-change",
                each_change_after_a_sync_is_found,
                each_change_of_what_was_synced_by_itself_is_found,
                a_name_that_comes_back_after_a_sync_is_found)
