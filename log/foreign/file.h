/* SPDX-License-Identifier: BSD-3-Clause */
/* A file of somebody else's format, mapped to be read. */
#ifndef POWERCUT_LOG_FOREIGN_FILE_H
#define POWERCUT_LOG_FOREIGN_FILE_H

#include <stdint.h>

/* Map the regular file PATH, which must have LEAST bytes; its content in *map and its size in *size.  WHAT says what
 * the file should be.  Returns 0, or -1 after a message.  Free with munmap.
 */
extern int foreign_file_map (const char *path, uint64_t least, const char *what, const char **map, uint64_t *size);

/* Say that something is wrong at byte OFFSET of PATH.  Returns -1. */
extern int foreign_file_fault (const char *path, uint64_t offset, const char *format, ...)
  __attribute__ ((format (printf, 3, 4)));

#endif
