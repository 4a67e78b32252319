/* SPDX-License-Identifier: BSD-3-Clause */
/* A write of which parts differ: a partition of its sectors, counted from its start. */
#ifndef POWERCUT_LOG_TORN_H
#define POWERCUT_LOG_TORN_H

#include <stddef.h>
#include <stdint.h>

#include "log/choice.h"

struct torn {
  struct torn_span {
    uint32_t first;             /* sector; the span ends before the next one's first */
    enum choice_kind kind;
  } *spans;                     /* NULL before torn_begin */
  size_t count, room;
};

extern void torn_free (struct torn *torn);

/* Let all sectors be of KIND.  Spans that are there are used anew.  Returns 0, or -1 with errno ENOMEM. */
extern int torn_begin (struct torn *torn, enum choice_kind kind);

/* The number of the span that SECTOR is in. */
extern size_t torn_find (const struct torn *torn, uint32_t sector);

/* Make sectors FIRST to LAST of TORN, whose last sector is END, of KIND.  Returns 0, or -1 with errno ENOMEM. */
extern int torn_set (struct torn *torn, uint32_t first, uint32_t last, uint32_t end, enum choice_kind kind);

#endif
