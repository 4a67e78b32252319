/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of processes: what stands in them, and that these have to do with different things. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/workload/simulation.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

START_TEST (a_block_has_several_processes)
{
  struct workload workload = parse_well ("creat a\n{ write a 0 4K ; fsync a |\n2x creat b$\nfsync . }\nsync\n"
                                         "2x { { fsync a | sync } unlink b$ }\n{\n3x { sync ; syncfs }\n|\nsync\n}\n"
                                         "{ sync | syncfs ; sync | fsync a | sync }\n");
  static const struct {
    uint32_t block;
    unsigned process;
  } expected[] = {
    { 0, 0 }, { 1, 0 }, { 1, 0 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 2, 0 }, { 2, 1 }, { 0, 0 }, { 3, 0 },
    { 3, 1 }, { 0, 0 }, { 4, 0 }, { 4, 0 }, { 4, 0 }, { 4, 0 }, { 4, 0 }, { 4, 0 }, { 4, 1 }, { 5, 0 },
    { 5, 1 }, { 5, 1 }, { 5, 2 }, { 5, 3 },
  };

  ck_assert_uint_eq (workload.count, sizeof expected / sizeof expected[0]);
  for (size_t i = 0; i < workload.count; i++) {
    ck_assert_uint_eq (workload.operations[i].block, expected[i].block);
    ck_assert_uint_eq (workload.operations[i].process, expected[i].process);
  }
  ck_assert_uint_eq (workload.operations[5].line, 4);
  ck_assert_int_eq (simulation_check (&workload), 0);
  workload_free (&workload);
}
END_TEST

START_TEST (after_a_block_statements_are_separated_in_its_line)
{
  static const char *const texts[] = {
    "creat a\n{ fsync a | sync } ; creat b ; creat c\n", "creat a\n{ fsync a\n| sync } creat b ; creat c\n",
    "2x { sync } ; creat b ; creat c ;\nsync\n",
  };

  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct workload workload = parse_well (texts[i]);

    ck_assert_uint_eq (workload.count, 5);
    ck_assert_int_eq (simulation_check (&workload), 0);
    workload_free (&workload);
  }
}
END_TEST

START_TEST (a_block_that_cannot_be_is_refused)
{
  static const struct {
    const char *text, *expected;
  } bad[] = {
    { "{ sync }\n", "file:1: }: a block has two processes or more" },
    { "{ sync | sync | sync | sync | sync | sync | sync | sync | sync }\n", "file:1: |: a block has at most 8" },
    { "{ sync | | sync }\n", "file:1: |: give an operation before it" },
    { "{ | sync }\n", "file:1: |: give an operation before it" },
    { "{ sync |\n}\n", "file:2: }: give an operation before it" },
    { "sync\n{ sync | sync\n", "file:2: `{' has no `}'" },
    { "sync\n}\n", "file:2: }: is in no block" },
    { "{ sync | sync } }\n", "file:1: }: is in no block" },
    { "{ { sync | sync } | sync }\n", "file:1: {: stands in a block already" },
    { "{ sync | begin }\n", "file:1: begin: stands in no block" },
    { "creat a\n{ sync | open d a }\n", "file:2: open: stands before the block" },
  };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct workload workload;

    forget_messages ();
    ck_assert_msg (workload_parse (bad[i].text, "file", &workload) == -1, "accepted: %s", bad[i].text);
    ck_assert_msg (strncmp (message, bad[i].expected, strlen (bad[i].expected)) == 0, "%s: %s", bad[i].text, message);
    workload_free (&workload);
  }
}
END_TEST

#define MADE "mkdir A\ncreat a\ncreat b\ncreat A/c\nlink a d\nopen e b\n"

START_TEST (the_processes_have_to_do_with_different_things)
{
  static const char *const good[] = {
    "write a 0 4K | write b 0 4K", "creat x | creat y", "write a 0 4K ; fsync a | rename b x ; fsync .",
    "write a 0 4K | fsync a", "write a 0 4K | fsync a | write b 0 4K ; fsync a | sync", "fsync a | fsync a | fsync d",
    "append b 1 | fdatasync @e", "creat A/x | fsync A", "sync | unlink a",
    "unlink a | unlink b",
    "fsync A/c | creat A/x", "creat x ; unlink x | mkdir y ; rmdir y", "clone a x | fsync b", "utimes a 1 1 | creat x",
  };
  static const char *const bad[] = {
    "write a 0 4K | append a 1", "write a 0 4K | write d 0 1", "unlink a | fsync a", "fsync a | unlink d",
    "append b 1 | append @e 1", "rename A B | fsync A/c", "chmod A 700 | creat A/x", "creat x | creat x",
    "creat x ; unlink x | creat x", "link a x | link a y", "fsync @e | unlink b", "rename b x | creat b",
    "sync | write a 0 4K | append b 1 | truncate a 0", "fsync a | sync | unlink a", "unlink a | sync | fsync a",
    "clone a x | append a 1", "append a 1 | clone a b", "unlink A/c ; rmdir A | creat A/x", "exchange a b | fsync a",
  };

  for (size_t i = 0; i < sizeof good / sizeof good[0] + sizeof bad / sizeof bad[0]; i++) {
    const bool is_good = i < sizeof good / sizeof good[0];
    char text[200];

    snprintf (text, sizeof text, "%s{ %s }\n", MADE, is_good ? good[i] : bad[i - sizeof good / sizeof good[0]]);
    struct workload workload = parse_well (text);
    ck_assert_msg (simulation_check (&workload) == (is_good ? 0 : -1), "%s: %s", text, message);
    ck_assert_msg (is_good || strstr (message, "file:7: "), "%s: %s", text, message);
    workload_free (&workload);
  }
}
END_TEST

UNIT_TEST_MAIN ("processes",
                a_block_has_several_processes,
                after_a_block_statements_are_separated_in_its_line,
                a_block_that_cannot_be_is_refused,
                the_processes_have_to_do_with_different_things)
