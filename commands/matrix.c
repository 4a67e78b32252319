/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "batch/matrix/matrix.h"
#include "commands/commands.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"
#include "common/words.h"
#include "guest/accel.h"
#include "guest/jobs.h"
#include "guest/options.h"
#include "record/recording-check.h"

#define FILESYSTEMS "ext4,xfs,btrfs"

static int
parse_request (int argc, char **argv, struct matrix_request *request)
{
  const struct option_spec options[] = {
    { "fs", 0, OPTION_TEXT, &request->grid.filesystems, "TYPE,...", "file systems [" FILESYSTEMS "]", 0 },
    { "mount", 0, OPTION_TEXTS, &request->grid.mount, "[TYPE:]OPTS", "mount options, for one file system or all; may be repeated", 0 },
    { "kernel", 0, OPTION_TEXTS, &request->grid.kernels, "KERNEL", "the guests' kernel; may be repeated [the newest fetched]", 0 },
    ACCEL_OPTION (&request->grid.accel, "MODE"),
    { "protocol", 0, OPTION_TEXT, &request->protocols, "NAME,...", "ways to update a file [all]", 0 },
    { "settle", 0, OPTION_TEXT, &request->settle, "sync|none|TIME", "after an update, as for run [sync]", 0 },
    { "jobs", 0, OPTION_NUMBER, &request->grid.jobs, "CELLS", "cells side by side [one for each processor]", 1 },
    { "markdown", 0, OPTION_TEXT, &request->markdown, "OUT", "write the results as Markdown", 0 },
    { "json", 0, OPTION_TEXT, &request->json, "OUT", "write the results as JSON", 0 },
    { "html", 0, OPTION_TEXT, &request->html, "OUT", "write the results as one HTML page", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  };
  const struct command_line command = {
    "usage: powercut matrix [OPTION...]\n",
    "Record and replay many ways to update a file on many file systems, and tabulate what each is worth.", options, .mixed = true
  };
  int first = options_parse (&command, argc, argv);
  struct recording ignored;
  enum accel accel;

  if (first == -1 || accel_parse (request->grid.accel, &accel) == -1 || recording_parse_settle (request->settle, &ignored) == -1)
    return -1;
  if (first != argc) {
    error_message ("%s: matrix takes options alone: see --help", argv[first]);
    return -1;
  }
  return jobs_check (request->grid.jobs, GUEST_MEMORY_DEFAULT);
}

int
matrix_command (int argc, char **argv)
{
  CLEANUP_FREE char *command = words_join ("powercut", argc, argv);
  struct matrix_request request = {
    .grid = {
      .filesystems = FILESYSTEMS, .accel = "auto", .jobs = jobs_default (GUEST_MEMORY_DEFAULT), .command = command ? command : ""
    },
    .settle = "sync"
  };
  int status = parse_request (argc, argv, &request) == -1 ? EXIT_UNUSABLE : matrix_measure (&request);

  free (request.grid.mount.texts);
  free (request.grid.kernels.texts);
  return status;
}
