/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports: nobody reads half of one. */
#ifndef POWERCUT_PUBLISH_H
#define POWERCUT_PUBLISH_H

#include <stdbool.h>

/* Put TEXT and a newline under a temporary name beside PATH, then rename it.  A PATH that is there and no regular file, such as
 * /dev/stderr, is written to as it is.  Returns 0, or -1 after a message.
 */
extern int publish_text (const char *path, const char *text);

/* Can PATH be published later?  Returns 0, or -1 after a message. */
extern int publish_check (const char *path);

/* Whether A and B are there and one and the same file: what is read must not be published over. */
extern bool same_file (const char *a, const char *b);

#endif
