/* SPDX-License-Identifier: BSD-3-Clause */
/* Every row is complete, and agrees with itself and the others. */
#include <config.h>

#include <string.h>

#include "common/number.h"
#include "filesystem/filesystem.h"
#include "filesystem/rules.h"
#include "tests/unit/unit.h"

/* What is done for each file system with a row, and for the unknown one, whose name is NULL. */
static void
for_each_row (void (*check) (const struct filesystem *row))
{
  size_t count = 0;

  for (const struct filesystem *row; (row = filesystem_at (count)) != NULL; count++)
    check (row);
  ck_assert_uint_ge (count, 10);
  check (filesystem_find ("no such file system"));
}

static void
check_found (const struct filesystem *row)
{
  if (row->name == NULL)
    return;
  ck_assert_str_ne (row->name, "");
  ck_assert_ptr_eq (filesystem_find (row->name), row);
}

/* A name is of one row, and what has none is unknown. */
START_TEST (each_is_found_by_its_name)
{
  for_each_row (check_found);
  ck_assert_ptr_null (filesystem_find ("ext")->name);
  ck_assert_ptr_null (filesystem_find ("ext44")->name);
  ck_assert_ptr_null (filesystem_find ("")->name);
}
END_TEST

static void
check_making (const struct filesystem *row)
{
  const char *name = row->name ? row->name : "the unknown one";
  const struct filesystem_mkfs *mkfs = &row->mkfs;
  uint64_t size_bytes;
  size_t words = 0;

  while (words < FILESYSTEM_WORDS_MAX && mkfs->words[words])
    words++;
  for (size_t i = words; i <= FILESYSTEM_WORDS_MAX; i++)
    ck_assert_msg (mkfs->words[i] == NULL, "%s: a word of mkfs after the last", name);
  ck_assert_msg (!row->name || mkfs->package, "%s: of which package is its mkfs?", name);
  ck_assert_msg (!mkfs->configuration || *mkfs->configuration == '/', "%s: what mkfs reads is no absolute path", name);
  ck_assert_msg (row->small_size && parse_size (row->small_size, &size_bytes) == 0, "%s: no small size", name);
  ck_assert_msg (size_bytes >= 64 << 20, "%s: %s leave no room for a journal", name, row->small_size);
}

/* Each can be made by a command without questions, and how large it has to be is known. */
START_TEST (each_can_be_made)
{
  for_each_row (check_making);
}
END_TEST

static void
check_driving (const struct filesystem *row)
{
  const char *name = row->name ? row->name : "the unknown one";
  size_t count = 0;

  while (count < FILESYSTEM_MODULES_MAX && row->asked_for[count])
    count++;
  for (size_t i = count; i <= FILESYSTEM_MODULES_MAX; i++)
    ck_assert_msg (row->asked_for[i] == NULL, "%s: a module after the last", name);
  ck_assert_msg (!row->driver || strcmp (row->name, row->driver) != 0, "%s: a driver of its name is the usual", name);
  ck_assert_msg (!row->driver || filesystem_find (row->driver)->name, "%s: %s drives none itself", name, row->driver);
}

/* The modules of each are known; one that drives several has the name of one of them. */
START_TEST (each_is_mounted_by_a_module)
{
  for_each_row (check_driving);
}
END_TEST

static void
check_programs (const struct filesystem *row)
{
  const char *name = row->name ? row->name : "the unknown one", *fsck = row->fsck.program;

  ck_assert_msg (!row->name || (row->tools && *row->tools), "%s: nothing takes it apart", name);
  ck_assert_msg (!fsck == !row->fsck.option, "%s: an fsck without an option, or the reverse", name);
  if (fsck == NULL)
    return;
  ck_assert_msg (row->name && strncmp (fsck, "fsck.", 5) == 0 && strcmp (fsck + 5, row->name) == 0,
                 "%s: %s is not its fsck", name, fsck);
  ck_assert_msg (row->fsck.option[0] == '-', "%s: %s is no option", name, row->fsck.option);
}

/* An fsck is that of the file system, and is told to repair; and there are programs for a person. */
START_TEST (programs_are_its_own)
{
  for_each_row (check_programs);
}
END_TEST

static void
check_quiet (const struct filesystem *row)
{
  const char *name = row->name ? row->name : "the unknown one";

  for (size_t i = 0; i < FILESYSTEM_QUIET_MAX; i++) {
    const struct filesystem_quiet *quiet = &row->quiet[i];

    ck_assert_msg (i == 0 || !quiet->option || row->quiet[i - 1].option, "%s: an option after the last", name);
    ck_assert_msg (!quiet->option || !strpbrk (quiet->option, ", "), "%s: %s is not one option", name, quiet->option);
    ck_assert_msg (quiet->option || (quiet->major == 0 && quiet->minor == 0), "%s: Linux without an option", name);
  }
  ck_assert_msg (!row->readahead || *row->readahead == '/', "%s: %s is no path", name, row->readahead);
}

/* Options that keep a mounted one quiet are one word each. */
START_TEST (each_is_made_quiet)
{
  for_each_row (check_quiet);
}
END_TEST

static void
check_rules (const char *name, uint32_t promises)
{
  const uint32_t least = RULE_BIT (RULE_SYNC_NAME) | RULE_BIT (RULE_SYNC_GONE) | RULE_BIT (RULE_SYNC_DATA)
    | RULE_BIT (RULE_SYNC_XATTR) | RULE_BIT (RULE_OBJECT);

  ck_assert_msg ((promises & ~RULES_ALL) == 0, "%s: promises a rule that is none", name);
  ck_assert_msg ((promises & least) == least, "%s: does not promise what sync(2) says", name);
}

static void
check_promises (const struct filesystem *row)
{
  const char *name = row->name ? row->name : "the unknown one";

  check_rules (name, row->promises);
  for (size_t i = 0; i < FILESYSTEM_MODES_MAX; i++) {
    const struct filesystem_mode *mode = &row->modes[i];

    if (mode->mount_option) {
      ck_assert_msg (i == 0 || row->modes[i - 1].mount_option, "%s: a mode after the last", name);
      ck_assert_msg (mode->promises != row->promises, "%s: mode %s changes nothing", name, mode->mount_option);
      check_rules (name, mode->promises);
      ck_assert_uint_eq (filesystem_promises (row, mode->mount_option), mode->promises);
    }
    else
      ck_assert_msg (mode->promises == 0, "%s: a mode without an option", name);
  }
  ck_assert_uint_eq (filesystem_promises (row, ""), row->promises);
}

/* Rules exist, in every mode, and nobody promises less than sync(2). */
START_TEST (promises_are_rules)
{
  for_each_row (check_promises);
}
END_TEST

/* A mode is one whole word of the mount options. */
START_TEST (a_mount_option_is_a_word)
{
  const struct filesystem *f2fs = filesystem_find ("f2fs");

  ck_assert_uint_eq (filesystem_promises (f2fs, "noatime,fsync_mode=strict,discard"), RULES_ALL);
  ck_assert_uint_eq (filesystem_promises (f2fs, "fsync_mode=stricter"), f2fs->promises);
  ck_assert_uint_eq (filesystem_promises (f2fs, "nofsync_mode=strict"), f2fs->promises);
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

UNIT_TEST_MAIN ("filesystem", each_is_found_by_its_name, each_can_be_made, each_is_mounted_by_a_module,
                programs_are_its_own, each_is_made_quiet, promises_are_rules, a_mount_option_is_a_word, rules_have_names)
