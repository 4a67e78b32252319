/* SPDX-License-Identifier: BSD-3-Clause */
/* What a file of a simulation holds: not the bytes, but which operation has written them. */
#ifndef POWERCUT_CHECKER_WORKLOAD_DATA_H
#define POWERCUT_CHECKER_WORKLOAD_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include "checker/observe/content.h"

/* LENGTH bytes from START are those that operation OPERATION writes at SOURCE.  What is in no extent is zero. */
struct sim_extent {
  uint64_t start, length, source;
  uint32_t operation;
};

struct sim_data {
  uint64_t size;
  struct sim_extent *extents;   /* by start; they do not overlap */
  size_t count;
};

/* Replace what is from FROM up to TO by ADDED (NULL: zeros), and move what comes after by SHIFT bytes (modulo 2^64);
 * the size stays.  Returns 0, or -1 after a message.
 */
extern int sim_data_replace (struct sim_data *data, uint64_t from, uint64_t to, uint64_t shift,
                             const struct sim_extent *added);

/* Put the LENGTH bytes of FROM from OFFSET into *to from TO_OFFSET; FROM may be TO.  The size stays.  Returns as above.
 */
extern int sim_data_copy_range (const struct sim_data *from, uint64_t offset, uint64_t length, struct sim_data *to,
                                uint64_t to_offset);

/* Whether the LENGTH bytes of LEFT from LEFT_OFFSET and those of RIGHT from RIGHT_OFFSET were written by the same. */
extern bool sim_data_same (const struct sim_data *left, uint64_t left_offset, const struct sim_data *right,
                           uint64_t right_offset, uint64_t length);

/* The LENGTH bytes of DATA from OFFSET; what is after its end is zero. */
extern void sim_data_read (const struct sim_data *data, uint64_t offset, uint8_t *bytes, size_t length);

/* The word that an observation has for DATA.  HASH is the caller's. */
extern void sim_data_word (const struct sim_data *data, XXH3_state_t *hash, char word[CONTENT_WORD_SIZE]);

#endif
