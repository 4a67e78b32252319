/* SPDX-License-Identifier: BSD-3-Clause */
/* Replace the contents of a file in the current folder, in one of the ways that programs do it:
 *
 *   in-place        write over the old contents, piece by piece, each piece durable when it is written
 *   rename          write a temporary file, rename it over the old one
 *   rename-fsync    ... and fsync the file before, and the folder after the rename
 *   tmpfile         write an O_TMPFILE file, fsync it, link it into place under a temporary name, rename, fsync the
 *                   directory
 *   tmpfile-fsync   ... and fsync the file once more when it has a name
 *
 * `atomic-update old FILE` makes the contents that are there before, and syncs nothing.
 */
#include <config.h>

#include <string.h>

#include "corpus/program.h"

#define FILE_BYTES (192 << 10)
#define PIECE_BYTES (64 << 10)
#define TEMPORARY "update.tmp"

static char contents[FILE_BYTES];

/* No two pieces of a file, and nothing of the old and the new contents, are alike. */
static void
fill_contents (const char *name)
{
  for (int at = 0; at < FILE_BYTES; at += 32)
    snprintf (contents + at, 32, "%-20s %8d\n", name, at);
}

static void
write_pieces (int fd)
{
  for (int at = 0; at < FILE_BYTES; at += PIECE_BYTES)
    if (write (fd, contents + at, PIECE_BYTES) != PIECE_BYTES)
      give_up ("write");
}

static void
update_by_rename (const char *name, int sync)
{
  int fd = open_file (TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC);

  write_pieces (fd);
  if (sync)
    check (fsync (fd), "fsync");
  close (fd);
  check (rename (TEMPORARY, name), "rename");
  if (sync)
    sync_folder ();
}

static void
update_by_tmpfile (const char *name, int sync_again)
{
  int fd = open_file (".", O_WRONLY | O_TMPFILE);
  char link[64];

  write_pieces (fd);
  check (fsync (fd), "fsync");
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  check (linkat (AT_FDCWD, link, AT_FDCWD, TEMPORARY, AT_SYMLINK_FOLLOW), "linkat");
  if (sync_again)
    check (fsync (fd), "fsync");
  check (rename (TEMPORARY, name), "rename");
  sync_folder ();
  close (fd);
}

int
main (int argc, char **argv)
{
  const char *way = argc == 3 ? argv[1] : "";
  const char *name = argc == 3 ? argv[2] : "";

  fill_contents (strcmp (way, "old") == 0 ? "old" : "new");
  if (strcmp (way, "old") == 0)
    write_pieces (open_file (name, O_WRONLY | O_CREAT | O_TRUNC));
  else if (strcmp (way, "in-place") == 0)
    write_pieces (open_file (name, O_WRONLY | O_DSYNC));
  else if (strcmp (way, "rename") == 0 || strcmp (way, "rename-fsync") == 0)
    update_by_rename (name, strcmp (way, "rename-fsync") == 0);
  else if (strcmp (way, "tmpfile") == 0 || strcmp (way, "tmpfile-fsync") == 0)
    update_by_tmpfile (name, strcmp (way, "tmpfile-fsync") == 0);
  else {
    fprintf (stderr, "usage: atomic-update old|in-place|rename|rename-fsync|tmpfile|tmpfile-fsync FILE\n");
    return 2;
  }
  return 0;
}
