/* SPDX-License-Identifier: BSD-3-Clause */
/* The flags of an inode that chattr(1) sets, by their letters. */
#ifndef POWERCUT_CHECKER_OBSERVE_FLAGS_H
#define POWERCUT_CHECKER_OBSERVE_FLAGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The flags (FS_APPEND_FL and so on of linux/fs.h) of LETTERS, which end where BETWEEN or a NUL is, into *flags.  False
 * if there is none, or one that is not known.
 */
extern bool flags_read (const char *letters, char between, uint32_t *flags);

/* Print the letters of those of FLAGS that are known. */
extern void flags_print (uint32_t flags, FILE *file);

/* All that are known. */
extern uint32_t flags_known (void);

#endif
