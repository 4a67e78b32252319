/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of blocks, on an image of mke2fs, and in blocks made by hand. */
#include <config.h>

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "common/sandbox.h"
#include "common/workdir.h"
#include "replay/explain/blame-layout.h"
#include "replay/explain/blame.h"
#include "tests/unit/make-log.h"

#define BLOCK 1024
#define IMAGE_BLOCKS 16384
#define GROUP_BLOCKS 8192

static char *folder, *image;

static char *
in_folder (const char *name)
{
  char *path;

  ck_assert_int_ne (asprintf (&path, "%s/%s", folder, name), -1);
  return path;
}

static void
put_file (const char *name, size_t size)
{
  CLEANUP_FREE char *path = in_folder (name);
  CLEANUP_FCLOSE FILE *file = fopen (path, "we");

  ck_assert_ptr_nonnull (file);
  for (size_t i = 0; i < size; i++)
    putc ('a' + (int) (i % 7), file);
}

static void
put_folder (const char *name)
{
  CLEANUP_FREE char *path = in_folder (name);

  ck_assert_int_eq (mkdir (path, 0755), 0);
}

/* Run mke2fs, with root/ as the contents. */
static void
make_image (void)
{
  CLEANUP_FREE char *root = NULL, *mke2fs = process_find ("mke2fs");

  folder = workdir_create ();
  ck_assert_ptr_nonnull (folder);
  root = in_folder ("root");
  image = in_folder ("image");
  put_folder ("root");
  put_folder ("root/in");
  put_file ("root/file", 5 * BLOCK);
  put_file ("root/in/a name", 3 * BLOCK);
  ck_assert_msg (mke2fs != NULL, "mke2fs is missing: install e2fsprogs");
  CLEANUP_FREE char *failure = process_run ((const char *const[]) {
    mke2fs, "-q", "-F", "-t", "ext4", "-b", "1024", "-d", root, image, "16M", NULL
  });
  ck_assert_msg (failure == NULL, "%s", failure);
}

static void
remove_image (void)
{
  free (image);
  workdir_remove (folder);
  free (folder);
}

/* The number that debugfs prints for REQUEST. */
static uint64_t
ask_debugfs (const char *request)
{
  CLEANUP_FREE char *debugfs = process_find ("debugfs");
  CLEANUP_FREE char *answer = NULL;

  ck_assert_msg (debugfs != NULL, "debugfs is missing: install e2fsprogs");
  answer = process_output ((const char *const[]) { debugfs, "-R", request, image, NULL }, NULL);
  ck_assert_ptr_nonnull (answer);
  return strtoull (answer, NULL, 10);
}

/* The image in memory: the process without rights reads no file. */
struct memory {
  const char *bytes;
  uint64_t size;
};

static int
read_memory (void *opaque, void *buffer, size_t count, uint64_t offset)
{
  memcpy (buffer, ((const struct memory *) opaque)->bytes + offset, count);
  return 0;
}

static struct memory
map_image (void)
{
  CLEANUP_CLOSE int fd = open (image, O_RDONLY | O_CLOEXEC);
  struct stat status;

  ck_assert_int_eq (fstat (fd, &status), 0);
  char *bytes = mmap (NULL, (size_t) status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  ck_assert (bytes != MAP_FAILED);
  return (struct memory) { bytes, (uint64_t) status.st_size };
}

/* Ask for WRITTEN on the image. */
static void
ask_ext (const struct written *written, struct names *names)
{
  struct memory memory = map_image ();

  blame_ext (&(struct image) { read_memory, &memory, memory.size }, written, names);
  munmap ((void *) memory.bytes, memory.size);
}

/* The names of COUNT blocks from FIRST on are TEXT, with semicolons between them.  DATA is what was written. */
static void
assert_names (uint64_t first, uint32_t count, const unsigned char *data, const char *text)
{
  const struct written written = { first * BLOCK, count * BLOCK, data };
  struct names names = { .count = 0 };
  char joined[512] = "";

  ask_ext (&written, &names);
  for (size_t i = 0; i < names.count; i++) {
    snprintf (joined + strlen (joined), sizeof joined - strlen (joined), "%s%s", i > 0 ? "; " : "", names.texts[i]);
    free (names.texts[i]);
  }
  ck_assert_str_eq (joined, text);
}

START_TEST (data_of_files_and_folders_have_a_path)
{
  assert_names (ask_debugfs ("bmap /file 4"), 1, NULL, "data of file");
  assert_names (ask_debugfs ("bmap \"/in/a name\" 0"), 1, NULL, "data of in/a%20name");
  assert_names (ask_debugfs ("bmap /in 0"), 1, NULL, "directory in");
  assert_names (ask_debugfs ("bmap / 0"), 1, NULL, "directory .");
}
END_TEST

START_TEST (what_has_a_fixed_place_is_named)
{
  assert_names (1, 1, NULL, "superblock");
  assert_names (2, 1, NULL, "group descriptors");
  assert_names (GROUP_BLOCKS + 1, 1, NULL, "superblock, the copy in group 1");
  assert_names (3, 1, NULL, "reserved group descriptors");
}
END_TEST

START_TEST (the_tables_of_a_group_are_named)
{
  CLEANUP_FREE char *dumpe2fs = process_find ("dumpe2fs");
  CLEANUP_FREE char *text = process_output ((const char *const[]) { dumpe2fs, "-f", image, NULL }, NULL);
  const char *bitmap = strstr (text, "Block bitmap at "), *table = strstr (text, "Inode table at ");
  const char *inodes = strstr (text, "Inode bitmap at ");

  ck_assert (bitmap && table && inodes);
  assert_names (strtoull (bitmap + strlen ("Block bitmap at "), NULL, 10), 1, NULL, "block bitmap of group 0");
  assert_names (strtoull (inodes + strlen ("Inode bitmap at "), NULL, 10), 1, NULL, "inode bitmap of group 0");
  assert_names (strtoull (table + strlen ("Inode table at "), NULL, 10) + 1, 2, NULL, "inode table, inodes 5 to 12");
}
END_TEST

START_TEST (the_journal_says_what_is_written)
{
  static unsigned char blocks[3 * BLOCK] = { 0xc0, 0x3b, 0x39, 0x98, 0, 0, 0, 1, 0, 0, 0, 9 };
  static const unsigned char commit[] = { 0xc0, 0x3b, 0x39, 0x98, 0, 0, 0, 2, 0, 0, 0, 9 };
  uint64_t first = ask_debugfs ("bmap <8> 5");

  memcpy (blocks + sizeof blocks - BLOCK, commit, sizeof commit);
  assert_names (first, 3, blocks, "journal: descriptor of transaction 9; journal: copies of blocks; "
                "journal: commit of transaction 9");
  assert_names (first, 1, NULL, "journal");
}
END_TEST

/* Let debugfs write COUNT bytes at DATA into the journal, as BLOCK of the file system. */
static void
put_into_journal (uint64_t block, const char *data, size_t count)
{
  CLEANUP_FREE char *debugfs = process_find ("debugfs"), *file = in_folder ("block"), *script = in_folder ("script");
  FILE *stream = fopen (file, "we");

  ck_assert_uint_eq (fwrite (data, 1, count, stream), count);
  ck_assert_int_eq (fclose (stream), 0);
  stream = fopen (script, "we");
  fprintf (stream, "jo\njw -b %ju %s\njc\n", (uintmax_t) block, file);
  ck_assert_int_eq (fclose (stream), 0);
  CLEANUP_FREE char *failure = process_run ((const char *const[]) { debugfs, "-w", "-f", script, image, NULL });
  ck_assert_msg (failure == NULL, "%s", failure);
}

START_TEST (what_is_only_in_the_journal_counts)
{
  uint64_t root = ask_debugfs ("bmap / 0"), data = ask_debugfs ("bmap /file 4");
  struct memory memory = map_image ();
  char block[BLOCK];

  memcpy (block, memory.bytes + root * BLOCK, BLOCK);
  char *name = memmem (block, BLOCK, "file", strlen ("file"));
  ck_assert_ptr_nonnull (name);
  memcpy (name, "FILE", strlen ("FILE"));
  assert_names (data, 1, NULL, "data of file");
  put_into_journal (root, block, BLOCK);
  assert_names (data, 1, NULL, "data of FILE");
  munmap ((void *) memory.bytes, memory.size);
}
END_TEST

START_TEST (what_is_free_has_no_name)
{
  assert_names (IMAGE_BLOCKS - 2, 1, NULL, "");
}
END_TEST

START_TEST (a_write_over_much_has_a_few_names)
{
  assert_names (1, 2, NULL, "superblock; group descriptors");
}
END_TEST

START_TEST (garbage_has_no_name)
{
  CLEANUP_CLOSE int fd = open (image, O_WRONLY | O_CLOEXEC);
  char garbage[BLOCK];

  memset (garbage, 0xa5, sizeof garbage);
  ck_assert_int_eq (pwrite (fd, garbage, sizeof garbage, BLOCK), BLOCK);
  assert_names (1, 1, NULL, "");
}
END_TEST

/* How much is read and walked goes by the size in the superblock. */
START_TEST (a_file_system_larger_than_its_image_has_no_names)
{
  CLEANUP_CLOSE int fd = open (image, O_WRONLY | O_CLOEXEC);
  const uint32_t blocks = htole32 (IMAGE_BLOCKS + 1);

  ck_assert_int_eq (pwrite (fd, &blocks, sizeof blocks, BLOCK + 4), sizeof blocks);
  assert_names (1, 1, NULL, "");
}
END_TEST

/* What blame.c does there: all of the image is asked for. */
static void
ask_for_all (void *argument, FILE *answer)
{
  struct memory *memory = argument;
  const struct written written = { 0, IMAGE_BLOCKS * BLOCK, NULL };
  struct names names = { .count = 0 };

  blame_ext (&(struct image) { read_memory, memory, memory->size }, &written, &names);
  for (size_t i = 0; i < names.count; i++)
    free (names.texts[i]);
  fputs ("it came to an end", answer);
}

/* Whatever is wrong with an image, an answer comes. */
START_TEST (an_image_with_flipped_bytes_gives_some_answer)
{
  struct dice dice = { (uint64_t) _i };
  CLEANUP_CLOSE int fd = open (image, O_RDWR | O_CLOEXEC);
  CLEANUP_FREE char *why = NULL;

  for (unsigned i = 0; i < 200; i++) {
    unsigned char byte = (unsigned char) roll (&dice, 256);
    /* The superblock less often than inodes, folders and maps: without it there is no answer at all. */
    off_t offset = i == 0 ? BLOCK + 4 + (off_t) roll (&dice, 100) : (off_t) (2 * BLOCK + roll (&dice, 600 * BLOCK));

    ck_assert_int_eq (pwrite (fd, &byte, 1, offset), 1);
  }
  struct memory memory = map_image ();
  CLEANUP_FREE char *answer = sandbox_run (&(struct sandbox) { ask_for_all, &memory, 1 << 30, 20 }, &why);
  ck_assert_msg (answer != NULL, "%s", why ? why : "no process");
  munmap ((void *) memory.bytes, memory.size);
}
END_TEST

static void
assert_one_name (struct names *names, const char *text)
{
  ck_assert_uint_eq (names->count, 1);
  ck_assert_str_eq (names->texts[0], text);
  free (names->texts[0]);
  names->count = 0;
}

static void
put (unsigned char *block, unsigned offset, uint64_t value, unsigned size)
{
  for (unsigned i = 0; i < size; i++)
    block[offset + i] = (unsigned char) (value >> 8 * i);
}

START_TEST (blocks_of_btrfs_say_what_they_are)
{
  static unsigned char superblock[4096], node[16384];
  struct names names = { .count = 0 };

  memset (superblock + 32, 7, 16);
  memcpy (superblock + 64, "_BHRfS_M", 8);
  put (superblock, 72, 12, 8);
  put (superblock, 148, sizeof node, 4);
  blame_btrfs (superblock, &(struct written) { 65536, 4096, superblock }, &names);
  assert_one_name (&names, "superblock, generation 12");
  put (superblock, 96, 1 << 20, 8);
  blame_btrfs (superblock, &(struct written) { 64 << 20, 4096, superblock }, &names);
  assert_one_name (&names, "copy of the superblock, generation 12, with a log tree");
  memset (node + 32, 7, 16);
  put (node, 80, 13, 8);
  put (node, 88, (uint64_t) -6, 8);
  blame_btrfs (superblock, &(struct written) { 1 << 20, sizeof node, node }, &names);
  assert_one_name (&names, "log tree, a leaf, generation 13");
  put (node, 88, 5, 8);
  node[100] = 1;
  blame_btrfs (superblock, &(struct written) { 1 << 20, sizeof node, node }, &names);
  assert_one_name (&names, "file system tree, a node, generation 13");
  memset (node + 32, 8, 16);
  blame_btrfs (superblock, &(struct written) { 1 << 20, sizeof node, node }, &names);
  ck_assert_uint_eq (names.count, 0);
}
END_TEST

static void
put_big (unsigned char *block, unsigned offset, uint64_t value, unsigned size)
{
  for (unsigned i = 0; i < size; i++)
    block[offset + size - 1 - i] = (unsigned char) (value >> 8 * i);
}

START_TEST (blocks_of_xfs_say_what_they_are)
{
  static unsigned char superblock[4096], block[4096];
  const uint64_t group = 1000 * 4096;
  struct names names = { .count = 0 };

  memcpy (superblock, "XFSB", 4);
  put_big (superblock, 4, 4096, 4);
  put_big (superblock, 48, (1 << 10) + 20, 8);  /* the log: block 20 of group 1 */
  put_big (superblock, 84, 1000, 4);
  put_big (superblock, 96, 50, 4);
  put_big (superblock, 102, 512, 2);
  superblock[124] = 10;
  blame_xfs (superblock, &(struct written) { 0, 512, superblock }, &names);
  assert_one_name (&names, "superblock");
  blame_xfs (superblock, &(struct written) { group, 512, superblock }, &names);
  assert_one_name (&names, "superblock, the copy in group 1");
  blame_xfs (superblock, &(struct written) { 512, 512, block }, &names);
  assert_one_name (&names, "free space of group 0");
  blame_xfs (superblock, &(struct written) { group + 20 * 4096, 512, block }, &names);
  assert_one_name (&names, "log");
  blame_xfs (superblock, &(struct written) { group + 70 * 4096, 4096, block }, &names);
  ck_assert_uint_eq (names.count, 0);
  memcpy (block, "XDB3", 4);
  blame_xfs (superblock, &(struct written) { group + 70 * 4096, 4096, block }, &names);
  assert_one_name (&names, "directory block");
  put_big (superblock, 84, 0, 4);
  blame_xfs (superblock, &(struct written) { 0, 512, superblock }, &names);
  ck_assert_uint_eq (names.count, 0);
}
END_TEST

START_TEST (a_whole_file_is_known_by_its_content)
{
  struct log_maker *maker = make_log_with_info (2, 1024, "filesystem=btrfs");
  char sector[2 * LOG_SECTOR], content[TREE_DIGEST_LENGTH + 1];
  CLEANUP_FREE char *old = NULL, *new = NULL;

  fill_sector ('a', sector);
  fill_sector ('b', sector + LOG_SECTOR);
  tree_content (sector, 600, content);
  ck_assert_int_ne (asprintf (&old, "d 0755 0 0 - - - .\nf 0644 0 0 0 empty - a\n"), -1);
  ck_assert_int_ne (asprintf (&new, "d 0755 0 0 - - - .\nf 0644 0 0 600 %s - a%%20b\nf 0644 0 0 9 zero - z\n",
                              content), -1);
  const struct trees trees = { (char *[]) { old, new }, 2 };
  add_done_write (maker, 0, 8, "ab");
  add_done_write (maker, 0, 8, "ba");
  add_done_write (maker, 0, 8, "a");
  add_done_write (maker, 1, 0, "ab");
  struct write_log *log = finish_log (maker);
  struct blame *blame = blame_new (log, &trees);
  CLEANUP_FREE char *first = blame_write (blame, 0, 5), *second = blame_write (blame, 1, 5),
    *third = blame_write (blame, 2, 5), *other_disk = blame_write (blame, 3, 7);

  ck_assert_str_eq (first, "data of a%20b");
  ck_assert_ptr_null (second);
  ck_assert_ptr_null (third);
  ck_assert_str_eq (other_disk, "data of a%20b");
  blame_free (blame);
  write_log_close (log);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("blame");
  TCase *on_image = tcase_create ("image"), *made = tcase_create ("made");

  tcase_add_checked_fixture (on_image, make_image, remove_image);
  tcase_set_timeout (on_image, 60);
  tcase_add_test (on_image, data_of_files_and_folders_have_a_path);
  tcase_add_test (on_image, what_has_a_fixed_place_is_named);
  tcase_add_test (on_image, the_tables_of_a_group_are_named);
  tcase_add_test (on_image, the_journal_says_what_is_written);
  tcase_add_test (on_image, what_is_only_in_the_journal_counts);
  tcase_add_test (on_image, what_is_free_has_no_name);
  tcase_add_test (on_image, a_write_over_much_has_a_few_names);
  tcase_add_test (on_image, garbage_has_no_name);
  tcase_add_test (on_image, a_file_system_larger_than_its_image_has_no_names);
  tcase_add_loop_test (on_image, an_image_with_flipped_bytes_gives_some_answer, 0, 20);
  tcase_add_test (made, blocks_of_btrfs_say_what_they_are);
  tcase_add_test (made, blocks_of_xfs_say_what_they_are);
  tcase_add_test (made, a_whole_file_is_known_by_its_content);
  suite_add_tcase (suite, on_image);
  suite_add_tcase (suite, made);
  return run_suite (suite);
}
