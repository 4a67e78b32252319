/* SPDX-License-Identifier: BSD-3-Clause */
/* POSIX ACLs, which a workload sets as extended attributes: as the kernel does (fs/posix_acl.c), they change the mode
 * and the mode changes them, what is made in a folder inherits its default ACL, and one that says no more than a mode
 * is not kept.
 */
#ifndef POWERCUT_CHECKER_WORKLOAD_ACL_H
#define POWERCUT_CHECKER_WORKLOAD_ACL_H

#include <stdbool.h>
#include <stddef.h>

#include "checker/workload/inodes.h"

/* Whether the attribute NAME is an ACL. */
extern bool acl_is (const char *name);

/* Why the kernel does not take the LENGTH bytes of VALUE as the ACL NAME of INODE; NULL if it does. */
extern const char *acl_problem (const struct sim_inode *inode, const char *name, const char *value, size_t length);

/* Give INODE the ACL NAME, which has no problem.  Returns 0, or -1 after a message. */
extern int acl_set (struct sim_inode *inode, const char *name, const char *value, size_t length);

/* Bring the access ACL of INODE in line with its mode.  False if it has none. */
extern bool acl_follow_mode (const struct sim_inode *inode);

/* Whether FOLDER has a default ACL. */
extern bool acl_is_inherited (const struct sim_inode *folder);

/* Give INODE, which was just made, what the default ACL of FOLDER, if it has one, makes of it.  Returns as above. */
extern int acl_inherit (struct sim_inode *inode, const struct sim_inode *folder);

#endif
