/* SPDX-License-Identifier: BSD-3-Clause */
/* Child processes: started in a process group of their own, killed with their parent, always reaped. */
#ifndef POWERCUT_COMMON_PROCESS_H
#define POWERCUT_COMMON_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_INHERIT_MAX 2

struct process_io {
  int stdout_fd;                /* becomes standard output; -1 keeps the parent's */
  int stderr_fd;                /* becomes standard error; -1 keeps the parent's */
  int inherit_fds[PROCESS_INHERIT_MAX];         /* stay open in the child under the same numbers; 0 for none */
  uint64_t file_bytes_max;      /* no file becomes larger by its writes, which fail then; 0 for no limit */
  bool traced;                  /* by the thread that starts it: ptrace(2), PTRACE_TRACEME */
};

/* Where program NAME is: in PATH, or in the sbin folders that users rarely have there.  Returns a path to free, or NULL
 * with errno ENOENT and no message.
 */
extern char *process_find (const char *name);

/* Start ARGV[0] (a path, or a name for process_find) with standard input from /dev/null and no other descriptors
 * than those of IO, which may be NULL.  The child dies with the thread that started it.  Returns its pid, or -1 after a
 * message.
 */
extern pid_t process_start (const char *const *argv, const struct process_io *io);

/* Wait up to TIMEOUT_MS (-1: for ever) for the child to end and reap it.  Returns 1 and the wait status in *status, 0
 * on time-out, -1 with errno.
 */
extern int process_wait (pid_t pid, int timeout_ms, int *status);

/* A descriptor, to close, that becomes readable once the child has ended; -1 where there is no such thing (an old
 * kernel, valgrind), which poll leaves out.
 */
extern int process_watch (pid_t pid);

/* How the child NAME ended, which stays to be reaped: a part of a sentence, to free, or NULL for lack of memory. */
extern char *process_describe_end (pid_t pid, const char *name);

/* End the child: SIGTERM, after GRACE_MS SIGKILL; reaped on return. */
extern void process_end (pid_t pid, int grace_ms);

/* Run ARGV to its end and return what it printed on standard output, to free, NUL at its end (length in *length if not
 * NULL).  Its standard error is the parent's.  Returns NULL after a message if it could not be started or did not exit
 * with 0.
 */
extern char *process_output (const char *const *argv, size_t *length);

/* Run ARGV to its end, and print nothing of what it prints.  Returns NULL if it exited with 0, else one line that says
 * why not, to free: how it ended, and what it complained of (common/complaint.h).  Where it could not be started, a
 * message was printed and the line is empty.
 */
extern char *process_run (const char *const *argv);

#endif
