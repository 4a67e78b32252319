/* SPDX-License-Identifier: BSD-3-Clause */
/* What is promised where several processes do something at the same time. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

/* OPERATION, and BESIDE it, have returned when what the workload OTHER leaves is seen. */
static void
assert_beside (const char *text, uint16_t operation, uint16_t beside, const char *other, const char *expected)
{
  char *seen = tree_after (other, SIZE_MAX);
  char *detail = judge_at ("ext4", "", 0, text, (struct workload_progress) { { operation, beside } }, seen);

  if (expected)
    ck_assert_msg (detail && strncmp (detail, expected, strlen (expected)) == 0, "%s: %s", other, detail);
  else
    ck_assert_msg (detail == NULL, "%s: %s", other, detail);
  free (detail);
  free (seen);
}

#define SETUP "mkdir A\nmkdir B\nwrite a 0 4K\nbegin\n"

START_TEST (each_process_keeps_what_it_has_promised)
{
  static const char text[] = SETUP "{ creat A/x ; fsync A/x ; creat A/y | creat B/x ; fsync B/x ; rename a b }\n"
    "creat c\n";
  static const char made[] = "mkdir A\nmkdir B\nwrite a 0 4K\n";
  static const struct {
    uint16_t operation, beside;
    const char *more, *expected;
  } cases[] = {
    { 0, 0, "", NULL },
    { 0, 0, "creat A/x\ncreat B/x\n", NULL },
    { 5, 0, "creat A/x\n", NULL },
    { 5, 0, "creat A/x\ncreat A/y\ncreat B/x\n", NULL },
    { 5, 0, "creat B/x\n", "fsync-name: A/x: missing" },
    { 8, 0, "creat B/x\nrename a b\n", NULL },
    { 8, 0, "creat A/x\nrename a b\n", "fsync-name: B/x: missing" },
    { 8, 5, "creat A/x\ncreat B/x\n", NULL },
    { 8, 5, "creat A/x\ncreat A/y\ncreat B/x\nrename a b\ncreat c\n", NULL },
    { 8, 5, "creat B/x\n", "fsync-name: A/x: missing" },
    { 8, 5, "creat A/x\n", "fsync-name: B/x: missing" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char other[200];

    snprintf (other, sizeof other, "%s%s", made, cases[i].more);
    assert_beside (text, cases[i].operation, cases[i].beside, other, cases[i].expected);
  }
}
END_TEST

START_TEST (nothing_is_promised_of_what_the_other_process_does)
{
  static const char data[] = "write a 0 4K\nbegin\n{ append a 4K | fsync a ; sync }\nsync\n";
  static const char names[] = "write a 0 4K\nbegin\n{ sync | rename a b ; creat c }\nsync\n";
  static const char reversed[] = "write a 0 4K\nbegin\n{ rename a b ; creat c | sync ; sync }\nsync\n";

  assert_beside (data, 4, 0, "write a 0 4K\n", NULL);
  assert_beside (data, 4, 0, "write a 0 4K\nappend a 4K\n", NULL);
  assert_beside (data, 4, 0, "creat a\n", "sync-data: a: empty");
  assert_beside (data, 5, 0, "write a 0 4K\n", "sync-data: a: 4096 bytes");
  assert_beside (names, 2, 0, "write b 0 4K\n", NULL);
  assert_beside (names, 2, 0, "write a 0 4K\ncreat c\n", NULL);
  assert_beside (names, 2, 0, "sync\n", "rename-lost: a or b: lost");
  assert_beside (names, 5, 0, "write a 0 4K\ncreat c\n", "sync-gone: a: 4096 bytes");
  assert_beside (reversed, 5, 0, "write a 0 4K\n", NULL);
  assert_beside (reversed, 5, 0, "write b 0 4K\ncreat c\n", NULL);
  assert_beside (reversed, 5, 0, "write b 0 4K\nlink b a\n", "rename: b: 4096 bytes");
  assert_beside (reversed, 6, 0, "write b 0 4K\n", "sync-name: c: missing");
}
END_TEST

/* The paths of TEXT whose sectors are observed are EXPECTED, each with a blank after it. */
static void
assert_paths (const char *text, const char *expected)
{
  struct workload workload = parse_well (text);
  struct persistence *persistence = persistence_new (&workload, UINT32_MAX);
  char **paths, all[200] = "";
  const ssize_t count = persistence_paths (persistence, &paths);

  for (ssize_t i = 0; i < count; i++) {
    strcat (strcat (all, paths[i]), " ");
    free (paths[i]);
  }
  ck_assert_msg (strcmp (all, expected) == 0, "%s: %s", text, all);
  free (paths);
  persistence_free (persistence);
  workload_free (&workload);
}

START_TEST (files_that_a_process_touches_are_judged_by_ranges)
{
  assert_paths ("write a 0 4K\nwrite b 0 4K\nbegin\n{ append a 1 ; fsync a | append b 1 ; fsync b }\n", "a b ");
  /* What one has synced by then may still have its old name as long as the other has not. */
  assert_paths ("write a 0 4K\ncreat z\nbegin\nrename a b\n{ sync | append b 1 ; fsync b }\n", "a b ");
  assert_paths ("write a 0 4K\ncreat z\nbegin\nrename a b\n{ append b 1 ; fsync b | sync }\n", "a b ");
  assert_paths ("write a 0 4K\nbegin\nrename a b\n{ sync | syncfs ; creat x | creat y ; append b 1 ; fsync b }\n",
                "a b ");
}
END_TEST

START_TEST (what_processes_have_set_up_is_there)
{
  assert_beside ("{ creat a | creat b }\nbegin\ncreat c\nsync\n", 0, 0, "sync\n", "sync-name: a: missing");
}
END_TEST

START_TEST (marks_of_processes_that_cannot_be_are_refused)
{
  static const struct workload_progress bad[] = {
    { { 2, 3 } }, { { 3, 3 } }, { { 4, 2 } }, { { 4, 3 } }, { { 3, 1 } }, { { 0, 2 } }, { { 3, 2, 2 } },
    { { 3, 2, 1 } },
  };
  struct workload workload = parse_well ("creat a\n{ fsync a | fsync . }\nfsync a\n");
  struct persistence *persistence = persistence_new (&workload, UINT32_MAX);
  char *detail;

  char *seen = tree_after ("creat a\n", SIZE_MAX);
  ck_assert_int_eq (persistence_judge (persistence, (struct workload_progress) { { 3, 2 } }, seen, &detail), 0);
  ck_assert_ptr_null (detail);
  free (seen);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ck_assert_int_eq (persistence_judge (persistence, bad[i], "d 0755 0 0 - - - .\n", &detail), -1);
    ck_assert_ptr_nonnull (strstr (message, "no persistence operation of the update"));
  }
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

/* Three processes, of each of which it is seen whether its file is there: where its fsync has returned it must be. */
START_TEST (each_of_three_processes_has_come_so_far)
{
  static const char text[] = "mkdir A\nbegin\n"
    "{ creat A/x ; fsync A/x | creat A/y ; fsync A/y | creat A/z ; fsync A/z }\ncreat c\n";
  static const struct workload_progress progresses[] = {
    { { 0 } }, { { 3 } }, { { 5 } }, { { 5, 3 } }, { { 7 } }, { { 7, 3 } }, { { 7, 5 } }, { { 7, 5, 3 } }
  };

  for (unsigned returned = 0; returned < 8; returned++)
    for (unsigned there = 0; there < 8; there++) {
      char other[100];

      snprintf (other, sizeof other, "mkdir A\n%s%s%s", there & 1 ? "creat A/x\n" : "",
                there & 2 ? "creat A/y\n" : "", there & 4 ? "creat A/z\n" : "");
      char *seen = tree_after (other, SIZE_MAX);
      char *detail = judge_at ("ext4", "", 0, text, progresses[returned], seen);
      if ((there & returned) == returned)
        ck_assert_msg (detail == NULL, "%u, %u: %s", returned, there, detail);
      else
        ck_assert_msg (detail && strncmp (detail, "fsync-name: A/", 14) == 0, "%u, %u: %s", returned, there, detail);
      free (detail);
      free (seen);
    }
}
END_TEST

UNIT_TEST_MAIN ("processes",
                each_process_keeps_what_it_has_promised,
                each_of_three_processes_has_come_so_far,
                nothing_is_promised_of_what_the_other_process_does,
                files_that_a_process_touches_are_judged_by_ranges,
                what_processes_have_set_up_is_there,
                marks_of_processes_that_cannot_be_are_refused)
