/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of a file system after some operations of a workload: for each name and each object, what was promised
 * of it, and what has touched it since.
 */
#ifndef POWERCUT_CHECKER_PERSISTENCE_STATE_H
#define POWERCUT_CHECKER_PERSISTENCE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include "checker/persistence/attributes.h"
#include "checker/workload/simulation.h"
#include "common/ranges.h"
#include "filesystem/rules.h"

#define NOWHERE UINT32_MAX      /* in place of the number of an inode */

/* Who promised something. */
struct promise {
  bool made;
  enum persistence_rule rule;
  uint32_t operation;           /* its number; 0: the sync before `begin` */
};

/* Where a name may lead, and by which making: each link that is made to an inode, by creat, link and so on, has a
 * number of its own, which a rename or an exchange takes along from name to name.  It is in one place at any time.
 */
struct entry_lead {
  uint32_t inode;               /* its number, or NOWHERE */
  uint32_t link;                /* NOWHERE if inode is */
};

/* The process of a block that has touched something last. */
struct last_touch {
  uint32_t block;               /* 0: it was in none */
  unsigned process;
};

/* What is known of a name: where it may lead. */
struct entry_state {
  struct last_touch touched;
  struct entry_lead *leads;     /* each once; that of the latest operation last */
  size_t count;
  bool exchanged;               /* by an exchange that no promise includes yet */
  struct promise promise;       /* of the last that took something out */
};

struct inode_state {
  struct last_touch touched;    /* its data or attributes */

  struct promise name;          /* it has one */
  bool renamed;                 /* since then */
  bool gone;                    /* since then it had no name at some time */

  struct promise data;
  bool data_touched;            /* since then */
  uint64_t size_min, size_max;  /* since then */
  struct byte_ranges dirty;     /* what was touched since then, and not written by msync */
  char word[CONTENT_WORD_SIZE], size_text[24];  /* what is in it now, if it is promised and was not touched */

  struct promise xattrs;
  struct attribute_set attributes; /* that it has had since then, and modes */

  struct promise allocation;
  struct byte_ranges reserved, freed;   /* that have been so since then */

  bool found;                   /* in the observation */
};

struct workload_state {
  struct simulation simulation;
  struct entry_state *entries;  /* by number */
  size_t entry_count;
  struct inode_state *inodes;   /* by number */
  size_t inode_count;
  uint32_t link_count;          /* made so far */
};

/* The number of INODE; NOWHERE if it is NULL. */
extern uint32_t inode_number_of (const struct sim_inode *inode);

/* Whether ENTRY may lead to the inode of this number; that it does not any more; that it leads nowhere else than the
 * latest operation has let it.
 */
extern bool entry_may_lead (const struct entry_state *entry, uint32_t inode);
extern void entry_rule_out (struct entry_state *entry, uint32_t inode);
extern void entry_settle (struct entry_state *entry);

/* The state before the first operation of WORKLOAD.  Returns 0, or -1 after a message.  STATE is all zeros before; free
 * in any case, with all that is in it.
 */
extern int workload_state_begin (struct workload_state *state, const struct workload *workload);
extern void workload_state_free (struct workload_state *state);

/* Do operation INDEX, the next one: what it touches may be old or new from now on.  Returns as above. */
extern int workload_state_do (struct workload_state *state, size_t index);

/* Of what the last operation has taken its last name from, nothing is promised any more but that name. */
extern void workload_state_forget_removed (struct workload_state *state);

/* Work out the words of what is promised, as it is now.  HASH is the caller's.  Returns as above. */
extern int workload_state_finish (struct workload_state *state, XXH3_state_t *hash);

#endif
