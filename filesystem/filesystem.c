/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "filesystem/filesystem.h"
#include "filesystem/rules.h"

/* Rules about the names of what was synced by itself: promised by those whose fsync writes such names. */
#define RULES_FSYNC_NAMES                                                                           \
  (RULE_BIT (RULE_FSYNC_NAME) | RULE_BIT (RULE_FSYNC_LINKS) | RULE_BIT (RULE_FSYNC_GONE)            \
   | RULE_BIT (RULE_FSYNC_EXCHANGE) | RULE_BIT (RULE_DIR_NAME) | RULE_BIT (RULE_DIR_GONE)           \
   | RULE_BIT (RULE_RENAME_LOST))
#define RULES_SIMPLE (RULES_ALL & ~RULES_FSYNC_NAMES)

#define MKE2FS_CONFIGURATION "/etc/mke2fs.conf"

static const struct filesystem rows[] = {
  {
    .name = "ext2",
    .mkfs = { { "-q", "-F" }, "e2fsprogs", MKE2FS_CONFIGURATION },
    .small_size = "64M",
    .promises = RULES_SIMPLE,
  },
  {
    .name = "ext3",
    .mkfs = { { "-q", "-F", "-E", "lazy_journal_init=0" }, "e2fsprogs", MKE2FS_CONFIGURATION },
    .small_size = "64M",
    .promises = RULES_ALL,
  },
  {
    .name = "ext4",
    .mkfs = { { "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0" }, "e2fsprogs", MKE2FS_CONFIGURATION },
    .small_size = "64M",
    .promises = RULES_ALL,
  },
  {
    .name = "xfs",
    .mkfs = { { "-q", "-f" }, "xfsprogs" },
    .small_size = "300M",
    .promises = RULES_ALL & ~RULE_BIT (RULE_FSYNC_EXCHANGE),
  },
  {
    .name = "btrfs",
    .mkfs = { { "-q", "-f" }, "btrfs-progs" },
    .small_size = "128M",
    .promises = RULES_ALL,
  },
  {
    .name = "f2fs",
    .mkfs = { { "-f" }, "f2fs-tools" },
    .small_size = "64M",
    .promises = RULES_ALL
      & ~(RULE_BIT (RULE_FSYNC_GONE) | RULE_BIT (RULE_FSYNC_EXCHANGE) | RULE_BIT (RULE_RENAME_LOST)),
    .modes = {
      { "fsync_mode=strict", RULES_ALL },
      { "fsync_mode=nobarrier", RULES_SIMPLE & ~(RULE_BIT (RULE_FSYNC_DATA) | RULE_BIT (RULE_FSYNC_XATTR)) },
    },
  },
  {
    .name = "nilfs2",
    .mkfs = { { "-q", "-f" }, "nilfs-tools" },
    .small_size = "256M",
    .promises = RULES_SIMPLE,
  },
  {
    .name = "vfat",
    .mkfs = { { "-I" }, "dosfstools" },
    .small_size = "64M",
    .promises = RULES_SIMPLE,
  },
  {
    .name = "exfat",
    .mkfs = { { NULL }, "exfatprogs" },
    .small_size = "64M",
    .promises = RULES_SIMPLE,
  },
  {
    .name = "jfs",
    .mkfs = { { "-q" }, "jfsutils" },
    .small_size = "64M",
    .promises = RULES_SIMPLE,
  },
  {
    .name = NULL,               /* the unknown one; it comes last */
    .small_size = "64M",
    .promises = RULES_SIMPLE,
  },
};

const struct filesystem *
filesystem_find (const char *name)
{
  const struct filesystem *row = rows;

  while (row->name && strcmp (row->name, name) != 0)
    row++;
  return row;
}

const struct filesystem *
filesystem_at (size_t index)
{
  return rows[index].name ? &rows[index] : NULL;
}

/* Whether WORD is among the mount options OPTIONS. */
static bool
has_option (const char *options, const char *word)
{
  size_t length = strlen (word);

  for (const char *at = options; at; at = strchr (at, ',')) {
    at += *at == ',';
    if (strncmp (at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
      return true;
  }
  return false;
}

uint32_t
filesystem_promises (const struct filesystem *filesystem, const char *mount_options)
{
  for (size_t i = 0; i < FILESYSTEM_MODES_MAX && filesystem->modes[i].mount_option; i++)
    if (has_option (mount_options, filesystem->modes[i].mount_option))
      return filesystem->modes[i].promises;
  return filesystem->promises;
}
