/* SPDX-License-Identifier: BSD-3-Clause */
/* For each rule a tree that breaks it and one that does not. */
#include <config.h>

#include <string.h>

#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/checker/workload/acls.h"
#include "tests/unit/unit.h"

START_TEST (nothing_is_promised_before_a_persistence_operation_returns)
{
  static const struct left cases[] = {
    { "write a 0 4K\nrename a b\nfsync b\n", 0, "sync\n", NULL },
    { "write a 0 4K\nrename a b\nfsync b\n", 0, "creat b\n", NULL },
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
    { "creat a\nunlink a\nbegin\nsync\n", 0, "creat a\n",
      "sync-gone: a: empty, should be gone (synced before `begin')" },
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
    { "creat a\nsync\nrename a b\n", 2, "creat a\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\n", 2, "creat a\nsetxattr a user.a 1\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\n", 2, "creat a\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\n", 2, "creat a\nsetxattr a user.a 2\n", "sync-xattr: a: xattrs" },
    { "creat a\nsync\nsetxattr a user.a 1\nsetxattr a user.b 1\n", 2, "creat a\nsetxattr a user.b 1\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\nsetxattr a user.a 2\n", 2, "creat a\nsetxattr a user.a 1\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\nsetxattr a user.a 2\n", 2, "creat a\nsetxattr a user.a 2\n", NULL },
    { "creat a\nsync\nsetxattr a user.a 1\nsetxattr a user.a 2\n", 2, "creat a\nsetxattr a user.a 3\n",
      "sync-xattr: a: xattrs " },
    { "creat a\nsync\nsetxattr a user.a 1\nsetxattr a user.b 1\n", 2, "creat a\nsetxattr a user.b 2\n",
      "sync-xattr: a: xattrs" },
    { "creat a\nsetxattr a user.a 1\nsync\nremovexattr a user.a\nsetxattr a user.b 1\n", 3,
      "creat a\nsetxattr a user.a 1\nsetxattr a user.b 1\n", NULL },
    { "creat a\nsetxattr a user.a 1\nsync\nremovexattr a user.a\nsetxattr a user.b 1\n", 3, "creat a\n", NULL },
    { "creat a\nsetxattr a user.a 1\nsync\nsetxattr a user.b 1\nremovexattr a user.b\n", 3, "creat a\n",
      "sync-xattr: a: xattrs -, should be" },
    { "creat a\nchmod a 600\nsync\nchmod a 640\n", 3, "creat a\nchmod a 640\n", NULL },
    { "creat a\nchmod a 600\nsync\nchmod a 640\n", 3, "creat a\nchmod a 600\n", NULL },
    { "creat a\nchmod a 600\nsync\nchmod a 640\n", 3, "creat a\nchmod a 660\n",
      "sync-xattr: a: mode 0660, should be 0600 or 0640 (" },
    { "creat a\nchmod a 600\nsync\nchmod a 640\nchmod a 660\n", 3, "creat a\nchmod a 640\n", NULL },
    { "creat a\nchmod a 600\nsync\nchmod a 640\nchmod a 660\n", 3, "creat a\n",
      "sync-xattr: a: mode 0644, should be 0600 or 0640 or 0660 (sync" },
    { "mkfifo f\nsync\n", 2, "mkfifo f\n", NULL },
    { "mkfifo f\nsync\n", 2, "creat f\n", "object: f: empty, should be " },
    /* Up to the next persistence operation, and what comes after that not yet. */
    { "creat a\nsync\nsync\nunlink a\n", 2, "sync\n", "sync-name: a: missing" },
    { "creat a\nsync\nsync\nunlink a\n", 3, "sync\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (fsync_of_a_file)
{
  static const struct left cases[] = {
    { "write a 0 4K\nfsync a\n", 2, "write a 0 4K\n", NULL },
    { "write a 0 4K\nfsync a\n", 2, "creat a\n", "fsync-data: a: empty, should be 4096 bytes " },
    { "write a 0 4K\nfsync a\n", 2, "sync\n", "fsync-name: a: missing, should be 4096 bytes " },
    { "write a 0 4K\ncreat b\nfsync a\n", 3, "write a 0 4K\n", NULL },
    { "mkdir A\nmkdir A/B\nwrite A/B/a 0 4K\nfsync A/B/a\n", 4, "mkdir A\n",
      "fsync-name: A/B: missing, should be folder" },
    { "creat a\nsetxattr a user.a 1\nfsync a\n", 3, "creat a\n", "fsync-xattr: a: xattrs -" },
    { "creat a\nsetxattr a user.a 1\nfdatasync a\n", 3, "creat a\n", NULL },
    { "creat a\nfsync a\n", 2, "creat a\nchmod a 600\n", NULL },
    { "creat a\nchmod a 600\nfsync a\n", 3, "creat a\nchmod a 600\n", NULL },
    { "creat a\nchmod a 600\nfsync a\n", 3, "creat a\n",
      "fsync-xattr: a: mode 0644, should be 0600 (fsync at line 3)" },
    { "creat a\nchmod a 600\nfdatasync a\n", 3, "creat a\n", NULL },
    { "mkdir A\nchmod A 700\nfsync A\n", 3, "mkdir A\n", "fsync-xattr: A: mode" },
    { "write a 0 4K\nfdatasync a\n", 2, "creat a\n", "fsync-data: a: empty" },
    { "write a 0 4K\nfdatasync a\n", 2, "sync\n", "fsync-name: a: lost, should be 4096 bytes" },
    { "creat a\nrename a b\nwrite b 0 4K\nfdatasync b\n", 4, "checkpoint\ncheckpoint\nwrite a 0 4K\n", NULL },
    { "creat a\nrename a b\nwrite b 0 4K\nfdatasync b\n", 4, "sync\n",
      "fsync-name: a or b: lost, should be 4096 bytes" },
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
    { "write a 0 4K\nwrite b 0 8K\nbegin\nrename a b\n", 0, "write a 0 4K\nwrite b 0 4K\n",
      "sync-data: b: 4096 bytes" },
    { "write a 0 4K\nwrite b 0 8K\nbegin\nexchange a b\nfsync a\n", 4, "write b 0 4K\nwrite a 0 8K\n", NULL },
    { "write a 0 4K\nwrite b 0 8K\nbegin\nexchange a b\nfsync a\n", 4, "write a 0 4K\nwrite b 0 8K\n",
      "fsync-data: a: 4096 bytes" },
    { "mkdir A\nwrite A/a 0 4K\nbegin\nrename A B\n", 0, "mkdir B\nwrite B/a 0 4K\n", NULL },
    { "mkdir A\nwrite A/a 0 4K\nbegin\nrename A B\n", 0, "mkdir B\n", "sync-name: B/a: missing" },
    /* What is in a new folder is clean when the folder is moved: its fsync says nothing about the folder's name, ext4
       and XFS write nothing.  It is there under one of the names all the same. */
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
    { "mkdir A\nwrite A/a 0 4K\nfsync A\n", 3, "mkdir A\n",
      "dir-name: A/a: missing, should be file (fsync at line 3)" },
    { "mkdir A\nwrite A/a 0 4K\nfsync A\n", 3, "sync\n", "fsync-name: A: missing, should be folder" },
    { "mkdir A\nmkdir A/B\ncreat A/B/a\nfsync A\n", 4, "mkdir A\nmkdir A/B\n", NULL },
    { "mkdir A\nmkdir A/B\ncreat A/B/a\nfsync A\n", 4, "mkdir A\n", "dir-name: A/B: missing" },
    { "mkdir A\ncreat A/a\nbegin\nunlink A/a\nfsync A\n", 4, "mkdir A\ncreat A/a\n",
      "dir-gone: A/a: empty, should be gone" },
    { "mkdir A\nmkdir B\ncreat A/a\nbegin\nrename A/a B/a\nfsync A\n", 5, "mkdir A\nmkdir B\ncreat B/a\n", NULL },
    { "mkdir A\nmkdir B\ncreat A/a\nbegin\nrename A/a B/a\nfsync A\n", 5, "mkdir A\nmkdir B\n",
      "rename-lost: B/a: lost" },
    { "mkdir A\nmkdir B\ncreat A/a\nbegin\nrename A/a B/a\nfsync B\n", 5, "mkdir A\nmkdir B\ncreat A/a\n",
      "dir-name: B/a: missing" },
    { "mkdir A\nsymlink x A/l\nfsync A\n", 3, "mkdir A\nsymlink y A/l\n",
      "object: A/l: link to y, should be link to x" },
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

START_TEST (what_a_rename_has_moved_is_in_one_place)
{
  static const char rename[] = "mkdir A\nmkdir B\nwrite A/foo 0 4K\nbegin\nrename A/foo B/foo\n";
  static const char exchange[] = "write a 0 4K\nwrite b 0 8K\nbegin\nexchange a b\n";
  static const struct left cases[] = {
    { rename, 0, "mkdir A\nmkdir B\nwrite A/foo 0 4K\n", NULL },
    { rename, 0, "mkdir A\nmkdir B\nwrite B/foo 0 4K\n", NULL },
    { rename, 0, "mkdir A\nmkdir B\nwrite A/foo 0 4K\nlink A/foo B/foo\n",
      "rename: B/foo: 4096 bytes 17d8640c..., is at A/foo, too, and was never at both" },
    { "creat a\nsync\nrename a b\n", 2, "creat a\ncreat b\n", "rename: b: empty, is at a, too" },
    { "creat a\nsync\nrename a b\nrule -rename\n", 2, "creat a\ncreat b\n", NULL },
    { "creat a\nbegin\nrename a b\nrename b c\n", 0, "creat a\ncreat c\n", "rename: c: empty, is at a, too" },
    /* Exchanged, one of them is there twice, and then the other is lost. */
    { exchange, 0, "checkpoint\nwrite a 0 8K\nlink a b\n", "rename: b: 8192 bytes" },
    { exchange, 0, "write a 0 4K\nlink a b\n", "rename: b: 4096 bytes" },
    { exchange, 0, "write b 0 4K\nwrite a 0 8K\n", NULL },
    /* One that was linked where it had been, or from where it came, has both names. */
    { "creat a\nbegin\nrename a b\nlink b a\n", 0, "creat a\ncreat b\n", NULL },
    { "creat a\nbegin\nlink a b\nrename b c\n", 0, "creat a\ncreat c\n", NULL },
    { "creat a\nbegin\nlink a b\nrename b c\n", 0, "creat a\ncreat b\ncreat c\n", "rename: c: empty, is at b" },
    /* A new one in the place of the old, which looks like it, or does not. */
    { "creat a\nbegin\nrename a b\ncreat a\n", 0, "creat a\ncreat b\n", NULL },
    { "write a 0 4K\nbegin\nrename a b\nmkdir a\n", 0, "write a 0 4K\nmkdir b\n", "object: b: folder" },
    { "write a 0 4K\nbegin\nrename a b\nmkdir a\n", 0, "write a 0 4K\nlink a b\n", "rename: b: 4096 bytes" },
    { "write a 0 4K\nbegin\nrename a b\nmkdir a\n", 0, "write b 0 4K\nmkdir a\n", NULL },
    /* A folder, and what is in it. */
    { "mkdir A\ncreat A/a\nbegin\nrename A B\n", 0, "mkdir A\ncreat A/a\nmkdir B\ncreat B/a\n",
      "rename: B: folder, is at A, too" },
    { "mkdir A\ncreat A/a\nbegin\nrename A B\nmkdir A\n", 0, "mkdir A\ncreat B\n", "object: B: empty" },
    { "mkdir A\ncreat A/a\nbegin\nrename A B\nmkdir A\n", 0, "mkdir A\nmkdir B\ncreat B/a\n", NULL },
    { "mkdir A\ncreat A/a\nbegin\nrename A B\nmkdir A\n", 0, "mkdir A\nmkdir B\ncreat B/a\ncreat A/a\n",
      "rename: B/a: empty, is at A/a, too" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (msync_promises_the_pages_of_its_range)
{
  static const char text[] =
    "write a 0 64K\nbegin\nmmapwrite a 0 4K\nmmapwrite a 60K 4K\nmsync a 0 4K\nmsync a 48K 16K\n";
  static const struct left cases[] = {
    { text, 4, "write a 0 64K\n", NULL },
    { text, 5, "write a 0 64K\nmmapwrite a 0 4K\n", "fsync-data: a: 65536 bytes" },
    { text, 5, "write a 0 64K\nmmapwrite a 0 4K\nmmapwrite a 60K 4K\n", NULL },
    /* A file that was made, or has grown, in the update. */
    { "write a 0 64K\nmsync a 0 64K\n", 2, "write a 0 64K\n", NULL },
    { "write a 0 64K\nmsync a 0 64K\n", 2, "creat a\n", "fsync-data: a: empty, should be 65536 bytes" },
    { "write a 0 64K\nmsync a 0 64K\n", 2, "sync\n", "fsync-name: a: lost" },
    { "creat a\nbegin\nwrite a 0 64K\nmsync a 0 64K\n", 3, "creat a\n", "fsync-data: a: empty" },
    { "write a 0 64K\nmsync a 0 5000\n", 2, "write a 0 8K\n", NULL },
    { "write a 0 64K\nmsync a 0 5000\n", 2, "write a 0 64K\n", NULL },
    { "write a 0 64K\nmsync a 0 5000\n", 2, "write a 0 8191\n",
      "fsync-data: a: 8191 bytes " },
    { "write a 0 64K\nmsync a 0 5000\n", 2, "creat a\ntruncate a 64K\n", "fsync-data: a: 65536 bytes, all zero" },
    { "write a 0 64K\nmsync a 8K 4K\ntruncate a 1\n", 2, "write a 0 1\n", NULL },
    /* In a hole nothing is written; what is before it in the range is. */
    { "write a 13000 100\nmsync a 4K 8K\n", 2, "creat a\n", NULL },
    { "write a 13000 100\nmsync a 4K 12K\n", 2, "creat a\n", "fsync-data: a: empty, should be 13100" },
    { "write a 0 8K\nwrite a 60K 4K\nmsync a 4K 8K\n", 3, "write a 0 8K\n", NULL },
    { "write a 0 8K\nwrite a 60K 4K\nmsync a 4K 8K\n", 3, "write a 0 8191\n", "fsync-data: a: 8191 bytes" },
    /* A name that is all that is new of a file. */
    { "tmpfile t\nwrite t 0 4K\nfsync t\nlinktmp t a\nmsync a 0 4K\n", 5, "sync\n", NULL },
    { "tmpfile t\nwrite t 0 4K\nfsync t\nlinktmp t a\nfdatasync a\n", 5, "sync\n", NULL },
    { "tmpfile t\nwrite t 0 4K\nfsync t\nlinktmp t a\nfsync a\n", 5, "sync\n", "fsync-name: a: " },
    { "tmpfile t\nwrite t 0 4K\nlinktmp t a\nfdatasync a\n", 4, "sync\n", "fsync-name: a: " },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

#define SET_ACL "setxattr a system.posix_acl_access "

START_TEST (acls_are_promised_with_the_mode_that_they_make)
{
  static const char set[] = "creat a\n" SET_ACL ACL ("6", "4", "4", "0") "\nfsync a\n";
  static const char changed[] = "creat a\n" SET_ACL ACL ("6", "4", "4", "0") "\nfsync a\nchmod a 600\n";
  static const struct left left[] = {
    { set, 3, set, NULL },
    { set, 3, "creat a\nchmod a 640\n", "fsync-xattr: a: xattrs -" },
    { set, 3, "creat a\n" SET_ACL ACL ("6", "4", "6", "0"), "fsync-xattr: a: mode 0660" },
    { set, 3, "creat a\n" SET_ACL ACL ("6", "6", "4", "0"), "fsync-xattr: a: xattrs " },
    /* A chmod writes mode and ACL one after the other. */
    { changed, 3, set, NULL },
    { changed, 3, changed, NULL },
    { changed, 3, "creat a\n" SET_ACL ACL ("6", "4", "6", "0"), "fsync-xattr: a: " },
    { changed, 3, "creat a\nchmod a 600\n", "fsync-xattr: a: xattrs -" },
  };
  ASSERT_ALL_LEFT (left);
}
END_TEST

START_TEST (devices_are_the_ones_that_were_made)
{
  static const char made[] = "mknod n b 7 300\nsync\n";
  static const char moved[] = "write a 0 4K\nsync\nrename a b whiteout\nsync\n";
  static const char fsynced[] = "write a 0 4K\nsync\nrename a b whiteout\nfsync b\n";
  static const struct left cases[] = {
    { made, 2, made, NULL },
    { made, 2, "sync\n", "sync-name: n: missing, should be device 7:300" },
    { made, 2, "mknod n c 7 300\n", "object: n: " },
    { made, 2, "mknod n b 7 301\n", "object: n: " },
    { moved, 4, moved, NULL },
    { moved, 4, "write a 0 4K\nrename a b\n", "sync-name: a: missing, should be device 0:0" },
    { moved, 4, "write a 0 4K\nrename a b\nmknod a c 0 0\n", "sync-xattr: a: mode 0644, should be 0000" },
    { moved, 2, moved, NULL },
    { moved, 2, "write a 0 4K\n", NULL },
    { moved, 2, "mknod a c 0 0\n", "rename-lost: a or b: lost" },
    /* A rename and its whiteout are one: nothing is never at the old name. */
    { moved, 2, "write a 0 4K\nrename a b\n", "sync-name: a: missing, should be device 0:0" },
    { fsynced, 4, "write a 0 4K\nrename a b\n", "fsync-gone: a: missing, should be device 0:0" },
    { fsynced, 4, fsynced, NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (owners_are_promised_with_the_attributes)
{
  static const char text[] = "creat a\nchmod a 6755\nchown a 7 8\nfsync a\nchown a 9 8\n";
  static const struct left cases[] = {
    { text, 4, "creat a\nchmod a 755\nchown a 7 8\n", NULL },
    { text, 4, "creat a\nchmod a 755\nchown a 9 8\n", NULL },
    { text, 4, "creat a\nchmod a 755\nchown a 7 9\n", "fsync-xattr: a: owner 7:9, should be 7:8 or 9:8 (" },
    { text, 4, "creat a\nchmod a 755\n", "fsync-xattr: a: owner 0:0, should be 7:8 or 9:8" },
    { text, 4, "creat a\nchown a 7 8\nchmod a 6755\n", "fsync-xattr: a: mode 6755, should be 0755" },
    { "creat a\nfsync a\nchown a 7 8\n", 2, "creat a\nchown a 1 1\n", NULL },
    { "creat a\nchown a 7 8\nfdatasync a\n", 3, "creat a\n", NULL },
    { "mkdir A\nchmod A 2755\nchown A 7 8\nmkdir A/B\nsync\n", 5, "mkdir A\nchmod A 2755\nchown A 7 8\nmkdir A/B\n",
      NULL },
    { "mkdir A\nchmod A 2755\nchown A 7 8\ncreat A/a\nsync\n", 5, "mkdir A\nchmod A 755\nchown A 7 8\nchmod A 2755\n"
      "mkdir B\ncreat B/a\nrename B/a A/a\n", "sync-xattr: A/a: owner 0:0, should be 0:8" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (a_file_that_is_written_loses_its_capabilities)
{
  static const char able[] = "write a 0 4K\nsetxattr a security.capability 1\n";
  static const char written[] = "write a 0 4K\nsetxattr a security.capability 1\nsync\nfalloc a keep 0 4K\nfsync a\n";
  static const char mapped[] = "creat a\ntruncate a 4K\nsetxattr a security.capability 1\nmmapwrite a 0 4K\nfsync a\n";
  static const char taken[] = "write b 0 4K\nwrite a 0 4K\nsetxattr a security.capability 1\nsync\n"
    "copyrange b 0 a 0 4K\nfsync a\n";
  static const struct left cases[] = {
    { written, 5, "write a 0 4K\n", NULL },
    { written, 5, able, "fsync-xattr: a: xattrs " },
    { written, 3, "write a 0 4K\n", NULL },
    { written, 3, able, NULL },
    { taken, 4, "write b 0 4K\nwrite a 0 4K\nsetxattr a security.capability 1\n", NULL },
    { taken, 6, "write b 0 4K\ncopyrange b 0 a 0 4K\nsetxattr a security.capability 1\n", "fsync-xattr: a: xattrs " },
    { mapped, 5, "creat a\ntruncate a 4K\nsync\nmmapwrite a 0 4K\n", "fsync-xattr: a: xattrs " },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (writes_that_sync_promise_their_range)
{
  static const char data[] = "write a 0 8K\nchmod a 600\nsync\nchmod a 640\nwrite a 0 4K dsync\n";
  static const char all[] = "write a 0 8K\nchmod a 600\nsync\nchmod a 640\nwrite a 0 4K sync\n";
  static const char added[] = "creat a\nsync\nappend a 4K dsync\nappend a 4K\n";
  static const struct left cases[] = {
    { data, 5, data, NULL },
    { data, 5, "write a 0 8K\nsync\nsync\nchmod a 600\nwrite a 0 4K\n", NULL },
    { data, 5, "write a 0 8K\nchmod a 600\n", "fsync-data: a: 8192 bytes " },
    { all, 5, "write a 0 8K\nsync\nsync\nchmod a 600\nwrite a 0 4K\n", "fsync-xattr: a: mode 0600" },
    /* Before it has returned, it may be there or not. */
    { data, 3, data, NULL },
    { data, 3, "write a 0 8K\nchmod a 600\n", NULL },
    { data, 3, "creat a\nchmod a 600\n", "sync-data: a: empty" },
    { added, 3, "creat a\nsync\nappend a 4K\n", NULL },
    { added, 3, added, NULL },
    { added, 3, "creat a\n", "fsync-data: a: empty" },
    { "write a 0 4K sync\n", 1, "sync\n", "fsync-name: a: missing" },
    { "write a 0 4K sync\n", 0, "write a 0 4K\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (sync_file_range_and_times_promise_nothing)
{
  static const char text[] = "creat a\nsync\nappend a 4K\nsync_file_range a 0 4K\nutimes a 1 2\n";
  static const struct left cases[] = {
    { text, 2, text, NULL },
    { text, 2, "creat a\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

UNIT_TEST_MAIN ("promises",
                nothing_is_promised_before_a_persistence_operation_returns,
                what_the_setup_made_is_synced_before_begin,
                sync_promises_everything,
                what_was_touched_later_may_be_old_or_new,
                fsync_of_a_file,
                fsync_of_a_file_with_several_names,
                fsync_of_a_renamed_file,
                fsync_of_a_folder,
                a_tmpfile_that_is_linked,
                what_a_rename_has_moved_is_in_one_place,
                msync_promises_the_pages_of_its_range,
                acls_are_promised_with_the_mode_that_they_make,
                devices_are_the_ones_that_were_made,
                owners_are_promised_with_the_attributes, a_file_that_is_written_loses_its_capabilities,
                writes_that_sync_promise_their_range,
                sync_file_range_and_times_promise_nothing)
