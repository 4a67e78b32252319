/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "checker/workload/pattern.h"
#include "checker/workload/simulation.h"
#include "tests/unit/checker/workload/acls.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

START_TEST (a_simulated_file_has_the_bytes_that_were_written)
{
  struct workload workload = parse_well ("write a 10 100\nwrite a 50 20\nappend a 5\ntruncate a 200\n"
                                         "falloc a punch 60 5\nfalloc a collapse 0 20\nfalloc a insert 30 7\n"
                                         "reflink a b\ntruncate a 40\n");
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

#define MANY_TIMES(text) text text text text text text text text text text
#define MANY_BYTES MANY_TIMES (MANY_TIMES (MANY_TIMES ("1")))

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
    { "mknod n c 1 3\nfsync n\n", "file:2: fsync n: is a device" },
    { "creat a\nmknod a c 1 3\n", "file:2: mknod a: is there already" },
    { "creat a\ncreat b\nrename a b noreplace\n", "file:3: rename b: is there already" },
    { "creat a\nrename a b whiteout\ncreat a\n", "file:3: creat a: is there already" },
    { "mkdir A\ncreat A/a\nsetxattr A system.posix_acl_default " ACL ("6", "4", "6", "4") "\nrename A/a b whiteout\n",
      "file:4: rename A/a: its folder has a default ACL" },
    { "utimes a 0 0\n", "file:1: utimes a: there is nothing" },
    { "mkdir a\nsync_file_range a 0 1\n", "file:2: sync_file_range a: is no file" },
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
    { "open d a\n", "file:1: open a: there is nothing of this name" },
    { "mkfifo a\nopen d a\n", "file:2: open a: is a FIFO" },
    { "mkdir A\nopen d A\nwrite @d 0 1\n", "file:3: write @d: is no file" },
    { "creat a\nopen d a\nrename a b\nwrite @d 0 1\ntruncate a 0\n", "file:5: truncate a: there is no such file" },
    { "clone a b\n", "file:1: clone a: there is no such file" },
    { "write a 0 4K\nclone a a\n", "file:2: clone a: the two ranges overlap" },
    { "write a 0 4K\nclone a a 0 4K 4095\n", "file:2: clone a: the two ranges overlap" },
    { "write a 0 4K\nmkdir b\nclone a b\n", "file:3: clone b: is no file" },
    { "write a 0 4K\ncopyrange a 1 b 0 4K\n", "file:2: copyrange a: the file ends before that" },
    { "write a 0 4K\ndedupe a 0 b 0 4K\n", "file:2: dedupe b: there is no such file" },
    { "write a 0 4K\nclone a b\ndedupe a 0 b 4K 4K\n", "file:3: dedupe b: the file ends before that" },
    { "write a 0 8K\nclone a b\nwrite a 5000 1\ndedupe a 0 b 0 8K\n", "file:4: dedupe a: the two ranges do not" },
    { "2000x write a $ 1\n60x clone a b-$\n", "file:2: clone a: with it the files are of more than 100000 pieces" },
    { "subvolume A\ncreat A/a\n200x setxattr A/a user.$ " MANY_BYTES "\n99x snapshot A s-$\n",
      "file:4: snapshot A: with it the extended attributes are more than 16777216 bytes" },
    { "creat a\nchattr a +i\nchattr a +a\n", "file:3: chattr a: is immutable: take `i' off it first" },
    { "mkdir A\nchattr A +i\ncreat A/a\n", "file:3: creat A/a: its folder is immutable" },
    { "creat a\nchattr a +a\nunlink a\n", "file:3: unlink a: is one that may only grow: see chattr" },
    { "creat a\nremount ro,noatime\nfsync a\nappend a 1\n", "file:4: append cannot be done: the file system" },
    { "write a 0 1\nchattr a +C\n", "file:2: chattr a: is not empty: `C' is for a file that is" },
    { "creat a\nchattr a +C\nwrite a 0 1\nchattr a -C\n", "file:4: chattr a: is not empty" },
    { "creat a\nchattr a -D\nchattr a +AD\n", "file:3: chattr a: is no folder: `D' is for one" },
    { "creat a\nchattr a +Cc\n", "file:2: chattr a: cannot have both `c' and `C'" },
    { "creat a\nchattr a +c\nchattr a +C\n", "file:3: chattr a: cannot have both" },
    { "mkdir A\nchattr A +C\ncreat A/a\nchattr A/a +c\n", "file:4: chattr A/a: cannot have both" },
    { "mkdir A\nchattr A +c\nmkdir A/B\ncreat A/B/a\nchattr A/B/a +C\n", "file:5: chattr A/B/a: cannot have both" },
    { "creat a\nchattr a +C\nwrite a 0 4K\nreflink a b\n", "file:4: reflink a: one of the two files has `C'" },
    { "creat a\nchattr a +C\nwrite b 0 4K\nclone b a\n", "file:4: clone b: one of the two files has `C'" },
    { "creat a\nopen d a\nremount ro\n", "file:3: remount ro: d is open: close it first" },
    { "remount ro\nremount rw\nremount errors=remount-ro\ncreat a\nrmdir a\n", "file:5: rmdir a: is no folder" },
    { "symlink x l\nproject l 1\n", "file:2: project l: is a symbolic link" },
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

/* Whether SECOND can be done after FIRST. */
static bool
can_follow (const char *first, const char *second)
{
  char text[200];

  snprintf (text, sizeof text, "%s%s\n", first, second);
  struct workload workload = parse_well (text);
  message[0] = '\0';
  bool can = simulation_check (&workload) == 0;
  ck_assert_msg (can || strstr (message, ": see chattr"), "%s: %s", text, message);
  workload_free (&workload);
  return can;
}

START_TEST (flags_forbid_what_they_forbid)
{
  static const char file[] = "write a 0 4K\nmkdir A\nwrite A/f 0 4K\nwrite c 0 4K\n";
  static const struct {
    const char *text;
    bool immutable, append;     /* done to `a`, or in `A`: whether that is allowed when they are immutable, or grow */
  } cases[] = {
    { "write a 0 1", false, false }, { "append a 1", false, true }, { "truncate a 1", false, false },
    { "mmapwrite a 0 1", false, false }, { "msync a 0 1", false, false }, { "falloc a keep 0 1", false, false },
    { "open d a", false, false }, { "chmod a 600", false, false }, { "setxattr a user.a 1", false, false },
    { "link a b", false, false }, { "unlink a", false, false }, { "rename a b", false, false },
    { "rename c a", false, false }, { "exchange c a", false, false }, { "utimes a 1 2", false, false },
    { "fsync a", true, true }, { "creat A/b", false, true }, { "write A/b 0 1", false, true },
    { "write A/f 0 1", true, true }, { "link c A/b", false, true }, { "rename c A/b", false, true },
    { "rename c A/f", false, false }, { "rename A/f b", false, false }, { "unlink A/f", false, false },
    { "reflink A/f b", true, true }, { "rename A b", false, false }, { "mkdir A/B", false, true },
    { "symlink x A/B", false, true },
    { "clone c a", false, false }, { "copyrange c 0 a 0 1", false, false }, { "clone a b", true, true },
    { "reflink c A/b", false, true },
  };
  char before[200];

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ck_assert (can_follow (file, cases[i].text));
    snprintf (before, sizeof before, "%schattr a +i\nchattr A +i\n", file);
    ck_assert_msg (can_follow (before, cases[i].text) == cases[i].immutable, "%s", cases[i].text);
    snprintf (before, sizeof before, "%schattr a +a\nchattr A +a\n", file);
    ck_assert_msg (can_follow (before, cases[i].text) == cases[i].append, "%s", cases[i].text);
  }
}
END_TEST

/* How the data of a file are kept is inherited, and can be chosen as long as there are none. */
START_TEST (what_is_not_copied_on_a_write_is_shared_with_its_like)
{
  static const char *const good[] = {
    "creat a\nchattr a +C\nchattr a -C\nchattr a -C\nchattr a +c\n",
    "mkdir A\ncreat A/b\nchattr A +C\nwrite A/a 0 4K\nreflink A/a A/c\nclone A/a A/d\ndedupe A/a 0 A/c 0 4K\n",
    "mkdir A\nchattr A +C\nwrite A/a 0 4K\nwrite b 0 4K\ncopyrange A/a 0 b 0 4K\nchattr A -C\nchattr A +c\n",
    "creat a\nchattr a +C\ncreat b\nchattr b +C\nwrite a 0 8K\nclone a b\n",
  };

  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    struct workload workload = parse_well (good[i]);

    ck_assert_msg (simulation_check (&workload) == 0, "%s", good[i]);
    workload_free (&workload);
  }
}
END_TEST

START_TEST (an_open_file_is_the_same_whatever_becomes_of_its_name)
{
  struct workload workload = parse_well ("creat a\nopen d a\nrename a b\ncreat a\nwrite @d 0 10\nunlink b\ncreat d\n"
                                         "append @d 5\ntmpfile t\nwrite @t 0 3\nlinktmp t c\nclose d\n");
  struct simulation simulation;

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  for (size_t i = 0; i < workload.count; i++) {
    ck_assert_int_eq (simulation_do (&simulation, i), 0);
    if (i == 4)
      ck_assert_uint_eq (simulation_find (&simulation, "b")->data.size, 10);
    if (i == 7)
      ck_assert_uint_eq (simulation_find (&simulation, "@d")->data.size, 15);
  }
  ck_assert_uint_eq (simulation_find (&simulation, "a")->data.size, 0);
  ck_assert_uint_eq (simulation_find (&simulation, "d")->data.size, 0);
  ck_assert_uint_eq (simulation_find (&simulation, "c")->data.size, 3);
  ck_assert_ptr_null (simulation_find (&simulation, "@d"));
  simulation_free (&simulation);
  workload_free (&workload);
}
END_TEST

/* The LENGTH bytes of PATH from OFFSET. */
static void
read_file (const struct simulation *simulation, const char *path, uint64_t offset, uint8_t *bytes, size_t length)
{
  sim_data_read (&simulation_find (simulation, path)->data, offset, bytes, length);
}

START_TEST (data_are_taken_from_another_file_or_from_elsewhere_in_it)
{
  static uint8_t expected[40000], seen[40000];
  struct workload workload = parse_well ("write a 1000 9000\nwrite a 15000 1000\nwrite b 0 30000\n"
                                         "copyrange a 500 b 20000 15000\nclone b c\nclone b b 0 5000 34000\n"
                                         "write c 35000 100\nclone b c\ndedupe a 1000 b 20500 13000\n"
                                         "dedupe b 34000 c 0 5000\n");
  struct simulation simulation;

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  for (size_t i = 0; i < workload.count; i++)
    ck_assert_msg (simulation_do (&simulation, i) == 0, "%zu: %s", i, message);
  ck_assert_ptr_null (simulation.effect.data);          /* of the dedupe */
  workload_fill (3, 0, expected, 30000);
  memset (expected + 20000, 0, 15000);
  workload_fill (1, 1000, expected + 20500, 9000);
  workload_fill (2, 15000, expected + 34500, 500);
  workload_fill (3, 0, expected + 34000, 5000);
  ck_assert_uint_eq (simulation_find (&simulation, "b")->data.size, 39000);
  read_file (&simulation, "b", 0, seen, 39000);
  ck_assert_int_eq (memcmp (seen, expected, 39000), 0);
  ck_assert_uint_eq (simulation_find (&simulation, "c")->data.size, 39000);
  read_file (&simulation, "c", 0, seen, 39000);
  ck_assert_int_eq (memcmp (seen, expected, 39000), 0);
  simulation_free (&simulation);
  workload_free (&workload);
}
END_TEST

UNIT_TEST_MAIN ("simulation",
                a_simulated_file_has_the_bytes_that_were_written,
                a_simulated_file_may_be_large,
                an_operation_that_would_fail_is_refused,
                data_are_taken_from_another_file_or_from_elsewhere_in_it,
                flags_forbid_what_they_forbid, what_is_not_copied_on_a_write_is_shared_with_its_like,
                an_open_file_is_the_same_whatever_becomes_of_its_name)
