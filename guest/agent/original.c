/* SPDX-License-Identifier: BSD-3-Clause */
/* The original is held by ptrace(2), with a breakpoint where its own code begins: there the dynamic linker is done.
 * Two instructions stand there from then on, a system call and a breakpoint.  The call is a clone, by which the copy
 * has this process for its parent; the copy is stopped as it is made, gets the text and the registers of the program,
 * and is let go.
 */
#include <config.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "guest/agent/original.h"

#define BREAKPOINT 0xcc         /* int3 */
#define CALL_BREAKPOINT 0xcc050f        /* syscall; int3 */
#define CALL_BREAKPOINT_MASK 0xffffffL

/* Wait until PID has stopped.  False: it has ended. */
static bool
await_stop (pid_t pid, int *status)
{
  return TEMP_FAILURE_RETRY (waitpid (pid, status, __WALL)) == pid && WIFSTOPPED (*status);
}

/* Let PID go on until it stops at a breakpoint. */
static bool
go_to_breakpoint (pid_t pid)
{
  int status;

  return ptrace (PTRACE_CONT, pid, 0, 0) == 0 && await_stop (pid, &status) && status >> 8 == SIGTRAP;
}

/* Where the program of PID begins, after its interpreter; or 0. */
static uint64_t
find_entry (pid_t pid)
{
  char path[sizeof "/proc/2147483647/auxv"];
  Elf64_auxv_t entry;

  snprintf (path, sizeof path, "/proc/%d/auxv", pid);
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  while (fd >= 0 && read (fd, &entry, sizeof entry) == sizeof entry && entry.a_type != AT_NULL)
    if (entry.a_type == AT_ENTRY)
      return entry.a_un.a_val;
  return 0;
}

static bool
put_text (pid_t pid, uint64_t address, long text)
{
  return ptrace (PTRACE_POKETEXT, pid, address, text) == 0;
}

/* Bring ORIGINAL, which has just become its program, to where that begins. */
static bool
go_to_entry (struct original *original)
{
  const pid_t pid = original->pid;
  int status;

  if (!await_stop (pid, &status)
      || ptrace (PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL) == -1
      || (original->entry = find_entry (pid)) == 0)
    return false;
  errno = 0;
  original->text = ptrace (PTRACE_PEEKTEXT, pid, original->entry, 0);
  if (errno != 0 || !put_text (pid, original->entry, (original->text & ~0xffL) | BREAKPOINT) || !go_to_breakpoint (pid)
      || ptrace (PTRACE_GETREGS, pid, 0, &original->registers) == -1 || original->registers.rip != original->entry + 1)
    return false;
  original->registers.rip = original->entry;
  original->registers.orig_rax = UINT64_MAX;    /* in no system call */
  return put_text (pid, original->entry, (original->text & ~CALL_BREAKPOINT_MASK) | CALL_BREAKPOINT);
}

bool
original_start (struct original *original, const char *const *argv, int output)
{
  const struct process_io io = { .stdout_fd = output, .stderr_fd = output, .traced = true };

  setenv ("LD_BIND_NOW", "1", true);    /* the linker has nothing left to do then */
  *original = (struct original) { .pid = process_start (argv, &io) };
  unsetenv ("LD_BIND_NOW");
  if (original->pid == -1)
    return false;
  if (go_to_entry (original))
    return true;
  original_end (original);
  return false;
}

/* Make a copy, which is stopped.  Returns its number, or -1. */
static pid_t
make_copy (const struct original *original)
{
  struct user_regs_struct registers = original->registers;
  unsigned long copy;
  int status;

  registers.rax = SYS_clone;
  registers.rdi = CLONE_PARENT | SIGCHLD;
  registers.rsi = registers.rdx = registers.r10 = registers.r8 = 0;
  if (ptrace (PTRACE_SETREGS, original->pid, 0, &registers) == -1 || ptrace (PTRACE_CONT, original->pid, 0, 0) == -1
      || !await_stop (original->pid, &status) || status >> 8 != (SIGTRAP | PTRACE_EVENT_FORK << 8)
      || ptrace (PTRACE_GETEVENTMSG, original->pid, 0, &copy) == -1)
    return -1;
  return await_stop ((pid_t) copy, &status) ? (pid_t) copy : -1;
}

/* Let COPY be the program, from its beginning on. */
static bool
let_go (const struct original *original, pid_t copy)
{
  return put_text (copy, original->entry, original->text)
    && ptrace (PTRACE_SETREGS, copy, 0, &original->registers) == 0 && ptrace (PTRACE_DETACH, copy, 0, 0) == 0;
}

bool
original_run (const struct original *original, int *status)
{
  const pid_t copy = make_copy (original);

  if (copy != -1 && go_to_breakpoint (original->pid) && let_go (original, copy))
    return TEMP_FAILURE_RETRY (waitpid (copy, status, 0)) == copy;
  if (copy != -1) {
    kill (copy, SIGKILL);
    waitpid (copy, status, __WALL);
  }
  original_end (original);
  return false;
}

void
original_end (const struct original *original)
{
  kill (original->pid, SIGKILL);
  waitpid (original->pid, NULL, __WALL);
}
