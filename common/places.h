/* SPDX-License-Identifier: BSD-3-Clause */
/* Where files are, or will be. */
#ifndef POWERCUT_COMMON_PLACES_H
#define POWERCUT_COMMON_PLACES_H

#include <stdbool.h>
#include <stddef.h>

/* Would what is written to A and to B be one file?  They need not be there yet.  What is no regular file, such as a
 * pipe or a terminal, takes what both write.
 */
extern bool same_place (const char *a, const char *b);

/* Have the COUNT outputs, NULL or `-` where there is none, each its own file?  Returns 0, or -1 after a message. */
extern int places_check_distinct (const char *const *paths, size_t count);

#endif
