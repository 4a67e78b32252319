/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <linux/audit.h>
#include <stdint.h>
#include <string.h>
#include <sys/user.h>

#include "guest/agent/call-stop.h"

#define ERRNO_MAX 4095          /* a result is an error if it is the negative of at most this */

#ifdef __x86_64__
/* A kernel sets the result to ENOSYS before the stop at which a call is entered.  A thread that was not seen to enter
 * one, and has another result, comes out of one that began before it was followed.
 */
static void
read_registers (const struct user_regs_struct *registers, bool *inside, struct __ptrace_syscall_info *info)
{
  const int64_t result = (int64_t) registers->rax;
  const uint64_t arguments[] = {
    registers->rdi, registers->rsi, registers->rdx, registers->r10, registers->r8, registers->r9
  };

  *info = (struct __ptrace_syscall_info) { .op = PTRACE_SYSCALL_INFO_NONE, .arch = AUDIT_ARCH_X86_64 };
  if (*inside) {
    info->op = PTRACE_SYSCALL_INFO_EXIT;
    info->exit.rval = result;
    info->exit.is_error = result < 0 && result >= -ERRNO_MAX;
    *inside = false;
  }
  else if (result == -ENOSYS) {
    info->op = PTRACE_SYSCALL_INFO_ENTRY;
    info->entry.nr = registers->orig_rax;
    memcpy (info->entry.args, arguments, sizeof arguments);
    *inside = true;
  }
}

int
call_stop_read (pid_t tid, bool *inside, struct __ptrace_syscall_info *info)
{
  struct user_regs_struct registers;

  if (ptrace (PTRACE_GETREGS, tid, 0, &registers) == -1)
    return -1;
  read_registers (&registers, inside, info);
  return 0;
}
#else
int
call_stop_read (pid_t tid, bool *inside, struct __ptrace_syscall_info *info)
{
  (void) tid, (void) inside, (void) info;
  errno = ENOSYS;
  return -1;
}
#endif

int
call_stop_ask (pid_t tid, bool *inside, struct __ptrace_syscall_info *info)
{
  *info = (struct __ptrace_syscall_info) { .op = PTRACE_SYSCALL_INFO_NONE };
  if (ptrace (PTRACE_GET_SYSCALL_INFO, tid, sizeof *info, info) != -1)
    return 0;
  return errno == ESRCH ? -1 : call_stop_read (tid, inside, info);
}
