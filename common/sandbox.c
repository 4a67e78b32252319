/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/process.h"
#include "common/sandbox.h"

#define TIMEOUT_MS 60000
#define EXIT_CONFINED 3         /* it could not be confined */

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define HAS_SHADOW_MEMORY true  /* terabytes of it */
#else
#define HAS_SHADOW_MEMORY false
#endif

/* Valgrind has files, and asks the kernel for things, of its own in the process that it watches: it would not survive.
 */
static bool
is_under_valgrind (void)
{
  const char *preloaded = getenv ("LD_PRELOAD");

  return preloaded && strstr (preloaded, "/vgpreload_");
}

/* The size of this process, in bytes; 0 if it is not known. */
static uint64_t
own_size (void)
{
  CLEANUP_FCLOSE FILE *file = fopen ("/proc/self/statm", "re");
  unsigned long pages;

  return file && fscanf (file, "%lu", &pages) == 1 ? pages * (uint64_t) sysconf (_SC_PAGESIZE) : 0;
}

static int
limit (int resource, uint64_t value)
{
  const struct rlimit limits = { value, value };

  return setrlimit ((__rlimit_resource_t) resource, &limits);
}

static int
limit_resources (const struct sandbox *sandbox)
{
  const uint64_t size = own_size ();

  if (!HAS_SHADOW_MEMORY && (size == 0 || limit (RLIMIT_AS, size + sandbox->memory_bytes) == -1))
    return -1;
  return limit (RLIMIT_FSIZE, 0) == -1 || limit (RLIMIT_CORE, 0) == -1
    || limit (RLIMIT_NOFILE, 0) == -1 ? -1 : 0;
}

/* Close all files but FD. */
static int
close_others (int fd)
{
  if (fd > 0 && close_range (0, (unsigned) fd - 1, 0) == -1)
    return -1;
  return close_range ((unsigned) fd + 1, ~0u, 0);
}

/* Allow only what memory, the answer on FD and the end of the process need. */
static int
filter_calls (int fd)
{
  static const int harmless[] = {
    SCMP_SYS (brk), SCMP_SYS (munmap), SCMP_SYS (mremap), SCMP_SYS (madvise), SCMP_SYS (futex), SCMP_SYS (exit),
    SCMP_SYS (exit_group), SCMP_SYS (rt_sigreturn), SCMP_SYS (clock_gettime), SCMP_SYS (getrandom),
    SCMP_SYS (sched_yield), SCMP_SYS (sigaltstack),
    /* libext2fs asks for these before it looks into the environment. */
    SCMP_SYS (getuid), SCMP_SYS (geteuid), SCMP_SYS (getgid), SCMP_SYS (getegid)
  };
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_KILL_PROCESS);
  int r = filter ? 0 : -1;

  for (size_t i = 0; i < sizeof harmless / sizeof harmless[0] && r == 0; i++)
    r = seccomp_rule_add (filter, SCMP_ACT_ALLOW, harmless[i], 0);
  if (r == 0)
    r = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (write), 1, SCMP_A0 (SCMP_CMP_EQ, (scmp_datum_t) fd, 0));
  if (r == 0)
    r = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prctl), 1, SCMP_A0 (SCMP_CMP_EQ, PR_GET_DUMPABLE, 0));
  if (r == 0)                   /* no files, nothing to execute */
    r = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 2, SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                          SCMP_A3 (SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
  if (r == 0)
    r = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1, SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  if (r == 0)
    r = seccomp_load (filter);
  seccomp_release (filter);
  return r == 0 ? 0 : -1;
}

/* Give up all rights, and end with PARENT. */
static int
confine (const struct sandbox *sandbox, int fd, pid_t parent)
{
  if (prctl (PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid () != parent || limit (RLIMIT_CPU, sandbox->cpu_seconds) == -1)
    return -1;
  if (is_under_valgrind ())
    return 0;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || limit_resources (sandbox) == -1 || close_others (fd) == -1)
    return -1;
  return filter_calls (fd);
}

/* Write what is in memory at TEXT; the pipe takes all of it, or nobody wants it. */
static void
send (int fd, const char *text, size_t length)
{
  while (length > 0) {
    ssize_t count = write (fd, text, length);

    if (count <= 0)
      return;
    text += count;
    length -= (size_t) count;
  }
}

static void __attribute__ ((noreturn))
work_confined (const struct sandbox *sandbox, int fd, pid_t parent)
{
  char *text = NULL;
  size_t length;

  signal (SIGPIPE, SIG_IGN);
  signal (SIGINT, SIG_IGN);     /* of the terminal: it ends with its parent */
  if (confine (sandbox, fd, parent) == -1)
    _exit (EXIT_CONFINED);
  FILE *answer = open_memstream (&text, &length);
  if (answer == NULL)
    _exit (EXIT_FAILURE);
  sandbox->work (sandbox->argument, answer);
  if (fclose (answer) == EOF)
    _exit (EXIT_FAILURE);
  send (fd, text, length);
  _exit (EXIT_SUCCESS);
}

/* Read FD to its end, which comes in time, into TEXT, which has room for SANDBOX_ANSWER_MAX and one byte.  Returns
 * the length, or -1 if there is too much of it or it took too long.
 */
static ssize_t
receive (int fd, char *text)
{
  const int64_t deadline_ms = clock_ms () + TIMEOUT_MS;
  size_t length = 0;

  while (length <= SANDBOX_ANSWER_MAX) {
    struct pollfd poller = { .fd = fd, .events = POLLIN };
    int64_t left_ms = deadline_ms - clock_ms ();
    int ready = left_ms > 0 ? poll (&poller, 1, (int) left_ms) : 0;

    if (ready == -1 && errno == EINTR)
      continue;
    ssize_t count = ready > 0 ? read (fd, text + length, SANDBOX_ANSWER_MAX + 1 - length) : -1;
    if (count == 0)
      return (ssize_t) length;
    if (count == -1 && (ready <= 0 || errno != EINTR))
      return -1;
    length += count > 0 ? (size_t) count : 0;
  }
  return -1;
}

/* How a process with wait STATUS ended, to free. */
static char *
describe_end (int status)
{
  char *text;
  int r;

  if (WIFSIGNALED (status) && WTERMSIG (status) == SIGSYS)
    r = asprintf (&text, "it asked for what it may not have");
  else if (WIFSIGNALED (status))
    r = asprintf (&text, "it ended with signal %d", WTERMSIG (status));
  else if (WEXITSTATUS (status) == EXIT_CONFINED)
    r = asprintf (&text, "it could not be confined");
  else
    r = asprintf (&text, "it ended with exit status %d", WEXITSTATUS (status));
  return r == -1 ? NULL : text;
}

/* What the process PID answers on FD. */
static char *
get_answer (pid_t pid, int fd, char **why)
{
  char *text = malloc (SANDBOX_ANSWER_MAX + 1);
  ssize_t length = text ? receive (fd, text) : -1;
  int status;

  if (length == -1)
    kill (pid, SIGKILL);
  if (process_wait (pid, -1, &status) == 1 && status == 0 && length != -1) {
    text[length] = '\0';
    return text;
  }
  free (text);
  *why = length == -1 ? strdup ("it took too long, or said too much") : describe_end (status);
  return NULL;
}

char *
sandbox_run (const struct sandbox *sandbox, char **why)
{
  const pid_t parent = getpid ();
  int ends[2];

  *why = NULL;
  if (pipe2 (ends, O_CLOEXEC) == -1)
    return NULL;
  pid_t pid = fork ();
  if (pid == 0)
    work_confined (sandbox, ends[1], parent);
  close (ends[1]);
  char *answer = pid == -1 ? NULL : get_answer (pid, ends[0], why);
  close (ends[0]);
  return answer;
}
