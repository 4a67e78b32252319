/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "checker/observe/flags.h"
#include "checker/workload/random.h"
#include "checker/workload/simulation.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static char *
make (uint64_t seed, uint64_t number, const char *set)
{
  const struct random_bounds bounds = { .seed = seed, .least = 3, .most = 8, .set = set };
  char *text = random_workload (&bounds, number);

  ck_assert_ptr_nonnull (text);
  return text;
}

/* How many lines of the update of TEXT are operations other than persistence operations that are nothing else, whatever
 * they are done by and how often.
 */
static size_t
count_lines (const char *text)
{
  static const char *const others[] = { "fsync ", "fdatasync ", "msync ", "sync\n", "syncfs\n", "{", "|", "}" };
  const char *begin = strstr (text, "\nbegin\n");
  const char *line = begin ? begin + strlen ("\nbegin\n") : strchr (text, '\n') + 1;
  size_t count = 0;

  for (; *line; line = strchr (line, '\n') + 1) {
    count++;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
      count -= strncmp (line, others[i], strlen (others[i])) == 0;
  }
  return count;
}

static void
note_verbs (const struct workload *workload, size_t *done)
{
  for (size_t i = workload->setup_count; i < workload->count; i++)
    done[workload->operations[i].verb]++;
}

START_TEST (each_can_be_done_and_ends_with_a_promise)
{
  size_t seen[17] = { 0 };

  for (uint64_t number = 1; number <= 300; number++) {
    char *text = make (1, number, NULL);
    struct workload workload = parse_well (text);
    size_t count = count_lines (text);

    ck_assert_msg (simulation_check (&workload) == 0, "%s", text);
    ck_assert_msg (workload_is_persistence (&workload.operations[workload.count - 1]), "%s", text);
    ck_assert_msg (count <= 16, "%zu: %s", count, text);        /* twice eight: some are of two lines */
    seen[count]++;
    workload_free (&workload);
    free (text);
  }
  for (size_t count = 3; count <= 8; count++)
    ck_assert_msg (seen[count] > 0, "none has %zu", count);
}
END_TEST

/* All that there are, and each that there was in the first version is as frequent as any that came later. */
START_TEST (each_operation_comes_up)
{
  static const enum workload_verb first[] = {
    WORKLOAD_WRITE, WORKLOAD_RENAME, WORKLOAD_LINK, WORKLOAD_UNLINK, WORKLOAD_TRUNCATE, WORKLOAD_FALLOC, WORKLOAD_FSYNC
  };
  size_t done[WORKLOAD_WRITE + 1] = { 0 };
  bool blocks[4] = { false };

  for (int i = 0; i < 2; i++)
    for (uint64_t number = 1; number <= 600; number++) {
      const struct random_bounds bounds = { 3, 3, 8, NULL, filesystem_find (i ? "btrfs" : "xfs") };
      char *text = random_workload (&bounds, number);
      struct workload workload = parse_well (text);

      ck_assert_msg (simulation_check (&workload) == 0, "%s", text);
      note_verbs (&workload, done);
      for (size_t j = workload.setup_count; j < workload.count; j++)
        blocks[workload.operations[j].process] |= workload.operations[j].block > 0;
      workload_free (&workload);
      free (text);
    }
  for (enum workload_verb verb = 0; verb <= WORKLOAD_WRITE; verb++)
    ck_assert_msg (done[verb] > 0, "%s", workload_verb_name (verb));
  for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
    ck_assert_uint_gt (done[first[i]], done[WORKLOAD_CHATTR]);
  ck_assert (blocks[0] && blocks[1] && blocks[2] && !blocks[3]);
}
END_TEST

/* What cannot be done on a file system does not come up for it. */
START_TEST (a_file_system_is_asked_for_what_it_can_do)
{
  static const struct {
    const char *filesystem;
    enum workload_verb never[6];
  } cases[] = {
    { "ext4", { WORKLOAD_REFLINK, WORKLOAD_CLONE, WORKLOAD_DEDUPE, WORKLOAD_PROJECT, WORKLOAD_SUBVOLUME,
                WORKLOAD_SNAPSHOT } },
    { "xfs", { WORKLOAD_SUBVOLUME, WORKLOAD_SNAPSHOT, WORKLOAD_DELETE_SUBVOLUME, WORKLOAD_SNAPSHOT } },
    { "vfat", { WORKLOAD_LINK, WORKLOAD_SYMLINK, WORKLOAD_SETXATTR, WORKLOAD_FALLOC, WORKLOAD_TMPFILE,
                WORKLOAD_CHATTR } },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t done[WORKLOAD_WRITE + 1] = { 0 };

    for (uint64_t number = 1; number <= 150; number++) {
      const struct random_bounds bounds = { 1, 3, 8, NULL, filesystem_find (cases[i].filesystem) };
      char *text = random_workload (&bounds, number);
      struct workload workload = parse_well (text);

      note_verbs (&workload, done);
      workload_free (&workload);
      free (text);
    }
    for (size_t j = 0; j < 6; j++)
      ck_assert_msg (cases[i].never[j] == 0 || done[cases[i].never[j]] == 0, "%s", cases[i].filesystem);
  }
}
END_TEST

/* The flags that chattr sets in random workloads for FILESYSTEM. */
static uint32_t
flags_set_on (const char *filesystem)
{
  const struct random_bounds bounds = { 1, 3, 8, "creat,mkdir,chattr", filesystem_find (filesystem) };
  uint32_t set = 0;

  for (uint64_t number = 1; number <= 100; number++) {
    char *text = random_workload (&bounds, number);
    struct workload workload = parse_well (text);

    for (size_t i = workload.setup_count; i < workload.count; i++)
      set |= workload.operations[i].verb == WORKLOAD_CHATTR ? workload.operations[i].set : 0;
    workload_free (&workload);
    free (text);
  }
  return set;
}

/* All that the file system keeps come up, and none that it does not. */
START_TEST (each_flag_comes_up)
{
  static const struct {
    const char *filesystem, *flags;
  } cases[] = {
    { "ext2", "ADSacdi" }, { "ext3", "ADSacdi" }, { "ext4", "ADSacdi" }, { "xfs", "ASadi" }, { "btrfs", "ACDSacdi" },
    { "f2fs", "ADSadi" }, { "nilfs2", "ADSacdi" }, { "jfs", "ADSai" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint32_t expected;

    ck_assert (flags_read (cases[i].flags, '\0', &expected));
    ck_assert_msg (flags_set_on (cases[i].filesystem) == expected, "%s", cases[i].filesystem);
  }
}
END_TEST

START_TEST (seed_and_number_say_which)
{
  char *one = make (5, 3, NULL), *same = make (5, 3, NULL), *next = make (5, 4, NULL), *other = make (6, 2, NULL);

  ck_assert_str_eq (one, same);
  ck_assert_str_ne (strchr (one, '\n'), strchr (next, '\n'));
  ck_assert_str_ne (strchr (one, '\n'), strchr (other, '\n'));
  free (one);
  free (same);
  free (next);
  free (other);
}
END_TEST

START_TEST (a_set_has_no_others)
{
  for (uint64_t number = 1; number <= 20; number++) {
    char *text = make (1, number, "rename,creat");
    struct workload workload = parse_well (text);

    for (size_t i = workload.setup_count; i < workload.count; i++) {
      const struct workload_operation *operation = &workload.operations[i];

      ck_assert_msg (operation->verb == WORKLOAD_RENAME || operation->verb == WORKLOAD_CREAT
                     || workload_is_persistence (operation), "%s", text);
    }
    workload_free (&workload);
    free (text);
  }
  ck_assert_ptr_null (random_workload (&(struct random_bounds) { 1, 3, 8, "rename,frobnicate", NULL }, 1));
  ck_assert_ptr_nonnull (strstr (message, "frobnicate is none of"));
}
END_TEST

/* Directories run out. */
START_TEST (where_nothing_more_can_be_done_it_ends)
{
  const struct random_bounds bounds = { 1, 100, 100, "rmdir", NULL };
  char *text = random_workload (&bounds, 1);

  struct workload workload = parse_well (text);
  ck_assert_uint_lt (count_lines (text), 4);
  ck_assert (workload_is_persistence (&workload.operations[workload.count - 1]));
  workload_free (&workload);
  free (text);
}
END_TEST

UNIT_TEST_MAIN ("random",
                each_can_be_done_and_ends_with_a_promise, each_operation_comes_up,
                a_file_system_is_asked_for_what_it_can_do, each_flag_comes_up,
                seed_and_number_say_which,
                a_set_has_no_others,
                where_nothing_more_can_be_done_it_ends)
