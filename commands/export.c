/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/arguments.h"
#include "commands/commands.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"
#include "common/plural.h"
#include "common/publish.h"
#include "common/stop.h"
#include "log/foreign/export.h"
#include "log/reader.h"

#define EXPORT_FORMAT "dm-log-writes"

/* Whether the format can hold LOG.  Returns 0, or -1 after a message. */
static int
check_exportable (const struct write_log *log)
{
  CLEANUP_FREE char *loss = log_describe_loss (log);

  if (log->device_count > 1) {
    error_message ("%s: has %zu devices, and a log of " EXPORT_FORMAT " is of one", log->path, log->device_count);
    return -1;
  }
  if (log->end == LOG_END_DAMAGED) {
    error_message ("%s: %s", log->path, loss ? loss : "damaged");
    return -1;
  }
  if (loss)
    error_message ("%s: %s", log->path, loss);
  return 0;
}

static int
run_export (const struct write_log *log, const char *output)
{
  struct publication publication;
  struct export_result result;
  int r;

  if (publish_begin (&publication, output) == -1)
    return -1;
  r = export_dm_log (log, publication.name, &result);
  if (r == -1 && !stop_requested ())
    error_message ("%s: cannot write the log: %m", output);
  if (publish_end (&publication, r) == -1)
    return -1;
  printf ("%s: %ju %s\n", output, (uintmax_t) result.entries, plural (result.entries, "entry", "entries"));
  if (result.unfinished > 0)
    printf ("%ju %s that failed or never completed: left out\n", (uintmax_t) result.unfinished,
            plural (result.unfinished, "operation", "operations"));
  if (result.cut_marks > 0)
    printf ("%ju %s too long: cut\n", (uintmax_t) result.cut_marks, plural (result.cut_marks, "mark", "marks"));
  return 0;
}

int
export_command (int argc, char **argv)
{
  const char *to = NULL, *output = NULL, *path;
  const struct option_spec options[] = {
    OPT_TEXT ("to", &to, "FORMAT", EXPORT_FORMAT),
    OPT_OUTPUT (&output, "FILE", "the file to make"),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut export --to=" EXPORT_FORMAT " LOG -o FILE\n",
    "Make a log that other tools read.", options, .mixed = true
  };
  struct write_log *log;
  int r = -1;

  path = only_log (argc, argv, options_parse (&command, argc, argv));
  if (path == NULL)
    return EXIT_UNUSABLE;
  if (to == NULL || strcmp (to, EXPORT_FORMAT) != 0) {
    error_message ("--to=%s: give " EXPORT_FORMAT, to ? to : "");
    return EXIT_UNUSABLE;
  }
  if (check_output (output, path) == -1 || stop_install () == -1)
    return EXIT_UNUSABLE;
  log = write_log_open (path);
  if (log && check_exportable (log) == 0)
    r = run_export (log, output);
  write_log_close (log);
  return stop_status (r == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS);
}
