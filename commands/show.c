/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "commands/commands.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"
#include "common/terminal.h"
#include "replay/report/dump.h"

/* Whether the log is whole; a damaged one can be looked at all the same. */
static int
report_loss (const struct write_log *log)
{
  CLEANUP_FREE char *loss = log_describe_loss (log);

  if (loss)
    error_message ("%s: %s", log->path, loss);
  return log->end == LOG_END_DAMAGED ? -1 : 0;
}

static int
show (const char *path, const struct filter *filter)
{
  const struct dump_style style = { terminal_width (stdout), terminal_has_colours (stdout) };
  struct write_log *log = write_log_open (path);
  int r = -1;

  if (log == NULL)
    return -1;
  if (filter_check_device (filter, log) == 0) {
    int whole = report_loss (log);

    r = dump_log (log, filter, &style, stdout) == -1 ? -1 : whole;
  }
  write_log_close (log);
  return r;
}

int
show_command (int argc, char **argv)
{
  struct filter filter = FILTER_ALL;
  const struct option_spec options[] = {
    FILTER_OPTIONS (&filter),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut show [OPTION...] LOG\n",
    "Print a write log: its operations, marks and crash points.", options, .mixed = true
  };
  int first = options_parse (&command, argc, argv);

  filter.listed &= ~(unsigned) LISTED_DONE;     /* an operation's line says when it was done */
  if (first == -1 || filter_check (&filter) == -1)
    return EXIT_UNUSABLE;
  if (first != argc - 1) {
    error_message (first == argc ? "which log? see powercut show --help"
                                 : "%s: one log at a time: see powercut show --help", argv[first]);
    return EXIT_UNUSABLE;
  }
  return show (argv[first], &filter) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
}
