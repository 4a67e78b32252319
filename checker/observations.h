/* SPDX-License-Identifier: BSD-3-Clause */
/* Every observation that a replay has seen, once, by its digest (checker/observe/tree.h), and what it means. */
#ifndef POWERCUT_CHECKER_OBSERVATIONS_H
#define POWERCUT_CHECKER_OBSERVATIONS_H

#include <stddef.h>

#include "checker/moment.h"
#include "checker/observe/tree.h"
#include "checker/verdict.h"

struct observation {
  char digest[TREE_DIGEST_LENGTH + 1];
  char *text;
  char *sectors;                /* the lines about sectors, where they are judged; else NULL */
  uint8_t *classes;             /* of its pages (checker/watched-pages.h), to free; or NULL */
  struct judged {
    struct moment moment;
    struct verdict verdict;
  } *judged;                    /* what it means where */
  size_t judged_count;
};

struct observations {
  struct observation *list;     /* sorted by digest */
  size_t count;
};

/* The observation with this digest, or NULL.  It stays where it is until the next one is added, and its text until
 * observations_free.
 */
extern struct observation *observations_find (const struct observations *observations, const char *digest);

/* Add a text (taken over, also when this fails).  Returns the text that is kept, or NULL with errno ENOMEM. */
extern const char *observations_add (struct observations *observations, const char *digest, char *text);
extern void observations_free (struct observations *observations);

#endif
