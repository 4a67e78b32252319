/* SPDX-License-Identifier: BSD-3-Clause */
/* Sectors of files, in groups: those that depend on the same undecided writes of a selection, or on the same piece of
 * one.  What is chosen in one group changes nothing in another.
 */
#ifndef POWERCUT_REPLAY_SEARCH_DATA_GROUPS_H
#define POWERCUT_REPLAY_SEARCH_DATA_GROUPS_H

#include "log/crash-state.h"

#define DATA_SETS 16            /* of what sectors may be like */

struct data_sector {
  uint64_t sector;              /* of the device */
  uint32_t device;
  uint32_t bytes;               /* of it that count: a file may end in it */
  const char *known;            /* what it holds whatever is chosen: the run wrote it.  Else NULL */
  union data_wanted {
    const char *bytes;          /* NULL: whatever it holds is wrong */
    uint64_t hash;              /* of the whole sector (checker/observe/sectors.h) */
  } old, new;                   /* what it should hold: who asks knows which of the two this is */
};

/* What is asked of the sectors in the states that a run stands for. */
struct data_question {
  const struct write_log *log;
  const struct selection *selection;    /* what the run decided */
  struct crash_state *state;            /* is used to answer */
  const struct data_sector *sectors;
  size_t count;

  /* What SECTOR is like if it holds BYTES: a set, below DATA_SETS. */
  unsigned (*look) (const struct data_sector *sector, const char *bytes);
};

/* What is chosen: how many of its pieces, from the first on, are there.  One that is whole has one piece. */
struct data_variable {
  size_t group;                 /* the number of one of its sectors, the same for all variables of a group */
  uint32_t write;
  uint32_t first;               /* sector of the piece, if each of the write's pieces is decided for itself; else 0 */
  uint32_t low, high;           /* at least, at most */
};

struct data_group {
  size_t first_place, place_count;
  size_t first_variable, variable_count;
};

/* The groups of those sectors that depend on something. */
struct data_groups {
  const struct data_question *question;
  size_t *places;               /* numbers of sectors, group by group */
  size_t place_count;
  struct data_variable *variables;      /* group by group */
  size_t variable_count;
  struct data_group *list;
  size_t count;
};

/* Let the state of QUESTION be that of its selection, in which what is undecided is missing.  Returns 0, or -1 with
 * errno.
 */
extern int data_question_select (const struct data_question *question);

/* Find the groups of QUESTION, which is selected.  Sectors that depend on nothing take from *START what they are not
 * like; there are no groups if nothing is left of it.  Returns 0, or -1 with errno ENOMEM.  Free with data_groups_free
 * in any case.
 */
extern int data_groups_find (struct data_groups *groups, const struct data_question *question, unsigned *start);
extern void data_groups_free (struct data_groups *groups);

/* Whether one of the sectors is in a block with writes whose order is not certain: of those there are no groups. */
extern bool data_question_is_unordered (const struct data_question *question);

/* What sector number NUMBER is like in the state, which decides what it depends on. */
extern unsigned data_question_read (const struct data_question *question, size_t number);

/* Narrow VARIABLE to what CHOICE, which is about it, leaves of it. */
extern void data_variable_narrow (const struct data_question *question, struct data_variable *variable,
                                  const struct choice *choice);

#endif
