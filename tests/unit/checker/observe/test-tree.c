/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <xxhash.h>

#include "checker/observe/sectors.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/unit.h"

enum { TYPE, MODE, UID, GID, SIZE, CONTENT, XATTRS, PATH };

#define LENGTH(array) (sizeof (array) / sizeof (array)[0])

/* What a damaged file system does: set, these replace the result of the next calls. */
static int reads_before_error = -1, read_error;
static bool links_are_empty, preads_fail;
static int list_error;

ssize_t
read (int fd, void *buffer, size_t size)
{
  if (reads_before_error == 0) {
    errno = read_error;
    return read_error == 0 ? 0 : -1;
  }
  if (reads_before_error > 0)
    reads_before_error--;
  return syscall (SYS_read, fd, buffer, size);
}

ssize_t
pread (int fd, void *buffer, size_t size, off_t offset)
{
  if (preads_fail) {
    errno = EIO;
    return -1;
  }
  return syscall (SYS_pread64, fd, buffer, size, offset);
}

ssize_t
readlinkat (int fd, const char *path, char *buffer, size_t size)
{
  return links_are_empty ? 0 : syscall (SYS_readlinkat, fd, path, buffer, size);
}

ssize_t
flistxattr (int fd, char *list, size_t size)
{
  if (list_error != 0) {
    errno = list_error;
    return -1;
  }
  return syscall (SYS_flistxattr, fd, list, size);
}

static char base[4096];         /* made once, removed after all tests, even if one fails */
static int top = -1;            /* each test's own folder in it */

static void
make_base (void)
{
  const char *folder = getenv ("TMPDIR");

  snprintf (base, sizeof base, "%s/powercut-test-XXXXXX", folder ? folder : "/tmp");
  ck_assert_ptr_nonnull (mkdtemp (base));
  ck_assert_int_eq (chmod (base, 0755), 0);
}

static int
remove_one (const char *path, const struct stat *status, int type, struct FTW *ftw)
{
  (void) status, (void) type, (void) ftw;
  return remove (path);
}

static void
remove_base (void)
{
  nftw (base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int
make_top (void)
{
  CLEANUP_FREE char *path = NULL;

  ck_assert_int_gt (asprintf (&path, "%s/XXXXXX", base), 0);
  ck_assert_ptr_nonnull (mkdtemp (path));
  ck_assert_int_eq (chmod (path, 0755), 0);
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ck_assert_int_ge (fd, 0);
  return fd;
}

static void
setup (void)
{
  umask (022);
  top = make_top ();
}

static void
teardown (void)
{
  close (top);
}

static void
make_file (int folder, const char *name, const void *data, size_t length)
{
  CLEANUP_CLOSE int fd = openat (folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (write (fd, data, length), length);
}

static void
make_folder (int folder, const char *name)
{
  ck_assert_int_eq (mkdirat (folder, name, 0755), 0);
}

static char *
observe (void)
{
  char *text = tree_observe (top, NULL, 0);

  ck_assert_ptr_nonnull (text);
  return text;
}

/* The FIELD of the line for PATH, to free, or NULL if there is no such line. */
static char *
get_field (const char *text, const char *path, int field)
{
  for (const char *line = text, *end; *line; line = end + 1) {
    CLEANUP_FREE char *copy = NULL;
    char *fields[8], *rest;

    end = strchr (line, '\n');
    ck_assert_ptr_nonnull (end);
    rest = copy = strndup (line, (size_t) (end - line));
    for (int i = 0; i < 8; i++)
      ck_assert_ptr_nonnull (fields[i] = strsep (&rest, " "));
    ck_assert_ptr_null (rest);
    if (strcmp (fields[PATH], path) == 0)
      return strdup (fields[field]);
  }
  return NULL;
}

static void
assert_field (const char *text, const char *path, int field, const char *expected)
{
  CLEANUP_FREE char *value = get_field (text, path, field);

  ck_assert_msg (value && strcmp (value, expected) == 0, "%s has %s, not %s, in:\n%s", path, value ? value : "no line",
                 expected, text);
}

/* All paths in TEXT, in their order, with a space behind each. */
static void
assert_paths (const char *text, const char *expected)
{
  CLEANUP_FREE char *paths = calloc (strlen (text) + 1, 1);
  CLEANUP_FREE char *copy = strdup (text);
  char *rest = copy, *line, *end = paths;

  while ((line = strsep (&rest, "\n")) != NULL && *line)
    end = stpcpy (stpcpy (end, strrchr (line, ' ') + 1), " ");
  ck_assert_str_eq (paths, expected);
}

static void
assert_watched (const char *const *watch, size_t count, const char *expected)
{
  CLEANUP_FREE char *text = tree_observe (top, watch, count);

  ck_assert_ptr_nonnull (text);
  assert_paths (text, expected);
}

START_TEST (an_empty_tree_is_the_line_of_its_root)
{
  CLEANUP_FREE char *text = observe ();
  char owner[16];

  assert_paths (text, ". ");
  assert_field (text, ".", TYPE, "d");
  assert_field (text, ".", MODE, "0755");
  assert_field (text, ".", SIZE, "-");
  assert_field (text, ".", CONTENT, "-");
  snprintf (owner, sizeof owner, "%u", geteuid ());
  assert_field (text, ".", UID, owner);
}
END_TEST

START_TEST (a_file_has_its_mode_size_and_hash)
{
  XXH128_hash_t hash = XXH3_128bits ("hell\1\n", 6);
  char expected[33];

  make_file (top, "file", "hell\1\n", 6);
  ck_assert_int_eq (fchmodat (top, "file", 04751, 0), 0);
  CLEANUP_FREE char *text = observe ();
  assert_field (text, "file", TYPE, "f");
  assert_field (text, "file", MODE, "4751");
  assert_field (text, "file", SIZE, "6");
  snprintf (expected, sizeof expected, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
  assert_field (text, "file", CONTENT, expected);
}
END_TEST

/* Whether a file that holds the LENGTH bytes at DATA is told as TEXT, or, if that is NULL, by its hash alone. */
static void
assert_text (const char *data, size_t length, const char *text)
{
  XXH128_hash_t hash = XXH3_128bits (data, length);
  char expected[300];

  make_file (top, "file", data, length);
  CLEANUP_FREE char *tree = observe ();
  snprintf (expected, sizeof expected, "%016" PRIx64 "%016" PRIx64 "%s%s", hash.high64, hash.low64, text ? "=" : "", text ? text : "");
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
  char expected[33];

  for (size_t i = 0; i < length; i++)
    data[i] = (char) (i * i >> 7);
  XXH128_hash_t hash = XXH3_128bits (data, length);
  snprintf (expected, sizeof expected, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
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
  make_file (top, "hole", "", 0);
  CLEANUP_CLOSE int fd = openat (top, "hole", O_WRONLY);
  ck_assert_int_eq (ftruncate (fd, 3 << 20), 0);
  CLEANUP_FREE char *text = observe ();
  assert_field (text, "empty", CONTENT, "empty");
  assert_field (text, "empty", SIZE, "0");
  assert_field (text, "one", CONTENT, "zero");
  assert_field (text, "zeros", CONTENT, "zero");
  assert_field (text, "hole", CONTENT, "zero");
  assert_field (text, "hole", SIZE, "3145728");
}
END_TEST

START_TEST (one_byte_among_zeros_is_seen_anywhere)
{
  static const off_t offsets[] = { 0, 1, 4095, (256 << 10) - 1, 256 << 10, (1 << 20) - 1 };

  for (size_t i = 0; i < LENGTH (offsets); i++) {
    make_file (top, "file", "", 0);
    CLEANUP_CLOSE int fd = openat (top, "file", O_WRONLY);
    ck_assert_int_eq (ftruncate (fd, 1 << 20), 0);
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
  assert_field (text, "to%20folder", TYPE, "l");
  assert_field (text, "to%20folder", CONTENT, "folder");
  assert_field (text, "to%20folder", SIZE, "-");
  assert_field (text, "dangling", CONTENT, "a%20b%0a");
  assert_field (text, "mark", CONTENT, "%21EIO");
}
END_TEST

START_TEST (a_link_without_a_target_is_an_error)
{
  ck_assert_int_eq (symlinkat ("target", top, "link"), 0);
  links_are_empty = true;
  CLEANUP_FREE char *text = observe ();
  links_are_empty = false;
  assert_field (text, "link", CONTENT, "!ENODATA");
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
  assert_field (text, "fifo", TYPE, "p");
  assert_field (text, "fifo", MODE, "0640");
  assert_field (text, "fifo", CONTENT, "-");
  assert_field (text, "socket", TYPE, "s");
  assert_field (text, "socket", CONTENT, "-");
}
END_TEST

START_TEST (devices_have_their_numbers)
{
  static const char *const watch[] = { "null" };
  CLEANUP_CLOSE int dev = open ("/dev", O_RDONLY | O_DIRECTORY);
  CLEANUP_FREE char *text = tree_observe (dev, watch, 1);

  assert_field (text, "null", TYPE, "c");
  assert_field (text, "null", CONTENT, "1:3");
  assert_field (text, "null", SIZE, "-");
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

static void
make_watched_tree (void)
{
  make_folder (top, "a");
  make_folder (top, "a/b");
  make_file (top, "a/b/c", "x", 1);
  make_file (top, "a/d", "x", 1);
  make_file (top, "e", "x", 1);
  ck_assert_int_eq (symlinkat ("a", top, "link"), 0);
}

START_TEST (a_watched_path_gives_what_is_below_and_not_its_parents)
{
  static const char *const below[] = { "a/b" }, *const file[] = { "a/d" }, *const two[] = { "e", "a" };

  make_watched_tree ();
  assert_watched (below, 1, "a/b a/b/c ");
  assert_watched (file, 1, "a/d ");
  assert_watched (two, 2, "a a/b a/b/c a/d e ");
}
END_TEST

START_TEST (a_watched_path_is_observed_like_the_whole_tree)
{
  static const char *const watch[] = { ".", "a/b/c" };

  make_watched_tree ();
  CLEANUP_FREE char *whole = observe ();
  CLEANUP_FREE char *root = tree_observe (top, watch, 1);
  CLEANUP_FREE char *file = tree_observe (top, watch + 1, 1);
  ck_assert_str_eq (root, whole);
  ck_assert_ptr_nonnull (strstr (whole, file));
}
END_TEST

START_TEST (duplicate_and_nested_paths_give_no_line_twice)
{
  static const char *const watch[] = { "a/b", "a", "./a/", "a//b", "a/b/c", "a/./b/c", "./././a" };

  make_watched_tree ();
  assert_watched (watch, LENGTH (watch), "a a/b a/b/c a/d ");
}
END_TEST

START_TEST (paths_that_do_not_exist_give_no_line)
{
  static const char *const watch[] = {
    "missing", "missing/too", "e/not-a-folder", "..", "a/..", "a/../e", "/", "/e", "", "link/d"
  };
  char name[400], *long_path;
  const char *long_watch[2];

  make_watched_tree ();
  assert_watched (watch, LENGTH (watch), "");
  memset (name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  ck_assert_int_gt (asprintf (&long_path, "%s/x", name), 0);
  long_watch[0] = name, long_watch[1] = long_path;
  assert_watched (long_watch, 2, "");
  free (long_path);
}
END_TEST

START_TEST (a_watched_link_is_told_and_not_followed)
{
  static const char *const watch[] = { "link" };

  make_watched_tree ();
  assert_watched (watch, 1, "link ");
}
END_TEST

START_TEST (dots_in_names_are_no_parents)
{
  static const char *const watch[] = { "..a", ".b", "c../d" };

  make_file (top, "..a", "", 0);
  make_file (top, ".b", "", 0);
  make_folder (top, "c..");
  make_file (top, "c../d", "", 0);
  assert_watched (watch, 3, "..a .b c../d ");
}
END_TEST

/* Tests of permissions run as somebody else if they are started by root. */
static uid_t
become_nobody (void)
{
  uid_t user = geteuid ();

  if (user == 0)
    ck_assert_int_eq (seteuid (65534), 0);
  return user;
}

static void
become (uid_t user)
{
  ck_assert_int_eq (seteuid (user), 0);
}

START_TEST (what_may_not_be_read_is_told_with_the_error)
{
  make_file (top, "file", "12345", 5);
  make_folder (top, "closed");
  make_folder (top, "listed");
  make_file (top, "listed/inside", "x", 1);
  ck_assert_int_eq (fchmodat (top, "file", 0, 0), 0);
  ck_assert_int_eq (fchmodat (top, "closed", 0, 0), 0);
  ck_assert_int_eq (fchmodat (top, "listed", 0444, 0), 0);
  uid_t user = become_nobody ();
  CLEANUP_FREE char *text = observe ();
  static const char *const watch[] = { "listed/inside" };
  CLEANUP_FREE char *watched = tree_observe (top, watch, 1);
  become (user);
  ck_assert_int_eq (fchmodat (top, "closed", 0755, 0), 0);
  ck_assert_int_eq (fchmodat (top, "listed", 0755, 0), 0);
  assert_field (text, "file", CONTENT, "!EACCES");
  assert_field (text, "file", SIZE, "5");
  assert_field (text, "file", MODE, "0000");
  assert_field (text, "closed", TYPE, "d");
  assert_field (text, "closed", CONTENT, "!EACCES");
  ck_assert_ptr_nonnull (strstr (text, "? - - - - !EACCES - listed/inside\n"));
  ck_assert_str_eq (watched, "? - - - - !EACCES - listed/inside\n");
}
END_TEST

START_TEST (files_of_others_are_read_too)
{
  make_file (top, "file", "x", 1);
  make_folder (top, "folder");
  make_file (top, "folder/file", "x", 1);
  CLEANUP_FREE char *own = observe ();
  uid_t user = become_nobody ();
  CLEANUP_FREE char *other = observe ();
  become (user);
  ck_assert_str_eq (other, own);
}
END_TEST

START_TEST (a_read_error_in_the_middle_keeps_the_size)
{
  CLEANUP_FREE char *data = malloc (2 << 20);

  memset (data, 'x', 2 << 20);
  make_file (top, "file", data, 2 << 20);
  reads_before_error = 1;
  read_error = EIO;
  CLEANUP_FREE char *text = observe ();
  reads_before_error = -1;
  assert_field (text, "file", CONTENT, "!EIO");
  assert_field (text, "file", SIZE, "2097152");
}
END_TEST

START_TEST (data_that_end_before_the_size_are_an_error)
{
  make_file (top, "file", "12345", 5);
  reads_before_error = 0;
  read_error = 0;
  CLEANUP_FREE char *text = observe ();
  reads_before_error = -1;
  assert_field (text, "file", CONTENT, "!ENODATA");
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

/* False only if the file system has no attributes of users. */
static bool
set_xattr (const char *name, const char *attribute, const void *value, size_t length)
{
  CLEANUP_CLOSE int fd = openat (top, name, O_RDONLY);

  if (fsetxattr (fd, attribute, value, length, 0) == -1) {
    ck_assert_int_eq (errno, ENOTSUP);
    return false;
  }
  return true;
}

static void
assert_changed (char **before, const char *path)
{
  CLEANUP_FREE char *text = observe ();
  char *after = get_field (text, path, XATTRS);

  ck_assert_uint_eq (strlen (after), 32);
  ck_assert_msg (strcmp (*before, after) != 0, "the attributes of %s look as before: %s", path, after);
  free (*before);
  *before = after;
}

START_TEST (xattrs_of_files_and_folders_count)
{
  fill (top);
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *file = get_field (text, "file", XATTRS);
  CLEANUP_FREE char *folder = get_field (text, "d", XATTRS);

  CLEANUP_FREE char *content = get_field (text, "file", CONTENT);

  if (!set_xattr ("file", "user.a", "1", 1))
    return;
  assert_changed (&file, "file");
  CLEANUP_FREE char *with_attribute = observe ();
  assert_field (with_attribute, "file", CONTENT, content);
  set_xattr ("file", "user.a", "2", 1);
  assert_changed (&file, "file");
  set_xattr ("file", "user.b", "2", 1);
  assert_changed (&file, "file");
  CLEANUP_CLOSE int fd = openat (top, "file", O_RDONLY);
  ck_assert_int_eq (fremovexattr (fd, "user.a"), 0);
  assert_changed (&file, "file");
  ck_assert_int_eq (fremovexattr (fd, "user.b"), 0);
  set_xattr ("file", "user.c", "2", 1);
  assert_changed (&file, "file");
  set_xattr ("d", "user.a", "1", 1);
  assert_changed (&folder, "d");
}
END_TEST

START_TEST (xattrs_do_not_depend_on_their_order)
{
  make_file (top, "one", "", 0);
  make_file (top, "two", "", 0);
  if (!set_xattr ("one", "user.a", "1", 1))
    return;
  set_xattr ("one", "user.b", "", 0);
  set_xattr ("two", "user.b", "", 0);
  set_xattr ("two", "user.a", "1", 1);
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *hash = get_field (text, "one", XATTRS);
  ck_assert_uint_eq (strlen (hash), 32);
  assert_field (text, "two", XATTRS, hash);
}
END_TEST

START_TEST (sets_of_xattrs_with_the_same_bytes_in_a_row_differ)
{
  make_file (top, "one", "", 0);
  make_file (top, "two", "", 0);
  if (!set_xattr ("one", "user.a", "1", 1))
    return;
  set_xattr ("one", "user.b", "2", 1);
  set_xattr ("two", "user.a", "1user.b\0002", 9);
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *one = get_field (text, "one", XATTRS);
  CLEANUP_FREE char *two = get_field (text, "two", XATTRS);
  ck_assert_str_ne (one, two);
}
END_TEST

START_TEST (xattrs_that_cannot_be_had_are_none_or_an_error)
{
  make_file (top, "file", "", 0);
  list_error = ENOTSUP;
  CLEANUP_FREE char *without = observe ();
  list_error = EIO;
  CLEANUP_FREE char *broken = observe ();
  list_error = 0;
  assert_field (without, "file", XATTRS, "-");
  assert_field (broken, "file", XATTRS, "!EIO");
}
END_TEST

START_TEST (xattrs_of_links_count)
{
  CLEANUP_FREE char *path = NULL;

  ck_assert_int_eq (symlinkat ("missing", top, "a link"), 0);
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *hash = get_field (text, "a%20link", XATTRS);
  ck_assert_int_gt (asprintf (&path, "/proc/self/fd/%d/a link", top), 0);
  /* Only root may give a link any. */
  if (lsetxattr (path, "trusted.a", "1", 1, 0) == -1) {
    ck_assert (errno == ENOTSUP || errno == EPERM);
    return;
  }
  assert_changed (&hash, "a%20link");
}
END_TEST

START_TEST (folders_nested_too_deep_are_told_and_not_entered)
{
  int fd = dup (top);

  for (int i = 0; i < TREE_DEPTH_MAX + 2; i++) {
    make_folder (fd, "d");
    int below = openat (fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge (below, 0);
    close (fd);
    fd = below;
  }
  close (fd);
  CLEANUP_FREE char *text = observe ();
  char deepest[2 * TREE_DEPTH_MAX];
  for (int i = 0; i < TREE_DEPTH_MAX; i++)
    deepest[2 * i] = 'd', deepest[2 * i + 1] = '/';
  deepest[2 * TREE_DEPTH_MAX - 1] = '\0';
  assert_field (text, deepest, CONTENT, "!ELOOP");
  deepest[2 * TREE_DEPTH_MAX - 3] = '\0';
  assert_field (text, deepest, CONTENT, "-");
  CLEANUP_FREE char *last = strdup (strrchr (text, '/'));
  ck_assert_str_eq (last, "/d\n");
}
END_TEST

START_TEST (another_file_system_is_not_entered)
{
  static const char *const watch[] = { "proc", "proc/self" };
  CLEANUP_CLOSE int root = open ("/", O_RDONLY | O_DIRECTORY);
  struct statx status;

  ck_assert_int_eq (statx (root, "proc", 0, 0, &status), 0);
  if (!(status.stx_attributes & STATX_ATTR_MOUNT_ROOT))
    return;
  CLEANUP_FREE char *text = tree_observe (root, watch, 1);
  assert_paths (text, "proc ");
  assert_field (text, "proc", CONTENT, "!EXDEV");
  CLEANUP_FREE char *below = tree_observe (root, watch + 1, 1);
  ck_assert_str_eq (below, "? - - - - !EXDEV - proc/self\n");
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

/* What is observed with the sectors of the files PATHS (NULL: all), to free. */
static char *
observe_sectors (const char *const *paths, size_t count)
{
  const struct sector_request request = { paths, count };

  return tree_observe_sectors (top, NULL, 0, &request);
}

static char *
hash_of_sector (const void *data, size_t length)
{
  char sector[SECTOR_SIZE] = { 0 }, *text;

  memcpy (sector, data, length);
  ck_assert_int_eq (asprintf (&text, "%016" PRIx64, (uint64_t) XXH3_64bits (sector, sizeof sector)), 16);
  return text;
}

START_TEST (sectors_follow_the_tree_which_stays_as_it_is)
{
  char data[3 * SECTOR_SIZE + 5] = { 0 };
  CLEANUP_FREE char *first = NULL, *last = NULL, *expected = NULL, *plain = NULL, *text = NULL;

  data[0] = 'a';
  data[3 * SECTOR_SIZE + 4] = 'b';
  first = hash_of_sector (data, SECTOR_SIZE);
  last = hash_of_sector (data + 3 * SECTOR_SIZE, 5);
  make_folder (top, "folder");
  make_file (top, "folder/ b", data, sizeof data);
  make_file (top, "a", "", 0);
  make_file (top, "c", data + 1, 2 * SECTOR_SIZE);
  ck_assert_int_eq (symlinkat ("a", top, "link"), 0);
  plain = observe ();
  ck_assert_int_ne (asprintf (&expected, "%s= - a\n= z2 c\n= %s,z2,%s folder/%%20b\n", plain, first, last), -1);
  text = observe_sectors (NULL, 0);
  ck_assert_str_eq (text, expected);
}
END_TEST

START_TEST (sectors_of_the_files_that_are_asked_for_alone)
{
  static const char *const paths[] = { "b", "folder/a", "nonsuch" };

  make_folder (top, "folder");
  make_file (top, "folder/a", "\0", 1);
  make_file (top, "a", "\0", 1);
  make_file (top, "b", "\0", 1);
  CLEANUP_FREE char *plain = observe (), *expected = NULL, *text = observe_sectors (paths, 3);
  ck_assert_int_ne (asprintf (&expected, "%s= z1 b\n= z1 folder/a\n", plain), -1);
  ck_assert_str_eq (text, expected);
  CLEANUP_FREE char *none = observe_sectors (paths + 2, 1);
  ck_assert_str_eq (none, plain);
}
END_TEST

START_TEST (a_file_of_many_pieces_has_all_its_sectors)
{
  const size_t size = 600 << 10;
  CLEANUP_FREE char *data = calloc (1, size), *hash = NULL;

  for (size_t i = 0; i < size; i += SECTOR_SIZE)
    data[i] = (char) (i / SECTOR_SIZE % 7);
  make_file (top, "file", data, size);
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  const char *at = strstr (text, "\n= ") + 3;
  hash = hash_of_sector (data + 3 * SECTOR_SIZE, SECTOR_SIZE);
  for (size_t sector = 0; sector < size / SECTOR_SIZE; sector++) {
    size_t length = strcspn (at, ", ");

    if (sector % 7 == 0)
      ck_assert (length == 2 && memcmp (at, "z1", 2) == 0);
    else
      ck_assert (length == 16 && (memcmp (at, hash, 16) == 0) == (sector % 7 == 3));
    at += length + 1;
  }
  ck_assert_str_eq (at, "file\n");
}
END_TEST

START_TEST (sectors_behind_what_cannot_be_read_are_told)
{
  static char data[(256 << 10) + 2 * SECTOR_SIZE];

  memset (data, 'x', 256 << 10);
  make_file (top, "file", data, sizeof data);
  reads_before_error = 1;
  read_error = EIO;
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  reads_before_error = -1;
  assert_field (text, ".", TYPE, "d");
  ck_assert_ptr_nonnull (strstr (text, " !EIO "));
  ck_assert_ptr_nonnull (strstr (text, ",z2 file\n"));
}
END_TEST

START_TEST (sectors_that_cannot_be_read_are_counted)
{
  make_file (top, "file", "data", 4);
  ck_assert_int_eq (ftruncate (openat (top, "file", O_WRONLY | O_CLOEXEC), 3 * 4096 + 1), 0);
  reads_before_error = 0;
  read_error = EIO;
  preads_fail = true;
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  reads_before_error = -1;
  preads_fail = false;
  ck_assert_ptr_nonnull (strstr (text, "\n= !25 file\n"));
}
END_TEST

START_TEST (more_sectors_than_fit_are_refused_if_nobody_named_the_files)
{
  static const char *const paths[] = { "a" };

  make_file (top, "a", "", 0);
  make_file (top, "b", "x", 1);
  CLEANUP_CLOSE int fd = openat (top, "a", O_WRONLY | O_CLOEXEC);
  ck_assert_int_eq (ftruncate (fd, (SECTORS_MAX - 1) * SECTOR_SIZE), 0);
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  ck_assert_ptr_nonnull (text);
  ck_assert_int_eq (ftruncate (fd, (SECTORS_MAX - 1) * SECTOR_SIZE + 1), 0);
  errno = 0;
  ck_assert_ptr_null (observe_sectors (NULL, 0));
  ck_assert_int_eq (errno, EFBIG);
  /* Of a file that is named, the first ones are listed. */
  ck_assert_int_eq (ftruncate (fd, (SECTORS_MAX + 1) * SECTOR_SIZE), 0);
  CLEANUP_FREE char *cut = observe_sectors (paths, 1);
  ck_assert_ptr_nonnull (strstr (cut, "\n= z32768 a\n"));
}
END_TEST

START_TEST (longer_paths_than_fit_are_refused)
{
  char name[NAME_MAX + 1];

  for (int i = 0; i < SECTOR_PATHS_MAX / (NAME_MAX + 2) + 1; i++) {
    snprintf (name, sizeof name, "%0*d", NAME_MAX, i);
    make_file (top, name, "", 0);
  }
  errno = 0;
  ck_assert_ptr_null (observe_sectors (NULL, 0));
  ck_assert_int_eq (errno, EFBIG);
  ck_assert_int_eq (unlinkat (top, name, 0), 0);
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  ck_assert_ptr_nonnull (text);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("tree");
  TCase *tcase = tcase_create ("tree");

  tcase_add_unchecked_fixture (tcase, make_base, remove_base);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, an_empty_tree_is_the_line_of_its_root);
  tcase_add_test (tcase, a_file_has_its_mode_size_and_hash);
  tcase_add_test (tcase, short_text_is_told);
  tcase_add_test (tcase, a_file_of_many_pieces_has_the_hash_of_the_whole);
  tcase_add_test (tcase, empty_files_zeros_and_holes_have_words);
  tcase_add_test (tcase, one_byte_among_zeros_is_seen_anywhere);
  tcase_add_test (tcase, links_are_told_and_not_followed);
  tcase_add_test (tcase, a_link_without_a_target_is_an_error);
  tcase_add_test (tcase, fifos_and_sockets_are_told_and_not_opened);
  tcase_add_test (tcase, devices_have_their_numbers);
  tcase_add_test (tcase, names_of_any_bytes_are_escaped);
  tcase_add_test (tcase, lines_are_in_the_order_of_whole_paths);
  tcase_add_test (tcase, a_watched_path_gives_what_is_below_and_not_its_parents);
  tcase_add_test (tcase, a_watched_path_is_observed_like_the_whole_tree);
  tcase_add_test (tcase, duplicate_and_nested_paths_give_no_line_twice);
  tcase_add_test (tcase, paths_that_do_not_exist_give_no_line);
  tcase_add_test (tcase, a_watched_link_is_told_and_not_followed);
  tcase_add_test (tcase, dots_in_names_are_no_parents);
  tcase_add_test (tcase, what_may_not_be_read_is_told_with_the_error);
  tcase_add_test (tcase, files_of_others_are_read_too);
  tcase_add_test (tcase, a_read_error_in_the_middle_keeps_the_size);
  tcase_add_test (tcase, data_that_end_before_the_size_are_an_error);
  tcase_add_test (tcase, access_times_do_not_change);
  tcase_add_test (tcase, each_name_of_a_hard_link_is_told);
  tcase_add_test (tcase, equal_trees_have_equal_digests);
  tcase_add_test (tcase, any_change_changes_the_digest);
  tcase_add_test (tcase, xattrs_of_files_and_folders_count);
  tcase_add_test (tcase, xattrs_do_not_depend_on_their_order);
  tcase_add_test (tcase, sets_of_xattrs_with_the_same_bytes_in_a_row_differ);
  tcase_add_test (tcase, xattrs_that_cannot_be_had_are_none_or_an_error);
  tcase_add_test (tcase, xattrs_of_links_count);
  tcase_add_test (tcase, folders_nested_too_deep_are_told_and_not_entered);
  tcase_add_test (tcase, another_file_system_is_not_entered);
  tcase_add_test (tcase, many_files_in_many_folders_are_all_told);
  tcase_add_test (tcase, sectors_follow_the_tree_which_stays_as_it_is);
  tcase_add_test (tcase, sectors_of_the_files_that_are_asked_for_alone);
  tcase_add_test (tcase, a_file_of_many_pieces_has_all_its_sectors);
  tcase_add_test (tcase, sectors_behind_what_cannot_be_read_are_told);
  tcase_add_test (tcase, sectors_that_cannot_be_read_are_counted);
  tcase_add_test (tcase, more_sectors_than_fit_are_refused_if_nobody_named_the_files);
  tcase_add_test (tcase, longer_paths_than_fit_are_refused);
  suite_add_tcase (suite, tcase);
  return run_suite (suite);
}
