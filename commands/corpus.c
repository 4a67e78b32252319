/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/corpus/corpus.h"
#include "commands/arguments.h"
#include "commands/commands.h"
#include "commands/replay-options.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"
#include "common/parts.h"
#include "common/words.h"
#include "guest/accel.h"
#include "guest/jobs.h"
#include "guest/options.h"
#include "record/recording-check.h"
#include "record/recordings.h"

static const char main_usage[] =
  "usage: powercut corpus run [OPTION...] DIR...|-\n"
  "       powercut corpus list [OPTION...] [DIR...]\n"
  "       powercut corpus add [OPTION...] LOG|BUNDLE DIR/NAME\n"
  "\nCases that keep bugs found.  Each of the three has a --help of its own.\n";

/* A stream comes alone, and goes without what is for directories.  Returns 0, or -1 after a message. */
static int
check_stream (const struct corpus_request *request)
{
  bool streams = false;

  for (size_t i = 0; i < request->path_count; i++)
    streams |= strcmp (request->paths[i], STREAM_PATH) == 0;
  if (!streams)
    return 0;
  if (request->path_count > 1)
    error_message (STREAM_PATH ": comes alone: put all workloads into the stream");
  else if (request->pattern)
    error_message ("--filter: is for directories: choose what goes into the stream");
  else if (request->junit)
    error_message ("--junit: has a line for each workload, and a stream has too many: take --json");
  else if (isatty (STDIN_FILENO))
    error_message (STREAM_PATH ": standard input is a terminal: give it what `powercut gen -o -` makes");
  else
    return 0;
  return -1;
}

static int
parse_run (int argc, char **argv, struct corpus_request *request)
{
  const char *shard = NULL;
  const struct option_spec options[] = {
    OPT_TEXTS ("kernel", &request->grid.kernels, "GUEST", "the guests' kernel; may be repeated [the newest fetched]"),
    DEVICE_OPTION (&request->grid.device, "KIND"),
    ACCEL_OPTION (&request->grid.accel, "HOW"),
    NO_SNAPSHOT_OPTION (&request->grid.no_snapshot),
    NO_CACHE_OPTION (&request->grid.no_cache),
    OPT_TEXT ("nested", &request->grid.nested, "DEPTH", "how often the power fails again, in recovery: up to 2 [0]"),
    OPT_TEXT ("nested-limit", &request->grid.nested_limit, "RUNS", "most at one crash point of a recovery [64]"),
    OPT_SECONDS ("total-time", &request->grid.total_seconds, "S", "most time for the runs of a cell [0: no limit]", 0),
    OPT_TEXT ("fs", &request->grid.filesystems, "NAME,...", "file systems [" CORPUS_FILESYSTEMS "]"),
    OPT_TEXT ("filter", &request->pattern, "PATTERN", "only cases with a part of their name that it matches"),
    BACKGROUND_OPTION (&request->grid.background, "WHICH,..."),
    KEEP_OPTION (&request->grid.keep, "FOLDER"),
    OPT_TEXT ("shard", &shard, "I/N", "do the I-th of N shares of the cells"),
    OPT_TEXTS ("resume", &request->grid.resume, "FILE", "keep cells in FILE, and do none that it has; may be repeated"),
    OPT_FLAG ("no-fsck", &request->no_fsck, "do not run the file systems' checkers on what recovery left"),
    OPT_FLAG ("no-usable", &request->no_usable, "do not empty it, write to it and mount it again"),
    OPT_FLAG ("trust-cases", &request->trusted, "let cases take files from anywhere on this machine"),
    OPT_NUMBER ("jobs", &request->grid.jobs, "COUNT", "cells side by side [what keeps the processors busy]", 1),
    OPT_TEXT ("json", &request->json, "RESULTS", "write the results as JSON"),
    OPT_TEXT ("junit", &request->junit, "RESULTS", "write the results as JUnit's XML"),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut corpus run [OPTION...] DIR...|-\n",
    "Do every case in the folders on every file system and kernel, and hold what comes out against what is expected.",
    options, .mixed = true
  };
  int first = options_parse (&command, argc, argv);
  struct backgrounds backgrounds;
  enum accel accel;

  if (first == -1 || accel_parse (request->grid.accel, &accel) == -1
      || share_parse (shard, &request->grid.share) == -1
      || nested_check (request->grid.nested, request->grid.nested_limit) == -1
      || recording_check_device (request->grid.device) == -1
      || backgrounds_parse (request->grid.background, &backgrounds) == -1)
    return -1;
  if (first == argc) {
    error_message ("corpus run: which cases? name a folder: see --help");
    return -1;
  }
  request->paths = (const char *const *) argv + first;
  request->path_count = (size_t) (argc - first);
  if (check_stream (request) == -1)
    return -1;
  return request->grid.jobs == 0 ? 0 : jobs_check (request->grid.jobs, GUEST_MEMORY_DEFAULT);
}

static int
run_command (int argc, char **argv)
{
  CLEANUP_FREE char *command = words_join ("powercut corpus", argc, argv);
  struct corpus_request request = {
    .grid = {
      .device = DEVICE_DEFAULT, .background = BACKGROUNDS_DEFAULT,
      .command = command ? command : ""
    }
  };
  int status = parse_run (argc, argv, &request) == -1 ? EXIT_UNUSABLE : corpus_run (&request);

  free (request.grid.kernels.texts);
  free (request.grid.resume.texts);
  return status;
}

static int
list_command (int argc, char **argv)
{
  const char *pattern = NULL;
  const struct option_spec options[] = {
    OPT_TEXT ("filter", &pattern, "PART", "only cases with a part of their name that this pattern matches"),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut corpus list [OPTION...] [DIR...]\n",
    "Name the cases in the folders, or those that come with powercut, and say what each holds.", options, .mixed = true
  };
  int first = options_parse (&command, argc, argv);
  CLEANUP_FREE char *cases = first == argc ? part_path (PART_CASES) : NULL;
  CLEANUP_FREE char *findings = first == argc ? part_path (PART_FINDINGS) : NULL;
  const char *const own[] = { cases, findings };
  const char *const *paths = first == argc ? own : (const char *const *) argv + first;

  if (first == -1 || (first == argc && (cases == NULL || findings == NULL)))
    return EXIT_UNUSABLE;
  return corpus_list (paths, first == argc ? 2 : (size_t) (argc - first), pattern) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
}

static int
add_command (int argc, char **argv)
{
  struct case_words words = { NULL, NULL, NULL };
  const struct option_spec options[] = {
    OPT_TEXT ("title", &words.title, "TEXT", "what is held, in one sentence"),
    OPT_TEXT ("origin", &words.origin, "TEXT", "where it comes from"),
    OPT_TEXT ("reference", &words.reference, "TEXT", "where there is more about it"),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut corpus add [OPTION...] LOG|BUNDLE DIR/NAME\n",
    "Make a case of a recorded log, which is replayed and never recorded anew.", options, .mixed = true
  };
  int first = options_parse (&command, argc, argv);

  if (first == -1)
    return EXIT_UNUSABLE;
  if (argc - first != 2) {
    error_message ("corpus add: give a log and the folder to make of it: see --help");
    return EXIT_UNUSABLE;
  }
  return corpus_add (argv[first], argv[first + 1], &words) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
}

static int
refuse_usage (const char *word)
{
  refuse_word ("corpus", word, (const char *const[]) { "run", "list", "add", NULL }, "say `run`, `list` or `add`");
  return EXIT_UNUSABLE;
}

int
corpus_command (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";

  if (strcmp (name, "run") == 0)
    return run_command (argc - 1, argv + 1);
  if (strcmp (name, "list") == 0)
    return list_command (argc - 1, argv + 1);
  if (strcmp (name, "add") == 0)
    return add_command (argc - 1, argv + 1);
  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0) {
    fputs (main_usage, stdout);
    return EXIT_SUCCESS;
  }
  return refuse_usage (name);
}
