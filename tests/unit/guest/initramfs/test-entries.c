/* SPDX-License-Identifier: BSD-3-Clause */
/* What an initramfs holds: files, trees, links. */
#include <config.h>

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/initramfs/host.h"
#include "tests/unit/guest/initramfs/archive.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

START_TEST (an_empty_initramfs_has_the_folders_and_devices_of_a_system)
{
  static const char *const folders[] = { "dev", "proc", "sys", "mnt", "tmp", "root" };

  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
    ck_assert (S_ISDIR (find (folders[i]).mode));
  ck_assert (S_ISCHR (find ("dev/console").mode));
  ck_assert_uint_eq (find ("dev/console").device, 5 << 8 | 1);
  ck_assert_uint_eq (find ("dev/null").device, 1 << 8 | 3);
}
END_TEST

START_TEST (a_file_keeps_its_contents_and_mode)
{
  put_text ("file", 0751, "hello");
  ck_assert_int_eq (symlink ("file", "link"), 0);
  ck_assert_int_eq (initramfs_add_file (initramfs, "link", "/deep/er/file"), 0);
  struct found found = find ("deep/er/file");
  ck_assert_uint_eq (found.mode, S_IFREG | 0751);
  ck_assert_str_eq (found.text, "hello");
  ck_assert (S_ISDIR (find ("deep").mode));
  ck_assert_int_lt (find ("deep/er").position, found.position);
}
END_TEST

/* What gave RESULT has failed, and the message has WHY in it. */
static void
assert_refused (int result, const char *why)
{
  ck_assert_int_eq (result, -1);
  ck_assert_msg (strstr (message, why) != NULL, "%s", message);
}

START_TEST (a_path_added_again_is_ignored)
{
  ck_assert_int_eq (initramfs_add_data (initramfs, "/etc/x", "first", 5, 0600), 0);
  ck_assert_int_eq (initramfs_add_data (initramfs, "/etc/../etc//./x", "second", 6, 0644), 0);
  struct found found = find ("etc/x");
  ck_assert_int_eq (found.count, 1);
  ck_assert_str_eq (found.text, "first");
  ck_assert_uint_eq (found.mode, S_IFREG | 0600);
}
END_TEST

START_TEST (a_file_that_cannot_be_taken_is_named)
{
  put_text ("file", 0644, "");
  assert_refused (initramfs_add_file (initramfs, "missing", "/x"), "missing: No such file");
  assert_refused (initramfs_add_file (initramfs, ".", "/x"), "no regular file");
  ck_assert_int_eq (initramfs_add_file (initramfs, "file", "/tmp"), -1);
  ck_assert_int_eq (initramfs_add_file (initramfs, "file", "/dev/null/x"), -1);
  ck_assert_int_eq (find ("x").count, 0);
}
END_TEST

START_TEST (a_tree_keeps_its_links_modes_and_odd_names)
{
  put_text ("tree/a/file", 0640, "data");
  put_text ("tree/sp ace\xff", 0600, "odd");
  ck_assert_int_eq (symlink ("a", "tree/to-folder"), 0);
  ck_assert_int_eq (symlink ("/nowhere", "tree/dangling"), 0);
  ck_assert_int_eq (mkfifo ("tree/fifo", 0600), 0);
  ck_assert_int_eq (chmod ("tree/a", 01700), 0);
  ck_assert_int_eq (initramfs_add_tree (initramfs, "tree/", "/initial"), 0);
  ck_assert_str_eq (find ("initial/a/file").text, "data");
  ck_assert_uint_eq (find ("initial/a").mode, S_IFDIR | 01700);
  ck_assert_str_eq (find ("initial/to-folder").text, "a");
  ck_assert_str_eq (find ("initial/dangling").text, "/nowhere");
  ck_assert_str_eq (find ("initial/sp ace\xff").text, "odd");
  ck_assert (S_ISFIFO (find ("initial/fifo").mode));
}
END_TEST

START_TEST (nothing_is_put_below_a_symbolic_link)
{
  put_text ("tree/real/file", 0644, "");
  ck_assert_int_eq (symlink ("real", "tree/link"), 0);
  ck_assert_int_eq (symlink ("loop", "tree/loop"), 0);
  ck_assert_int_eq (initramfs_add_tree (initramfs, "tree", "/initial"), 0);
  ck_assert_int_eq (initramfs_add_data (initramfs, "/initial/link/new", "x", 1, 0644), 0);
  ck_assert_int_eq (find ("initial/real/new").count, 1);
  ck_assert_int_eq (find ("initial/link/new").count, 0);
  ck_assert_int_eq (initramfs_add_data (initramfs, "/initial/loop/x", "x", 1, 0644), -1);
}
END_TEST

START_TEST (a_tree_that_is_none_is_refused)
{
  put_text ("file", 0644, "");
  assert_refused (initramfs_add_tree (initramfs, "file", "/initial"), "file: Not a directory");
  assert_refused (initramfs_add_tree (initramfs, "missing", "/initial"), "missing: No such file");
}
END_TEST

START_TEST (a_file_that_is_gone_before_the_archive_is_written_is_named)
{
  put_text ("file", 0644, "data");
  ck_assert_int_eq (initramfs_add_file (initramfs, "file", "/x"), 0);
  ck_assert_int_eq (unlink ("file"), 0);
  assert_refused (initramfs_write (initramfs, "archive"), "file: No such file");
  ck_assert_int_eq (access ("archive", F_OK), -1);
}
END_TEST

static void
put_elf (const char *path, Elf64_Half type)
{
  const Elf64_Ehdr header = { .e_ident = ELFMAG "\2\1\1", .e_type = type, .e_machine = EM_X86_64 };
  FILE *file = fopen (path, "w");

  ck_assert_ptr_nonnull (file);
  ck_assert_uint_eq (fwrite (&header, sizeof header, 1, file), 1);
  ck_assert_int_eq (fclose (file), 0);
}

START_TEST (what_is_not_linked_needs_no_libraries)
{
  put_elf ("module.ko", ET_REL);
  ck_assert_int_eq (initramfs_add_libraries (initramfs, "module.ko"), 0);
  ck_assert_str_eq (message, "");
  put_elf ("core", ET_CORE);
  assert_refused (initramfs_add_libraries (initramfs, "core"), "no executable");
}
END_TEST

START_TEST (memory_grows_with_what_is_taken)
{
  uint64_t memory_bytes = 256 << 20;

  ck_assert_int_eq (initramfs_fit (initramfs, &memory_bytes), 0);
  ck_assert_uint_eq (memory_bytes, 256 << 20);
  ck_assert_str_eq (message, "");
  put_text ("large", 0644, "");
  ck_assert_int_eq (truncate ("large", 60 << 20), 0);
  ck_assert_int_eq (initramfs_add_file (initramfs, "large", "/large"), 0);
  ck_assert_int_eq (initramfs_fit (initramfs, &memory_bytes), 0);
  ck_assert_uint_ge (memory_bytes, 300 << 20);
  ck_assert_ptr_nonnull (strstr (message, "--verbose"));
  ck_assert_int_eq (truncate ("large", INT64_C (1) << 40), 0);
  assert_refused (initramfs_fit (initramfs, &memory_bytes), "the largest are /large (1048576 MiB)");
}
END_TEST

/* The signature of an initramfs with FILE of the host and a text, to free. */
static char *
sign (const char *guest, const char *file, const char *text)
{
  struct initramfs *signed_one = initramfs_new ();

  ck_assert_int_eq (initramfs_add_file (signed_one, file, guest), 0);
  ck_assert_int_eq (initramfs_add_data (signed_one, "/text", text, strlen (text), 0644), 0);
  char *signature = initramfs_signature (signed_one);
  initramfs_free (signed_one);
  return signature;
}

START_TEST (a_signature_tells_what_differs)
{
  put_text ("a", 0644, "same");
  put_text ("b", 0644, "same");
  put_text ("c", 0755, "same");
  CLEANUP_FREE char *first = sign ("/f", "a", "text"), *again = sign ("/f", "a", "text"),
  *place = sign ("/g", "a", "text"),
    *other = sign ("/f", "b", "text"), *mode = sign ("/f", "c", "text"), *text = sign ("/f", "a", "test");

  ck_assert_str_eq (first, again);
  ck_assert_str_ne (first, place);
  ck_assert_str_ne (first, other);
  ck_assert_str_ne (first, mode);
  ck_assert_str_ne (first, text);
  ck_assert_int_eq (unlink ("a"), 0);
  put_text ("a", 0644, "changed");
  CLEANUP_FREE char *changed = sign ("/f", "a", "text");
  ck_assert_str_ne (first, changed);
}
END_TEST

/* The digest of an initramfs with FILE of the host, to free. */
static char *
digest (const char *file)
{
  struct initramfs *digested = initramfs_new ();

  ck_assert_int_eq (initramfs_add_file (digested, file, "/f"), 0);
  char *sum = initramfs_digest (digested);
  ck_assert_ptr_nonnull (sum);
  initramfs_free (digested);
  return sum;
}

START_TEST (a_digest_tells_contents_alone)
{
  const struct timespec times[2] = { { 1700000000, 5 }, { 1700000000, 5 } };

  put_text ("a", 0644, "same");
  put_text ("b", 0644, "same");
  put_text ("c", 0755, "same");
  CLEANUP_FREE char *first = digest ("a"), *elsewhere = digest ("b"), *mode = digest ("c");
  ck_assert_str_eq (first, elsewhere);
  ck_assert_str_ne (first, mode);
  ck_assert_int_eq (utimensat (AT_FDCWD, "a", times, 0), 0);
  CLEANUP_FREE char *old = digest ("a");
  ck_assert_str_eq (first, old);
  /* As old and as large as it was. */
  put_text ("a", 0644, "Same");
  ck_assert_int_eq (utimensat (AT_FDCWD, "a", times, 0), 0);
  CLEANUP_FREE char *other = digest ("a");
  ck_assert_str_ne (first, other);
}
END_TEST

UNIT_TEST_MAIN_WITH ("entries", begin_initramfs, end_initramfs,
  an_empty_initramfs_has_the_folders_and_devices_of_a_system,
  a_file_keeps_its_contents_and_mode,
  a_path_added_again_is_ignored,
  a_file_that_cannot_be_taken_is_named,
  a_tree_keeps_its_links_modes_and_odd_names,
  nothing_is_put_below_a_symbolic_link,
  a_tree_that_is_none_is_refused,
  a_file_that_is_gone_before_the_archive_is_written_is_named,
  what_is_not_linked_needs_no_libraries, memory_grows_with_what_is_taken,
  a_signature_tells_what_differs, a_digest_tells_contents_alone)
