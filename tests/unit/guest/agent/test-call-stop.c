/* SPDX-License-Identifier: BSD-3-Clause */
/* What the registers say of a call is what the kernel tells. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/agent/call-stop.h"
#include "tests/unit/unit.h"

#define SYSCALL_STOP (SIGTRAP | 0x80)

/* A program with calls that succeed and fail, one of which does not exist. */
static void
make_calls (void)
{
  char byte;

  ptrace (PTRACE_TRACEME, 0, 0, 0);
  raise (SIGSTOP);
  syscall (SYS_getppid);
  syscall (SYS_openat, AT_FDCWD, "/nonexistent", O_RDONLY | O_CLOEXEC, 0);
  syscall (SYS_read, -1, &byte, 1);
  syscall (SYS_pwrite64, 1, "", 0, 12345);
  syscall (100000);
  syscall (SYS_exit_group, 7);
}

/* Hold what is told of TID, which has stopped at a call, against what its registers say. */
static enum { ENTRY, EXIT, NEITHER }
compare (pid_t tid, bool *inside)
{
  struct __ptrace_syscall_info told, read;
  bool not_used = false;

  ck_assert_int_eq (call_stop_ask (tid, &not_used, &told), 0);
  ck_assert_int_eq (call_stop_read (tid, inside, &read), 0);
  ck_assert_uint_eq (told.op, read.op);
  ck_assert_uint_eq (told.arch, read.arch);
  if (told.op == PTRACE_SYSCALL_INFO_ENTRY) {
    ck_assert_uint_eq (told.entry.nr, read.entry.nr);
    ck_assert_mem_eq (told.entry.args, read.entry.args, sizeof told.entry.args);
    return ENTRY;
  }
  if (told.op != PTRACE_SYSCALL_INFO_EXIT)
    return NEITHER;
  ck_assert_int_eq (told.exit.rval, read.exit.rval);
  ck_assert_int_eq (told.exit.is_error, read.exit.is_error);
  return EXIT;
}

START_TEST (registers_say_what_the_kernel_tells)
{
#ifdef __x86_64__
  const pid_t pid = fork ();
  unsigned counts[3] = { 0 };
  bool inside = false;
  int status;

  if (pid == 0)
    make_calls ();
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert (WIFSTOPPED (status));
  ck_assert_int_eq (ptrace (PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
  for (;;) {
    ck_assert_int_eq (ptrace (PTRACE_SYSCALL, pid, 0, 0), 0);
    ck_assert_int_eq (waitpid (pid, &status, 0), pid);
    if (!WIFSTOPPED (status))
      break;
    ck_assert_int_eq (WSTOPSIG (status), SYSCALL_STOP);
    counts[compare (pid, &inside)]++;
  }
  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 7);
  /* The end of what stopped it is one, too, and the end of the last one is not seen. */
  ck_assert_uint_ge (counts[ENTRY], 6);
  ck_assert_uint_ge (counts[EXIT], 5);
#endif
}
END_TEST

START_TEST (who_is_gone_is_said)
{
  struct __ptrace_syscall_info info;
  bool inside = false;

  ck_assert_int_eq (call_stop_ask (getpid (), &inside, &info), -1);
  ck_assert_int_eq (errno, ESRCH);
}
END_TEST

UNIT_TEST_MAIN ("call-stop", registers_say_what_the_kernel_tells, who_is_gone_is_said)
