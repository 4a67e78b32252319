/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/array.h"
#include "common/clock.h"
#include "common/message.h"
#include "guest/agent/call-stop.h"
#include "guest/agent/pace.h"
#include "guest/agent/system-calls.h"
#include "guest/agent/tracer.h"

#define NOTHING_GOES_ON 255     /* exit status of who acts; smaller ones are an errno */
#define SYSCALL_STOP (SIGTRAP | 0x80)
#ifdef __x86_64__
#define FOREIGN_CALL 0x40000000 /* of the x32 kind, whose calls have other numbers */
#else
#define FOREIGN_CALL UINT64_MAX
#endif

struct thread {
  pid_t tid;
  struct call call;             /* that it is in, if that is one of those that matter */
  bool wants_to_trace;          /* it is in ptrace(2) */
  bool inside;                  /* for call_stop_ask */
};

/* A thread that waits for an act after its call. */
struct waiting {
  pid_t tid;
  struct traced_call call;
};

struct tracer {
  const struct place *place;
  traced_act *act;
  void *context;
  uint32_t architecture;        /* of the first; 0: not known yet */
  struct thread *threads;
  size_t thread_count;
  struct waiting *waiting;      /* the first is acted on */
  size_t waiting_count;
  pid_t actor;                  /* who acts; 0: nobody does */
  int64_t act_start_ms;
  struct pace pace;
  bool told_errno, told_ptrace;
};

static struct thread *
find_thread (struct tracer *tracer, pid_t tid)
{
  for (size_t i = 0; i < tracer->thread_count; i++)
    if (tracer->threads[i].tid == tid)
      return &tracer->threads[i];
  struct thread *thread = array_add (tracer->threads, tracer->thread_count);
  if (thread)
    *thread = (struct thread) { .tid = tid, .call = { .thread = tid } };
  else
    out_of_memory ();
  return thread;
}

static void
forget_thread (struct tracer *tracer, pid_t tid)
{
  for (size_t i = 0; i < tracer->thread_count; i++)
    if (tracer->threads[i].tid == tid)
      tracer->threads[i] = tracer->threads[--tracer->thread_count];
}

/* Let TID go on up to its next stop, with SIGNAL if that is not 0.  It may have been killed meanwhile. */
static void
go_on (pid_t tid, int signal)
{
  ptrace (PTRACE_SYSCALL, tid, 0, (long) signal);
}

/* Begin the act that the first of those who wait waits for.  Returns 0, or -1 after a message. */
static int
begin_act (struct tracer *tracer)
{
  if (tracer->actor || tracer->waiting_count == 0)
    return 0;
  tracer->act_start_ms = clock_ms ();
  tracer->actor = fork ();
  if (tracer->actor == 0) {
    const int r = tracer->act (tracer->context, &tracer->waiting[0].call);
    _exit (r == -1 ? NOTHING_GOES_ON : r);
  }
  if (tracer->actor == -1)
    error_message ("cannot start a process: %m");
  return tracer->actor == -1 ? -1 : 0;
}

/* The act has ended with STATUS: who waited for it goes on. */
static int
end_act (struct tracer *tracer, int status)
{
  tracer->actor = 0;
  tracer->pace.spent_ms += clock_ms () - tracer->act_start_ms;
  if (!WIFEXITED (status) || WEXITSTATUS (status) == NOTHING_GOES_ON)
    return -1;
  if (WEXITSTATUS (status) != 0 && !tracer->told_errno) {
    error_message ("the rest of the system cannot write: %s", strerror (WEXITSTATUS (status)));
    tracer->told_errno = true;
  }
  free (tracer->waiting[0].call.text);
  go_on (tracer->waiting[0].tid, 0);
  tracer->waiting_count--;
  memmove (tracer->waiting, tracer->waiting + 1, tracer->waiting_count * sizeof *tracer->waiting);
  return begin_act (tracer);
}

/* THREAD's call has had its effect, with RESULT: it waits for what comes of that, or goes on. */
static int
follow_call (struct tracer *tracer, const struct thread *thread, int64_t result)
{
  const struct call *call = &thread->call;
  const enum pace_step step = call_concerns (call, result, tracer->place) ? pace_next (&tracer->pace) : PACE_LEAVE;

  if (step == PACE_LEAVE) {
    go_on (thread->tid, 0);
    return 0;
  }
  char *text = step == PACE_ACT ? call_text (call, result) : NULL;
  struct waiting *waiting = step == PACE_ACT && text == NULL ? NULL
    : array_add (tracer->waiting, tracer->waiting_count);
  if (waiting == NULL) {
    free (text);
    return out_of_memory ();
  }
  *waiting = (struct waiting) { thread->tid, { tracer->pace.calls, text, call->what->effect != CALL_SYNCS } };
  return begin_act (tracer);
}

static int
refuse_architecture (void)
{
  error_message ("a program of another kind than this machine's own, of 32 bits perhaps, cannot be followed: "
                 "record with --background=none");
  return -1;
}

static int
enter_call (struct tracer *tracer, struct thread *thread, const struct __ptrace_syscall_info *info)
{
  if (tracer->architecture == 0)
    tracer->architecture = info->arch;
  if (info->arch != tracer->architecture || (info->entry.nr != UINT64_MAX && info->entry.nr >= FOREIGN_CALL))
    return refuse_architecture ();
  thread->call.what = system_call_find (info->entry.nr);
  memcpy (thread->call.arguments, info->entry.args, sizeof thread->call.arguments);
  thread->wants_to_trace = info->entry.nr == SYS_ptrace;
  if (thread->call.what && thread->call.what->effect == CALL_UNMAPS)
    return follow_call (tracer, thread, 0);
  go_on (thread->tid, 0);
  return 0;
}

/* Who is followed cannot be followed by another. */
static void
tell_ptrace (struct tracer *tracer)
{
  if (!tracer->told_ptrace)
    error_message ("a program wants to trace others, and --background does that already: record with "
                   "--background=none");
  tracer->told_ptrace = true;
}

static int
leave_call (struct tracer *tracer, struct thread *thread, const struct __ptrace_syscall_info *info)
{
  const struct system_call *what = thread->call.what;
  int r = 0;

  if (thread->wants_to_trace && info->exit.is_error && info->exit.rval == -EPERM)
    tell_ptrace (tracer);
  if (what && what->effect != CALL_UNMAPS && !info->exit.is_error)
    r = follow_call (tracer, thread, info->exit.rval);
  else
    go_on (thread->tid, 0);
  thread->call.what = NULL;
  thread->wants_to_trace = false;
  return r;
}

/* THREAD has stopped where it enters or leaves a system call. */
static int
stop_at_call (struct tracer *tracer, struct thread *thread)
{
  struct __ptrace_syscall_info info;

  if (call_stop_ask (thread->tid, &thread->inside, &info) == -1 && errno != ESRCH) {
    error_message ("this guest's kernel does not tell system calls (Linux 5.3 does): record with --background=none");
    return -1;
  }
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
    return enter_call (tracer, thread, &info);
  if (info.op == PTRACE_SYSCALL_INFO_EXIT)
    return leave_call (tracer, thread, &info);
  go_on (thread->tid, 0);
  return 0;
}

static bool
stops_group (int signal)
{
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* TID has become another program: the other threads are gone, and it may have been another of them until then. */
static void
forget_executed (struct tracer *tracer, pid_t tid)
{
  unsigned long former;

  if (ptrace (PTRACE_GETEVENTMSG, tid, 0, &former) == 0)
    forget_thread (tracer, (pid_t) former);
  forget_thread (tracer, tid);
}

/* THREAD has stopped with STATUS: ptrace(2). */
static int
stop (struct tracer *tracer, struct thread *thread, int status)
{
  const pid_t tid = thread->tid;
  const int signal = WSTOPSIG (status), event = status >> 16;

  if (signal == SYSCALL_STOP)
    return stop_at_call (tracer, thread);
  if (event == PTRACE_EVENT_STOP && stops_group (signal))
    ptrace (PTRACE_LISTEN, tid, 0, 0);  /* until it is continued */
  else {
    if (event == PTRACE_EVENT_EXEC)
      forget_executed (tracer, tid);
    go_on (tid, event == 0 ? signal : 0);
  }
  return 0;
}

/* TID, of those who are followed or who acts, has changed its state. */
static int
change (struct tracer *tracer, pid_t tid, int status)
{
  if (tid == tracer->actor)
    return end_act (tracer, status);
  if (!WIFSTOPPED (status)) {
    forget_thread (tracer, tid);
    return 0;
  }
  struct thread *thread = find_thread (tracer, tid);
  return thread ? stop (tracer, thread, status) : -1;
}

static void
release (struct tracer *tracer)
{
  for (size_t i = 0; i < tracer->waiting_count; i++)
    free (tracer->waiting[i].call.text);
  free (tracer->waiting);
  free (tracer->threads);
}

int
trace (pid_t first, void (*ready) (void *context), const struct place *place, traced_act *act, void *context)
{
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE
    | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  struct tracer tracer = { .place = place, .act = act, .context = context };
  int status, r = 0;
  pid_t tid;

  if (ptrace (PTRACE_SEIZE, first, 0, options) == -1 || ptrace (PTRACE_INTERRUPT, first, 0, 0) == -1) {
    error_message ("cannot follow the program: %m");
    return -1;
  }
  ready (context);
  while (r == 0 && ((tid = waitpid (-1, &status, __WALL)) > 0 || errno == EINTR))
    if (tid > 0)
      r = change (&tracer, tid, status);
  release (&tracer);
  return r;
}
