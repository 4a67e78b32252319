/* SPDX-License-Identifier: BSD-3-Clause */
/* Update a file in the current folder, in one of the ways that programs do it, right ones and wrong ones.
 *
 *   update-protocols list             the names of the ways, each with what it does behind a tab
 *   update-protocols old FILE         make the contents that are there before; syncs nothing
 *   update-protocols PROTOCOL FILE    update FILE
 *
 * Exit status: 0; 1 after a failure; 2 for bad usage; 77 where the file system cannot do what the protocol needs.
 */
#include <config.h>

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "corpus/program.h"

#define FILE_BYTES (16 << 10)
#define PIECE_BYTES (4 << 10)   /* of one write */
#define RECORD_BYTES 6000       /* appended: not a whole number of blocks */
#define LINE_BYTES 32
#define TEMPORARY "update.tmp"
#define NOT_SUPPORTED 77

static char contents[FILE_BYTES + 1];

/* For what not every file system has; INVALID is errno's value where it is not EOPNOTSUPP. */
static void
check_supported (int result, int invalid, const char *what)
{
  if (result == -1 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOTTY || errno == invalid)) {
    perror (what);
    exit (NOT_SUPPORTED);
  }
  check (result, what);
}

/* No two lines of a file, and nothing of the old and the new contents, are alike. */
static void
fill_contents (const char *name)
{
  for (int at = 0; at < FILE_BYTES; at += LINE_BYTES)
    snprintf (contents + at, LINE_BYTES + 1, "%-22s %8d\n", name, at);
}

static int
open_temporary (int flags)
{
  return open_file (TEMPORARY, O_RDWR | O_CREAT | O_TRUNC | flags);
}

/* Write the first SIZE bytes of the contents where FD stands. */
static void
write_contents (int fd, int size)
{
  for (int at = 0; at < size;) {
    int piece = size - at < PIECE_BYTES ? size - at : PIECE_BYTES;
    ssize_t written = write (fd, contents + at, (size_t) piece);

    check ((int) written, "write");
    at += (int) written;
  }
}

static void
sync_file (int fd)
{
  check (fsync (fd), "fsync of the file");
}

static void
rename_over (const char *name)
{
  check (rename (TEMPORARY, name), "rename");
}

static void
make_old (const char *name)
{
  write_contents (open_file (name, O_WRONLY | O_CREAT | O_TRUNC), FILE_BYTES);
}

/* Two pages that are not side by side, as a database would: one piece that is written back at once may well be atomic.
 */
static void
update_in_place (const char *name)
{
  int fd = open_file (name, O_WRONLY);

  write_contents (fd, PIECE_BYTES);
  check ((int) lseek (fd, PIECE_BYTES, SEEK_CUR), "lseek");
  write_contents (fd, PIECE_BYTES);
  sync_file (fd);
}

static void
update_by_truncation (const char *name)
{
  int fd = open_file (name, O_WRONLY | O_TRUNC);

  write_contents (fd, FILE_BYTES);
  sync_file (fd);
}

static void
update_by_appending (const char *name)
{
  int fd = open_file (name, O_WRONLY | O_APPEND);

  write_contents (fd, RECORD_BYTES);
  sync_file (fd);
}

static void
update_by_mapping (const char *name)
{
  int fd = open_file (name, O_RDWR);
  char *mapped = mmap (NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  if (mapped == MAP_FAILED)
    give_up ("mmap");
  memcpy (mapped, contents, PIECE_BYTES);
  memcpy (mapped + 2 * PIECE_BYTES, contents, PIECE_BYTES);
  check (msync (mapped, FILE_BYTES, MS_SYNC), "msync");
}

/* What `rename` and its likes have in common. */
static void
update_by_rename (const char *name, int file_too, int folder_too)
{
  int fd = open_temporary (0);

  write_contents (fd, FILE_BYTES);
  if (file_too)
    sync_file (fd);
  close (fd);
  rename_over (name);
  if (folder_too)
    sync_folder ();
}

static void
update_by_rename_alone (const char *name)
{
  update_by_rename (name, 0, 0);
}

static void
update_by_rename_synced_file (const char *name)
{
  update_by_rename (name, 1, 0);
}

static void
update_by_rename_synced_folder (const char *name)
{
  update_by_rename (name, 0, 1);
}

static void
update_by_rename_synced (const char *name)
{
  update_by_rename (name, 1, 1);
}

static void
update_by_dsync (const char *name)
{
  write_contents (open_temporary (O_DSYNC), FILE_BYTES);
  rename_over (name);
  sync_folder ();
}

/* sync_file_range waits for the data, but for no metadata and for no cache of the device. */
static void
update_by_sync_range (const char *name)
{
  int fd = open_temporary (0);

  write_contents (fd, FILE_BYTES);
  check (sync_file_range (fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER),
         "sync_file_range");
  rename_over (name);
}

static void
update_by_exchange (const char *name)
{
  int fd = open_temporary (0);

  write_contents (fd, FILE_BYTES);
  sync_file (fd);
  check_supported (renameat2 (AT_FDCWD, TEMPORARY, AT_FDCWD, name, RENAME_EXCHANGE), EINVAL,
                   "renameat2 (RENAME_EXCHANGE)");
  check (unlink (TEMPORARY), "unlink");
  sync_folder ();
}

/* What a nameless file and a link to it have in common. */
static void
update_by_link (const char *name, int sync_again)
{
  int fd = open (".", O_WRONLY | O_TMPFILE, 0644);
  char link[64];

  check_supported (fd, EISDIR, "open (O_TMPFILE)");
  write_contents (fd, FILE_BYTES);
  sync_file (fd);
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  check_supported (linkat (AT_FDCWD, link, AT_FDCWD, TEMPORARY, AT_SYMLINK_FOLLOW), EPERM, "linkat");
  if (sync_again)
    sync_file (fd);
  rename_over (name);
  sync_folder ();
}

static void
update_by_tmpfile (const char *name)
{
  update_by_link (name, 0);
}

static void
update_by_tmpfile_synced (const char *name)
{
  update_by_link (name, 1);
}

/* Change one piece of a copy of the file, and put the copy in its place. */
static void
change_copy (int fd, const char *name)
{
  check ((int) lseek (fd, PIECE_BYTES, SEEK_SET), "lseek");
  write_contents (fd, PIECE_BYTES);
  sync_file (fd);
  rename_over (name);
  sync_folder ();
}

static void
update_by_reflink (const char *name)
{
  int old = open_file (name, O_RDONLY), fd = open_temporary (0);

  check_supported (ioctl (fd, FICLONE, old), EINVAL, "ioctl (FICLONE)");
  change_copy (fd, name);
}

static void
update_by_copy_range (const char *name)
{
  int old = open_file (name, O_RDONLY), fd = open_temporary (0);
  ssize_t copied;

  do {
    copied = copy_file_range (old, NULL, fd, NULL, FILE_BYTES, 0);
    check_supported ((int) copied, EINVAL, "copy_file_range");
  } while (copied > 0);
  change_copy (fd, name);
}

static const struct {
  const char *name;
  void (*update) (const char *name);
  const char *what;
} protocols[] = {
  { "in-place", update_in_place, "write over two of the file's four pages, fsync" },
  { "truncate", update_by_truncation, "open with O_TRUNC, write, fsync" },
  { "append", update_by_appending, "write a record behind the old contents, fsync" },
  { "mmap", update_by_mapping, "write over two of the file's four pages through mmap, msync" },
  { "rename", update_by_rename_alone, "write a temporary file, rename it over the old one; no fsync" },
  { "rename-fsync-file", update_by_rename_synced_file, "write a temporary file, fsync it, rename" },
  { "rename-fsync-dir", update_by_rename_synced_folder, "write a temporary file, rename, fsync the directory" },
  { "rename-fsync", update_by_rename_synced, "write a temporary file, fsync it, rename, fsync the directory" },
  { "rename-dsync", update_by_dsync, "write a temporary file with O_DSYNC, rename, fsync the directory" },
  { "rename-sync-range", update_by_sync_range, "write a temporary file, sync_file_range in place of fsync, rename" },
  { "exchange", update_by_exchange,
    "write a temporary file, fsync it, renameat2 with RENAME_EXCHANGE, unlink the old one, fsync the directory" },
  { "tmpfile", update_by_tmpfile, "write an O_TMPFILE file, fsync it, linkat, rename, fsync the directory" },
  { "tmpfile-fsync", update_by_tmpfile_synced, "tmpfile with one more fsync of the file after linkat" },
  { "reflink", update_by_reflink,
    "FICLONE the old file into a temporary one, write a piece, fsync it, rename, fsync the directory" },
  { "copy-range", update_by_copy_range,
    "copy_file_range the old file into a temporary one, write a piece, fsync it, rename, fsync the directory" },
};

#define PROTOCOL_COUNT (sizeof protocols / sizeof protocols[0])

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "list") == 0) {
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
      printf ("%s\t%s\n", protocols[i].name, protocols[i].what);
    return 0;
  }
  if (argc == 3 && strcmp (argv[1], "old") == 0) {
    fill_contents ("old");
    make_old (argv[2]);
    return 0;
  }
  for (size_t i = 0; argc == 3 && i < PROTOCOL_COUNT; i++)
    if (strcmp (argv[1], protocols[i].name) == 0) {
      fill_contents ("new");
      protocols[i].update (argv[2]);
      return 0;
    }
  fprintf (stderr, "usage: update-protocols list | old FILE | PROTOCOL FILE\n");
  return 2;
}
