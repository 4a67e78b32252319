/* SPDX-License-Identifier: BSD-3-Clause */
/* The names that are found for what a write wrote. */
#ifndef POWERCUT_REPLAY_EXPLAIN_NAMES_H
#define POWERCUT_REPLAY_EXPLAIN_NAMES_H

#include <stddef.h>

#define NAMES_MAX 3             /* of one write; more would make no line */

/* What is found in a write, in order, each name once. */
struct names {
  char *texts[NAMES_MAX];
  size_t count;
  size_t more;                  /* that had no room, perhaps one several times */
};

/* Add a name. */
extern void names_add (struct names *names, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* The names in one text, to free, or NULL if there are none; *names is empty then. */
extern char *names_join (struct names *names);

#endif
