/* SPDX-License-Identifier: BSD-3-Clause */
/* Command lines, and what is said about wrong ones. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/nearest.h"
#include "common/options.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static const char *
nearest (const char *word)
{
  static const char *const words[] = { "json", "jobs", "html", "junit", "all-prefixes", "run", "record", "replay",
                                       NULL };
  const char *found = nearest_word (word, strlen (word), words);

  return found ? found : "none";
}

START_TEST (slips_of_the_finger_are_understood)
{
  ck_assert_str_eq (nearest ("jasn"), "json");
  ck_assert_str_eq (nearest ("jsno"), "json");
  ck_assert_str_eq (nearest ("jso"), "json");
  ck_assert_str_eq (nearest ("hmtl"), "html");
  ck_assert_str_eq (nearest ("rnu"), "run");
  ck_assert_str_eq (nearest ("recrod"), "record");
  ck_assert_str_eq (nearest ("all-prefxes"), "all-prefixes");
  ck_assert_str_eq (nearest ("allprefix"), "all-prefixes");
}
END_TEST

START_TEST (what_is_far_from_everything_is_nothing)
{
  static const char *const none[] = { NULL };

  ck_assert_str_eq (nearest ("frobnicate"), "none");
  ck_assert_str_eq (nearest (""), "none");
  ck_assert_str_eq (nearest ("x"), "none");
  ck_assert_str_eq (nearest ("r"), "none");
  ck_assert_str_eq (nearest ("jsonjsonjsonjsonjsonjsonjsonjson"), "none");
  ck_assert_ptr_null (nearest_word ("json", 4, none));
}
END_TEST

/* Two letters that were swapped are one mistake, not two. */
START_TEST (swapped_letters_are_one_mistake)
{
  static const char *const words[] = { "bad", "abc", NULL };

  ck_assert_str_eq (nearest_word ("bac", 3, words), "bad");
  ck_assert_str_eq (nearest_word ("acb", 3, words), "abc");
}
END_TEST

START_TEST (only_so_many_bytes_count)
{
  static const char *const words[] = { "json", NULL };

  ck_assert_str_eq (nearest_word ("jasn=some.file", 4, words), "json");
}
END_TEST

/* Parse WORDS, separated by spaces, as a command line that takes a COMMAND if COMMAND is true. */
static int
parse (const char *words, bool command)
{
  static const char *text;
  static bool flag;
  static char copy[256], *argv[16];
  const struct option_spec options[] = {
    { "json", 'j', OPTION_TEXT, &text, "FILE", "", 0 },
    { "list", 0, OPTION_FLAG, &flag, NULL, "", 0 },
    { "limit", 0, OPTION_FLAG, &flag, NULL, "", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  };
  const struct command_line line = { "", "", options, .mixed = !command, .command = command };
  int argc = 1;

  message[0] = '\0';
  snprintf (copy, sizeof copy, "%s", words);
  argv[0] = (char *) "test";
  for (char *word = strtok (copy, " "); word; word = strtok (NULL, " "))
    argv[argc++] = word;
  argv[argc] = NULL;
  return options_parse (&line, argc, argv);
}

static void
assert_refused (const char *words, bool command, const char *why)
{
  ck_assert_int_eq (parse (words, command), -1);
  ck_assert_str_eq (message, why);
}

START_TEST (unknown_options_name_the_nearest)
{
  assert_refused ("--jasn", false, "--jasn: unknown option: did you mean --json?");
  assert_refused ("a --jasn=x b", false, "--jasn=x: unknown option: did you mean --json?");
  assert_refused ("--hepl", false, "--hepl: unknown option: did you mean --help?");
  assert_refused ("--frobnicate", false, "--frobnicate: unknown option: see --help");
  assert_refused ("-x", false, "-x: unknown option: see --help");
  assert_refused ("-xjson a", false, "-x: unknown option: see --help");
  assert_refused ("--li", false, "--li: could be several options: see --help");
  assert_refused ("--list=3", false, "--list=3: takes no argument: see --help");
  assert_refused ("--json", false, "--json: needs an argument: see --help");
  assert_refused ("-j", false, "-j: needs an argument: see --help");
}
END_TEST

START_TEST (a_command_with_options_needs_two_dashes)
{
  assert_refused ("--list -prog", true,
                  "-p: unknown option (a COMMAND that begins with a dash stands behind `--`): see --help");
  assert_refused ("prog --json=x", true,
                  "--json=x: behind COMMAND: options stand before `--`, and COMMAND with its own behind it");
  assert_refused ("--list prog a -j", true,
                  "-j: behind COMMAND: options stand before `--`, and COMMAND with its own behind it");
  ck_assert_int_eq (parse ("--list -- prog -j", true), 3);
  ck_assert_int_eq (parse ("-- -prog -- -j", true), 2);
  ck_assert_int_eq (parse ("prog a -", true), 1);
  ck_assert_int_eq (parse ("prog -- a", true), -1);
  ck_assert_int_eq (parse ("-j -- prog", true), 3);
  ck_assert_int_eq (parse ("-j -- prog -x", true), -1);
}
END_TEST

/* Options of several parts are those of one command, and each is set where its own part wants it. */
START_TEST (tables_are_joined)
{
  static char *argv[] = { (char *) "test", (char *) "--jobs=3", (char *) "-n", (char *) "--name=x", NULL };
  struct option_table table = { .count = 0 };
  const struct command_line line = { "", "", table.rows, .mixed = true };
  const char *name = NULL;
  uint64_t jobs = 0;
  bool flag = false;

  options_add (&table, (const struct option_spec[]) {
    { "jobs", 0, OPTION_NUMBER, &jobs, "N", "", 1 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  });
  options_add (&table, (const struct option_spec[]) {
    { "name", 0, OPTION_TEXT, &name, "NAME", "", 0 },
    { "null", 'n', OPTION_FLAG, &flag, NULL, "", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  });
  ck_assert_int_eq (options_parse (&line, 4, argv), 4);
  ck_assert_uint_eq (jobs, 3);
  ck_assert_str_eq (name, "x");
  ck_assert (flag);
}
END_TEST

UNIT_TEST_MAIN ("options",
  slips_of_the_finger_are_understood,
  what_is_far_from_everything_is_nothing,
  swapped_letters_are_one_mistake,
  only_so_many_bytes_count,
  unknown_options_name_the_nearest,
  a_command_with_options_needs_two_dashes,
  tables_are_joined)
