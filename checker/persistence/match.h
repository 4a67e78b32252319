/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether what was seen is what is promised. */
#ifndef POWERCUT_CHECKER_PERSISTENCE_MATCH_H
#define POWERCUT_CHECKER_PERSISTENCE_MATCH_H

#include "checker/persistence/hearing.h"

/* How far an object is what an inode is: the higher, the farther. */
enum match {
  MATCH_NOT, MATCH_TYPE,
  MATCH_PROMISED,               /* its data are as was promised, but there are such as were never written to it */
  MATCH_DATA,
  MATCH_ATTRIBUTES,             /* all but where it has blocks */
  MATCH_ALL,
};

/* How far SEEN is INODE. */
extern enum match match_object (struct hearing *hearing, const struct sim_inode *inode, const struct tree_object *seen);

/* Where in SEEN the first bytes are that were never written to INODE, a file, or UINT64_MAX: nowhere, as far as is
 * known.
 */
extern uint64_t match_stale (const struct hearing *hearing, const struct sim_inode *inode,
                             const struct tree_object *seen);

/* Whether the mode of SEEN is one that the object of STATE may have; and its owner. */
extern bool match_mode (const struct inode_state *state, const struct tree_object *seen);
extern bool match_owner (const struct inode_state *state, const struct tree_object *seen);

/* Whether the flags of SEEN are such; its project; its time, with rules that promise that. */
extern bool match_flags (const struct inode_state *state, const struct tree_object *seen);
extern bool match_project (const struct inode_state *state, const struct tree_object *seen);
/* Where the first bytes of SEEN are that have no block and should have one, or the other way round: *reserved.  False,
 * and nothing in *wrong: there are none, as far as is known.
 */
extern bool match_blocks (struct hearing *hearing, const struct inode_state *state, const struct tree_object *seen,
                          struct byte_range *wrong, bool *reserved);
extern bool match_time (const struct hearing *hearing, const struct inode_state *state, const struct tree_object *seen);

#endif
