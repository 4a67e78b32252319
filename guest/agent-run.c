/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/process.h"
#include "guest/agent.h"
#include "guest/protocol.h"

#define OUTPUT_MAX (64 << 10)
#define TIMEOUT_MAX_S (INT32_MAX / 1000)

int
reap_children (const struct agent *agent, pid_t awaited, int *status)
{
  struct signalfd_siginfo ignored;
  int ended_status, found = 0;
  pid_t ended;

  /* First of all, so that who ends from now on makes it readable again. */
  while (read (agent->children, &ignored, sizeof ignored) > 0)
    ;
  while ((ended = waitpid (-1, &ended_status, WNOHANG)) > 0)
    if (ended == awaited) {
      *status = ended_status;
      found = 1;
    }
  return found;
}

static int64_t
now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait for PID and reap whoever else ends meanwhile: a program may wait for the end of a daemon of its own, which is
 * init's to reap.  Returns 1, or 0 on time-out.
 */
static int
wait_for (const struct agent *agent, pid_t pid, int64_t timeout_ms, int *status)
{
  int64_t deadline_ms = now_ms () + timeout_ms;

  while (!reap_children (agent, pid, status)) {
    int64_t left_ms = deadline_ms - now_ms ();
    struct pollfd poller = { .fd = agent->children, .events = POLLIN };

    if (left_ms <= 0)
      return 0;
    poll (&poller, 1, (int) left_ms);
  }
  return 1;
}

static pid_t
start_in_mount_point (const char *const *argv, int output)
{
  struct process_io io = { .stdout_fd = output, .stderr_fd = output, .inherit_fd = -1 };

  if (chdir (AGENT_MOUNT_POINT) == -1) {
    error_message ("%s: %m", AGENT_MOUNT_POINT);
    return -1;
  }
  CLEANUP_FREE char *file = process_find (argv[0]);
  pid_t pid = -1;
  if (file == NULL)
    error_message ("%s: no such program in the guest: take it in with --include", argv[0]);
  else
    pid = process_start (argv, &io);
  if (chdir ("/") == -1)
    error_message ("cannot leave %s: %m", AGENT_MOUNT_POINT);
  return pid;
}

static void
write_outcome (int ended, int status, FILE *payload)
{
  if (!ended)
    fputs ("timeout\n", payload);
  else if (WIFSIGNALED (status))
    fprintf (payload, "signal %d\n", WTERMSIG (status));
  else
    fprintf (payload, "exit %d\n", WEXITSTATUS (status));
}

static int
write_output (int output, FILE *payload)
{
  CLEANUP_FREE char *text = malloc (OUTPUT_MAX);
  struct stat st;

  if (text == NULL || fstat (output, &st) == -1) {
    error_message ("cannot read the program's output: %m");
    return -1;
  }
  ssize_t length = pread (output, text, OUTPUT_MAX, st.st_size > OUTPUT_MAX ? st.st_size - OUTPUT_MAX : 0);
  if (length > 0)
    fwrite (text, 1, (size_t) length, payload);
  return 0;
}

int
run_program (struct agent *agent, char **words, FILE *payload)
{
  uint64_t timeout_s;
  int status = 0;

  if (parse_unsigned (words[0], TIMEOUT_MAX_S, &timeout_s) == -1) {
    error_message ("run: %s: %m", words[0]);
    return -1;
  }
  /* O_APPEND: whoever opens /dev/stdout anew must not write over what is there. */
  CLEANUP_CLOSE int output = open ("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  if (output == -1) {
    error_message ("cannot make a file for the program's output in /tmp: %m");
    return -1;
  }
  pid_t pid = start_in_mount_point ((const char *const *) words + 1, output);
  if (pid == -1)
    return -1;
  int ended = wait_for (agent, pid, (int64_t) timeout_s * 1000, &status);
  int frozen = 0;
  if (!ended) {
    kill (-pid, SIGKILL);
    /* Who waits to write to a frozen file system cannot be killed. */
    frozen = thaw_all (AGENT_MOUNT_POINT);
    waitpid (pid, &status, 0);
  }
  write_outcome (ended, status, payload);
  if (write_output (output, payload) == -1)
    return -1;
  if (frozen > 0)
    fputs ("\nthe file system was frozen: who writes to it waits until it is thawed\n", payload);
  return 0;
}
