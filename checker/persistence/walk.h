/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk through all names that a workload uses, from the root on. */
#ifndef POWERCUT_CHECKER_PERSISTENCE_WALK_H
#define POWERCUT_CHECKER_PERSISTENCE_WALK_H

#include "checker/persistence/hearing.h"

/* Hold the tree of HEARING against its state.  Returns 0, or -1: out of memory. */
extern int walk_tree (struct hearing *hearing);

#endif
