/* SPDX-License-Identifier: BSD-3-Clause */
/* The sectors of a file, as a word of an observation (checker/observe/tree.h). */
#ifndef POWERCUT_CHECKER_OBSERVE_SECTORS_H
#define POWERCUT_CHECKER_OBSERVE_SECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SECTOR_SIZE 512
#define SECTORS_MAX (16 << 11)  /* of a file, and of all files together when nobody says which matter: 16 MiB */
#define SECTOR_PATHS_MAX (64 << 10)     /* bytes of the paths of these files */

/* Whether all LENGTH bytes, at least one, are zero. */
extern bool all_zero (const char *data, size_t length);

#define SECTOR_OF_ZEROS UINT64_C (0)
#define SECTOR_UNREADABLE UINT64_MAX

/* The hash of a sector, or SECTOR_OF_ZEROS, of which the file has the LENGTH bytes at DATA.  Where it has none are
 * zeros: a sector is the same whether or not its file goes on with them.
 */
extern uint64_t sector_hash (const char *data, size_t length);

/* How many sectors SIZE bytes touch, at most SECTORS_MAX. */
extern size_t sectors_touched (uint64_t size_bytes);

/* Writes the word.  Begin with { .file = FILE }. */
struct sector_writer {
  FILE *file;
  size_t count;                 /* sectors so far; those beyond SECTORS_MAX are left out */
  char kind;                    /* of the last ones, which are not written yet: `z` or `!`; 0 if there are none */
  size_t run;                   /* how many */
};

/* Add the sectors that LENGTH bytes touch; unless they are the file's last ones LENGTH is a multiple of SECTOR_SIZE. */
extern void sectors_add (struct sector_writer *writer, const char *data, size_t length);

/* Add COUNT sectors that could not be read. */
extern void sectors_add_unreadable (struct sector_writer *writer, size_t count);

/* End the word. */
extern void sectors_end (struct sector_writer *writer);

#endif
