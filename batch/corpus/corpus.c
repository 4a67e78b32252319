/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/corpus.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/nearest.h"
#include "common/options.h"
#include "common/parts.h"

#define EXIT_USAGE 2

static void
print_text (const char *text)
{
  print_safely (text, strlen (text), stdout);
}

/* Where it is expected to fail, in one line. */
static void
print_failure (const struct case_failure *failure)
{
  printf ("    %s on %s", failure->by_luck ? "may fail" : "fails", failure->filesystem);
  for (size_t i = 0; i < failure->kernels.count; i++) {
    fputs (i ? ", " : " with ", stdout);
    print_text (failure->kernels.list[i]);
  }
  fputs (": ", stdout);
  print_text (failure->why);
  putchar ('\n');
}

static void
print_case (const struct corpus_case *corpus_case)
{
  print_text (corpus_case->name);
  fputs ("\n    ", stdout);
  print_text (corpus_case->title);
  putchar ('\n');
  if (corpus_case->origin) {
    fputs ("    ", stdout);
    print_text (corpus_case->origin);
    putchar ('\n');
  }
  for (size_t i = 0; i < corpus_case->failure_count; i++)
    print_failure (&corpus_case->failures[i]);
}

static int
list_command (int argc, char **argv)
{
  const char *filter = NULL;
  const struct option_spec options[] = {
    { "filter", 0, OPTION_TEXT, &filter, "PART", "only cases with a part of their name that this pattern matches", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  };
  const struct command_line command = {
    "usage: powercut corpus list [OPTION...] [DIR...]\n",
    "Name the cases in the folders, or those that come with powercut, and say what each holds.", options, .mixed = true
  };
  int first = options_parse (&command, argc, argv), status = EXIT_USAGE;
  CLEANUP_FREE char *own = first == argc ? part_path (PART_CASES) : NULL;
  const char *const *folders = first == argc ? (const char *const *) &own : (const char *const *) argv + first;
  struct corpus corpus = { .cases = NULL };

  if (first == -1 || *folders == NULL)
    return EXIT_USAGE;
  if (corpus_find_cases (&corpus, folders, first == argc ? 1 : (size_t) (argc - first), filter) == 0) {
    for (size_t i = 0; i < corpus.case_count; i++)
      print_case (&corpus.cases[i]);
    status = EXIT_SUCCESS;
  }
  corpus_free_cases (&corpus);
  return status;
}

static int
refuse_usage (const char *word)
{
  const char *nearest = nearest_word (word, strlen (word), (const char *const[]) { "run", "list", "add", NULL });

  if (nearest)
    error_message ("corpus %s: no such command: did you mean %s?", word, nearest);
  else
    error_message ("corpus: say `run`, `list` or `add`: see `powercut corpus --help`");
  return EXIT_USAGE;
}

int
corpus_command (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";

  if (strcmp (name, "run") == 0)
    return corpus_run_command (argc - 1, argv + 1);
  if (strcmp (name, "list") == 0)
    return list_command (argc - 1, argv + 1);
  if (strcmp (name, "add") == 0)
    return corpus_add_command (argc - 1, argv + 1);
  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0) {
    puts ("usage: powercut corpus run [OPTION...] DIR...\n"
          "       powercut corpus list [OPTION...] [DIR...]\n"
          "       powercut corpus add [OPTION...] LOG|BUNDLE DIR/NAME\n"
          "\nCases that keep bugs found.  Each of the three has a --help of its own.");
    return EXIT_SUCCESS;
  }
  return refuse_usage (name);
}
