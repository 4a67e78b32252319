/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the data of a file are on its device: a word in the place of CONTENT (checker/observe/tree.h) of a file that
 * was located, and not read.
 *
 *     LAYOUT = "@" RUN *("," RUN)
 *     RUN    = FIRST "+" COUNT | "z" COUNT
 *
 * The runs are those of the file from its start to the sector that it ends in, in sectors of 512 bytes: COUNT of them
 * from sector FIRST of the device on, or COUNT that are zeros.
 */
#ifndef POWERCUT_CHECKER_OBSERVE_LAYOUT_H
#define POWERCUT_CHECKER_OBSERVE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#define LAYOUT_SECTOR 512
#define LAYOUT_SECTORS_MAX (64 << 11)   /* of a file: 64 MiB; the host works them out again and again */
#define LAYOUT_ZEROS UINT64_MAX /* as the first sector of a run: they are nowhere */
#define LAYOUT_MARK '@'

struct file_layout {
  struct layout_run {
    uint64_t first, count;      /* sectors */
  } *runs;                      /* to free */
  size_t run_count;
  uint64_t sectors;             /* of all runs */
};

/* Add COUNT sectors, from FIRST on or LAYOUT_ZEROS, to the end.  Returns 0, or -1 with errno ENOMEM. */
extern int layout_add (struct file_layout *layout, uint64_t first, uint64_t count);
extern void layout_free (struct file_layout *layout);

/* Write the word. */
extern void layout_print (const struct file_layout *layout, FILE *file);

/* Parse WORD, which ends with a NUL or a space, of a file of SIZE bytes on a device of DEVICE_BYTES.  Returns 0 with
 * *layout, to free with layout_free, or -1 with errno EINVAL or ENOMEM and nothing to free.
 */
extern int layout_parse (const char *word, uint64_t size, uint64_t device_bytes, struct file_layout *layout);

/* Add EXTENT of a file of SECTORS, and zeros before it; what lies after the file's end is left out.  False, with
 * *layout left anyhow, if its data are not just what is there: then the file has to be read.
 */
struct fiemap_extent;
extern bool layout_add_extent (struct file_layout *layout, uint64_t sectors, const struct fiemap_extent *extent);

/* Find where the data of the file open as FD are, whose file system was synced before.  Returns true with *layout, to
 * free with layout_free; or false, and nothing to free, if that cannot be said, or if the file is not simply what is
 * there: some of it is inline or encoded, it is encrypted or verified, has too many pieces or is too long.
 */
extern bool layout_find (int fd, const struct statx *status, struct file_layout *layout);

#endif
