/* SPDX-License-Identifier: BSD-3-Clause */
/* What a thread that is followed (ptrace(2)) has stopped at: where it enters a system call, or leaves one. */
#ifndef POWERCUT_GUEST_AGENT_CALL_STOP_H
#define POWERCUT_GUEST_AGENT_CALL_STOP_H

#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/types.h>

/* Fill *info, as PTRACE_GET_SYSCALL_INFO does, for TID, which has stopped at a call.  *inside, false before its first
 * stop, is kept for it.  Returns 0, or -1 with errno: ESRCH if it was killed meanwhile.
 */
extern int call_stop_ask (pid_t tid, bool *inside, struct __ptrace_syscall_info *info);

/* The same by what the registers hold, for kernels that do not tell, as User Mode Linux.  -1 with ENOSYS where nobody
 * has said which registers these are.
 */
extern int call_stop_read (pid_t tid, bool *inside, struct __ptrace_syscall_info *info);

#endif
