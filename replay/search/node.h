/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree of decisions that a search grows: what a run decides leads down from a node to one child, and its
 * alternative, the other child, stays open until a run is made of it.
 */
#ifndef POWERCUT_REPLAY_SEARCH_NODE_H
#define POWERCUT_REPLAY_SEARCH_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/choice.h"

/* A place in the tree: what was decided on the way from the root. */
struct node {
  struct node *parent;
  struct node *children[2];     /* by choice_side of the decision; NULL in a leaf and an open node */
  struct choice decision;       /* the last one; none in the root */
  uint32_t present, absent;     /* decisions so far */
  uint64_t open;                /* nodes from here down that wait for a run */
};

/* Free NODE, which is a root or of which the parent is to know nothing more, and all below it. */
extern void node_free (struct node *node);

/* The node after NODE in the order of the tree, staying below ROOT, or above NODE's children with SKIP; NULL at the
 * end.
 */
extern struct node *node_next (const struct node *root, struct node *node, bool skip);

/* A node is open if it waits for a run itself. */
extern bool node_is_open (const struct node *node);

/* So many more nodes wait for a run, NODE or those below it. */
extern void node_change_open (struct node *node, int change);

/* Let a run decide DECISION at *node, and move there.  Its alternative, TURNED, is open from now on: node_note_open
 * tells the nodes above.  Returns 0, or -1 with errno ENOMEM and nothing changed.
 */
extern int node_grow (struct node **node, struct choice decision, struct choice turned);

/* Tell the nodes above of the alternatives that opened on the way from TOP to LEAF, once for all of them. */
extern void node_note_open (struct node *leaf, const struct node *top);

/* All decisions of a run, forced and made, to free.  NULL with errno ENOMEM. */
extern struct choice *node_decided (const struct node *leaf, size_t *count);

/* A text, to free, by which runs of one search sort in the order of the tree, from `there` to `not there`, whatever the
 * order in which they were made.  NULL with errno ENOMEM.
 */
extern char *node_place (const struct node *leaf);

#endif
