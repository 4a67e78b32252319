/* SPDX-License-Identifier: BSD-3-Clause */
/* Every observation that a replay has seen, once: by its digest (checker/tree.h). */
#ifndef POWERCUT_OBSERVATIONS_H
#define POWERCUT_OBSERVATIONS_H

#include <stddef.h>

#include "checker/tree.h"

struct observation {
  char digest[TREE_DIGEST_LENGTH + 1];
  char *text;
};

struct observations {
  struct observation *list;     /* sorted by digest */
  size_t count, room;
};

/* The text with this digest, or NULL.  It stays valid until observations_free. */
extern const char *observations_find (const struct observations *observations, const char *digest);

/* Add a text (taken over, also when this fails).  Returns the text that is kept, or NULL with errno ENOMEM. */
extern const char *observations_add (struct observations *observations, const char *digest, char *text);
extern void observations_free (struct observations *observations);

#endif
