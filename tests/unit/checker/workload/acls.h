/* SPDX-License-Identifier: BSD-3-Clause */
/* ACLs as a workload writes them.  Permissions are one octal digit, a text. */
#ifndef POWERCUT_TESTS_UNIT_CHECKER_WORKLOAD_ACLS_H
#define POWERCUT_TESTS_UNIT_CHECKER_WORKLOAD_ACLS_H

#define ACL_VERSION "%02%00%00%00"
#define ACL_OWNER(permissions) "%01%00%0" permissions "%00%ff%ff%ff%ff"
#define ACL_USERS(permissions) "%02%00%0" permissions "%00%e8%03%00%00"      /* user 1000 */
#define ACL_OWNERS(permissions) "%04%00%0" permissions "%00%ff%ff%ff%ff"     /* the group that owns it */
#define ACL_MASKED(permissions) "%10%00%0" permissions "%00%ff%ff%ff%ff"
#define ACL_OTHERS(permissions) "%20%00%0" permissions "%00%ff%ff%ff%ff"

/* One for the owner, user 1000 (the owning group has r--), the mask and others; and one that says no more than a mode.
 */
#define ACL(owner, user, mask, others) \
  ACL_VERSION ACL_OWNER (owner) ACL_USERS (user) ACL_OWNERS ("4") ACL_MASKED (mask) ACL_OTHERS (others)
#define ACL_MODE(owner, group, others) ACL_VERSION ACL_OWNER (owner) ACL_OWNERS (group) ACL_OTHERS (others)

#endif
