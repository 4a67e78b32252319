/* SPDX-License-Identifier: BSD-3-Clause */
/* Change pages of a file in the current folder, in one of the ways that programs do it: through a mapping and by
 * write(2), with what makes it durable and without it.
 *
 *   page-updates list                 the names of the ways, each with what it does behind a tab
 *   page-updates old FILE             make the contents that are there before: OLD_PAGES pages; syncs nothing
 *   page-updates WAY FILE             update FILE
 *
 * Exit status: 0; 1 after a failure; 2 for bad usage.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "corpus/program.h"

#define PAGE_BYTES 4096
#define OLD_PAGES 4
#define NEW_PAGES 6             /* after an update that makes the file longer */
#define OVERWRITTEN 1
#define LINE_BYTES 32

/* Page number PAGE as NAME has it: no two lines of it, of another page or of another name are alike. */
static const char *
page_contents (const char *name, int page)
{
  static char contents[PAGE_BYTES + 1];

  for (int at = 0; at < PAGE_BYTES; at += LINE_BYTES)
    snprintf (contents + at, LINE_BYTES + 1, "%-22s %8d\n", name, page * PAGE_BYTES + at);
  return contents;
}

/* Write pages FIRST to LAST by write(2). */
static void
write_pages (int fd, const char *way, int first, int last)
{
  check ((int) lseek (fd, (off_t) first * PAGE_BYTES, SEEK_SET), "lseek");
  for (int page = first; page <= last; page++)
    if (write (fd, page_contents (way, page), PAGE_BYTES) != PAGE_BYTES)
      give_up ("write");
}

/* Write pages FIRST to LAST through a mapping, which is kept. */
static char *
map_pages (int fd, const char *way, int first, int last)
{
  char *mapped = mmap (NULL, (size_t) (last + 1) * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  if (mapped == MAP_FAILED)
    give_up ("mmap");
  for (int page = first; page <= last; page++)
    memcpy (mapped + page * PAGE_BYTES, page_contents (way, page), PAGE_BYTES);
  return mapped;
}

/* What another program may do at any time. */
static void
sync_another_file (void)
{
  int fd = open_file ("another", O_WRONLY | O_CREAT);

  write_pages (fd, "another", 0, 0);
  check (fsync (fd), "fsync of another file");
}

/* What a way consists of. */
static const struct way {
  const char *name, *what;
  bool longer;                  /* pages OLD_PAGES to NEW_PAGES - 1; else page OVERWRITTEN */
  bool truncate;                /* ftruncate before */
  bool mapped;                  /* through a mapping, not by write(2) */
  enum { NOTHING, SYNC, SYNC_ANOTHER } behind;  /* SYNC: msync of what is mapped, else fsync */
} ways[] = {
  { "overwrite-mmap", "write over one of four pages through mmap", false, false, true, NOTHING },
  { "overwrite-mmap-msync", "the same, then msync", false, false, true, SYNC },
  { "overwrite-write", "write over one of four pages with write", false, false, false, NOTHING },
  { "overwrite-write-fsync", "the same, then fsync", false, false, false, SYNC },
  { "enlarge-mmap", "ftruncate from four pages to six, write the new ones through mmap", true, true, true, NOTHING },
  { "enlarge-mmap-another", "the same, while another file is fsynced", true, true, true, SYNC_ANOTHER },
  { "enlarge-mmap-msync", "the same, then msync", true, true, true, SYNC },
  { "enlarge-write", "ftruncate from four pages to six, write the new ones with write", true, true, false, NOTHING },
  { "enlarge-write-fsync", "the same, then fsync", true, true, false, SYNC },
  { "append", "write two pages behind the old ones", true, false, false, NOTHING },
  { "append-another", "the same, while another file is fsynced", true, false, false, SYNC_ANOTHER },
  { "append-fsync", "the same, then fsync", true, false, false, SYNC },
};

static void
update (const struct way *way, const char *name)
{
  int fd = open_file (name, O_RDWR);
  int first = way->longer ? OLD_PAGES : OVERWRITTEN, last = way->longer ? NEW_PAGES - 1 : OVERWRITTEN;
  char *mapped = NULL;

  if (way->truncate)
    check (ftruncate (fd, NEW_PAGES * PAGE_BYTES), "ftruncate");
  if (way->mapped)
    mapped = map_pages (fd, way->name, first, last);
  else
    write_pages (fd, way->name, first, last);
  if (way->behind == SYNC_ANOTHER)
    sync_another_file ();
  else if (way->behind == SYNC && mapped)
    check (msync (mapped, (size_t) (last + 1) * PAGE_BYTES, MS_SYNC), "msync");
  else if (way->behind == SYNC)
    check (fsync (fd), "fsync");
}

int
main (int argc, char **argv)
{
  const size_t count = sizeof ways / sizeof ways[0];

  if (argc == 2 && strcmp (argv[1], "list") == 0) {
    for (size_t i = 0; i < count; i++)
      printf ("%s\t%s\n", ways[i].name, ways[i].what);
    return 0;
  }
  if (argc == 3 && strcmp (argv[1], "old") == 0) {
    write_pages (open_file (argv[2], O_WRONLY | O_CREAT | O_TRUNC), "old", 0, OLD_PAGES - 1);
    return 0;
  }
  for (size_t i = 0; argc == 3 && i < count; i++)
    if (strcmp (argv[1], ways[i].name) == 0) {
      update (&ways[i], argv[2]);
      return 0;
    }
  fprintf (stderr, "usage: page-updates list | old FILE | WAY FILE\n");
  return 2;
}
