/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/observe/flags.h"
#include "checker/persistence/persistence.h"
#include "checker/workload/simulation.h"
#include "common/escape.h"
#include "filesystem/filesystem.h"
#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

struct seen_line {
  char *path, *text;
};

static int
compare_lines (const void *left, const void *right)
{
  return strcmp (((const struct seen_line *) left)->path, ((const struct seen_line *) right)->path);
}

/* The facts that an observation has of INODE, to free. */
static char *
facts_of (const struct sim_inode *inode)
{
  char *text;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (inode->flags) {
    fputs (";flags=", file);
    flags_print (inode->flags, file);
  }
  if (inode->project)
    fprintf (file, ";project=%u", inode->project);
  if (inode->mtime != -1)
    fprintf (file, ";mtime=%jd", (intmax_t) inode->mtime);
  if (inode->subvolume == SUBVOLUME_WRITABLE || inode->subvolume == SUBVOLUME_READ_ONLY)
    fprintf (file, ";subvolume=%s", inode->subvolume == SUBVOLUME_READ_ONLY ? "ro" : "rw");
  fclose (file);
  return text;
}

/* The text that an observation has for INODE, at PATH, of which MODE is printed where nothing has set one. */
static char *
text_of (const struct sim_inode *inode, const char *path, unsigned mode, XXH3_state_t *hash)
{
  char word[CONTENT_WORD_SIZE] = "-", xattrs[CONTENT_WORD_SIZE], size[24] = "-", *text;
  char *target = inode->target ? escape_text (inode->target) : NULL;
  const int64_t owner = inode->owner == -1 ? 0 : inode->owner;

  if (inode->type == 'f') {
    sim_data_word (&inode->data, hash, word);
    snprintf (size, sizeof size, "%ju", (uintmax_t) inode->data.size);
  }
  sim_xattrs_word (inode, hash, xattrs);
  char *facts = facts_of (inode);
  ck_assert_int_ne (asprintf (&text, "%c %04o %u %u %s %s %s%s %s\n", inode->type,
                              inode->mode == -1 ? mode : (unsigned) inode->mode, sim_owner_user (owner),
                              sim_owner_group (owner), size, target ? target : word, xattrs, facts, path), -1);
  free (facts);
  free (target);
  return text;
}

/* The line that an observation has for what ENTRY leads to. */
static struct seen_line
line_of (const struct sim_entry *entry, XXH3_state_t *hash)
{
  char *path = sim_entry_path (entry);
  struct seen_line line = { .path = escape_text (path) };

  line.text = text_of (entry->inode, line.path, 0644, hash);
  free (path);
  return line;
}

char *
tree_after (const char *text, size_t count)
{
  struct workload workload = parse_well (text);
  struct simulation simulation;
  XXH3_state_t *hash = XXH3_createState ();
  size_t line_count = 0, length;
  char *tree;

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  for (size_t i = 0; i < workload.count && i < count; i++)
    ck_assert_msg (simulation_do (&simulation, i) == 0, "%s: %s", text, message);
  struct seen_line *lines = calloc (simulation.entry_count + 1, sizeof *lines);
  for (size_t i = 0; i < simulation.entry_count; i++)
    if (simulation.entries[i]->inode && simulation.entries[i]->inode->name_count > 0)
      lines[line_count++] = line_of (simulation.entries[i], hash);
  qsort (lines, line_count, sizeof *lines, compare_lines);
  FILE *file = open_memstream (&tree, &length);
  char *root = text_of (simulation.inodes[0], ".", 0755, hash);
  fputs (root, file);
  free (root);
  for (size_t i = 0; i < line_count; i++) {
    fputs (lines[i].text, file);
    free (lines[i].text);
    free (lines[i].path);
  }
  fclose (file);
  free (lines);
  XXH3_freeState (hash);
  simulation_free (&simulation);
  workload_free (&workload);
  return tree;
}

char *
judge_at (const char *filesystem, const char *options, uint32_t features, const char *text,
          struct workload_progress progress, const char *seen)
{
  const uint32_t promises = filesystem_promises (filesystem_find (filesystem), options, features);
  struct workload workload = parse_well (text);
  uint32_t rules;
  char *detail;

  ck_assert_int_eq (persistence_rules (&workload, promises, &rules), 0);
  struct persistence *persistence = persistence_new (&workload, rules);
  ck_assert_msg (persistence_judge (persistence, progress, seen, &detail) == 0, "%s: %s", text, message);
  persistence_free (persistence);
  workload_free (&workload);
  return detail;
}

char *
judge_made (const char *filesystem, const char *options, uint32_t features, const char *text, uint32_t number,
            const char *seen)
{
  return judge_at (filesystem, options, features, text, (struct workload_progress) { { (uint16_t) number } }, seen);
}

char *
judge_on (const char *filesystem, const char *options, const char *text, uint32_t number, const char *seen)
{
  return judge_made (filesystem, options, 0, text, number, seen);
}

/* EXPECTED is how the detail begins; NULL: nothing is wrong. */
static void
assert_detail (const char *detail, const char *expected, const char *seen)
{
  if (expected)
    ck_assert_msg (detail && strncmp (detail, expected, strlen (expected)) == 0, "%s and not %s of:\n%s",
                   detail ? detail : "nothing", expected, seen);
  else
    ck_assert_msg (detail == NULL, "%s of:\n%s", detail, seen);
}

void
assert_seen (const char *text, uint32_t number, const char *seen, const char *expected)
{
  char *detail = judge_on ("ext4", "", text, number, seen);

  assert_detail (detail, expected, seen);
  free (detail);
}

/* What is seen is what the workload OTHER leaves: operations of the same numbers write the same data. */
static void
assert_left (const char *text, uint32_t number, const char *other, const char *expected)
{
  char *seen = tree_after (other, SIZE_MAX);

  assert_seen (text, number, seen, expected);
  free (seen);
}

void
assert_all_left (const struct left *cases, size_t count)
{
  for (size_t i = 0; i < count; i++)
    assert_left (cases[i].text, cases[i].number, cases[i].other, cases[i].expected);
}
