/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of an observation's lines (checker/observe/tree.h): who walks a tree finds them in another one. */
#ifndef POWERCUT_CHECKER_OBSERVE_ORDER_H
#define POWERCUT_CHECKER_OBSERVE_ORDER_H

#include <stddef.h>

/* The lines of TEXT and then those of SECTORS, both of these lengths, which are cut up: each part sorted by path, and
 * of a path one line.  To free; NULL if out of memory.
 */
extern char *order_lines (char *text, size_t length, char *sectors, size_t sectors_length);

#endif
