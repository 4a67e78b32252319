/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <xxhash.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

START_TEST (an_empty_tree_is_the_line_of_its_root)
{
  CLEANUP_FREE char *text = observe ();
  char owner[16];

  assert_paths (text, ". ");
  ASSERT_FIELDS (text,
                 { ".", TYPE, "d" }, { ".", MODE, "0755" }, { ".", SIZE, "-" }, { ".", CONTENT, "-" });
  snprintf (owner, sizeof owner, "%u", geteuid ());
  assert_field (text, ".", UID, owner);
}
END_TEST

/* The digits of CONTENT for the LENGTH bytes at DATA, to free. */
static char *
hash_of (const void *data, size_t length)
{
  XXH128_hash_t hash = XXH3_128bits (data, length);
  char *text;

  ck_assert_int_eq (asprintf (&text, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64), 32);
  return text;
}

START_TEST (a_file_has_its_mode_size_and_hash)
{
  CLEANUP_FREE char *expected = hash_of ("hell\1\n", 6);

  make_file (top, "file", "hell\1\n", 6);
  ck_assert_int_eq (fchmodat (top, "file", 04751, 0), 0);
  CLEANUP_FREE char *text = observe ();
  ASSERT_FIELDS (text,
                 { "file", TYPE, "f" }, { "file", MODE, "4751" }, { "file", SIZE, "6" }, { "file", CONTENT, expected });
}
END_TEST

/* Whether a file that holds the LENGTH bytes at DATA is told as TEXT, or, if that is NULL, by its hash alone. */
static void
assert_text (const char *data, size_t length, const char *text)
{
  CLEANUP_FREE char *hash = hash_of (data, length);
  char expected[300];

  make_file (top, "file", data, length);
  CLEANUP_FREE char *tree = observe ();
  snprintf (expected, sizeof expected, "%s%s%s", hash, text ? "=" : "", text ? text : "");
  assert_field (tree, "file", CONTENT, expected);
  ck_assert_int_eq (unlinkat (top, "file", 0), 0);
}

START_TEST (short_text_is_told)
{
  char longest[65];

  memset (longest, 'x', sizeof longest);
  assert_text ("old\n", 4, "old%0a");
  assert_text ("a = 100 %\t\r\n", 12, "a%20=%20100%20%25%09%0d%0a");
  assert_text ("gr\303\274n", 5, "gr%c3%bcn");
  assert_text (longest, 65, NULL);
  longest[64] = '\0';
  assert_text (longest, 64, longest);
  assert_text ("a\0b", 3, NULL);                /* a NUL */
  assert_text ("\33[2J", 4, NULL);             /* what a terminal obeys */
  assert_text ("\302\233", 2, NULL);
  assert_text ("\342\200\256", 3, NULL);       /* what turns the line round */
  assert_text ("gr\303", 3, NULL);             /* no UTF-8 */
  assert_text ("\377", 1, NULL);
}
END_TEST

START_TEST (a_file_of_many_pieces_has_the_hash_of_the_whole)
{
  size_t length = (3 << 20) + 5;
  CLEANUP_FREE char *data = malloc (length);

  for (size_t i = 0; i < length; i++)
    data[i] = (char) (i * i >> 7);
  CLEANUP_FREE char *expected = hash_of (data, length);
  make_file (top, "file", data, length);
  CLEANUP_FREE char *text = observe ();
  assert_field (text, "file", CONTENT, expected);
}
END_TEST

START_TEST (empty_files_zeros_and_holes_have_words)
{
  CLEANUP_FREE char *zeros = calloc (1 << 20, 1);

  make_file (top, "empty", "", 0);
  make_file (top, "one", "", 1);
  make_file (top, "zeros", zeros, 1 << 20);
  close (make_hole ("hole", 3 << 20));
  CLEANUP_FREE char *text = observe ();
  ASSERT_FIELDS (text,
                 { "empty", CONTENT, "empty" }, { "empty", SIZE, "0" }, { "one", CONTENT, "zero" },
                 { "zeros", CONTENT, "zero" }, { "hole", CONTENT, "zero" }, { "hole", SIZE, "3145728" });
}
END_TEST

START_TEST (one_byte_among_zeros_is_seen_anywhere)
{
  static const off_t offsets[] = { 0, 1, 4095, (256 << 10) - 1, 256 << 10, (1 << 20) - 1 };

  for (size_t i = 0; i < LENGTH (offsets); i++) {
    CLEANUP_CLOSE int fd = make_hole ("file", 1 << 20);
    ck_assert_int_eq (pwrite (fd, "x", 1, offsets[i]), 1);
    CLEANUP_FREE char *text = observe ();
    CLEANUP_FREE char *content = get_field (text, "file", CONTENT);
    ck_assert_uint_eq (strlen (content), 32);
  }
}
END_TEST

START_TEST (links_are_told_and_not_followed)
{
  make_folder (top, "folder");
  make_file (top, "folder/file", "x", 1);
  ck_assert_int_eq (symlinkat ("folder", top, "to folder"), 0);
  ck_assert_int_eq (symlinkat ("a b\n", top, "dangling"), 0);
  ck_assert_int_eq (symlinkat ("loop", top, "loop"), 0);
  ck_assert_int_eq (symlinkat ("!EIO", top, "mark"), 0);
  CLEANUP_FREE char *text = observe ();
  assert_paths (text, ". dangling folder folder/file loop mark to%20folder ");
  ASSERT_FIELDS (text,
                 { "to%20folder", TYPE, "l" }, { "to%20folder", CONTENT, "folder" }, { "to%20folder", SIZE, "-" },
                 { "dangling", CONTENT, "a%20b%0a" }, { "mark", CONTENT, "%21EIO" });
}
END_TEST

START_TEST (fifos_and_sockets_are_told_and_not_opened)
{
  CLEANUP_CLOSE int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  ck_assert_int_eq (mkfifoat (top, "fifo", 0640), 0);
  snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/socket", top);
  ck_assert_int_eq (bind (fd, (struct sockaddr *) &address, sizeof address), 0);
  CLEANUP_FREE char *text = observe ();
  ASSERT_FIELDS (text,
                 { "fifo", TYPE, "p" }, { "fifo", MODE, "0640" }, { "fifo", CONTENT, "-" }, { "socket", TYPE, "s" },
                 { "socket", CONTENT, "-" });
}
END_TEST

START_TEST (devices_have_their_numbers)
{
  static const char *const watch[] = { "null" };
  CLEANUP_CLOSE int dev = open ("/dev", O_RDONLY | O_DIRECTORY);
  CLEANUP_FREE char *text = tree_observe (dev, watch, 1);

  ASSERT_FIELDS (text,
                 { "null", TYPE, "c" }, { "null", CONTENT, "1:3" }, { "null", SIZE, "-" });
}
END_TEST

START_TEST (names_of_any_bytes_are_escaped)
{
  make_file (top, "a b", "", 0);
  make_file (top, "new\nline", "", 0);
  make_file (top, "\xff\xc3", "", 0);
  make_file (top, "100%", "", 0);
  make_folder (top, "d d");
  make_file (top, "d d/f f", "", 0);
  CLEANUP_FREE char *text = observe ();
  assert_paths (text, ". %ff%c3 100%25 a%20b d%20d d%20d/f%20f new%0aline ");
}
END_TEST

START_TEST (lines_are_in_the_order_of_whole_paths)
{
  static const char *const folders[] = { "a", "a!", "a/c", "b" };
  static const char *const files[] = { "-", "a!/x", "a-b", "a/c-", "a/c/y", "a0", "b/z" };

  for (size_t i = 0; i < LENGTH (folders); i++)
    make_folder (top, folders[i]);
  for (size_t i = LENGTH (files); i-- > 0;)
    make_file (top, files[i], "", 0);
  CLEANUP_FREE char *text = observe ();
  assert_paths (text, ". - a a! a!/x a-b a/c a/c- a/c/y a0 b b/z ");
}
END_TEST

START_TEST (access_times_do_not_change)
{
  static const char *const names[] = { "file", "folder", "." };
  const struct timespec times[2] = { { 1000, 0 }, { 2000, 0 } };
  struct stat status;

  make_file (top, "file", "x", 1);
  make_folder (top, "folder");
  make_file (top, "folder/file", "x", 1);
  for (size_t i = 0; i < LENGTH (names); i++)
    ck_assert_int_eq (utimensat (top, names[i], times, 0), 0);
  free (observe ());
  for (size_t i = 0; i < LENGTH (names); i++) {
    ck_assert_int_eq (fstatat (top, names[i], &status, 0), 0);
    ck_assert_msg (status.st_atime == 1000, "%s was marked as read", names[i]);
  }
}
END_TEST

START_TEST (each_name_of_a_hard_link_is_told)
{
  make_file (top, "a", "x", 1);
  ck_assert_int_eq (linkat (top, "a", top, "b", 0), 0);
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *hash = get_field (text, "a", CONTENT);
  assert_field (text, "b", CONTENT, hash);
}
END_TEST

static void
fill (int folder)
{
  make_folder (folder, "d");
  make_file (folder, "d/file", "contents", 8);
  make_file (folder, "file", "contents", 8);
  ck_assert_int_eq (symlinkat ("file", folder, "link"), 0);
}

static void
digest_of (int folder, char digest[TREE_DIGEST_LENGTH + 1])
{
  CLEANUP_FREE char *text = tree_observe (folder, NULL, 0);

  ck_assert_ptr_nonnull (text);
  tree_digest (text, digest);
  ck_assert_uint_eq (strspn (digest, "0123456789abcdef"), TREE_DIGEST_LENGTH);
  ck_assert_int_eq (digest[TREE_DIGEST_LENGTH], '\0');
}

START_TEST (equal_trees_have_equal_digests)
{
  CLEANUP_CLOSE int other = make_top ();
  char one[TREE_DIGEST_LENGTH + 1], two[TREE_DIGEST_LENGTH + 1];

  fill (top);
  fill (other);
  ck_assert_int_eq (utimensat (other, "file", (struct timespec[2]) { { 1, 0 }, { 1, 0 } }, 0), 0);
  digest_of (top, one);
  digest_of (other, two);
  ck_assert_str_eq (one, two);
}
END_TEST

static void
flip_bit (void)
{
  make_file (top, "d/file", "contentr", 8);
}

static void
add_byte (void)
{
  make_file (top, "d/file", "contents!", 9);
}

static void
change_file_mode (void)
{
  ck_assert_int_eq (fchmodat (top, "file", 0640, 0), 0);
}

static void
change_folder_mode (void)
{
  ck_assert_int_eq (fchmodat (top, "d", 0700, 0), 0);
}

static void
rename_file (void)
{
  ck_assert_int_eq (renameat (top, "file", top, "file2"), 0);
}

static void
change_target (void)
{
  ck_assert_int_eq (unlinkat (top, "link", 0), 0);
  ck_assert_int_eq (symlinkat ("file2", top, "link"), 0);
}

static void
add_folder (void)
{
  make_folder (top, "d/e");
}

START_TEST (any_change_changes_the_digest)
{
  static void (*const changes[]) (void) = {
    flip_bit, add_byte, change_file_mode, change_folder_mode, rename_file, change_target, add_folder
  };
  char before[TREE_DIGEST_LENGTH + 1], after[TREE_DIGEST_LENGTH + 1];

  fill (top);
  digest_of (top, before);
  for (size_t i = 0; i < LENGTH (changes); i++) {
    changes[i] ();
    digest_of (top, after);
    ck_assert_msg (strcmp (before, after) != 0, "change %zu was not seen", i);
    memcpy (before, after, sizeof before);
  }
}
END_TEST

START_TEST (many_files_in_many_folders_are_all_told)
{
  char name[32];
  size_t lines = 0;

  for (int folder = 0; folder < 20; folder++) {
    snprintf (name, sizeof name, "%d", folder);
    make_folder (top, name);
    for (int file = 0; file < 100; file++) {
      snprintf (name, sizeof name, "%d/%d", folder, file);
      make_file (top, name, name, strlen (name));
    }
  }
  CLEANUP_FREE char *text = observe ();
  for (const char *at = text; (at = strchr (at, '\n')) != NULL; at++)
    lines++;
  ck_assert_uint_eq (lines, 1 + 20 + 20 * 100);
}
END_TEST

UNIT_TEST_MAIN_WITH ("tree", tree_setup, tree_teardown,
                     an_empty_tree_is_the_line_of_its_root,
                     a_file_has_its_mode_size_and_hash,
                     short_text_is_told,
                     a_file_of_many_pieces_has_the_hash_of_the_whole,
                     empty_files_zeros_and_holes_have_words,
                     one_byte_among_zeros_is_seen_anywhere,
                     links_are_told_and_not_followed,
                     fifos_and_sockets_are_told_and_not_opened,
                     devices_have_their_numbers,
                     names_of_any_bytes_are_escaped,
                     lines_are_in_the_order_of_whole_paths,
                     access_times_do_not_change,
                     each_name_of_a_hard_link_is_told,
                     equal_trees_have_equal_digests,
                     any_change_changes_the_digest,
                     many_files_in_many_folders_are_all_told)
