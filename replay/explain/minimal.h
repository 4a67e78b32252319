/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest state that fails as a given one does: the fewest writes that have to be missing, and the earliest
 * crash point at which that is so.
 */
#ifndef POWERCUT_REPLAY_EXPLAIN_MINIMAL_H
#define POWERCUT_REPLAY_EXPLAIN_MINIMAL_H

#include <stdio.h>

#include "checker/observations.h"
#include "replay/explain/blame.h"
#include "replay/search/crash-points.h"

/* A write that is missing, or of which sectors are; or one that lies over a later one. */
struct dropped_write {
  uint32_t write;               /* its number in the log */
  struct choice *choices;       /* what is missing of it, in order: all CHOICE_ABSENT; or one of CHOICE_OVER */
  size_t choice_count;
  char *what;                   /* what it wrote (replay/explain/blame.h), or NULL */
  char *why;                    /* why it may be missing (replay/explain/reason.h) */
};

struct minimal {
  uint32_t position;            /* of the crash point */
  char *state;                  /* id */
  char *detail;                 /* of the verdict there */
  struct dropped_write *dropped;        /* in the order of the log */
  size_t count;
  char *note;                   /* one line: how many are missing or lie over others, and what was issued last */
};

struct minimal_config {
  const struct write_log *log;
  const struct crash_points *points;    /* where the power may be cut */
  enum violation kind;
  uint32_t first;               /* what was issued before this position stays as it is, and no crash is before it */

  /* What is wrong with the state that CHOICES make at POSITION, all other writes being there.  Returns 0 with
   * *verdict, whose detail is to free, or -1 after a message.
   */
  int (*probe) (void *opaque, uint32_t position, const struct choice *choices, size_t count, struct verdict *verdict);
  void *opaque;
};

/* Reduce the state that CHOICES make at POSITION, which fails with config->kind.  NULL after a message, or silently
 * after a stop.
 */
extern struct minimal *minimal_find (const struct minimal_config *config, uint32_t position,
                                     const struct choice *choices, size_t count);

/* The state that CHOICES make at POSITION as it is, without a detail.  NULL with errno ENOMEM. */
extern struct minimal *minimal_as_is (const struct write_log *log, uint32_t position,
                                      const struct choice *choices, size_t count);

/* All choices of the state, to free, their number in *count; NULL with errno ENOMEM. */
extern struct choice *minimal_choices (const struct minimal *minimal, size_t *count);

/* Say what was found in words: fill what, why and note.  Returns 0, or -1 with errno ENOMEM. */
extern int minimal_describe (struct minimal *minimal, const struct write_log *log, struct blame *blame);

/* The line about write number I of the dropped ones, to free, or NULL with errno ENOMEM. */
extern char *minimal_line (const struct minimal *minimal, const struct write_log *log, size_t i);

/* Print all that, indented, below a finding whose own state was wrong with DETAIL. */
extern void minimal_print (const struct minimal *minimal, const struct write_log *log, const char *detail, FILE *file);

extern void minimal_free (struct minimal *minimal);

#endif
