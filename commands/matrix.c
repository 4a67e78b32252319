/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "batch/matrix/matrix.h"
#include "commands/commands.h"
#include "commands/replay-options.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"
#include "common/words.h"
#include "guest/accel.h"
#include "guest/jobs.h"
#include "guest/options.h"
#include "record/recording-check.h"
#include "record/recordings.h"

#define FILESYSTEMS "ext4,xfs,btrfs"

static int
parse_request (int argc, char **argv, struct matrix_request *request)
{
  const struct option_spec options[] = {
    OPT_TEXT ("fs", &request->grid.filesystems, "TYPE,...", "file systems [" FILESYSTEMS "]"),
    OPT_TEXTS ("mount", &request->grid.mount, "[TYPE:]OPTS",
               "mount options, for one file system or all; may be repeated"),
    OPT_TEXTS ("kernel", &request->grid.kernels, "KERNEL", "the guests' kernel; may be repeated [the newest fetched]"),
    DEVICE_OPTION (&request->grid.device, "DEVICE"),
    ACCEL_OPTION (&request->grid.accel, "MODE"),
    NO_SNAPSHOT_OPTION (&request->grid.no_snapshot),
    NO_CACHE_OPTION (&request->grid.no_cache),
    OPT_TEXT ("nested", &request->grid.nested, "TIMES", "how often the power fails again, in recovery: up to 2 [0]"),
    OPT_TEXT ("nested-limit", &request->grid.nested_limit, "MOST", "runs at one crash point of a recovery [64]"),
    OPT_TEXT ("protocol", &request->protocols, "NAME,...", "ways to update a file [all]"),
    BACKGROUND_OPTION (&request->grid.background, "BACKGROUND,..."),
    OPT_TEXT ("settle", &request->settle, "sync|none|TIME", "after an update, as for run [sync]"),
    OPT_NUMBER ("jobs", &request->grid.jobs, "CELLS", "cells side by side [what keeps the processors busy]", 1),
    KEEP_OPTION (&request->grid.keep, "DIR"),
    OPT_TEXT ("markdown", &request->markdown, "OUT", "write the results as Markdown"),
    OPT_TEXT ("json", &request->json, "OUT", "write the results as JSON"),
    OPT_TEXT ("html", &request->html, "OUT", "write the results as one HTML page"),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut matrix [OPTION...]\n",
    "Record and replay many ways to update a file on many file systems, and tabulate what each is worth.", options,
    .mixed = true
  };
  int first = options_parse (&command, argc, argv);
  struct recording ignored;
  struct backgrounds backgrounds;
  enum accel accel;

  if (first == -1 || accel_parse (request->grid.accel, &accel) == -1
      || nested_check (request->grid.nested, request->grid.nested_limit) == -1
      || recording_check_device (request->grid.device) == -1
      || backgrounds_parse (request->grid.background, &backgrounds) == -1
      || recording_parse_settle (request->settle, &ignored) == -1)
    return -1;
  if (first != argc) {
    error_message ("%s: matrix takes options alone: see --help", argv[first]);
    return -1;
  }
  return request->grid.jobs == 0 ? 0 : jobs_check (request->grid.jobs, GUEST_MEMORY_DEFAULT);
}

int
matrix_command (int argc, char **argv)
{
  CLEANUP_FREE char *command = words_join ("powercut", argc, argv);
  struct matrix_request request = {
    .grid = {
      .filesystems = FILESYSTEMS, .accel = "auto", .device = DEVICE_DEFAULT, .background = BACKGROUNDS_DEFAULT,
      .command = command ? command : ""
    },
    .settle = "sync"
  };
  int status = parse_request (argc, argv, &request) == -1 ? EXIT_UNUSABLE : matrix_measure (&request);

  free (request.grid.mount.texts);
  free (request.grid.kernels.texts);
  return status;
}
