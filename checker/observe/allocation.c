/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking the kernel which parts of a file have blocks. */
#include <config.h>

#include <inttypes.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "checker/observe/allocation.h"
#include "common/text.h"

#define EXTENTS_AT_ONCE 128

/* The runs of a file that were found so far; those that touch are one. */
struct finding_runs {
  FILE *file;
  uint64_t block_bytes;
  size_t count;
  uint64_t from, to;            /* of the last one, which is not printed yet, if there is one */
};

/* Whether blocks are allocated to what is open as FD for what is written alone, and on its one device. */
static bool
allocates_exactly (int fd)
{
  struct fsxattr attributes;

  return ioctl (fd, FS_IOC_FSGETXATTR, &attributes) == -1
    || !(attributes.fsx_xflags & (FS_XFLAG_EXTSIZE | FS_XFLAG_REALTIME));
}

/* Print the last run. */
static void
print_run (const struct finding_runs *finding)
{
  fprintf (finding->file, "%s%" PRIu64 "-%" PRIu64, finding->count > 1 ? "," : "", finding->from, finding->to);
}

/* Add EXTENT.  False: it is not known yet what it will be, or there are too many. */
static bool
add_extent (struct finding_runs *finding, const struct fiemap_extent *extent)
{
  const uint64_t block = finding->block_bytes, from = extent->fe_logical / block * block;
  const uint64_t to = (extent->fe_logical + extent->fe_length + block - 1) / block * block;

  if (extent->fe_flags & FIEMAP_EXTENT_DELALLOC)
    return false;
  if (finding->count > 0 && from <= finding->to) {
    finding->to = to;
    return true;
  }
  if (finding->count > 0)
    print_run (finding);
  finding->from = from;
  finding->to = to;
  return ++finding->count <= ALLOCATION_RUNS_MAX;
}

/* Add those of MAP; *last: there are no more. */
static bool
add_extents (struct finding_runs *finding, const struct fiemap *map, bool *last)
{
  *last = map->fm_mapped_extents == 0;
  for (unsigned i = 0; i < map->fm_mapped_extents; i++) {
    if (!add_extent (finding, &map->fm_extents[i]))
      return false;
    *last |= (map->fm_extents[i].fe_flags & FIEMAP_EXTENT_LAST) != 0;
  }
  return true;
}

/* Print all runs.  False if they cannot be told. */
static bool
print_runs (int fd, struct finding_runs *finding)
{
  /* Zeros, as valgrind does not know what the call fills in. */
  struct fiemap *map = calloc (1, sizeof *map + EXTENTS_AT_ONCE * sizeof map->fm_extents[0]);
  bool last = false, good = map != NULL;

  while (good && !last) {
    memset (map, 0, sizeof *map);
    map->fm_start = finding->count > 0 ? finding->to : 0;
    map->fm_length = FIEMAP_MAX_OFFSET - map->fm_start;
    map->fm_extent_count = EXTENTS_AT_ONCE;
    /* A file system that a crash has damaged may say the same again and again. */
    good = ioctl (fd, FS_IOC_FIEMAP, map) == 0 && add_extents (finding, map, &last)
      && (last || finding->to > map->fm_start);
  }
  free (map);
  if (good && finding->count > 0)
    print_run (finding);
  else
    putc ('-', finding->file);
  return good;
}

void
allocation_print (int fd, const struct statx *status, FILE *file)
{
  struct finding_runs finding = { .file = NULL };
  struct text_stream runs;
  int block_bytes = 0;

  if (!allocates_exactly (fd) || ioctl (fd, FIGETBSZ, &block_bytes) == -1 || block_bytes <= 0 || !text_begin (&runs))
    return;
  finding.file = runs.file;
  finding.block_bytes = (uint64_t) block_bytes;
  const bool good = print_runs (fd, &finding);
  char *text = text_end (&runs);
  if (good && text)
    fprintf (file, ";extents=%d:%" PRIu64 ":%s", block_bytes, (uint64_t) status->stx_blocks, text);
  free (text);
}
