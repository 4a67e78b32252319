/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands/live.h"
#include "commands/live-follow.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/stop.h"
#include "common/text.h"
#include "common/workdir.h"
#include "replay/ledger.h"
#include "replay/session-config.h"

#define END_MS 20000            /* for its guests to be ended */

struct live {
  const struct replay_options *options;
  char *directory, *learnt;
  pid_t pid;                    /* or -1 */
  int begun, told;              /* pipes to it and from it */
  struct live_first first;
};

int
live_check (const struct replay_options *options)
{
  const char *fault = NULL;

  if (options->lose || options->fault)
    fault = "--live and --lose or --fault exclude one another: replay the log later with these";
  else if (options->guest.pages)
    fault = "--live and --pages exclude one another: pages are tabulated once the update has ended";
  else if (options->chosen.kind == CHOSEN_SAMPLE)
    fault = "--live and --points=sample:N:SEED exclude one another: nobody knows yet how many there will be";
  else if (options->no_reduction)
    fault = "--live remembers what runs read, and --no-reduction trusts no memory: give one of them";
  else if (options->kept)
    fault = "--live is for one run alone";
  if (fault)
    error_message ("%s", fault);
  return fault ? -1 : 0;
}

/* The process, with these ends of its pipes.  Ctrl-C comes to both; whatever else ends its parent ends it, too. */
static void __attribute__ ((noreturn))
become_follower (const struct live *live, pid_t parent, int begun, int told)
{
  int r = -1;

  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (stop_install () == 0 && getppid () == parent)
    r = live_follow (live->options, live->learnt, begun, told);
  if (r == 1)
    kill (parent, LIVE_ENOUGH_SIGNAL);
  fflush (stderr);
  _exit (r == -1 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Fork it. */
static int
start_process (struct live *live)
{
  int begun[2], told[2];
  const pid_t parent = getpid ();

  if (pipe2 (begun, O_CLOEXEC) == -1)
    return -1;
  if (pipe2 (told, O_CLOEXEC | O_NONBLOCK) == -1) {
    close (begun[0]);
    close (begun[1]);
    return -1;
  }
  fflush (NULL);
  live->pid = fork ();
  if (live->pid == 0) {
    close (begun[1]);
    close (told[0]);
    become_follower (live, parent, begun[0], told[1]);
  }
  live->begun = begun[1];
  live->told = told[0];
  close (begun[0]);
  close (told[1]);
  return live->pid == -1 ? -1 : 0;
}

struct live *
live_start (const struct replay_options *options)
{
  struct live *live = calloc (1, sizeof *live);

  if (live == NULL) {
    out_of_memory ();
    return NULL;
  }
  *live = (struct live) { .options = options, .pid = -1, .begun = -1, .told = -1, .directory = workdir_create () };
  if (live->directory && (live->learnt = text_format ("%s/learnt", live->directory)) != NULL) {
    if (start_process (live) == 0)
      return live;
    error_message ("cannot start the live replay: %m");
  }
  live_free (live);
  return NULL;
}

void
live_begin (struct live *live, size_t number)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  const struct live_begun begun = {
    .number = number, .since_ns = (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec
  };
  if (write (live->begun, &begun, sizeof begun) == -1) {
    /* It has ended: the recordings go on, and all is replayed later. */
  }
}

/* Take what it told. */
static void
hear (struct live *live)
{
  struct live_told told;

  if (read (live->told, &told, sizeof told) != sizeof told || told.number >= live->options->log_count)
    return;
  live->first = (struct live_first) {
    .told = true, .log = live->options->logs[told.number], .seconds = told.seconds, .since_seconds = told.since_seconds
  };
}

/* Close and forget *FD. */
static void
close_end (int *fd)
{
  if (*fd != -1)
    close (*fd);
  *fd = -1;
}

void
live_end (struct live *live)
{
  int status = 0;               /* unless it cannot be waited for */

  if (live->pid == -1)
    return;
  close_end (&live->begun);
  kill (live->pid, SIGTERM);
  if (process_wait (live->pid, END_MS, &status) == 0) {
    kill (live->pid, SIGKILL);
    process_wait (live->pid, -1, &status);
  }
  live->pid = -1;
  /* The signal from here may have come before it was caught. */
  if (WIFSIGNALED (status) && WTERMSIG (status) != SIGTERM)
    error_message ("the live replay was killed by signal %d: what it did not see is replayed now", WTERMSIG (status));
  hear (live);
  close_end (&live->told);
}

const struct live_first *
live_first (const struct live *live)
{
  return &live->first;
}

const char *
live_learnt (const struct live *live)
{
  return ledger_is (live->learnt) ? live->learnt : NULL;
}

void
live_free (struct live *live)
{
  if (live == NULL)
    return;
  live_end (live);
  if (live->directory)
    workdir_remove (live->directory);
  free_all (live->directory, live->learnt, live);
}
