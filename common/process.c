/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/complaint.h"
#include "common/message.h"
#include "common/process.h"

char *
process_find (const char *name)
{
  const char *path = getenv ("PATH");
  CLEANUP_FREE char *folders = NULL;
  char *folder, *rest;

  if (strchr (name, '/'))
    return access (name, X_OK) == 0 ? strdup (name) : NULL;
  if (asprintf (&folders, "%s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin") == -1) {
    folders = NULL;
    return NULL;
  }
  for (rest = folders; (folder = strsep (&rest, ":")) != NULL;) {
    char *file;

    if (asprintf (&file, "%s/%s", *folder ? folder : ".", name) == -1)
      return NULL;
    if (access (file, X_OK) == 0)
      return file;
    free (file);
  }
  errno = ENOENT;
  return NULL;
}

static void
move_fd (int from, int to)
{
  if (from >= 0 && dup2 (from, to) == -1)
    _exit (126);
}

#define FDS_MAX 65536           /* to look for where the kernel does not close them all at once */

/* Let what the caller left open end with the execv, whether it thought of that or not: descriptors of strangers are no
 * business of QEMU's.  As below, in the child.
 */
static void
close_others_on_exec (void)
{
  const unsigned first = STDERR_FILENO + 1;
  struct rlimit limit = { .rlim_cur = FDS_MAX };

  if (syscall (SYS_close_range, first, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
    return;
  getrlimit (RLIMIT_NOFILE, &limit);    /* an old kernel, or valgrind */
  for (unsigned fd = first; fd < limit.rlim_cur && fd < FDS_MAX; fd++)
    fcntl ((int) fd, F_SETFD, FD_CLOEXEC);
}

/* In the child, with all signals blocked: only async-signal-safe calls, because the parent may have threads. */
static void __attribute__ ((noreturn))
become (const char *file, const char *const *argv, const struct process_io *io, pid_t parent)
{
  sigset_t none;

  signal (SIGINT, SIG_DFL);
  signal (SIGTERM, SIG_DFL);
  signal (SIGHUP, SIG_DFL);
  signal (SIGPIPE, SIG_DFL);
  sigemptyset (&none);
  /* Not before: the parent's handlers would swallow what asks it to end. */
  sigprocmask (SIG_SETMASK, &none, NULL);
  if (io && io->file_bytes_max > 0) {
    signal (SIGXFSZ, SIG_IGN);
    setrlimit (RLIMIT_FSIZE, &(struct rlimit) { io->file_bytes_max, io->file_bytes_max });
  }
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)     /* it died before the prctl */
    _exit (126);
  move_fd (open ("/dev/null", O_RDONLY | O_CLOEXEC), 0);
  if (io) {
    move_fd (io->stdout_fd, 1);
    move_fd (io->stderr_fd, 2);
  }
  close_others_on_exec ();
  for (size_t i = 0; io && i < PROCESS_INHERIT_MAX; i++)
    if (io->inherit_fds[i] > 0)
      fcntl (io->inherit_fds[i], F_SETFD, 0);
  if (io && io->traced && ptrace (PTRACE_TRACEME, 0, 0, 0) == -1)
    _exit (126);
  execv (file, (char *const *) argv);
  _exit (127);
}

pid_t
process_start (const char *const *argv, const struct process_io *io)
{
  CLEANUP_FREE char *file = process_find (argv[0]);
  pid_t parent = getpid (), pid;
  sigset_t all, old;

  if (file == NULL) {
    error_message ("%s: not found: install it, or put its folder into PATH", argv[0]);
    errno = ENOENT;
    return -1;
  }
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &old);
  pid = fork ();
  if (pid == 0)
    become (file, argv, io, parent);
  if (pid == -1)
    error_message ("cannot start %s: %m", file);
  pthread_sigmask (SIG_SETMASK, &old, NULL);
  return pid;
}

int
process_watch (pid_t pid)
{
  return (int) syscall (SYS_pidfd_open, pid, 0);
}

/* Wait for the child to end, but leave it to be reaped.  Returns as process_wait does. */
static int
wait_for_end (pid_t pid, int timeout_ms)
{
  CLEANUP_CLOSE int pidfd = process_watch (pid);
  struct pollfd poller = { .fd = pidfd, .events = POLLIN };
  int ready;

  if (pidfd == -1 && errno != ENOSYS)
    return -1;
  if (pidfd >= 0) {
    do
      ready = poll (&poller, 1, timeout_ms);
    while (ready == -1 && errno == EINTR);
    return ready;
  }
  for (int waited_ms = 0;; waited_ms++) {       /* an old kernel, or valgrind */
    siginfo_t info = { .si_pid = 0 };

    if (waitid (P_PID, (id_t) pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1)
      return -1;
    if (info.si_pid == pid || waited_ms >= timeout_ms)
      return info.si_pid == pid;
    usleep (1000);
  }
}

int
process_wait (pid_t pid, int timeout_ms, int *status)
{
  if (timeout_ms >= 0) {
    int ended = wait_for_end (pid, timeout_ms);

    if (ended <= 0)
      return ended;
  }
  while (waitpid (pid, status, 0) == -1)
    if (errno != EINTR)
      return -1;
  return 1;
}

void
process_end (pid_t pid, int grace_ms)
{
  int status;

  kill (pid, SIGTERM);
  if (process_wait (pid, grace_ms, &status) == 0) {
    kill (pid, SIGKILL);
    process_wait (pid, -1, &status);
  }
}

char *
process_describe_end (pid_t pid, const char *name)
{
  siginfo_t info = { .si_pid = 0 };
  char *text;

  if (waitid (P_PID, (id_t) pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 || info.si_pid != pid)
    return asprintf (&text, "%s ended", name) == -1 ? NULL : text;
  return asprintf (&text, info.si_code == CLD_EXITED ? "%s ended with exit status %d" : "%s was killed by signal %d",
                   name, info.si_status) == -1 ? NULL : text;
}

/* Read FD to its end; returns the bytes, to free, with a NUL behind them. */
static char *
read_all (int fd, size_t *length)
{
  char *text = NULL, buffer[65536];
  FILE *file = open_memstream (&text, length);
  ssize_t count;

  if (file == NULL)
    return NULL;
  while ((count = read (fd, buffer, sizeof buffer)) > 0 || (count == -1 && errno == EINTR))
    if (count > 0)
      fwrite (buffer, 1, (size_t) count, file);
  if (fclose (file) == EOF) {
    free (text);
    return NULL;
  }
  return text;
}

/* Run ARGV with its output and, if ERRORS is true, its errors on a pipe; returns what came through it and the wait
 * status.
 */
static char *
run_with_pipe (const char *const *argv, bool errors, size_t *length, int *status)
{
  int ends[2];
  char *text;
  pid_t pid;

  if (pipe2 (ends, O_CLOEXEC) == -1) {
    error_message ("cannot start %s: %m", argv[0]);
    return NULL;
  }
  struct process_io io = { .stdout_fd = ends[1], .stderr_fd = errors ? ends[1] : -1 };
  pid = process_start (argv, &io);
  close (ends[1]);
  if (pid == -1) {
    close (ends[0]);
    return NULL;
  }
  text = read_all (ends[0], length);
  close (ends[0]);
  if (process_wait (pid, -1, status) != 1 || text == NULL) {
    error_message ("%s: %m", argv[0]);
    free (text);
    return NULL;
  }
  return text;
}

/* One line about how a program ended, to free. */
static char *
describe_failure (const char *name, int status, const char *complaint)
{
  char *text;
  const char *separator = *complaint ? ": " : "";
  int r = WIFSIGNALED (status)
    ? asprintf (&text, "%s was killed by signal %d%s%s", name, WTERMSIG (status), separator, complaint)
    : asprintf (&text, "%s failed with exit status %d%s%s", name, WEXITSTATUS (status), separator, complaint);

  return r == -1 ? strdup (name) : text;
}

char *
process_output (const char *const *argv, size_t *length)
{
  size_t ignored;
  int status;
  char *text = run_with_pipe (argv, false, length ? length : &ignored, &status);

  if (text && status != 0) {
    CLEANUP_FREE char *failure = describe_failure (argv[0], status, "");

    error_message ("%s", failure);
    free (text);
    text = NULL;
  }
  return text;
}

char *
process_run (const char *const *argv)
{
  size_t length;
  int status;
  CLEANUP_FREE char *text = run_with_pipe (argv, true, &length, &status);

  if (text == NULL)
    return strdup ("");
  if (status == 0)
    return NULL;
  CLEANUP_FREE char *complaint = complaint_in (text);
  return describe_failure (argv[0], status, complaint ? complaint : "");
}
