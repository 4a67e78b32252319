/* SPDX-License-Identifier: BSD-3-Clause */
/* What a log carries may be anybody's: it lands below its own folder of the guest, or not at all. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/initramfs/entry.h"
#include "tests/unit/guest/initramfs/archive.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define ROOT "/checker"

/* The bytes of the file NAME, to free. */
static char *
read_file (const char *name, size_t *length)
{
  FILE *file = fopen (name, "r");
  struct stat status;
  char *data;

  ck_assert_ptr_nonnull (file);
  ck_assert_int_eq (fstat (fileno (file), &status), 0);
  *length = (size_t) status.st_size;
  data = malloc (*length + 1);
  ck_assert_uint_eq (fread (data, 1, *length, file), *length);
  fclose (file);
  return data;
}

/* Unpack the file `packed` in pieces of SIZE bytes. */
static int
unpack (size_t size)
{
  size_t length, count = 0;
  CLEANUP_FREE char *data = read_file ("packed", &length);
  CLEANUP_FREE struct packed_piece *pieces = calloc (length / size + 1, sizeof *pieces);

  for (size_t at = 0; at < length; at += size)
    pieces[count++] = (struct packed_piece) { data + at, at + size < length ? size : length - at };
  return initramfs_add_packed (initramfs, pieces, count, ROOT, "log.bin");
}

/* An object of a hostile archive. */
struct object {
  const char *path;
  mode_t mode;
  const char *text;             /* contents, or target of a symbolic link */
  const char *hardlink;
};

static void
add_object (struct archive *archive, const struct object *object)
{
  struct archive_entry *entry = archive_entry_new ();
  size_t length = S_ISREG (object->mode) ? strlen (object->text) : 0;

  archive_entry_set_pathname (entry, object->path);
  archive_entry_set_mode (entry, object->mode);
  archive_entry_set_nlink (entry, object->hardlink ? 2 : 1);
  archive_entry_set_ino (entry, object->hardlink ? 7 : 0);
  archive_entry_set_size (entry, (la_int64_t) length);
  if (S_ISLNK (object->mode))
    archive_entry_set_symlink (entry, object->text);
  ck_assert_int_eq (archive_write_header (archive, entry), ARCHIVE_OK);
  ck_assert_int_eq (archive_write_data (archive, object->text, length), (la_ssize_t) length);
  archive_entry_free (entry);
}

/* Write OBJECTS, of which the last has no path, to the file `packed`. */
static void
pack_objects (const struct object *objects)
{
  struct archive *archive = archive_write_new ();

  archive_write_add_filter_zstd (archive);
  archive_write_set_format_cpio_newc (archive);
  ck_assert_int_eq (archive_write_open_filename (archive, "packed"), ARCHIVE_OK);
  for (; objects->path; objects++)
    add_object (archive, objects);
  ck_assert_int_eq (archive_write_free (archive), ARCHIVE_OK);
}

static const struct initramfs_entry *
entry_of (const char *path, mode_t mode)
{
  bool is_new;
  const struct initramfs_entry *entry = initramfs_entry (initramfs, path, mode, &is_new);

  ck_assert_ptr_nonnull (entry);
  ck_assert (!is_new);
  return entry;
}

START_TEST (what_is_packed_comes_out_below_its_root)
{
  struct initramfs *packed = initramfs_new ();

  ck_assert_int_eq (initramfs_add_data (packed, "/opt/tool", "hello", 5, 04751), 0);
  ck_assert_int_eq (initramfs_add_data (packed, "/opt/empty", "", 0, 0600), 0);
  ck_assert_int_eq (initramfs_add_link (packed, "/opt/link", "/opt/tool"), 0);
  ck_assert_int_eq (initramfs_pack (packed, "packed"), 0);
  initramfs_free (packed);
  ck_assert_int_eq (unpack (_i == 0 ? 7 : 65536), 0);
  ck_assert_str_eq (entry_of (ROOT "/opt/tool", S_IFREG)->data, "hello");
  ck_assert_uint_eq (entry_of (ROOT "/opt/tool", S_IFREG)->mode, S_IFREG | 04751);
  ck_assert_uint_eq (entry_of (ROOT "/opt/empty", S_IFREG)->length, 0);
  ck_assert_str_eq (entry_of (ROOT "/opt/link", S_IFLNK)->data, "/opt/tool");
  ck_assert (S_ISDIR (entry_of (ROOT "/mnt", S_IFDIR)->mode));
}
END_TEST

static const struct object hostile[][4] = {
  { { "../init", S_IFREG | 0755, "x", NULL } },
  { { "a/../../init", S_IFREG | 0755, "x", NULL } },
  { { "/init", S_IFREG | 0755, "x", NULL } },
  { { "./init", S_IFREG | 0755, "x", NULL } },
  { { "a//b", S_IFREG | 0755, "x", NULL } },
  { { "out", S_IFLNK | 0777, "/", NULL }, { "out/init", S_IFREG | 0755, "x", NULL } },
  { { "out", S_IFLNK | 0777, "..", NULL }, { "out/init", S_IFREG | 0755, "x", NULL } },
  { { "twice", S_IFREG | 0755, "x", NULL }, { "twice", S_IFREG | 0755, "y", NULL } },
  { { "null", S_IFCHR | 0666, "", NULL } },
  { { "disk", S_IFBLK | 0666, "", NULL } },
  { { "fifo", S_IFIFO | 0666, "", NULL } },
  { { "one", S_IFREG | 0644, "x", "two" }, { "two", S_IFREG | 0644, "x", "one" } },
  { { "file", S_IFREG | 0644, "x", NULL }, { "file/below", S_IFREG | 0644, "x", NULL } },
};

START_TEST (what_leads_elsewhere_or_is_no_file_is_refused)
{
  pack_objects (hostile[_i]);
  ck_assert_int_eq (unpack (4096), -1);
  ck_assert_str_ne (message, "");
}
END_TEST

START_TEST (what_would_fill_the_memory_is_refused)
{
  struct archive *archive = archive_write_new ();
  CLEANUP_FREE char *zeros = calloc (1, 1 << 20);
  struct archive_entry *entry = archive_entry_new ();

  archive_write_add_filter_zstd (archive);
  archive_write_set_format_cpio_newc (archive);
  ck_assert_int_eq (archive_write_open_filename (archive, "packed"), ARCHIVE_OK);
  archive_entry_set_pathname (entry, "bomb");
  archive_entry_set_mode (entry, S_IFREG | 0644);
  archive_entry_set_size (entry, PACKED_MAX + 1);
  ck_assert_int_eq (archive_write_header (archive, entry), ARCHIVE_OK);
  ck_assert_int_eq (archive_write_data (archive, zeros, 1 << 20), 1 << 20);
  archive_entry_free (entry);
  archive_write_free (archive);
  ck_assert_int_eq (unpack (1 << 20), -1);
  ck_assert_ptr_nonnull (strstr (message, "too large"));
}
END_TEST

/* An executable script. */
static void
put_script (const char *path)
{
  FILE *file = fopen (path, "w");

  ck_assert_ptr_nonnull (file);
  fputs ("#!/bin/sh\n", file);
  fclose (file);
  ck_assert_int_eq (chmod (path, 0755), 0);
}

static bool
is_taken (const char *name)
{
  CLEANUP_FREE char *path = NULL;
  bool is_new;

  ck_assert_int_ne (asprintf (&path, "%s/%s", work, name), -1);
  ck_assert_ptr_nonnull (initramfs_entry (initramfs, path, S_IFREG, &is_new));
  return !is_new;
}

START_TEST (files_come_from_the_folder_that_is_named_and_the_system)
{
  CLEANUP_FREE char *command = NULL;

  ck_assert_int_eq (mkdir ("case", 0755), 0);
  ck_assert_int_eq (mkdir ("case-of-another", 0755), 0);
  put_script ("case/own");
  put_script ("case-of-another/program");
  put_script ("secret");
  ck_assert_int_eq (symlink ("../secret", "case/link"), 0);
  ck_assert_int_eq (symlink ("..", "case/out"), 0);
  ck_assert_int_eq (initramfs_confine (initramfs, "case"), 0);
  ck_assert_int_ne (asprintf (&command,
                              "%s/case/own; %s/secret; %s/case/link; %s/case/../secret; %s/case-of-another/program",
                              work, work, work, work, work), -1);
  ck_assert_int_eq (initramfs_add_shell_command (initramfs, command), 0);
  ck_assert (is_taken ("case/own"));
  ck_assert (!is_taken ("secret"));
  ck_assert (!is_taken ("case-of-another/program"));
  ck_assert_str_eq (message, "");
  ck_assert_int_eq (initramfs_add_included (initramfs, "secret"), -1);
  ck_assert_ptr_nonnull (strstr (message, "secret: is neither in"));
  ck_assert_int_eq (initramfs_add_tree (initramfs, "case/out", "/initial"), -1);
  ck_assert_ptr_nonnull (strstr (message, "case/out: is neither in"));
  ck_assert_int_eq (initramfs_add_program (initramfs, "case-of-another/program", NULL), -1);
  ck_assert_ptr_nonnull (strstr (message, "is neither in"));
}
END_TEST

/* Whatever becomes of it: no crash, and nothing outside of the root. */
START_TEST (damage_is_refused_or_harmless)
{
  static const struct object objects[] = {
    { "dir", S_IFDIR | 0755, "", NULL }, { "dir/file", S_IFREG | 0755, "some contents of a file", NULL },
    { "link", S_IFLNK | 0777, "dir/file", NULL }, { NULL, 0, NULL, NULL }
  };
  size_t length;

  pack_objects (objects);
  CLEANUP_FREE char *data = read_file ("packed", &length);
  for (size_t at = 0; at < 2 * length; at++) {
    CLEANUP_FREE char *copy = memcpy (malloc (length), data, length);
    const struct packed_piece piece = { copy, at < length ? length : at - length };

    if (at < length)
      copy[at] = (char) (copy[at] ^ (1 << at % 8));
    initramfs_free (initramfs);
    initramfs = initramfs_new ();
    int r = initramfs_add_packed (initramfs, &piece, 1, ROOT, "log.bin");
    ck_assert (r == 0 || strstr (message, "log.bin"));
  }
}
END_TEST

UNIT_TEST_MAIN_WITH ("packed", begin_initramfs, end_initramfs,
  unit_loop (what_is_packed_comes_out_below_its_root, 2),
  LOOP_OVER (what_leads_elsewhere_or_is_no_file_is_refused, hostile),
  what_would_fill_the_memory_is_refused,
  files_come_from_the_folder_that_is_named_and_the_system,
  damage_is_refused_or_harmless)
