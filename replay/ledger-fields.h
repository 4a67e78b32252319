/* SPDX-License-Identifier: BSD-3-Clause */
/* What records of a ledger (replay/ledger.h) are made of: numbers of 64 bits, and texts with their length before them.
 * No length is believed.
 */
#ifndef POWERCUT_REPLAY_LEDGER_FIELDS_H
#define POWERCUT_REPLAY_LEDGER_FIELDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "checker/outcome.h"

extern void fields_put_number (FILE *file, uint64_t number);
extern void fields_put_bytes (FILE *file, const void *bytes, size_t count);
extern void fields_put_text (FILE *file, const char *text);     /* which may be NULL */
extern void fields_put_outcome (FILE *file, const struct outcome *outcome);

/* What is still to be read. */
struct fields {
  const char *at;
  size_t left;
  bool bad;                     /* something was not there: whatever was read since is zeros */
};

extern uint64_t fields_number (struct fields *fields);

/* As fields_put_bytes wrote them, *count of them: valid as long as what is read.  Of a text it is NULL if it was that,
 * else it has a NUL at its end, which is counted.
 */
extern const char *fields_bytes (struct fields *fields, size_t *count);
extern const char *fields_text (struct fields *fields);

/* An outcome whose texts are valid as long as what is read: not to be freed. */
extern void fields_outcome (struct fields *fields, struct outcome *outcome);

#endif
