/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of several writes shows in a sector, where it is not certain which lies over which (log/orders.h). */
#ifndef POWERCUT_LOG_CONTEST_H
#define POWERCUT_LOG_CONTEST_H

#include "log/chosen-orders.h"

/* A write that has the sector. */
struct contestant {
  uint32_t write;               /* its number */
  enum choice_kind kind;        /* of the sector: CHOICE_PRESENT, _ABSENT or _UNDECIDED */
  const char *content;          /* of the sector: LOG_SECTOR bytes */
};

struct contest {
  const struct chosen_orders *orders;
  struct contestant *list;
  size_t count;
  const char *empty;            /* what shows if none is there */
};

enum contest_step {
  CONTEST_SHOWS,                /* the content of FIRST, which is the count if that is `empty` */
  CONTEST_KIND,                 /* whether FIRST is there has to be decided */
  CONTEST_ORDER,                /* how FIRST and SECOND lie, which are there, has to be decided */
};

/* What comes next: numbers in the list.  Nothing has to be decided on which the bytes do not depend. */
extern enum contest_step contest_next (const struct contest *contest, size_t *first, size_t *second);

#endif
