/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/worker.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/number.h"
#include "common/standard-output.h"
#include "common/stop.h"
#include "guest/jobs.h"

/* Wait for a request.  Returns false when a stop is asked for. */
static bool
wait_for_request (FILE *requests)
{
  struct pollfd pollers[] = { { .fd = fileno (requests), .events = POLLIN }, { .fd = stop_fd (), .events = POLLIN } };

  while (poll (pollers, 2, -1) == -1 && errno == EINTR) {
    /* a signal: it may be the one */
  }
  return !stop_requested ();
}

/* Make the run that LINE asks for.  Returns its exit status. */
static int
serve (char *line, worker_run *run, struct keeper *keeper)
{
  size_t count;
  CLEANUP_FREE char **words = unescape_words (line, &count);
  int status = EXIT_UNUSABLE;

  if (words == NULL)
    error_message ("cannot read the request: %m");
  else
    status = run ((int) count, words, keeper);
  return standard_output_end (status);
}

/* Serve until there are no more requests.  Returns the exit status. */
static int
serve_all (FILE *requests, worker_run *run, struct keeper *keeper)
{
  CLEANUP_FREE char *line = NULL;
  size_t room = 0;
  ssize_t length;

  while (wait_for_request (requests) && (length = getline (&line, &room, requests)) > 0) {
    if (line[length - 1] == '\n')
      line[length - 1] = '\0';
    int status = serve (line, run, keeper);

    if (dprintf (fileno (requests), "%d\n", status) < 0)
      return EXIT_UNUSABLE;     /* the pool is gone */
  }
  return stop_requested () ? EXIT_SIGNALLED + stop_requested () : EXIT_SUCCESS;
}

int
worker_command (int argc, char **argv, worker_run *run)
{
  uint64_t fd, number, workers;
  CLEANUP_FCLOSE FILE *requests = NULL;
  struct keeper keeper;
  int status = EXIT_UNUSABLE;

  if (argc == 5 && parse_unsigned (argv[1], INT_MAX, &fd) == 0 && parse_unsigned (argv[3], UINT_MAX, &number) == 0
      && parse_unsigned (argv[4], UINT_MAX, &workers) == 0 && fcntl ((int) fd, F_SETFD, FD_CLOEXEC) == 0)
    requests = fdopen ((int) fd, "r");
  if (requests == NULL) {
    error_message (WORKER_COMMAND ": this command is not for you: see powercut --help");
    return EXIT_UNUSABLE;
  }
  jobs_settle (number, workers);
  keeper = (struct keeper) { recorder_new (argv[2]), kept_new () };
  if (keeper.recorder && keeper.kept && stop_install () == 0)
    status = serve_all (requests, run, &keeper);
  recorder_free (keeper.recorder);
  kept_free (keeper.kept);
  return status;
}
