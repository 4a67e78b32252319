/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a violation: the first one becomes the detail of the hearing, the others are counted. */
#ifndef POWERCUT_CHECKER_PERSISTENCE_REPORT_H
#define POWERCUT_CHECKER_PERSISTENCE_REPORT_H

#include "checker/persistence/hearing.h"
#include "checker/persistence/match.h"

/* There is nothing at PATH, where INODE should be as MADE has promised. */
extern void report_missing (struct hearing *hearing, const char *path, const struct sim_inode *inode,
                            const struct promise *made);

/* SEEN is at PATH, where nothing should be as MADE has promised. */
extern void report_present (struct hearing *hearing, const char *path, const struct tree_object *seen,
                            const struct promise *made);

/* AGAIN is what a rename has made of FIRST, which is there, too. */
extern void report_twice (struct hearing *hearing, const struct tree_object *first, const struct tree_object *again);

/* SEEN, at PATH, is not what it leads to, INODE coming nearest. */
extern void report_wrong (struct hearing *hearing, const char *path, const struct tree_object *seen,
                          const struct sim_inode *inode, enum match match);

/* The link count of SEEN is wrong, as it says itself. */
extern void report_links (struct hearing *hearing, const struct tree_object *seen);

/* Quotas say something else than SEEN, the root, has, as it says itself. */
extern void report_quota (struct hearing *hearing, const struct tree_object *seen);

/* SEEN is said to have SECTORS, but its blocks are EXPECTED. */
extern void report_blocks (struct hearing *hearing, const struct tree_object *seen, uint64_t sectors,
                           uint64_t expected);

/* INODE, which has had a name all the time, is under none of those that it may have. */
extern void report_lost (struct hearing *hearing, const struct sim_inode *inode);

#endif
