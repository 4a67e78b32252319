/* SPDX-License-Identifier: BSD-3-Clause */
/* Program `powercut`: the commands. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch/worker.h"
#include "checker/workload/generate.h"
#include "commands/corpus.h"
#include "commands/import.h"
#include "commands/kernel.h"
#include "commands/matrix.h"
#include "commands/record.h"
#include "commands/replay.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/nearest.h"
#include "common/parts.h"
#include "common/standard-output.h"
#include "record/workload-file.h"

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
  "       powercut import|export [OPTION...] FILE -o FILE       logs of other recorders' formats\n"
  "       powercut kernel list|fetch                            the guests' kernels\n"
  "       powercut help COMMAND                                 more about one of them\n";

/* Become the program PART, which calls itself NAME.  WORDS is its command line, NULL at the end; the first is replaced. */
static int
become (enum part part, const char *name, const char **words)
{
  CLEANUP_FREE char *path = part_path (part);

  if (path == NULL)
    return EXIT_UNUSABLE;
  fflush (stdout);
  words[0] = name;
  execv (path, (char *const *) words);
  error_message ("%s: %m", path);
  return EXIT_UNUSABLE;
}

/* Pack one violation. */
static int
bundle_command (int argc, char **argv)
{
  struct replay_options replay_options = REPLAY_OPTIONS_DEFAULT;
  const struct option_spec options[] = {
    { "output", 'o', OPTION_TEXT, &replay_options.bundle, "BUNDLE", "the archive to make, a .tar.zst", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  };
  struct option_table table = { .count = 0 };
  const struct command_line command = {
    "usage: powercut bundle ID LOG -o BUNDLE [OPTION...]\n",
    "Pack the crash state ID of LOG with all that is needed to see again what is wrong with it.", table.rows, .mixed = true
  };

  options_add (&table, options);
  guest_options_add (&table, &replay_options.guest);
  replay_options_add_trust (&table, &replay_options);
  int first = options_parse (&command, argc, argv);
  if (first == -1)
    return EXIT_UNUSABLE;
  if (argc - first != 2 || replay_options.bundle == NULL) {
    error_message ("give a state, a log and -o FILE, as in `powercut bundle 120:-98 log.bin -o bug.tar.zst`: see --help");
    return EXIT_UNUSABLE;
  }
  replay_options.state = argv[first];
  replay_options.log = argv[first + 1];
  int status = replay_options_check (&replay_options) == -1 ? EXIT_UNUSABLE : replay (&replay_options);
  free (replay_options.guest.include.texts);
  return status;
}

static int
run_in_worker (int argc, char **argv, struct keeper *keeper)
{
  return strcmp (argv[0], "replay") == 0 ? replay_command (argc, argv, keeper->kept) : run_command (argc, argv, keeper);
}

/* What the first word of the command line says to do: ARGV[0] is that word. */
static int
run_alone_command (int argc, char **argv)
{
  return run_command (argc, argv, NULL);
}

static int
replay_alone_command (int argc, char **argv)
{
  (void) argc;
  return become (PART_REPLAY, "replay", (const char **) argv);
}

static int
show_command (int argc, char **argv)
{
  (void) argc;
  return become (PART_SHOW, "show", (const char **) argv);
}

static const struct {
  const char *name;
  int (*run) (int argc, char **argv);
} commands[] = {
  { "run", run_alone_command },
  { "record", record_command },
  { "replay", replay_alone_command },
  { "show", show_command },
  { "bundle", bundle_command },
  { "matrix", matrix_command },
  { "corpus", corpus_command },
  { "workload", workload_command },
  { "gen", gen_command },
  { "import", import_command },
  { "export", export_command },
  { "kernel", kernel_command },
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
    if (strcmp (name, commands[i].name) == 0)
      return commands[i].run (argc - 1, argv + 1);
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
