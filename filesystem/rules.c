/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "filesystem/rules.h"

static const char *const names[RULE_COUNT] = {
  [RULE_SYNC_NAME] = "sync-name", [RULE_SYNC_GONE] = "sync-gone", [RULE_SYNC_DATA] = "sync-data",
  [RULE_SYNC_XATTR] = "sync-xattr", [RULE_FSYNC_DATA] = "fsync-data", [RULE_FSYNC_XATTR] = "fsync-xattr",
  [RULE_FSYNC_NAME] = "fsync-name", [RULE_FSYNC_LINKS] = "fsync-links", [RULE_FSYNC_GONE] = "fsync-gone",
  [RULE_FSYNC_UNLINKED] = "fsync-unlinked", [RULE_FSYNC_EXCHANGE] = "fsync-exchange",
  [RULE_DIR_NAME] = "dir-name", [RULE_DIR_GONE] = "dir-gone", [RULE_RENAME_LOST] = "rename-lost",
  [RULE_RENAME] = "rename",
  [RULE_STALE] = "stale",
  [RULE_OBJECT] = "object",
  [RULE_LINKS] = "links",
  [RULE_TIME] = "time",
  [RULE_SNAPSHOT] = "snapshot",
  [RULE_ALLOCATED] = "allocated",
  [RULE_BLOCKS] = "blocks",
  [RULE_QUOTA] = "quota",
  [RULE_REMOVED] = "removed",
};

const char *
persistence_rule_name (enum persistence_rule rule)
{
  return names[rule];
}

enum persistence_rule
persistence_rule_find (const char *name)
{
  enum persistence_rule rule = 0;

  while (rule < RULE_COUNT && strcmp (names[rule], name) != 0)
    rule++;
  return rule;
}
