/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "commands/commands.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"
#include "record/workload-file.h"

int
workload_command (int argc, char **argv)
{
  static const struct option_spec options[] = { OPT_END };
  static const struct command_line command = {
    "usage: powercut workload FILE\n",
    "Check the workload in FILE and print it; one in J-lang is converted.  See powercut-workload(5).",
    .options = options
  };
  int first = options_parse (&command, argc, argv);

  if (first == -1)
    return EXIT_UNUSABLE;
  if (argc - first != 1) {
    error_message ("give one file: see powercut workload --help");
    return EXIT_UNUSABLE;
  }
  CLEANUP_FREE char *text = workload_file_load (argv[first]);
  if (text == NULL)
    return EXIT_UNUSABLE;
  fputs (text, stdout);
  return EXIT_SUCCESS;
}
