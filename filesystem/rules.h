/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of persistence by name.  What each of them says is at the beginning of checker/persistence/persistence.h;
 * who promises which, in the rows of filesystem/filesystem.c.
 */
#ifndef POWERCUT_FILESYSTEM_RULES_H
#define POWERCUT_FILESYSTEM_RULES_H

#include <stdint.h>

enum persistence_rule {
  RULE_SYNC_NAME, RULE_SYNC_GONE, RULE_SYNC_DATA, RULE_SYNC_XATTR, RULE_FSYNC_DATA, RULE_FSYNC_XATTR, RULE_FSYNC_NAME,
  RULE_FSYNC_LINKS, RULE_FSYNC_GONE, RULE_FSYNC_UNLINKED, RULE_FSYNC_EXCHANGE, RULE_DIR_NAME, RULE_DIR_GONE,
  RULE_RENAME_LOST, RULE_RENAME, RULE_STALE, RULE_OBJECT, RULE_LINKS, RULE_TIME, RULE_SNAPSHOT, RULE_ALLOCATED,
  RULE_BLOCKS, RULE_QUOTA, RULE_REMOVED,
  RULE_COUNT,
};

/* Sets of rules are a bit each. */
#define RULE_BIT(rule) (UINT32_C (1) << (rule))
#define RULES_ALL (RULE_BIT (RULE_COUNT) - 1)

/* The name of RULE, as a workload and a violation have it. */
extern const char *persistence_rule_name (enum persistence_rule rule);

/* The rule with NAME, or RULE_COUNT. */
extern enum persistence_rule persistence_rule_find (const char *name);

#endif
