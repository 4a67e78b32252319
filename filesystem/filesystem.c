/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/array.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "filesystem/rules.h"

/* To all rules the developers of ext3, ext4, XFS and btrfs hold their file systems (the tests of log recovery in
 * xfstests, generic/034 to generic/557), but for what a row takes away.  Those about the names of what was synced by
 * itself are promised by nobody else than these and f2fs, nor is that data are written before what leads to them.
 */
#define RULES_FSYNC_NAMES                                                                           \
  (RULE_BIT (RULE_FSYNC_NAME) | RULE_BIT (RULE_FSYNC_LINKS) | RULE_BIT (RULE_FSYNC_GONE)            \
   | RULE_BIT (RULE_FSYNC_UNLINKED) | RULE_BIT (RULE_FSYNC_EXCHANGE) | RULE_BIT (RULE_DIR_NAME)     \
   | RULE_BIT (RULE_DIR_GONE) | RULE_BIT (RULE_RENAME_LOST) | RULE_BIT (RULE_RENAME))
#define RULES_SIMPLE                                                                                \
  (RULES_ALL & ~(RULES_FSYNC_NAMES | RULE_BIT (RULE_STALE) | RULE_BIT (RULE_SNAPSHOT)               \
                 | RULE_BIT (RULE_ALLOCATED) | RULE_BIT (RULE_BLOCKS) | RULE_BIT (RULE_QUOTA)             \
                 | RULE_BIT (RULE_REMOVED)))

/* The same where an operation is there as a whole, or not at all. */
#define RULES_JOURNALED (RULES_SIMPLE | RULE_BIT (RULE_REMOVED))

/* Only btrfs counts nothing but data among the blocks of a file. */
#define RULES_MOST (RULES_ALL & ~RULE_BIT (RULE_BLOCKS))

/* What can be done on those that have it all; and what only with extents, which ext2 and ext3 have not. */
#define CAN_ALL (FILESYSTEM_CAN_USUALLY & ~FILESYSTEM_CAN_SHARE)
#define CAN_EXTENTS (FILESYSTEM_CAN_FALLOC | FILESYSTEM_CAN_SHIFT)

/* Where an fsync promises nothing, but a sync does. */
#define RULES_SYNC (RULES_JOURNALED & ~(RULE_BIT (RULE_FSYNC_DATA) | RULE_BIT (RULE_FSYNC_XATTR)))

/* Where the device's cache is never flushed, nothing is promised that it may lose. */
#define NO_BARRIER { "nobarrier", 0, 0 }

#define MKE2FS_CONFIGURATION "/etc/mke2fs.conf"

/* ext4 reads inodes ahead, and since Linux 5.14 all block bitmaps after a mount (fs/ext4/super.c,
 * Opt_no_prefetch_block_bitmaps).
 */
#define EXT4_QUIET { { "inode_readahead_blks=0", 0, 0 }, { "no_prefetch_block_bitmaps", 5, 14 } }

/* fs/ext4/super.c, __ext4_error */
#define EXT4_FAULTS { { { "EXT4-fs error", "" } } }

/* What the file systems of e2fsprogs have in common; after the name, what mkfs is given beyond -q -F. */
#define EXT_FAMILY(NAME, ...)                                                                        \
  .name = NAME,                                                                                      \
  .mkfs = { { "-q", "-F", ##__VA_ARGS__ }, "e2fsprogs", MKE2FS_CONFIGURATION },                      \
  .small_size = "64M",                                                                               \
  .fsck = { .words = { "e2fsck", "-fn" }, .idle = { "e2fsck *", "Pass *: *" } },                     \
  .tools = "debugfs dumpe2fs e2fsck fsck." NAME " tune2fs e2image filefrag lsattr chattr",           \
  .flags = "cD" FILESYSTEM_FLAGS_USUAL,                                                              \
  .plain_data = true,                                                                                \
  .layout = FILESYSTEM_LAYOUT_EXT

/* What is in the journal is written to its place by the kernel, at a time of its own (fs/ext4/inode.c). */
#define EXT_JOURNAL                                                                                  \
  .log_disk = { "-q -F -O journal_dev -b 4096", "-b 4096 -J device={}", "journal_path={}", "-j" },     \
  .journaled = "data=journal", .options_file = "/proc/fs/ext4/*/options"

/* Without barriers jbd2 orders nothing (fs/jbd2/commit.c, JBD2_BARRIER). */
#define EXT_MODES_NO_BARRIER NO_BARRIER, { "barrier=0", 0, 0 }

/* fs/ext4/ext4_jbd2.h, ext4_should_order_data: a commit does not wait for the data. */
#define EXT_MODE_WRITEBACK { "data=writeback", 0, RULES_MOST & ~RULE_BIT (RULE_STALE) }

static const struct filesystem rows[] = {
  {
    EXT_FAMILY ("ext2"),
    .abilities = CAN_ALL & ~CAN_EXTENTS & ~FILESYSTEM_CAN_EXCHANGE,     /* as the kernel's driver of this name */
    .driver = "ext4",
    /* With -a it gives up on any file that was created just before the crash (an unattached inode), and says nothing
     * about the rest.
     */
    .repair = { .program = "fsck.ext2", .option = "-y" },
    .faults = { { { "EXT2-fs", "error" } } },
    .promises = RULES_SIMPLE,
  },
  {
    EXT_FAMILY ("ext3", "-E", "lazy_journal_init=0"),
    .abilities = CAN_ALL & ~CAN_EXTENTS,
    EXT_JOURNAL,
    .driver = "ext4",
    .quiet = EXT4_QUIET,
    .norecovery = "noload",
    .faults = EXT4_FAULTS,
    .promises = RULES_MOST,
    .modes = { EXT_MODES_NO_BARRIER, EXT_MODE_WRITEBACK },
  },
  {
    EXT_FAMILY ("ext4", "-E", "lazy_itable_init=0,lazy_journal_init=0"),
    .abilities = CAN_ALL,
    EXT_JOURNAL,
    .asked_for = { "quota_v2?" },
    .repair = { .program = "fsck.ext4", .option = "-y", .feature = FILESYSTEM_NO_JOURNAL },
    .quiet = EXT4_QUIET,
    .norecovery = "noload",
    .faults = EXT4_FAULTS,
    .promises = RULES_MOST,
    /* fs/ext4/fsync.c, ext4_fsync_nojournal: it writes the file and, of one that is new, the directory that it is in,
     * but neither other names nor what had the name before.
     */
    .modes = { EXT_MODES_NO_BARRIER, { NULL, FILESYSTEM_NO_JOURNAL, RULES_SIMPLE }, EXT_MODE_WRITEBACK },
  },
  {
    .name = "xfs",
    .limits_messages = true,    /* fs/xfs/xfs_message.h, xfs_printk_ratelimited */
    .mkfs = { { "-q", "-f" }, "xfsprogs", NULL },
    .log_disk = { NULL, "-l logdev={}", "logdev={}", "-l" },
    .small_size = "300M",
    .abilities = CAN_ALL | FILESYSTEM_CAN_SHARE | FILESYSTEM_CAN_PROJECTS,
    .flags = FILESYSTEM_FLAGS_USUAL,
    /* Without threads that read ahead, and with a cache as small as what is checked: its memory costs more than it.
     * Looking for superblocks it reads 512 KiB of the device and 128 KiB of each group (repair/sb.c).
     */
    .fsck = {
      .words = { "xfs_repair", "-nP", "-o", "bhash=32" }, .idle = { "Phase * - *", "- *", "No modify flag set*" },
      .greedy = true
    },
    .norecovery = "norecovery",
    .tools = "xfs_db xfs_repair xfs_logprint xfs_io xfs_spaceman filefrag",
    /* fs/xfs/xfs_error.c */
    .faults = {
      { { "XFS (", "Corruption" } }, { { "XFS (", "corruption" } }, { { "XFS (", "CRC error" } },
      { { "XFS (", "Internal error" } }, { { "XFS (", "Assertion failed" } },
    },
    /* The superblock: the log, which is durable, has the same change and is replayed (fs/xfs/xfs_log.c,
     * xfs_log_cover).
     */
    .lazy_blocks = { 0 },
    .lazy_block_count = 1,
    .plain_data = true,
    .layout = FILESYSTEM_LAYOUT_XFS,
    /* An exchange of two files changes the directories alone. */
    .promises = RULES_MOST & ~RULE_BIT (RULE_FSYNC_EXCHANGE),
  },
  {
    .name = "btrfs",
    .mkfs = { { "-q", "-f" }, "btrfs-progs", NULL },
    .spans_disks = true,
    .limits_messages = true,    /* fs/btrfs/messages.c, printk_limits; messages.h, btrfs_warn_rl */
    .degraded = "degraded",
    .small_size = "128M",
    .abilities = (CAN_ALL & ~FILESYSTEM_CAN_SHIFT) | FILESYSTEM_CAN_SHARE | FILESYSTEM_CAN_SUBVOLUMES
      | FILESYSTEM_CAN_NOCOW,
    .flags = "cCD" FILESYSTEM_FLAGS_USUAL,
    .fsck = {
      .words = { "btrfs", "check", "--readonly" },
      .idle = { "Opening filesystem*", "Checking filesystem*", "UUID: *", "[[]*/*] check*" }
    },
    .tools = "btrfs btrfsck btrfs-find-root btrfs-select-super filefrag",
    .norecovery = "rescue=nologreplay",
    .readahead = "/sys/class/bdi/btrfs-*/read_ahead_kb",
    .remembers_devices = true,
    /* fs/btrfs/messages.c */
    .faults = { { { "BTRFS critical", "" } }, { { "BTRFS error", "" } }, { { "BTRFS: Transaction aborted", "" } } },
    /* Copies of the superblock: only the first is written with FUA (fs/btrfs/disk-io.c, write_dev_supers). */
    .lazy_blocks = { UINT64_C (64) << 20, UINT64_C (256) << 30 },
    .lazy_block_count = 2,
    .layout = FILESYSTEM_LAYOUT_BTRFS,
    .promises = RULES_ALL,
    .modes = { NO_BARRIER },    /* fs/btrfs/disk-io.c, write_all_supers: neither flushes nor FUA */
  },
  {
    .name = "f2fs",
    .limits_messages = true,    /* fs/f2fs/f2fs.h, f2fs_err_ratelimited */
    .mkfs = { { "-f" }, "f2fs-tools", NULL },
    .asked_for = { "quota_v2?" },
    .small_size = "64M",
    .abilities = CAN_ALL,
    .flags = "D" FILESYSTEM_FLAGS_USUAL,
    .fsck = {
      .words = { "fsck.f2fs", "--dry-run" },
      .idle = {
        "Info: *", "\"Linux version*", "from *", "to *", "[[]FSCK] Max *", "[[]FSCK]*[[]Ok..]*", "[[]FSCK] fixing SIT*"
      }
    },
    .norecovery = "norecovery",
    .tools = "fsck.f2fs dump.f2fs filefrag",
    .plain_data = true,         /* but for compressed files, which say so */
    .faults = { { { "F2FS-fs", "nconsisten" } }, { { "F2FS-fs", "corrupted" } }, { { "F2FS-fs", "run fsck to fix" } } },
    .promises = RULES_MOST
      & ~(RULE_BIT (RULE_QUOTA)
          | RULE_BIT (RULE_FSYNC_GONE) | RULE_BIT (RULE_FSYNC_UNLINKED) | RULE_BIT (RULE_FSYNC_EXCHANGE)
          | RULE_BIT (RULE_RENAME_LOST) | RULE_BIT (RULE_RENAME)),
    .modes = {
      NO_BARRIER,               /* fs/f2fs/data.c, META_FLUSH: the end of a checkpoint is written without FUA */
      { "checkpoint=disable", 0, 0 },   /* fs/f2fs/super.c, f2fs_disable_checkpoint: a crash undoes everything */
      { "disable_roll_forward", 0, RULES_SYNC },        /* fs/f2fs/super.c: what fsyncs have written is left alone */
      { "fsync_mode=nobarrier", 0, RULES_SYNC },        /* fs/f2fs/file.c, f2fs_do_sync_file: no flush */
      /* fs/f2fs/file.c, need_do_checkpoint: TRANS_DIR_INO */
      { "fsync_mode=strict", 0, RULES_MOST & ~RULE_BIT (RULE_QUOTA) },
    },
  },
  {
    .name = "nilfs2",
    .mkfs = { { "-q", "-f" }, "nilfs-tools", NULL },
    .abilities = FILESYSTEM_CAN_LINK | FILESYSTEM_CAN_FLAGS,
    .flags = "cD" FILESYSTEM_FLAGS_USUAL,
    .small_size = "256M",
    .norecovery = "norecovery",
    .tools = "lscp dumpseg lssu nilfs-tune",
    .faults = { { { "NILFS error", "" } }, { { "NILFS (", "bad btree node" } } },  /* fs/nilfs2/super.c, btree.c */
    .promises = RULES_JOURNALED,
    .modes = { NO_BARRIER },    /* fs/nilfs2/super.c, nilfs_sync_super: without it no flush */
  },
  {
    .name = "vfat",
    .mkfs = { { "-I" }, "dosfstools", NULL },
    .small_size = "64M",
    .asked_for = { "nls_cp437?", "nls_ascii?", "nls_iso8859_1?" },
    .repair = { .program = "fsck.vfat", .option = "-y" },
    .fsck = { .words = { "fsck.vfat", "-n" }, .idle = { "fsck.fat *" } },
    .tools = "fsck.vfat fatlabel",
    .plain_data = true,
    .faults = { { { "FAT-fs", "error" } } },    /* fs/fat/misc.c */
    .promises = RULES_SIMPLE & ~RULE_BIT (RULE_TIME),    /* only even seconds */
  },
  {
    .name = "exfat",
    .mkfs = { { NULL }, "exfatprogs", NULL },
    .small_size = "64M",
    .asked_for = { "nls_utf8?" },
    .repair = { .program = "fsck.exfat", .option = "-y" },
    .fsck = { .words = { "fsck.exfat", "-n" }, .idle = { "exfatprogs *" } },
    .tools = "fsck.exfat dump.exfat",
    .faults = { { { "exFAT-fs", "error" } } },  /* fs/exfat/misc.c */
    .promises = RULES_SIMPLE & ~RULE_BIT (RULE_TIME),
  },
  {
    .name = "jfs",
    .mkfs = { { "-q" }, "jfsutils", NULL },
    .abilities = FILESYSTEM_CAN_LINK | FILESYSTEM_CAN_XATTRS | FILESYSTEM_CAN_ACLS | FILESYSTEM_CAN_FLAGS,
    .flags = "ADSai",
    .small_size = "64M",
    .repair = { .program = "fsck.jfs", .option = "-a" },  /* replays its journal; no mount before that */
    .fsck = {
      .words = { "jfs_fsck", "-fn" },
      .idle = {
        "jfs_fsck *", "processing st*", "The current dev*", "Block size*", "Filesystem size*", "[*][*]Phase *"
      }
    },
    .tools = "jfs_fsck jfs_debugfs jfs_logdump jfs_tune",
    .plain_data = true,
    .faults = { { { "ERROR: (device ", "" } } },        /* fs/jfs/super.c, jfs_error */
    .promises = RULES_JOURNALED,
  },
  {
    .name = NULL,               /* the unknown one; it comes last */
    .small_size = "64M",
    .promises = RULES_SIMPLE & ~(RULE_BIT (RULE_LINKS) | RULE_BIT (RULE_TIME)),
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

bool
filesystem_is_lazy (const struct filesystem *filesystem, uint64_t offset_bytes)
{
  return array_has (filesystem->lazy_blocks, filesystem->lazy_block_count, offset_bytes);
}

bool
filesystem_has_plain_data (const struct filesystem *filesystem, const char *options, char between)
{
  return filesystem->plain_data && !(filesystem->journaled && text_lists (options, between, filesystem->journaled));
}

const char *
filesystem_log_device (const struct filesystem *filesystem, const char *options, size_t *length)
{
  const char *mount = filesystem->log_disk.mount, *option = mount ? options : NULL;
  const size_t before = mount ? strlen (mount) - strlen ("{}") : 0;

  while (option && strncmp (option, mount, before) != 0) {
    option = strchr (option, ',');
    option += option != NULL;
  }
  if (option == NULL)
    return NULL;
  *length = strcspn (option + before, ",");
  return option + before;
}

/* Fields of the superblock of the ext family, little-endian (Linux Documentation/filesystems/ext4/super.rst). */
#define EXT_MAGIC_AT (1024 + 0x38)
#define EXT_COMPATIBLE_AT (1024 + 0x5c)
#define EXT_COMPATIBLE_HAS_JOURNAL 4

uint32_t
filesystem_features (const struct filesystem *filesystem, const uint8_t start[FILESYSTEM_START_BYTES])
{
  bool ext = filesystem->layout == FILESYSTEM_LAYOUT_EXT
    && start[EXT_MAGIC_AT] == 0x53 && start[EXT_MAGIC_AT + 1] == 0xef;

  return ext && !(start[EXT_COMPATIBLE_AT] & EXT_COMPATIBLE_HAS_JOURNAL) ? FILESYSTEM_NO_JOURNAL : 0;
}

const struct filesystem_repair *
filesystem_repair (const struct filesystem *filesystem, uint32_t features)
{
  const struct filesystem_repair *repair = &filesystem->repair;

  return repair->program && (repair->feature == 0 || repair->feature & features) ? repair : NULL;
}

/* Whether what is mounted with MOUNT_OPTIONS and was made with FEATURES is in MODE. */
static bool
is_in_mode (const struct filesystem_mode *mode, const char *mount_options, uint32_t features)
{
  return (mode->mount_option && text_lists (mount_options, ',', mode->mount_option)) || mode->feature & features;
}

uint32_t
filesystem_promises (const struct filesystem *filesystem, const char *mount_options, uint32_t features)
{
  for (size_t i = 0; i < FILESYSTEM_MODES_MAX; i++)
    if (is_in_mode (&filesystem->modes[i], mount_options, features))
      return filesystem->modes[i].promises;
  return filesystem->promises;
}
