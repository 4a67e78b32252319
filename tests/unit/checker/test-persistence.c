/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulation and the persistence oracle: for each rule a tree that breaks it and one that does not, and random workloads of
 * which no state that may be left is ever held to be wrong.
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "checker/observe/sectors.h"
#include "checker/observe/tree.h"
#include "checker/persistence/persistence.h"
#include "checker/workload/pattern.h"
#include "checker/workload/simulation.h"
#include "common/escape.h"
#include "common/message.h"
#include "tests/unit/unit.h"

static char message[4096];

/* In place of libmessage: the tests read what is said. */
void
error_message (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (message, sizeof message, format, args);
  va_end (args);
}

static struct workload
parse_well (const char *text)
{
  struct workload workload;

  ck_assert_msg (workload_parse (text, "file", &workload) == 0, "%s: refused: %s", text, message);
  return workload;
}

struct line {
  char *path, *text;
};

static int
compare_lines (const void *left, const void *right)
{
  return strcmp (((const struct line *) left)->path, ((const struct line *) right)->path);
}

static char *
escaped (const char *word)
{
  char *text;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  escape_word (word, strlen (word), file);
  fclose (file);
  return text;
}

/* The line that an observation has for what ENTRY leads to. */
static struct line
line_of (const struct sim_entry *entry, XXH3_state_t *hash)
{
  const struct sim_inode *inode = entry->inode;
  char *path = sim_entry_path (entry), word[CONTENT_WORD_SIZE] = "-", xattrs[CONTENT_WORD_SIZE], size[24] = "-";
  char *target = inode->target ? escaped (inode->target) : NULL;
  struct line line = { .path = escaped (path) };

  if (inode->type == 'f') {
    sim_data_word (&inode->data, hash, word);
    snprintf (size, sizeof size, "%ju", (uintmax_t) inode->data.size);
  }
  sim_xattrs_word (inode, hash, xattrs);
  ck_assert_int_ne (asprintf (&line.text, "%c %04o 0 0 %s %s %s %s\n", inode->type,
                              inode->mode == -1 ? 0644U : (unsigned) inode->mode, size, target ? target : word, xattrs,
                              line.path), -1);
  free (path);
  free (target);
  return line;
}

/* What is observed after the first COUNT operations of TEXT (SIZE_MAX: after all), to free. */
static char *
tree_after (const char *text, size_t count)
{
  struct workload workload = parse_well (text);
  struct simulation simulation;
  XXH3_state_t *hash = XXH3_createState ();
  size_t line_count = 0, length;
  char *tree, xattrs[CONTENT_WORD_SIZE];

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  for (size_t i = 0; i < workload.count && i < count; i++)
    ck_assert_msg (simulation_do (&simulation, i) == 0, "%s: %s", text, message);
  struct line *lines = calloc (simulation.entry_count + 1, sizeof *lines);
  for (size_t i = 0; i < simulation.entry_count; i++)
    if (simulation.entries[i]->inode)
      lines[line_count++] = line_of (simulation.entries[i], hash);
  qsort (lines, line_count, sizeof *lines, compare_lines);
  FILE *file = open_memstream (&tree, &length);
  sim_xattrs_word (simulation.inodes[0], hash, xattrs);
  fprintf (file, "d 0755 0 0 - - %s .\n", xattrs);
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

/* Hold the tree SEEN against TEXT when operation NUMBER has returned, on ext4 or FILESYSTEM. */
static char *
judge_on (const char *filesystem, const char *options, const char *text, uint32_t number, const char *seen)
{
  struct workload workload = parse_well (text);
  uint32_t rules;
  char *detail;

  ck_assert_int_eq (persistence_rules (&workload, filesystem, options, &rules), 0);
  struct persistence *persistence = persistence_new (&workload, rules);
  ck_assert_msg (persistence_judge (persistence, number, seen, &detail) == 0, "%s: %s", text, message);
  persistence_free (persistence);
  workload_free (&workload);
  return detail;
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

static void
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

START_TEST (a_simulated_file_has_the_bytes_that_were_written)
{
  struct workload workload = parse_well ("write a 10 100\nwrite a 50 20\nappend a 5\ntruncate a 200\nfalloc a punch 60 5\n"
                                         "falloc a collapse 0 20\nfalloc a insert 30 7\nreflink a b\ntruncate a 40\n");
  struct simulation simulation;
  XXH3_state_t *hash = XXH3_createState ();
  uint8_t bytes[256] = { 0 };
  struct content content;
  char word[CONTENT_WORD_SIZE], expected[CONTENT_WORD_SIZE];

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  for (size_t i = 0; i < workload.count; i++)
    ck_assert_int_eq (simulation_do (&simulation, i), 0);
  workload_fill (1, 10, bytes + 10, 100);
  workload_fill (2, 50, bytes + 50, 20);
  workload_fill (3, 110, bytes + 110, 5);
  memset (bytes + 60, 0, 5);
  memmove (bytes, bytes + 20, 180);
  memmove (bytes + 37, bytes + 30, 150);
  memset (bytes + 30, 0, 7);
  content_begin (&content, hash);
  content_add (&content, bytes, 187);
  content_word (&content, expected);
  const struct sim_inode *inode = simulation_find (&simulation, "b");
  ck_assert_uint_eq (inode->data.size, 187);
  sim_data_word (&inode->data, hash, word);
  ck_assert_str_eq (word, expected);
  content_begin (&content, hash);
  content_add (&content, bytes, 40);
  content_word (&content, expected);
  inode = simulation_find (&simulation, "a");
  ck_assert_uint_eq (inode->data.size, 40);
  sim_data_word (&inode->data, hash, word);
  ck_assert_str_eq (word, expected);
  XXH3_freeState (hash);
  simulation_free (&simulation);
  workload_free (&workload);
}
END_TEST

START_TEST (a_simulated_file_may_be_large)
{
  static uint8_t bytes[600000];
  struct workload workload = parse_well ("write a 1000 200000\nwrite a 450000 150000\n");
  struct simulation simulation;
  XXH3_state_t *hash = XXH3_createState ();
  struct content content;
  char word[CONTENT_WORD_SIZE], expected[CONTENT_WORD_SIZE];

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  ck_assert_int_eq (simulation_do (&simulation, 0), 0);
  ck_assert_int_eq (simulation_do (&simulation, 1), 0);
  workload_fill (1, 1000, bytes + 1000, 200000);
  workload_fill (2, 450000, bytes + 450000, 150000);
  content_begin (&content, hash);
  content_add (&content, bytes, sizeof bytes);
  content_word (&content, expected);
  sim_data_word (&simulation_find (&simulation, "a")->data, hash, word);
  ck_assert_str_eq (word, expected);
  XXH3_freeState (hash);
  simulation_free (&simulation);
  workload_free (&workload);
}
END_TEST

START_TEST (an_operation_that_would_fail_is_refused)
{
  static const struct {
    const char *text, *expected;
  } bad[] = {
    { "write A/a 0 1\n", "file:1: write A/a: its folder is not there" },
    { "creat a\ncreat a\n", "file:2: creat a: is there already" },
    { "creat a\nmkdir a/b\n", "file:2: mkdir a/b: its folder is not there" },
    { "mkdir A\nwrite A 0 1\n", "file:2: write A: is no file" },
    { "symlink x l\nwrite l 0 1\n", "file:2: write l: is no file" },
    { "symlink x l\nfsync l\n", "file:2: fsync l: is a symbolic link" },
    { "mkfifo f\nfsync f\n", "file:2: fsync f: is a FIFO" },
    { "chmod a 644\n", "file:1: chmod a: there is nothing" },
    { "fsync a\n", "file:1: fsync a: there is nothing of this name" },
    { "link a b\n", "file:1: link a: there is nothing" },
    { "mkdir A\nlink A b\n", "file:2: link A: folders have one name" },
    { "mkdir A\nunlink A\n", "file:2: unlink A: is a folder" },
    { "creat a\nrmdir a\n", "file:2: rmdir a: is no folder" },
    { "mkdir A\ncreat A/a\nrmdir A\n", "file:3: rmdir A: the folder is not empty" },
    { "mkdir A\nmkdir A/B\nrename A A/B/C\n", "file:3: rename A: a folder cannot be moved below itself" },
    { "mkdir A\ncreat a\nrename a A\n", "file:3: rename A: a folder and what is none" },
    { "mkdir A\nmkdir B\ncreat B/b\nrename A B\n", "file:4: rename B: the folder is not empty" },
    { "mkdir A\nmkdir A/B\nexchange A A/B\n", "file:3: exchange A: a folder cannot be exchanged" },
    { "creat a\nmmapwrite a 0 1\n", "file:2: mmapwrite a: the file ends before that" },
    { "creat a\nmsync a 0 1\n", "file:2: msync a: the file ends before that" },
    { "write a 0 8K\nfalloc a collapse 4K 4K\n", "file:2: falloc a: the range must end before" },
    { "creat a\nremovexattr a user.a\n", "file:2: removexattr a: has no attribute user.a" },
    { "tmpfile t\nbegin\nfsync t\n", "file:3: fsync t: there is nothing" },
  };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct workload workload = parse_well (bad[i].text);

    message[0] = '\0';
    ck_assert_msg (simulation_check (&workload) == -1, "accepted: %s", bad[i].text);
    ck_assert_msg (strncmp (message, bad[i].expected, strlen (bad[i].expected)) == 0, "%s: %s", bad[i].text, message);
    workload_free (&workload);
  }
}
END_TEST

/* A workload, the last of its operations that returned, what is left (by another workload), and the beginning of the verdict. */
struct left {
  const char *text;
  uint32_t number;
  const char *other, *expected;
};

static void
assert_all_left (const struct left *cases, size_t count)
{
  for (size_t i = 0; i < count; i++)
    assert_left (cases[i].text, cases[i].number, cases[i].other, cases[i].expected);
}
#define ASSERT_ALL_LEFT(cases) assert_all_left (cases, sizeof cases / sizeof cases[0])

START_TEST (nothing_is_promised_before_a_persistence_operation_returns)
{
  static const struct left cases[] = {
    { "write a 0 4K\nrename a b\nfsync b\n", 0, "sync\n", NULL },
    { "write a 0 4K\nrename a b\nfsync b\n", 0, "creat a\ncreat b\n", NULL },
    { "write a 0 4K\nmkdir A\n", 0, "creat a\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (what_the_setup_made_is_synced_before_begin)
{
  static const struct left cases[] = {
    { "write a 0 4K\nbegin\nfsync a\n", 0, "write a 0 4K\n", NULL },
    { "write a 0 4K\nbegin\nfsync a\n", 0, "creat a\n",
      "sync-data: a: empty, should be 4096 bytes 19" },
    { "write a 0 4K\nbegin\nfsync a\n", 0, "sync\n", "sync-name: a: missing, should be 4096 bytes 19" },
    { "creat a\nunlink a\nbegin\nsync\n", 0, "creat a\n", "sync-gone: a: empty, should be gone (synced before `begin')" },
  };
  struct left exact = cases[1];
  char *seen = tree_after (exact.other, SIZE_MAX), *detail = judge_on ("ext4", "", exact.text, 0, seen);

  ck_assert_ptr_nonnull (strstr (detail, "... (synced before `begin')"));
  free (detail);
  free (seen);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    seen = tree_after (cases[i].other, SIZE_MAX);
    detail = judge_on ("ext4", "", cases[i].text, 0, seen);
    if (cases[i].expected == NULL)
      ck_assert_ptr_null (detail);
    else
      ck_assert_int_eq (strncmp (detail, cases[i].expected, strcspn (cases[i].expected, ":")), 0);
    free (detail);
    free (seen);
  }
}
END_TEST

START_TEST (sync_promises_everything)
{
  static const struct left cases[] = {
    { "mkdir A\nwrite A/a 0 4K\nsync\n", 3, "mkdir A\nwrite A/a 0 4K\n", NULL },
    { "mkdir A\nwrite A/a 0 4K\nsync\n", 3, "sync\n", "sync-name: A: missing, should be folder (sync at line 3)" },
    { "mkdir A\nwrite A/a 0 4K\nsyncfs\n", 3, "mkdir A\n", "sync-name: A/a: missing, should be 4096 bytes " },
    { "mkdir A\nwrite A/a 0 4K\nsync\n", 3, "mkdir A\nwrite A/a 0 4095\n", "sync-data: A/a: 4095 bytes " },
    { "mkdir A\nwrite A/a 0 4K\nsync\n", 3, "mkdir A\ncreat A/a\ntruncate A/a 4K\n",
      "sync-data: A/a: 4096 bytes, all zero, should be 4096" },
    { "creat a\nunlink a\nsync\n", 3, "creat a\n", "sync-gone: a: empty, should be gone (sync at line 3)" },
    { "creat a\nunlink a\nsync\n", 3, "creat b\n", NULL },
    { "creat a\nsetxattr a user.a 1\nsync\n", 3, "creat a\nsetxattr a user.a 1\n", NULL },
    { "creat a\nsetxattr a user.a 1\nsync\n", 3, "creat a\nsetxattr a user.a 2\n", "sync-xattr: a: xattrs " },
    { "creat a\nsetxattr a user.a 1\nremovexattr a user.a\nsync\n", 4, "creat a\nsetxattr a user.a 1\n",
      "sync-xattr: a: xattrs " },
    { "mkdir A\nsetxattr A user.a 1\nsync\n", 3, "mkdir A\n", "sync-xattr: A: xattrs -" },
    { "symlink x l\nsync\n", 2, "symlink x l\n", NULL },
    { "symlink x l\nsync\n", 2, "symlink y l\n", "object: l: link to y, should be link to x" },
    { "creat a\nsync\n", 2, "mkdir a\n", "object: a: folder, should be empty" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (what_was_touched_later_may_be_old_or_new)
{
  static const struct left cases[] = {
    { "creat a\nsync\nunlink a\n", 2, "creat a\n", NULL },
    { "creat a\nsync\nunlink a\n", 2, "sync\n", NULL },
    { "creat a\nsync\nrename a b\n", 2, "creat b\n", NULL },
    { "creat a\nsync\nrename a b\n", 2, "creat a\ncreat b\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\n", 2, "creat a\nsetxattr a user.a 1\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\n", 2, "creat a\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\n", 2, "creat a\nsetxattr a user.a 2\n", "sync-xattr: a: xattrs" },
    { "creat a\nsync\nsetxattr a user.a 1\nsetxattr a user.b 1\n", 2, "creat a\nsetxattr a user.b 1\n", NULL },
    { "creat a\nchmod a 600\nsync\nchmod a 640\n", 3, "creat a\nchmod a 640\n", NULL },
    { "creat a\nchmod a 600\nsync\nchmod a 640\n", 3, "creat a\nchmod a 600\n", NULL },
    { "creat a\nchmod a 600\nsync\nchmod a 640\n", 3, "creat a\nchmod a 660\n", "sync-xattr: a: mode 0660, should be 0600 (" },
    { "creat a\nchmod a 600\nsync\nchmod a 640\nchmod a 660\n", 3, "creat a\n", NULL },
    { "mkfifo f\nsync\n", 2, "mkfifo f\n", NULL },
    { "mkfifo f\nsync\n", 2, "creat f\n", "object: f: empty, should be " },
    /* Up to the next persistence operation, and what comes behind that not yet. */
    { "creat a\nsync\nsync\nunlink a\n", 2, "sync\n", "sync-name: a: missing" },
    { "creat a\nsync\nsync\nunlink a\n", 3, "sync\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (data_that_were_touched_later_keep_within_bounds)
{
  static const struct left cases[] = {
    { "write a 0 8K\nsync\nwrite a 0 4K\n", 2, "write a 0 4K\nappend a 4K\n", NULL },
    { "write a 0 8K\nsync\nwrite a 0 4K\n", 2, "write a 0 4K\n", "sync-data: a: 4096 bytes " },
    { "write a 0 8K\nsync\nappend a 4K\n", 2, "write a 0 8K\nwrite a 8K 1K\n", NULL },
    { "write a 0 8K\nsync\nappend a 4K\n", 2, "write a 0 13K\n", "sync-data: a: 13312 bytes " },
    { "write a 0 8K\nsync\ntruncate a 1K\n", 2, "write a 0 2K\n", NULL },
    { "write a 0 8K\nsync\ntruncate a 1K\n", 2, "creat a\n",
      "sync-data: a: empty, should be 1024 to 8192 bytes, the first 1024 as they were" },
    { "write a 0 8K\nsync\nwrite a 0 4K\n", 2, "creat a\ntruncate a 8K\n",
      "sync-data: a: 8192 bytes, all zero, should be 8192 to 8192 bytes, those outside 0 to 4096 as they were (sync at line 2)" },
    { "write a 0 8K\nsync\nfalloc a zero 0 8K\n", 2, "creat a\ntruncate a 8K\n", NULL },
    { "write a 0 8K\nsync\nfalloc a keep 0 16K\n", 2, "write a 0 4K\n", "sync-data: a: 4096 bytes" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

/* TREE with a line about the sectors of `a`, COUNT of them at BYTES; to free. */
static char *
with_sectors (const char *tree, const uint8_t *bytes, size_t count)
{
  char *text;
  size_t length;
  FILE *file = open_memstream (&text, &length);
  struct sector_writer writer = { .file = file };

  fprintf (file, "%s= ", tree);
  sectors_add (&writer, (const char *) bytes, count * SECTOR_SIZE);
  sectors_end (&writer);
  fputs (" a\n", file);
  fclose (file);
  return text;
}

START_TEST (sectors_outside_the_range_that_was_touched_are_as_they_were)
{
  static const char text[] = "write a 0 8K\nsync\nwrite a 1000 2000\n";
  char *tree = tree_after (text, SIZE_MAX);
  uint8_t bytes[8192];

  /* The range has a part of sector 1 to a part of sector 5. */
  for (size_t sector = 0; sector < 16; sector++) {
    workload_fill (1, 0, bytes, sizeof bytes);
    memset (bytes + sector * SECTOR_SIZE, sector % 2 ? 0 : 7, SECTOR_SIZE);
    char *seen = with_sectors (tree, bytes, 16);
    assert_seen (text, 2, seen, sector >= 1 && sector <= 5 ? NULL : "sync-data: a: 8192 bytes ");
    free (seen);
  }
  workload_fill (1, 0, bytes, sizeof bytes);
  char *seen = with_sectors (tree, bytes, 16);
  assert_seen (text, 2, seen, NULL);
  free (seen);
  /* One that grows: what was in it is as it was. */
  static const char grows[] = "write a 0 8K\nsync\nappend a 4K\n";
  seen = with_sectors (tree, bytes, 16);
  assert_seen (grows, 2, seen, NULL);
  free (seen);
  bytes[8191] ^= 1;
  seen = with_sectors (tree, bytes, 16);
  assert_seen (grows, 2, seen, "sync-data: a: 8192 bytes ");
  free (seen);
  free (tree);
}
END_TEST

START_TEST (files_that_are_touched_are_judged_by_ranges)
{
  struct workload workload = parse_well ("mkdir A\nwrite A/x%20y 0 4K\nwrite b 0 4K\nwrite c 0 4K\nbegin\nwrite b 0 1\n"
                                         "fsync b\nrename A/x%20y d\nappend d 5\nwrite c 0 4K\nsync\n");
  struct persistence *persistence = persistence_new (&workload, UINT32_MAX);
  static const char *const expected[] = { "A/x%20y", "b", "c", "d" };
  char **paths;
  ssize_t count = persistence_paths (persistence, &paths);

  ck_assert_int_eq (count, 4);
  for (ssize_t i = 0; i < count; i++) {
    ck_assert_str_eq (paths[i], expected[i]);
    free (paths[i]);
  }
  free (paths);
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

START_TEST (fsync_of_a_file)
{
  static const struct left cases[] = {
    { "write a 0 4K\nfsync a\n", 2, "write a 0 4K\n", NULL },
    { "write a 0 4K\nfsync a\n", 2, "creat a\n", "fsync-data: a: empty, should be 4096 bytes " },
    { "write a 0 4K\nfsync a\n", 2, "sync\n", "fsync-name: a: missing, should be 4096 bytes " },
    { "write a 0 4K\ncreat b\nfsync a\n", 3, "write a 0 4K\n", NULL },
    { "mkdir A\nmkdir A/B\nwrite A/B/a 0 4K\nfsync A/B/a\n", 4, "mkdir A\n", "fsync-name: A/B: missing, should be folder" },
    { "creat a\nsetxattr a user.a 1\nfsync a\n", 3, "creat a\n", "fsync-xattr: a: xattrs -" },
    { "creat a\nsetxattr a user.a 1\nfdatasync a\n", 3, "creat a\n", NULL },
    { "creat a\nfsync a\n", 2, "creat a\nchmod a 600\n", NULL },
    { "creat a\nchmod a 600\nfsync a\n", 3, "creat a\nchmod a 600\n", NULL },
    { "creat a\nchmod a 600\nfsync a\n", 3, "creat a\n", "fsync-xattr: a: mode 0644, should be 0600 (fsync at line 3)" },
    { "creat a\nchmod a 600\nfdatasync a\n", 3, "creat a\n", NULL },
    { "mkdir A\nchmod A 700\nfsync A\n", 3, "mkdir A\n", "fsync-xattr: A: mode" },
    { "write a 0 4K\nfdatasync a\n", 2, "creat a\n", "fsync-data: a: empty" },
    { "write a 0 4K\nfdatasync a\n", 2, "sync\n", "fsync-name: a: lost, should be 4096 bytes" },
    { "creat a\nrename a b\nwrite b 0 4K\nfdatasync b\n", 4, "checkpoint\ncheckpoint\nwrite a 0 4K\n", NULL },
    { "creat a\nrename a b\nwrite b 0 4K\nfdatasync b\n", 4, "sync\n", "fsync-name: a or b: lost, should be 4096 bytes" },
    { "creat a\nbegin\nrename a b\nfdatasync b\n", 3, "creat a\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (fsync_of_a_file_with_several_names)
{
  static const struct left cases[] = {
    { "creat a\nlink a b\nfsync a\n", 3, "creat a\nlink a b\n", NULL },
    { "creat a\nlink a b\nfsync a\n", 3, "creat a\n", "fsync-links: b: missing, should be empty" },
    { "creat a\nlink a b\nfsync b\n", 3, "creat b\n", "fsync-links: a: missing, should be empty" },
    { "creat a\nbegin\nmkdir B\nlink a B/b\nfsync a\n", 4, "creat a\n", "fsync-links: B: missing, should be folder" },
    { "creat a\nbegin\nlink a b\nrule -fsync-links\nfsync a\n", 3, "creat a\n", NULL },
    { "creat a\nlink a b\nbegin\nunlink b\nfsync a\n", 4, "creat a\nlink a b\n",
      "fsync-gone: b: empty, should be gone (fsync at line 5)" },
    { "creat a\nlink a b\nbegin\nunlink b\nfsync a\n", 4, "creat a\n", NULL },
    { "creat a\nlink a b\nbegin\nunlink b\nfsync a\nrule -fsync-gone\n", 4, "creat a\nlink a b\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (fsync_of_a_renamed_file)
{
  static const struct left cases[] = {
    { "write a 0 4K\nbegin\nrename a b\nfsync b\n", 3, "write a 0 4K\nrename a b\n", NULL },
    { "write a 0 4K\nbegin\nrename a b\nfsync b\n", 3, "write a 0 4K\n", "fsync-gone: a: 4096 bytes" },
    { "write a 0 4K\nbegin\nrename a b\nfsync b\n", 3, "sync\n", "fsync-name: b: missing" },
    /* A new file has the old name: whether it is there, and with what, is its own affair. */
    { "write a 0 4K\nbegin\nrename a b\nwrite a 0 8K\nfsync b\n", 4, "write a 0 4K\nrename a b\n", NULL },
    { "write a 0 4K\nbegin\nrename a b\nwrite a 0 8K\nfsync b\n", 4, "write a 0 4K\nrename a b\ncreat a\n", NULL },
    /* ... and the file that had it must not be lost when the new one is synced. */
    { "write a 0 4K\nbegin\nrename a b\nwrite a 0 8K\nfsync a\n", 4, "checkpoint\ncheckpoint\nwrite a 0 8K\n",
      "rename-lost: b: lost, should be 4096 bytes" },
    { "write a 0 4K\nbegin\nrename a b\nwrite a 0 8K\nfsync a\n", 4, "write a 0 4K\nrename a b\nwrite a 0 8K\n", NULL },
    { "write a 0 4K\nbegin\nrename a b\n", 0, "sync\n", "rename-lost: a or b: lost, should be 4096 bytes" },
    { "write a 0 4K\nbegin\nrename a b\nrule -rename-lost\n", 0, "sync\n", NULL },
    { "write a 0 4K\nbegin\nrename a b\nunlink b\n", 0, "sync\n", NULL },
    { "write a 0 4K\nwrite b 0 8K\nbegin\nrename a b\n", 0, "write a 0 4K\n", "sync-name: b: missing" },
    { "write a 0 4K\nwrite b 0 8K\nbegin\nrename a b\n", 0, "write a 0 4K\nwrite b 0 4K\n", "sync-data: b: 4096 bytes" },
    { "write a 0 4K\nwrite b 0 8K\nbegin\nexchange a b\nfsync a\n", 4, "write b 0 4K\nwrite a 0 8K\n", NULL },
    { "write a 0 4K\nwrite b 0 8K\nbegin\nexchange a b\nfsync a\n", 4, "write a 0 4K\nwrite b 0 8K\n",
      "fsync-data: a: 4096 bytes" },
    { "mkdir A\nwrite A/a 0 4K\nbegin\nrename A B\n", 0, "mkdir B\nwrite B/a 0 4K\n", NULL },
    { "mkdir A\nwrite A/a 0 4K\nbegin\nrename A B\n", 0, "mkdir B\n", "sync-name: B/a: missing" },
    /* What is in a new folder is clean when the folder is moved: its fsync says nothing about the folder's name, ext4 and XFS write
       nothing.  It is there under one of the names all the same. */
    { "begin\nmkdir A\ncreat A/a\nfdatasync A/a\nrename A B\nfsync B/a\n", 5, "mkdir A\ncreat A/a\n", NULL },
    { "begin\nmkdir A\ncreat A/a\nfdatasync A/a\nrename A B\nfsync B/a\n", 5, "mkdir B\ncreat B/a\n", NULL },
    { "begin\nmkdir A\ncreat A/a\nfdatasync A/a\nrename A B\nfsync B/a\n", 5, "sync\n", "fsync-name: B/a: lost" },
    { "begin\nmkdir A\ncreat A/a\nfsync A/a\n", 3, "sync\n", "fsync-name: A: missing" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (fsync_of_a_folder)
{
  static const struct left cases[] = {
    /* The root is a folder, too. */
    { "begin\nsetxattr . user.a v\nfsync .\n", 2, "setxattr . user.a v\n", NULL },
    { "begin\nsetxattr . user.a v\nfsync .\n", 2, "sync\n", "fsync-xattr: .: xattrs -, should be" },
    { "begin\nsetxattr . user.a v\n", 0, "sync\n", NULL },
    { "mkdir A\nwrite A/a 0 4K\nfsync A\n", 3, "mkdir A\ncreat A/a\n", NULL },
    { "mkdir A\nwrite A/a 0 4K\nfsync A\n", 3, "mkdir A\n", "dir-name: A/a: missing, should be file (fsync at line 3)" },
    { "mkdir A\nwrite A/a 0 4K\nfsync A\n", 3, "sync\n", "fsync-name: A: missing, should be folder" },
    { "mkdir A\nmkdir A/B\ncreat A/B/a\nfsync A\n", 4, "mkdir A\nmkdir A/B\n", NULL },
    { "mkdir A\nmkdir A/B\ncreat A/B/a\nfsync A\n", 4, "mkdir A\n", "dir-name: A/B: missing" },
    { "mkdir A\ncreat A/a\nbegin\nunlink A/a\nfsync A\n", 4, "mkdir A\ncreat A/a\n", "dir-gone: A/a: empty, should be gone" },
    { "mkdir A\nmkdir B\ncreat A/a\nbegin\nrename A/a B/a\nfsync A\n", 5, "mkdir A\nmkdir B\ncreat B/a\n", NULL },
    { "mkdir A\nmkdir B\ncreat A/a\nbegin\nrename A/a B/a\nfsync A\n", 5, "mkdir A\nmkdir B\n", "rename-lost: B/a: lost" },
    { "mkdir A\nmkdir B\ncreat A/a\nbegin\nrename A/a B/a\nfsync B\n", 5, "mkdir A\nmkdir B\ncreat A/a\n",
      "dir-name: B/a: missing" },
    { "mkdir A\nsymlink x A/l\nfsync A\n", 3, "mkdir A\nsymlink y A/l\n", "object: A/l: link to y, should be link to x" },
    { "creat a\nfsync .\n", 2, "sync\n", "dir-name: a: missing" },
    { "creat a\nfdatasync .\n", 2, "sync\n", NULL },
    { "mkdir A\nsetxattr A user.a 1\nfsync A\n", 3, "mkdir A\n", "fsync-xattr: A: xattrs" },
    { "mkdir A\nbegin\nrename A B\nfsync B\n", 3, "mkdir A\n", "fsync-gone: A: folder, should be gone" },
    { "mkdir A\nbegin\nrename A B\nfsync B\n", 3, "sync\n", "fsync-name: B: missing, should be folder" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (a_tmpfile_that_is_linked)
{
  static const struct left cases[] = {
    { "tmpfile t\nwrite t 0 4K\nfsync t\n", 3, "sync\n", NULL },
    { "tmpfile t\nwrite t 0 4K\nfsync t\nlinktmp t a\n", 3, "sync\n", NULL },
    { "tmpfile t\nwrite t 0 4K\nfsync t\nlinktmp t a\n", 3, "creat a\n", "fsync-data: a: empty, should be 4096 bytes" },
    { "tmpfile t\nwrite t 0 4K\nlinktmp t a\nfsync .\n", 4, "creat a\n", NULL },
    { "tmpfile t\nwrite t 0 4K\nfsync t\nlinktmp t a\nrename a b\nfsync .\n", 6, "sync\n", "dir-name: b: missing" },
    { "tmpfile t\nwrite t 0 4K\nfsync t\nlinktmp t a\nrename a b\nfsync .\n", 6, "creat b\n", "fsync-data: b: empty" },
    { "tmpfile t\nwrite t 0 4K\nlinktmp t a\nfsync t\n", 4, "sync\n", "fsync-name: a: missing" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (msync_promises_once_all_ranges_are_synced)
{
  static const char text[] = "write a 0 64K\nbegin\nmmapwrite a 0 4K\nmmapwrite a 60K 4K\nmsync a 0 4K\nmsync a 48K 16K\n";
  static const struct left cases[] = {
    { text, 4, "write a 0 64K\n", NULL },
    { text, 5, "write a 0 64K\nmmapwrite a 0 4K\n", "fsync-data: a: 65536 bytes" },
    { text, 5, "write a 0 64K\nmmapwrite a 0 4K\nmmapwrite a 60K 4K\n", NULL },
    { "write a 0 64K\nmsync a 0 64K\n", 2, "creat a\n", NULL },
    { "creat a\nbegin\nwrite a 0 64K\nmsync a 0 64K\n", 3, "creat a\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

#define ROOT "d 0755 0 0 - - - .\n"

START_TEST (what_cannot_be_read_is_wrong)
{
  static const char text[] = "mkdir A\nwrite A/a 0 4K\nsync\ncreat b\n";
  static const struct {
    const char *seen, *expected;
  } cases[] = {
    { ROOT "d 0755 0 0 - - - A\nf 0644 0 0 4096 !EIO - A/a\n", "object: A/a: unreadable file (EIO), should be 4096 bytes" },
    { ROOT "d 0755 0 0 - - - A\n? - - - - !EUCLEAN - A/a\n", "object: A/a: unreadable object (EUCLEAN), should be 4096 bytes" },
    { ROOT "d 0755 0 0 - !EIO - A\n", "object: A: unreadable folder (EIO), should be folder" },
    { ROOT "d 0755 0 0 - - !EIO A\n", "object: A: folder with unreadable xattrs (EIO), should be folder" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_seen (text, 3, cases[i].seen, cases[i].expected);
  /* Nothing was promised of b, but what is there can be read. */
  char *tree = tree_after (text, 3), *seen;
  ck_assert_int_ne (asprintf (&seen, "%sf 0644 0 0 0 empty - b\n", tree), -1);
  assert_seen (text, 3, seen, NULL);
  free (seen);
  ck_assert_int_ne (asprintf (&seen, "%sf 0644 0 0 5 !EIO - b\n", tree), -1);
  assert_seen (text, 3, seen, "object: b: unreadable file (EIO), should be file");
  free (seen);
  free (tree);
}
END_TEST

START_TEST (rules_depend_on_the_file_system)
{
  static const char text[] = "creat a\nlink a b\nbegin\nunlink b\nfsync a\n";
  static const char made[] = "write a 0 4K\nfsync a\n";
  static const char exchange[] = "write a 0 8K\nwrite b 0 4K\nbegin\nexchange a b\nfsync a\n";
  static const struct {
    const char *filesystem, *options, *text;
    uint32_t number;
    const char *other;
    bool wrong;
  } cases[] = {
    { "xfs", "", text, 4, "creat a\nlink a b\n", true },
    { "btrfs", "", text, 4, "creat a\nlink a b\n", true },
    { "btrfs", "", exchange, 4, "write a 0 8K\nwrite b 0 4K\n", true },
    { "xfs", "", exchange, 4, "write a 0 8K\nwrite b 0 4K\n", false },
    { "f2fs", "", text, 4, "creat a\nlink a b\n", false },
    { "f2fs", "noatime,fsync_mode=strict", text, 4, "creat a\nlink a b\n", true },
    { "f2fs", "fsync_mode=strictly", text, 4, "creat a\nlink a b\n", false },
    { "f2fs", "", made, 2, "creat a\n", true },
    { "f2fs", "", made, 2, "sync\n", true },
    { "f2fs", "fsync_mode=nobarrier", made, 2, "sync\n", false },
    { "f2fs", "fsync_mode=nobarrier", made, 2, "creat a\n", false },
    { "ext2", "", made, 2, "sync\n", false },
    { "vfat", "", made, 2, "creat a\n", true },
    { "vfat", "", "creat a\nsync\n", 2, "sync\n", true },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *seen = tree_after (cases[i].other, SIZE_MAX);
    char *detail = judge_on (cases[i].filesystem, cases[i].options, cases[i].text, cases[i].number, seen);

    ck_assert_msg ((detail != NULL) == cases[i].wrong, "case %zu: %s", i, detail ? detail : "nothing");
    free (detail);
    free (seen);
  }
}
END_TEST

START_TEST (a_rule_that_is_none_is_refused)
{
  struct workload workload = parse_well ("creat a\nrule +sync\n");
  uint32_t rules;

  ck_assert_int_eq (persistence_rules (&workload, "ext4", "", &rules), -1);
  ck_assert_str_eq (message, "file:2: sync: no such rule: see powercut-workload(5)");
  workload_free (&workload);
}
END_TEST

START_TEST (marks_that_cannot_be_are_refused)
{
  static const uint32_t bad[] = { 1, 2, 4, 6, UINT32_MAX };
  struct workload workload = parse_well ("creat a\nfsync a\nbegin\nfsync a\nunlink a\nsync\n");
  struct persistence *persistence = persistence_new (&workload, UINT32_MAX);
  char *detail;

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ck_assert_int_eq (persistence_judge (persistence, bad[i], "d 0755 0 0 - - - .\n", &detail), -1);
    ck_assert_ptr_nonnull (strstr (message, "no persistence operation of the update"));
  }
  ck_assert_int_eq (persistence_judge (persistence, 5, "not a tree\n", &detail), -1);
  ck_assert_ptr_null (detail);
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

START_TEST (a_simulation_that_differs_from_what_was_seen_is_noticed)
{
  static const char text[] = "write a 0 4K\nbegin\nrename a b\n";
  struct workload workload = parse_well (text);
  struct persistence *persistence = persistence_new (&workload, 0);
  char *old = tree_after (text, 1), *new = tree_after (text, 2), *detail;

  ck_assert_int_eq (persistence_compare (persistence, false, old, &detail), 0);
  ck_assert_ptr_null (detail);
  ck_assert_int_eq (persistence_compare (persistence, true, new, &detail), 0);
  ck_assert_ptr_null (detail);
  ck_assert_int_eq (persistence_compare (persistence, false, new, &detail), 0);
  ck_assert_ptr_nonnull (detail);
  free (detail);
  ck_assert_int_eq (persistence_compare (persistence, true, old, &detail), 0);
  ck_assert_ptr_nonnull (detail);
  free (detail);
  free (old);
  free (new);
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

/* Numbers that are the same in every run. */
static uint32_t
roll (uint64_t *state, uint32_t sides)
{
  *state = *state * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
  return (uint32_t) (*state >> 33) % sides;
}

/* A random operation; it may be one that cannot be done. */
static void
random_operation (uint64_t *state, char line[128])
{
  static const char *const paths[] = { "a", "b", "A", "B", "A/a", "A/b", "B/a", "A/B", "B/A", "A/B/a" };
  static const char *const forms[] = {
    "mkdir %s", "creat %s", "write %s 0 8K", "write %s 4K 4K", "append %s 3000", "truncate %s 5000", "falloc %s zero 1K 2K",
    "falloc %s insert 4K 4K", "falloc %s collapse 0 4K", "setxattr %s user.a 1", "removexattr %s user.a", "unlink %s", "rmdir %s",
    "fsync %s", "fsync %s", "fdatasync %s", "mmapwrite %s 0 100", "msync %s 0 4K", "linktmp t %s", "symlink x %s",
    "rename %s %s", "rename %s %s", "link %s %s", "exchange %s %s", "reflink %s %s", "sync", "fsync .", "write t 0 4K", "fsync t",
  };
  const char *form = forms[roll (state, sizeof forms / sizeof forms[0])];
  const char *one = paths[roll (state, 10)], *other = paths[roll (state, 10)];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf (line, 128, form, one, other);
#pragma GCC diagnostic pop
}

/* A workload of LENGTH operations that can be done, to free. */
static char *
random_workload (uint64_t *state, size_t length)
{
  char *text = strdup ("tmpfile t\n");

  for (size_t count = 1; count < length;) {
    struct workload workload;
    char line[128], *longer;

    random_operation (state, line);
    ck_assert_int_ne (asprintf (&longer, "%s%s\n", text, line), -1);
    bool good = workload_parse (longer, "file", &workload) == 0 && simulation_check (&workload) == 0;
    workload_free (&workload);
    if (good) {
      free (text);
      text = longer;
      count++;
    }
    else
      free (longer);
  }
  return text;
}

/* Whatever was done up to some operation behind the last that returned, and before the next that would, is never wrong. */
static void
assert_never_wrong (const char *text)
{
  struct workload workload = parse_well (text);

  for (size_t number = 0; number <= workload.count; number++) {
    if (number > 0 && !workload_is_persistence (workload.operations[number - 1].verb))
      continue;
    for (size_t done = number; done <= workload.count; done++) {
      char *seen = tree_after (text, done), *detail = judge_on ("ext4", "", text, (uint32_t) number, seen);

      ck_assert_msg (detail == NULL, "%safter %zu, operation %zu has returned: %s\n%s", text, done, number, detail, seen);
      free (seen);
      if (done < workload.count && done >= number && workload_is_persistence (workload.operations[done].verb))
        break;
    }
  }
  workload_free (&workload);
}

START_TEST (no_state_that_a_workload_went_through_is_wrong)
{
  uint64_t state = 20 + (uint64_t) _i;

  for (int i = 0; i < 30; i++) {
    char *text = random_workload (&state, 5 + roll (&state, 25));

    assert_never_wrong (text);
    free (text);
  }
}
END_TEST

/* And what was there before a sync, and not after it, is wrong then. */
START_TEST (a_sync_that_did_nothing_is_found)
{
  uint64_t state = 7;
  unsigned found = 0;

  for (int i = 0; i < 60; i++) {
    char *start = random_workload (&state, 4 + roll (&state, 10)), *text;

    ck_assert_int_ne (asprintf (&text, "%ssync\n", start), -1);
    struct workload workload = parse_well (text);
    char *before = tree_after (text, 0), *after = tree_after (text, SIZE_MAX);
    char *detail = judge_on ("ext4", "", text, (uint32_t) workload.count, before);
    if (strcmp (before, after) == 0)
      ck_assert_ptr_null (detail);
    else
      ck_assert_msg (detail != NULL, "%s", text);
    found += detail != NULL;
    free (detail);
    free (before);
    free (after);
    free (text);
    free (start);
    workload_free (&workload);
  }
  ck_assert_uint_gt (found, 30);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("persistence");
  TCase *tests = tcase_create ("persistence");

  tcase_add_test (tests, a_simulated_file_has_the_bytes_that_were_written);
  tcase_add_test (tests, a_simulated_file_may_be_large);
  tcase_add_test (tests, an_operation_that_would_fail_is_refused);
  tcase_add_test (tests, nothing_is_promised_before_a_persistence_operation_returns);
  tcase_add_test (tests, what_the_setup_made_is_synced_before_begin);
  tcase_add_test (tests, sync_promises_everything);
  tcase_add_test (tests, what_was_touched_later_may_be_old_or_new);
  tcase_add_test (tests, data_that_were_touched_later_keep_within_bounds);
  tcase_add_test (tests, sectors_outside_the_range_that_was_touched_are_as_they_were);
  tcase_add_test (tests, files_that_are_touched_are_judged_by_ranges);
  tcase_add_test (tests, fsync_of_a_file);
  tcase_add_test (tests, fsync_of_a_file_with_several_names);
  tcase_add_test (tests, fsync_of_a_renamed_file);
  tcase_add_test (tests, fsync_of_a_folder);
  tcase_add_test (tests, a_tmpfile_that_is_linked);
  tcase_add_test (tests, msync_promises_once_all_ranges_are_synced);
  tcase_add_test (tests, what_cannot_be_read_is_wrong);
  tcase_add_test (tests, rules_depend_on_the_file_system);
  tcase_add_test (tests, a_rule_that_is_none_is_refused);
  tcase_add_test (tests, marks_that_cannot_be_are_refused);
  tcase_add_test (tests, a_simulation_that_differs_from_what_was_seen_is_noticed);
  tcase_add_loop_test (tests, no_state_that_a_workload_went_through_is_wrong, 0, 4);
  tcase_add_test (tests, a_sync_that_did_nothing_is_found);
  tcase_set_timeout (tests, 120);
  suite_add_tcase (suite, tests);
  return run_suite (suite);
}
