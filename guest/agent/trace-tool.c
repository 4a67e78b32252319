/* SPDX-License-Identifier: BSD-3-Clause */
/* The tool powercut-trace: becomes a program that is followed, with all that it starts, and disturbed
 * (guest/agent/disturb.h).  The program keeps the parent, the process group and the end that it would have without
 * that: who follows it is no relative of its.
 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "guest/agent/agent.h"
#include "guest/agent/disturb.h"
#include "guest/agent/protocol.h"
#include "guest/agent/tracer.h"

#define STATUS_NOT_FOLLOWED 126
#define STATUS_NOT_STARTED 127

struct follower {
  struct disturbance disturbance;
  int ready;                    /* the end of a pipe that the program waits at */
};

static void
tell_ready (void *context)
{
  struct follower *follower = context;

  if (write (follower->ready, "", 1) != 1)
    error_message ("cannot start the program: %m");
  close (follower->ready);
}

static int
act (void *context, const struct traced_call *call)
{
  const struct follower *follower = context;

  return call->text ? disturb (&follower->disturbance, call->number, call->text, call->changed)
    : disturb_less (&follower->disturbance, call->number);
}

/* Follow PROGRAM to the end of all that it starts.  Does not return. */
static void __attribute__ ((noreturn))
follow (pid_t program, struct follower *follower)
{
  struct place place;

  setsid ();                    /* what ends the program's process group is not to end this before */
  if (chdir ("/") == -1 || place_of (AGENT_MOUNT_POINT, &place) == -1) {
    error_message (AGENT_MOUNT_POINT ": %m");
    _exit (STATUS_NOT_FOLLOWED);
  }
  _exit (trace (program, tell_ready, &place, act, follower) == 0 ? 0 : STATUS_NOT_FOLLOWED);
}

/* Have this process followed by one that is not its child any more.  Returns 0 when it is, or -1 after a message. */
static int
be_followed (struct follower *follower)
{
  const pid_t program = getpid ();
  int ends[2], status;
  char byte;

  if (pipe2 (ends, O_CLOEXEC) == -1) {
    error_message ("cannot make a pipe: %m");
    return -1;
  }
  CLEANUP_CLOSE int waiting = ends[0];
  follower->ready = ends[1];
  pid_t between = fork ();
  if (between == 0) {
    close (waiting);
    if (fork () == 0)
      follow (program, follower);
    _exit (0);
  }
  close (ends[1]);
  if (between == -1 || waitpid (between, &status, 0) == -1) {
    error_message ("cannot start a process: %m");
    return -1;
  }
  return read (waiting, &byte, 1) == 1 ? 0 : -1;
}

int
tool_trace (char **words)
{
  CLEANUP_FREE char *file = words[0] ? process_find (words[0]) : NULL;
  struct follower follower;

  if (file == NULL || disturbance_read (&follower.disturbance) == -1 || be_followed (&follower) == -1)
    return STATUS_NOT_FOLLOWED;
  execv (file, words);
  return STATUS_NOT_STARTED;
}
