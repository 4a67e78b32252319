/* SPDX-License-Identifier: BSD-3-Clause */
/* Every row is complete, and agrees with itself and the others. */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "common/number.h"
#include "filesystem/filesystem.h"
#include "filesystem/rules.h"
#include "tests/unit/unit.h"

#define LEAST_SIZE (64 << 20)   /* less leaves no room for a journal */

/* What is looked at, for a message. */
static const char *
name_of (const struct filesystem *row)
{
  return row->name ? row->name : "the unknown one";
}

/* A list with room for ROOM begins with its texts, none is empty, and after them come NULLs.  Returns how many. */
static size_t
count_texts (const struct filesystem *row, const char *const *texts, size_t room)
{
  size_t count = 0;

  while (count < room && texts[count])
    ck_assert_msg (*texts[count++] != '\0', "%s: an empty text", name_of (row));
  for (size_t i = count; i < room; i++)
    ck_assert_msg (texts[i] == NULL, "%s: %s is after the last", name_of (row), texts[i]);
  return count;
}

static void
check_name (const struct filesystem *row)
{
  if (row->name)
    ck_assert_ptr_eq (filesystem_find (row->name), row);
}

/* It can be made by a command without questions, and how large it has to be is known. */
static void
check_making (const struct filesystem *row)
{
  const struct filesystem_mkfs *mkfs = &row->mkfs;
  uint64_t size_bytes;

  ck_assert_msg (count_texts (row, mkfs->words, FILESYSTEM_WORDS_MAX + 1) <= FILESYSTEM_WORDS_MAX,
                 "%s: no NULL after the words of mkfs", name_of (row));
  ck_assert_msg (!row->name || mkfs->package, "%s: of which package is its mkfs?", name_of (row));
  ck_assert_msg (!mkfs->configuration || *mkfs->configuration == '/', "%s: %s is no absolute path", name_of (row),
                 mkfs->configuration);
  ck_assert_msg (row->small_size && parse_size (row->small_size, &size_bytes) == 0 && size_bytes >= LEAST_SIZE,
                 "%s: no small size, or one too small", name_of (row));
}

/* Its modules are known; one that drives several has the name of one of them. */
static void
check_driver (const struct filesystem *row)
{
  ck_assert_msg (count_texts (row, row->asked_for, FILESYSTEM_MODULES_MAX + 1) <= FILESYSTEM_MODULES_MAX,
                 "%s: no NULL after the modules", name_of (row));
  ck_assert_msg (!row->driver || filesystem_find (row->driver)->name, "%s: %s drives none itself", name_of (row),
                 row->driver);
  ck_assert_msg (!row->driver || filesystem_find (row->driver) != row, "%s: a driver of its name is the usual",
                 name_of (row));
}

/* An fsck is that of the file system, and is told to repair; and there are programs for a person. */
static void
check_programs (const struct filesystem *row)
{
  const char *fsck = row->repair.program;

  ck_assert_msg (!row->name || (row->tools && *row->tools), "%s: nothing takes it apart", name_of (row));
  ck_assert_msg (!fsck == !row->repair.option, "%s: an fsck without an option, or the reverse", name_of (row));
  if (fsck == NULL)
    return;
  ck_assert_msg (row->name && strncmp (fsck, "fsck.", 5) == 0 && strcmp (fsck + 5, row->name) == 0,
                 "%s: %s is not its fsck", name_of (row), fsck);
  ck_assert_msg (row->repair.option[0] == '-', "%s: %s is no option", name_of (row), row->repair.option);
}

/* What checks it has a place for the device after its words, and all lists end. */
static void
check_fsck (const struct filesystem *row)
{
  size_t words = count_texts (row, row->fsck.words, FILESYSTEM_WORDS_MAX + 1);
  size_t idle = count_texts (row, row->fsck.idle, FILESYSTEM_IDLE_MAX + 1);

  ck_assert_msg (words <= FILESYSTEM_WORDS_MAX && idle <= FILESYSTEM_IDLE_MAX, "%s: no NULL after the last",
                 name_of (row));
  ck_assert_msg (words != 1 && (words > 0) == (idle > 0), "%s: checked without an option, or without a line",
                 name_of (row));
}

/* Options that keep a mounted one quiet are one word each. */
static void
check_quiet (const struct filesystem *row)
{
  const char *options[FILESYSTEM_QUIET_MAX];

  for (size_t i = 0; i < FILESYSTEM_QUIET_MAX; i++) {
    options[i] = row->quiet[i].option;
    ck_assert_msg (!options[i] || !strpbrk (options[i], ", "), "%s: %s is not one option", name_of (row), options[i]);
    ck_assert_msg (options[i] || (row->quiet[i].major == 0 && row->quiet[i].minor == 0),
                   "%s: a version without an option", name_of (row));
  }
  count_texts (row, options, FILESYSTEM_QUIET_MAX);
  ck_assert_msg (!row->readahead || *row->readahead == '/', "%s: %s is no path", name_of (row), row->readahead);
}

/* A kernel that finds it corrupted is understood. */
static void
check_faults (const struct filesystem *row)
{
  const char *texts[FILESYSTEM_FAULTS_MAX];

  for (size_t i = 0; i < FILESYSTEM_FAULTS_MAX; i++) {
    texts[i] = row->faults[i].texts[0];
    ck_assert_msg (!texts[i] == !row->faults[i].texts[1], "%s: half a fault", name_of (row));
  }
  size_t count = count_texts (row, texts, FILESYSTEM_FAULTS_MAX);
  ck_assert_msg (!row->name == !count, "%s: is it never corrupted?", name_of (row));
}

/* Lazy blocks are as many as the row says: 0 is a place, too. */
static void
check_lazy_blocks (const struct filesystem *row)
{
  ck_assert_msg (row->lazy_block_count <= FILESYSTEM_LAZY_MAX, "%s: too many lazy blocks", name_of (row));
  for (size_t i = 0; i < FILESYSTEM_LAZY_MAX; i++) {
    ck_assert_msg (row->lazy_blocks[i] % 512 == 0, "%s: a lazy block within a sector", name_of (row));
    ck_assert_msg (i < row->lazy_block_count ? filesystem_is_lazy (row, row->lazy_blocks[i]) : row->lazy_blocks[i] == 0,
                   "%s: a lazy block after the last", name_of (row));
  }
  ck_assert (!filesystem_is_lazy (row, 512));
}

/* Rules exist, and nobody promises less than sync(2), or nothing. */
static void
check_rules (const struct filesystem *row, uint32_t promises, bool may_be_none)
{
  const uint32_t least = RULE_BIT (RULE_SYNC_NAME) | RULE_BIT (RULE_SYNC_GONE) | RULE_BIT (RULE_SYNC_DATA)
    | RULE_BIT (RULE_SYNC_XATTR) | RULE_BIT (RULE_OBJECT);

  ck_assert_msg ((promises & ~RULES_ALL) == 0, "%s: promises a rule that is none", name_of (row));
  ck_assert_msg ((promises & least) == least || (may_be_none && promises == 0),
                 "%s: does not promise what sync(2) says", name_of (row));
}

/* The same in every mode. */
static void
check_promises (const struct filesystem *row)
{
  const char *options[FILESYSTEM_MODES_MAX];
  size_t count = 0;

  check_rules (row, row->promises, false);
  ck_assert_uint_eq (filesystem_promises (row, "", 0), row->promises);
  for (size_t i = 0; i < FILESYSTEM_MODES_MAX; i++) {
    const struct filesystem_mode *mode = &row->modes[i];

    if (mode->mount_option)
      options[count++] = mode->mount_option;
    ck_assert_msg (mode->mount_option || mode->feature || mode->promises == 0, "%s: a mode without an option",
                   name_of (row));
    if (mode->mount_option == NULL && mode->feature == 0)
      continue;
    check_rules (row, mode->promises, true);
    ck_assert_msg (mode->promises != row->promises, "%s: mode %zu changes nothing", name_of (row), i);
    ck_assert_uint_eq (filesystem_promises (row, mode->mount_option ? mode->mount_option : "", mode->feature),
                       mode->promises);
  }
  while (count < FILESYSTEM_MODES_MAX)
    options[count++] = NULL;
  count_texts (row, options, FILESYSTEM_MODES_MAX);
}

static void (*const checks[]) (const struct filesystem *row) = {
  check_name, check_making, check_driver, check_programs, check_fsck, check_quiet, check_faults, check_lazy_blocks,
  check_promises,
};

/* All of that holds for every row, also that of the unknown one. */
START_TEST (each_row_is_complete)
{
  const struct filesystem *row;
  size_t count = 0;

  do {
    row = filesystem_at (count++);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
      checks[i] (row ? row : filesystem_find ("no such file system"));
  } while (row);
  ck_assert_uint_gt (count, 10);
}
END_TEST

/* What was tried on Linux 6.1 and 7.2, one operation and one flag after the other, and worked on both that have it. */
static const struct {
  const char *filesystem, *flags;
  uint32_t abilities;
} tried[] = {
#define NAMES FILESYSTEM_CAN_LINK | FILESYSTEM_CAN_XATTRS | FILESYSTEM_CAN_ACLS | FILESYSTEM_CAN_TMPFILE
  { "ext2", "cDASadi", NAMES | FILESYSTEM_CAN_FLAGS },
  { "ext3", "cDASadi", NAMES | FILESYSTEM_CAN_EXCHANGE | FILESYSTEM_CAN_FLAGS },
  { "ext4", "cDASadi",
    NAMES | FILESYSTEM_CAN_EXCHANGE | FILESYSTEM_CAN_FALLOC | FILESYSTEM_CAN_SHIFT | FILESYSTEM_CAN_FLAGS
    },
  { "xfs", "ASadi",
    NAMES | FILESYSTEM_CAN_EXCHANGE | FILESYSTEM_CAN_FALLOC | FILESYSTEM_CAN_SHIFT | FILESYSTEM_CAN_FLAGS
    | FILESYSTEM_CAN_SHARE | FILESYSTEM_CAN_PROJECTS },
  { "btrfs", "cCDASadi",
    NAMES | FILESYSTEM_CAN_EXCHANGE | FILESYSTEM_CAN_FALLOC | FILESYSTEM_CAN_FLAGS | FILESYSTEM_CAN_SHARE
    | FILESYSTEM_CAN_SUBVOLUMES | FILESYSTEM_CAN_NOCOW },
  { "f2fs", "DASadi",
    NAMES | FILESYSTEM_CAN_EXCHANGE | FILESYSTEM_CAN_FALLOC | FILESYSTEM_CAN_SHIFT | FILESYSTEM_CAN_FLAGS
    },
  { "nilfs2", "cDASadi", FILESYSTEM_CAN_LINK | FILESYSTEM_CAN_FLAGS },
  /* vfat can exchange, but leave no whiteouts, and allocate, but not punch. */
  { "vfat", "", 0 },
  { "exfat", "", 0 },
  { "jfs", "ADSai",
    FILESYSTEM_CAN_LINK | FILESYSTEM_CAN_XATTRS | FILESYSTEM_CAN_ACLS | FILESYSTEM_CAN_FLAGS },
#undef NAMES
};

/* Each row says what was seen, no more and no less. */
START_TEST (what_can_be_done_was_tried)
{
  const size_t count = sizeof tried / sizeof tried[0];

  for (size_t i = 0; i < count; i++) {
    const struct filesystem *row = filesystem_find (tried[i].filesystem);

    ck_assert_ptr_nonnull (row->name);
    ck_assert_msg (row->abilities == tried[i].abilities, "%s: %x and not %x", row->name, row->abilities,
                   tried[i].abilities);
    ck_assert_str_eq (row->flags ? row->flags : "", tried[i].flags);
  }
  ck_assert_ptr_null (filesystem_at (count));
  ck_assert_uint_eq (filesystem_find ("no such file system")->abilities, 0);
}
END_TEST

/* A name is of one row as a whole. */
START_TEST (a_name_without_a_row_is_unknown)
{
  static const char *const names[] = { "", "ext", "ext44", "xt4", "EXT4" };

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    ck_assert_ptr_null (filesystem_find (names[i])->name);
}
END_TEST

/* A mode is one whole word of the mount options. */
START_TEST (a_mount_option_is_a_word)
{
  const struct filesystem *f2fs = filesystem_find ("f2fs");

  ck_assert_uint_eq (filesystem_promises (f2fs, "noatime,fsync_mode=strict,discard", 0),
                     RULES_ALL & ~(RULE_BIT (RULE_BLOCKS) | RULE_BIT (RULE_QUOTA)));
  ck_assert_uint_eq (filesystem_promises (f2fs, "fsync_mode=stricter", 0), f2fs->promises);
  ck_assert_uint_eq (filesystem_promises (f2fs, "nofsync_mode=strict", 0), f2fs->promises);
}
END_TEST

/* A journal is seen in the superblock, where there is one, and what has none is checked before it is mounted. */
START_TEST (ext4_without_a_journal_is_checked_first)
{
  const struct filesystem *ext4 = filesystem_find ("ext4");
  uint8_t start[FILESYSTEM_START_BYTES] = { 0 };

  ck_assert_uint_eq (filesystem_features (ext4, start), 0);
  start[1024 + 0x38] = 0x53;
  start[1024 + 0x39] = 0xef;
  start[1024 + 0x5c] = 0x3c;
  ck_assert_uint_eq (filesystem_features (ext4, start), 0);
  ck_assert_ptr_null (filesystem_repair (ext4, 0));
  start[1024 + 0x5c] = 0x38;
  ck_assert_uint_eq (filesystem_features (ext4, start), FILESYSTEM_NO_JOURNAL);
  ck_assert_str_eq (filesystem_repair (ext4, FILESYSTEM_NO_JOURNAL)->program, "fsck.ext4");
  ck_assert_uint_eq (filesystem_features (filesystem_find ("xfs"), start), 0);
  ck_assert_ptr_null (filesystem_repair (filesystem_find ("xfs"), FILESYSTEM_NO_JOURNAL));
  ck_assert_ptr_nonnull (filesystem_repair (filesystem_find ("ext2"), 0));
}
END_TEST

/* A journal of its own is where a mount option says it is. */
START_TEST (a_journal_is_found_in_the_mount_options)
{
  const struct filesystem *xfs = filesystem_find ("xfs"), *ext4 = filesystem_find ("ext4");
  size_t length;
  const char *device = filesystem_log_device (xfs, "noatime,logdev=/dev/vdb,ro", &length);

  ck_assert_ptr_nonnull (device);
  ck_assert_uint_eq (length, strlen ("/dev/vdb"));
  ck_assert_mem_eq (device, "/dev/vdb", length);
  ck_assert_ptr_null (filesystem_log_device (xfs, "noatime,xlogdev=/dev/vdb", &length));
  ck_assert_ptr_null (filesystem_log_device (ext4, "logdev=/dev/vdb", &length));
  ck_assert_ptr_nonnull (filesystem_log_device (ext4, "journal_path=/dev/vdb", &length));
  ck_assert_ptr_null (filesystem_log_device (filesystem_find ("btrfs"), "logdev=/dev/vdb", &length));
  ck_assert_ptr_null (filesystem_log_device (xfs, "", &length));
}
END_TEST

/* The first block is lazy on xfs, not elsewhere. */
START_TEST (a_lazy_block_is_of_one_file_system)
{
  ck_assert (filesystem_is_lazy (filesystem_find ("xfs"), 0));
  ck_assert (!filesystem_is_lazy (filesystem_find ("btrfs"), 0));
  ck_assert (!filesystem_is_lazy (filesystem_find ("ext4"), 0));
}
END_TEST

/* A layout that blame reads is that of a file system, and what is unknown has none. */
START_TEST (layouts_are_of_file_systems)
{
  const struct filesystem *row;
  unsigned seen = 0;

  for (size_t i = 0; (row = filesystem_at (i)) != NULL; i++)
    seen |= 1U << row->layout;
  ck_assert_uint_eq (seen, (1U << FILESYSTEM_LAYOUT_COUNT) - 1);
  ck_assert_uint_eq (filesystem_find ("no such file system")->layout, FILESYSTEM_LAYOUT_UNKNOWN);
}
END_TEST

/* Each rule has a name of its own, and is found by it. */
START_TEST (rules_have_names)
{
  for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
    ck_assert_ptr_nonnull (persistence_rule_name (rule));
    ck_assert_uint_eq (persistence_rule_find (persistence_rule_name (rule)), rule);
  }
  ck_assert_uint_eq (persistence_rule_find ("fsync"), RULE_COUNT);
}
END_TEST

UNIT_TEST_MAIN ("filesystem", each_row_is_complete, what_can_be_done_was_tried, a_name_without_a_row_is_unknown,
                a_mount_option_is_a_word, ext4_without_a_journal_is_checked_first,
                a_journal_is_found_in_the_mount_options,
                a_lazy_block_is_of_one_file_system, layouts_are_of_file_systems, rules_have_names)
