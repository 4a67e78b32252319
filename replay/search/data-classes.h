/* SPDX-License-Identifier: BSD-3-Clause */
/* What files hold in the states that a run stands for which did not read them, but told where their data are.
 *
 * The run is a leaf of the search: some writes, or parts of them, are decided, all others are not.  Of each sector it
 * is known what it is like (the old one, the new one, ...) when it holds these bytes or those.  What all sectors
 * together are like makes classes of states, and the leaf's states are counted by class, exactly, without visiting
 * them: the choices within a group of sectors (replay/search/data-groups.h) are visited one by one, as a search would,
 * with an end wherever they can be like nothing any more; and since groups share no choice, their numbers multiply.
 */
#ifndef POWERCUT_REPLAY_SEARCH_DATA_CLASSES_H
#define POWERCUT_REPLAY_SEARCH_DATA_CLASSES_H

#include <gmp.h>

#include "replay/search/data-groups.h"

#define DATA_GROUP_VISITS_MAX 4096      /* choices within a group, at most */

struct data_classes {
  mpz_t all;                    /* ways to choose all that the sectors depend on */
  struct data_class {
    mpz_t ways;                 /* ... that make the sectors so; those of all classes add up to `all` */
    struct choice *choices;     /* one of these ways, with as little missing as can be; what they leave out is there */
    size_t count;
  } classes[DATA_SETS];         /* by what the sectors are like */
};

enum groups_result {
  GROUPS_COUNTED,
  GROUPS_TOO_MANY,              /* a group has too many choices to visit, or writes that lie in any order */
  GROUPS_FAILED,                /* errno is ENOMEM */
};

/* Count the states of QUESTION, which is selected, by what its sectors are like.  START is what all else is like: a
 * set, and no class has more.  What is selected is as it was then, unless there was too much to count.  Free *classes
 * with data_classes_free in any case.
 */
extern enum groups_result data_classes_count (const struct data_question *question, unsigned start,
                                              struct data_classes *classes);
extern void data_classes_free (struct data_classes *classes);

#endif
