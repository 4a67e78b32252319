/* SPDX-License-Identifier: BSD-3-Clause */
/* Program `powercut`: the commands. */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "batch/worker.h"
#include "commands/commands.h"
#include "commands/replay.h"
#include "commands/run.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/nearest.h"
#include "common/standard-output.h"

static const char main_usage[] =
  "usage: powercut run [OPTION...] -- COMMAND [ARG...]          record an update and replay it\n"
  "       powercut record [OPTION...] -o LOG -- COMMAND [ARG...] record only\n"
  "       powercut replay [OPTION...] LOG                       replay: see replay --help\n"
  "       powercut show [OPTION...] LOG                         what is in a log\n"
  "       powercut bundle ID LOG -o BUNDLE                      pack a violation so that it can be seen anywhere\n"
  "       powercut matrix [OPTION...]                           many updates on many file systems\n"
  "       powercut corpus run|list|add                          cases that keep bugs found\n"
  "       powercut workload FILE                                check a workload, convert J-lang\n"
  "       powercut gen [OPTION...] -o DIR                       make every short workload\n"
  "       powercut merge [OPTION...] RESULT...                  what shards found, in one report\n"
  "       powercut import|export [OPTION...] FILE -o FILE       logs of other recorders' formats\n"
  "       powercut kernel list|fetch                            the guests' kernels\n"
  "       powercut cache list|clean                             what is kept so that guests need not boot\n"
  "       powercut help COMMAND                                 more about one of them\n";

static int
run_in_worker (int argc, char **argv, struct keeper *keeper)
{
  return strcmp (argv[0], "replay") == 0 ? replay_command (argc, argv, keeper->kept) : run_command (argc, argv, keeper);
}

static int
run_alone_command (int argc, char **argv)
{
  return run_command (argc, argv, NULL);
}

static int
replay_alone_command (int argc, char **argv)
{
  return replay_command (argc, argv, NULL);
}

/* What the first word of the command line says to do: ARGV[0] is that word. */
static const struct {
  const char *name;
  int (*run) (int argc, char **argv);
  bool by_own_name;             /* messages begin with its name, as those of the program `replay` do */
} commands[] = {
  { "run", run_alone_command, false }, { "record", record_command, false }, { "replay", replay_alone_command, true },
  { "show", show_command, true }, { "bundle", bundle_command, false }, { "matrix", matrix_command, false },
  { "corpus", corpus_command, false }, { "workload", workload_command, false }, { "gen", gen_command, false },
  { "import", import_command, false }, { "export", export_command, false }, { "kernel", kernel_command, false },
  { "cache", cache_command, false }, { "merge", merge_command, false },
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static int
refuse_command (const char *name)
{
  const char *names[COMMAND_COUNT + 1] = { NULL }, *nearest;

  for (size_t i = 0; i < COMMAND_COUNT; i++)
    names[i] = commands[i].name;
  nearest = nearest_word (name, strlen (name), names);
  if (*name == '\0')
    error_message ("what to do? see powercut --help");
  else if (nearest)
    error_message ("%s: no such command: did you mean %s?", name, nearest);
  else
    error_message ("%s: no such command: see powercut --help", name);
  return EXIT_UNUSABLE;
}

static int
run_named (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";

  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (strcmp (name, commands[i].name) == 0) {
      if (commands[i].by_own_name)
        program_invocation_short_name = argv[1];
      return commands[i].run (argc - 1, argv + 1);
    }
  if (strcmp (name, WORKER_COMMAND) == 0)
    return worker_command (argc - 1, argv + 1, run_in_worker);
  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0) {
    fputs (main_usage, stdout);
    return EXIT_SUCCESS;
  }
  if (strcmp (name, "--version") == 0) {
    printf ("powercut %s\n", PACKAGE_VERSION);
    return EXIT_SUCCESS;
  }
  return refuse_command (name);
}

/* `help COMMAND` is `COMMAND --help`. */
static void
turn_help_round (int argc, char **argv)
{
  for (int i = 1; i + 1 < argc; i++)
    argv[i] = argv[i + 1];
  argv[argc - 1] = (char *) "--help";
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], "help") == 0)
    turn_help_round (argc, argv);
  return standard_output_end (run_named (argc, argv));
}
