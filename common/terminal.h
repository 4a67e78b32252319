/* SPDX-License-Identifier: BSD-3-Clause */
/* What the terminal behind a stream can show. */
#ifndef POWERCUT_COMMON_TERMINAL_H
#define POWERCUT_COMMON_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Columns: what COLUMNS says, else the terminal's, else 80; at least 40. */
extern unsigned terminal_width (FILE *file);

/* Whether colours are wanted: FILE is a terminal that is not dumb, and NO_COLOR is not set, or empty
 * (https://no-color.org).
 */
extern bool terminal_has_colours (FILE *file);

#endif
