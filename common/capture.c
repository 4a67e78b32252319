/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/capture.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/stop.h"
#include "common/text.h"

/* How soon a request to stop is seen; the end of the program is seen at once. */
#define STOP_INTERVAL_MS 200
#define END_GRACE_MS 2000

static char *
read_back (int fd)
{
  struct stat status;

  if (fstat (fd, &status) == -1)
    return NULL;
  size_t size = (size_t) status.st_size, done = 0;
  char *text = malloc (size + 1);
  while (text && done < size) {
    ssize_t count = pread (fd, text + done, size - done, (off_t) done);
    if (count <= 0) {
      free (text);
      return NULL;
    }
    done += (size_t) count;
  }
  if (text)
    text[size] = '\0';
  return text;
}

static void
keep_last_line (char *text)
{
  size_t length;
  const char *line = text_last_line (text, &length);

  memmove (text, line, length);
  text[length] = '\0';
}

static int
wait_or_stop (pid_t pid, int *status)
{
  int ended;

  while ((ended = process_wait (pid, STOP_INTERVAL_MS, status)) == 0)
    if (stop_requested ()) {
      kill (-pid, SIGTERM);     /* it leads a process group: what it started ends too */
      process_end (pid, END_GRACE_MS);
      errno = EINTR;
      return -1;
    }
  return ended == 1 ? 0 : -1;
}

int
capture_run (const char *const *argv, struct capture *capture)
{
  /* Files in memory instead of pipes: nothing to read while it runs, so nothing to dead-lock on. */
  CLEANUP_CLOSE int output = memfd_create ("output", MFD_CLOEXEC);
  CLEANUP_CLOSE int errors = memfd_create ("errors", MFD_CLOEXEC);
  struct process_io io = { .stdout_fd = output, .stderr_fd = errors };
  int status;

  *capture = (struct capture) { 0 };
  if (output == -1 || errors == -1) {
    error_message ("cannot start %s: %m", argv[0]);
    return -1;
  }
  pid_t pid = process_start (argv, &io);
  if (pid == -1)
    return -1;
  if (wait_or_stop (pid, &status) == -1) {
    error_message ("%s: %m", argv[0]);
    return -1;
  }
  capture->status = WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
  capture->output = read_back (output);
  capture->complaint = read_back (errors);
  if (capture->output == NULL || capture->complaint == NULL) {
    error_message ("cannot read the output of %s: %m", argv[0]);
    capture_free (capture);
    return -1;
  }
  keep_last_line (capture->complaint);
  return 0;
}

void
capture_free (struct capture *capture)
{
  free (capture->output);
  free (capture->complaint);
  *capture = (struct capture) { 0 };
}
