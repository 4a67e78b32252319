/* SPDX-License-Identifier: BSD-3-Clause */
/* Sectors of files, in groups: those that depend on the same undecided writes of a selection, or on the same piece of
 * one.  What is chosen in one group changes nothing in another.
 */
#ifndef POWERCUT_REPLAY_SEARCH_DATA_GROUPS_H
#define POWERCUT_REPLAY_SEARCH_DATA_GROUPS_H

#include "log/crash-state.h"

/* What a sector is as: a set of these. */
enum data_set { DATA_OLD = 1, DATA_NEW = 2 };

struct data_sector {
  uint64_t sector;              /* of the device */
  uint32_t device;
  uint32_t bytes;               /* of it that count: a file may end in it */
  const char *known;            /* what it holds whatever is chosen: the run wrote it.  Else NULL */
  const char *old, *new;        /* what it should hold; NULL: whatever it holds is wrong */
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

/* Begin with all up to the sectors, of which only those that depend on something have a place in a group. */
struct data_groups {
  struct crash_state *state;    /* where the selection is selected, but with PREFER_ABSENT */
  const struct write_log *log;
  const struct selection *selection;
  const struct data_sector *sectors;
  size_t sector_count;
  size_t *places;               /* numbers of sectors, group by group */
  size_t place_count;
  struct data_variable *variables;      /* group by group */
  size_t variable_count;
  struct data_group *list;
  size_t count;
};

/* Find the groups.  Sectors that depend on nothing take from *START what they are not as; there are no groups if
 * nothing is left of it.  Returns 0, or -1 with errno ENOMEM.  Free with data_groups_free in any case.
 */
extern int data_groups_find (struct data_groups *groups, unsigned *start);
extern void data_groups_free (struct data_groups *groups);

/* Whether one of the sectors is in a block with writes whose order is not certain: of those there are no groups. */
extern bool data_groups_are_unordered (const struct data_groups *groups);

/* What SECTOR is as in the state, which decides what it depends on. */
extern unsigned data_groups_read (const struct data_groups *groups, const struct data_sector *sector);

/* Narrow VARIABLE to what CHOICE, which is about it, leaves of it. */
extern void data_groups_narrow (const struct data_groups *groups, struct data_variable *variable,
                                const struct choice *choice);

#endif
