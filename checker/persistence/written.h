/* SPDX-License-Identifier: BSD-3-Clause */
/* What has ever been written to each file of a workload: whatever else is found in it is another file's. */
#ifndef POWERCUT_CHECKER_PERSISTENCE_WRITTEN_H
#define POWERCUT_CHECKER_PERSISTENCE_WRITTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker/observe/pages.h"
#include "checker/workload/language.h"

/* One file: numbers in order, each once.  Sectors are hashes (checker/observe/sectors.h), also of the part that one of
 * the sizes leaves of a sector.
 */
struct written_file {
  uint64_t *sizes;              /* that it has had */
  size_t size_count;
  uint64_t *sectors;
  size_t sector_count;
  bool unknown;                 /* there are more: nothing of it is stale then */
};

/* So many sectors of all files are noted, those that are written again counted again: 32 MiB of hashes. */
#define WRITTEN_SECTORS_MAX (UINT64_C (4) << 20)

/* Those of all inodes of WORKLOAD, by number, into *files, with their number.  Returns 0, or -1 after a message and
 * nothing to free.
 */
extern int written_find (const struct workload *workload, struct written_file **files, size_t *count);
extern void written_free (struct written_file *files, size_t count);

/* The first sector of SEEN, a file of SIZE bytes, that was never written to it and is not zeros; or the number of its
 * sectors: there is none.  Of a last sector that no size which the file has had cuts off, nothing is known.
 */
extern size_t written_find_stale (const struct written_file *written, const struct page_file *seen, uint64_t size);

#endif
