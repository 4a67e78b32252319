/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/process.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/agent/answer.h"
#include "guest/agent/protocol.h"
#include "guest/kernel/program.h"
#include "guest/launch.h"
#include "guest/machine.h"
#include "guest/vm.h"

#define PAYLOAD_MAX (64 << 20)
#define EXIT_WAIT_MS 5000
#define ERRORS_TAIL 4096

struct vm {
  const struct machine *machine;
  pid_t pid;                    /* of the machine, or 0 once it is reaped */
  int agent;                    /* our end of the socket pair */
  int state;                    /* our end of another one (guest/launch.h), or -1 */
  int errors;                   /* what the machine itself prints */
  pid_t server;                 /* of its disks */
  void (*server_ended) (void);
  int server_end;               /* readable once the server has ended; -1: nobody can tell */
  bool lost;                    /* a call got no answer: the next one that comes would be taken for another call's */
  char *release;
};

struct vm_answer
vm_answer_make (enum vm_failure failure, const char *format, ...)
{
  struct vm_answer answer = { .failure = failure };
  va_list args;

  va_start (args, format);
  int length = vasprintf (&answer.text, format, args);
  va_end (args);
  if (length == -1) {
    error_message ("out of memory");
    abort ();
  }
  answer.length = (size_t) length;
  return answer;
}

/* Wait until the agent's socket is ready for EVENTS (its end counts as ready).  Without its disks a guest would be
 * waited for in vain, or say what is not its fault.
 */
static enum vm_failure
wait_for_agent (const struct vm *vm, short events, int64_t deadline_ms)
{
  for (;;) {
    struct pollfd pollers[] = {
      { .fd = vm->agent, .events = events }, { .fd = stop_fd (), .events = POLLIN },
      { .fd = vm->server_end, .events = POLLIN }
    };
    int64_t left_ms = deadline_ms - clock_ms ();

    if (left_ms < 0)
      left_ms = 0;
    int ready = poll (pollers, sizeof pollers / sizeof pollers[0], (int) left_ms);
    if (ready == -1 && errno != EINTR)
      return VM_DIED;
    if (ready > 0 && pollers[1].revents)
      return VM_STOPPED;
    if (ready > 0 && pollers[2].revents)
      return VM_BROKEN;
    if (ready > 0 && pollers[0].revents)
      return VM_OK;
    if (ready == 0 && left_ms == 0)
      return VM_HUNG;
  }
}

static enum vm_failure
send_text (const struct vm *vm, const char *text, size_t length, int64_t deadline_ms)
{
  while (length > 0) {
    enum vm_failure failure = wait_for_agent (vm, POLLOUT, deadline_ms);
    if (failure != VM_OK)
      return failure;
    ssize_t count = send (vm->agent, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count == -1 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (count == -1)
      return VM_DIED;
    text += count;
    length -= (size_t) count;
  }
  return VM_OK;
}

static enum vm_failure
receive (const struct vm *vm, char *buffer, size_t length, int64_t deadline_ms)
{
  while (length > 0) {
    enum vm_failure failure = wait_for_agent (vm, POLLIN, deadline_ms);
    if (failure != VM_OK)
      return failure;
    ssize_t count = recv (vm->agent, buffer, length, MSG_DONTWAIT);
    if (count == -1 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (count <= 0)
      return VM_DIED;
    buffer += count;
    length -= (size_t) count;
  }
  return VM_OK;
}

/* The last line that the machine itself printed, to free, perhaps empty. */
static char *
last_error (const struct vm *vm)
{
  char text[ERRORS_TAIL + 1];
  off_t size = lseek (vm->errors, 0, SEEK_END);
  ssize_t length = pread (vm->errors, text, ERRORS_TAIL, size > ERRORS_TAIL ? size - ERRORS_TAIL : 0);

  text[length > 0 ? length : 0] = '\0';
  size_t line_length;
  const char *line = text_last_line (text, &line_length);
  return vm_answer_make (VM_OK, "%.*s", (int) line_length, line).text;
}

struct vm_answer
machine_broken (const char *name, int status, const char *line)
{
  const char *separator = *line ? ": " : "";

  if (WIFSIGNALED (status))
    return vm_answer_make (VM_BROKEN, "%s was killed by signal %d%s%s%s", name, WTERMSIG (status),
                           WTERMSIG (status) == SIGKILL ? " (out of memory?)" : "", separator, line);
  return vm_answer_make (VM_BROKEN, "%s failed with exit status %d%s%s", name, WEXITSTATUS (status), separator, line);
}

/* The machine has closed the socket: reap it and say how it ended. */
static struct vm_answer
explain_end (struct vm *vm)
{
  int status;

  vm->lost = true;
  if (vm->pid == 0 || process_wait (vm->pid, EXIT_WAIT_MS, &status) != 1)
    return vm_answer_make (VM_BROKEN, "%s broke off the conversation with its guest", vm->machine->name);
  CLEANUP_FREE char *line = last_error (vm);
  vm->pid = 0;
  return vm->machine->explain_end (status, line);
}

static struct vm_answer
explain_failure (struct vm *vm, enum vm_failure failure, int timeout_ms)
{
  vm->lost = true;
  if (failure == VM_HUNG)
    return vm_answer_make (VM_HUNG, "no answer from the guest in %d.%d s", timeout_ms / 1000, timeout_ms % 1000 / 100);
  if (failure == VM_STOPPED)
    return vm_answer_make (VM_STOPPED, "stopped by signal %d", stop_requested ());
  if (failure == VM_BROKEN) {
    if (vm->server_ended)
      vm->server_ended ();
    CLEANUP_FREE char *end = process_describe_end (vm->server, "nbdkit, which served the disk,");

    return vm_answer_make (VM_BROKEN, "%s", end ? end : "nbdkit ended");
  }
  return explain_end (vm);
}

/* Read `ok LENGTH` or `error LENGTH`; *malformed if it is neither. */
static enum vm_failure
receive_head (const struct vm *vm, int64_t deadline_ms, bool *is_error, uint64_t *length, bool *malformed)
{
  char head[ANSWER_HEAD_MAX + 1];
  size_t count = 0;

  do {
    enum vm_failure failure = receive (vm, head + count, 1, deadline_ms);
    if (failure != VM_OK)
      return failure;
  } while (head[count++] != '\n' && count < ANSWER_HEAD_MAX);
  bool has_end = head[count - 1] == '\n';
  head[count - 1] = '\0';
  *malformed = answer_read_head (head, PAYLOAD_MAX, is_error, length) == -1 || !has_end;
  return VM_OK;
}

static struct vm_answer
receive_answer (struct vm *vm, int timeout_ms, int64_t deadline_ms)
{
  bool is_error, malformed = false;
  uint64_t length;
  enum vm_failure failure = receive_head (vm, deadline_ms, &is_error, &length, &malformed);

  if (malformed) {
    vm->lost = true;
    return vm_answer_make (VM_BROKEN, "%s passed on what is no answer of a guest: malformed",
                           vm->machine->name);
  }
  if (failure != VM_OK)
    return explain_failure (vm, failure, timeout_ms);
  char *text = malloc (length + 1);
  if (text == NULL) {
    vm->lost = true;
    return vm_answer_make (VM_BROKEN, "no memory for the guest's answer of %llu bytes", (unsigned long long) length);
  }
  failure = receive (vm, text, length, deadline_ms);
  if (failure != VM_OK) {
    free (text);
    return explain_failure (vm, failure, timeout_ms);
  }
  text[length] = '\0';
  return (struct vm_answer) { .failure = is_error ? VM_REFUSED : VM_OK, .text = text, .length = length };
}

struct vm_answer
vm_call (struct vm *vm, int timeout_ms, const char *const *words)
{
  size_t length;
  CLEANUP_FREE char *request = escape_words (words, &length);
  int64_t deadline_ms = clock_ms () + timeout_ms;

  if (request == NULL)
    return vm_answer_make (VM_REFUSED, "no memory for the request");
  if (length > AGENT_REQUEST_MAX)
    return vm_answer_make (VM_REFUSED, "a request of %zu bytes: at most %d are possible", length, AGENT_REQUEST_MAX);
  if (vm->lost)
    return vm_answer_make (VM_DIED, "the guest was lost in an earlier request");
  enum vm_failure failure = send_text (vm, request, length, deadline_ms);
  if (failure != VM_OK)
    return explain_failure (vm, failure, timeout_ms);
  return receive_answer (vm, timeout_ms, deadline_ms);
}

/* Start VM's machine with the other ends of its sockets. */
static int
launch (struct vm *vm, const struct vm_config *config, enum accel accel)
{
  struct vm_config with_state = *config;
  int agent[2], state[2] = { -1, -1 };

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, agent) == -1) {
    error_message ("cannot start %s: %m", vm->machine->name);
    return -1;
  }
  vm->agent = agent[0];
  if (config->role != ROLE_BOOTED && socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, state) == -1)
    error_message ("cannot start %s: %m", vm->machine->name);
  else {
    vm->state = state[0];
    with_state.state_fd = state[1];
    vm->pid = vm->machine->start (&with_state, accel, agent[1], vm->errors);
  }
  close (agent[1]);
  if (state[1] >= 0)
    close (state[1]);
  return vm->pid > 0 ? 0 : -1;
}

struct vm *
vm_launch (const struct vm_config *config, enum accel accel)
{
  struct vm *vm = calloc (1, sizeof *vm);

  if (vm == NULL) {
    out_of_memory ();
    return NULL;
  }
  vm->machine = kernel_runs_alone (config->kernel) ? &uml_machine : &qemu_machine;
  vm->agent = vm->state = -1;
  vm->server = config->nbd_server;
  vm->server_ended = config->server_ended;
  vm->server_end = config->nbd_server > 0 ? process_watch (config->nbd_server) : -1;
  vm->errors = memfd_create ("machine-errors", MFD_CLOEXEC);
  if (vm->errors == -1)
    error_message ("cannot start %s: %m", vm->machine->name);
  if (vm->errors >= 0 && launch (vm, config, accel) == 0)
    return vm;
  vm_end (vm);
  return NULL;
}

struct vm_answer
vm_await_ready (struct vm *vm, int timeout_ms, const char *const *words)
{
  struct vm_answer answer = words ? vm_call (vm, timeout_ms, words)
    : receive_answer (vm, timeout_ms, clock_ms () + timeout_ms);

  if (answer.failure == VM_OK) {
    vm->release = text_format ("%s%s", answer.text, vm->machine == &uml_machine ? KERNEL_PROGRAM_SUFFIX : "");
    free (answer.text);
    answer.text = NULL;
    if (vm->release == NULL)
      abort ();
  }
  return answer;
}

int
vm_state (const struct vm *vm)
{
  return vm->state;
}

int
vm_port (const struct vm *vm)
{
  return vm->agent;
}

const char *
vm_release (const struct vm *vm)
{
  return vm->release;
}

void
vm_end (struct vm *vm)
{
  if (vm == NULL)
    return;
  if (vm->pid > 0)
    vm->machine->end (vm->pid);
  const int fds[] = { vm->agent, vm->state, vm->errors, vm->server_end };
  for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
    if (fds[i] >= 0)
      close (fds[i]);
  free (vm->release);
  free (vm);
}
