/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "guest/agent/protocol.h"
#include "guest/user-terminal.h"
#include "guest/vm.h"
#include "log/guard.h"
#include "nbd-plugin/parameters.h"
#include "replay/shell.h"

#define GUEST_DEVICE "/dev/vda"
#define REASON_LINES 1

/* What a session holds. */
struct session {
  const struct runner_config *config;
  struct device *device;
  struct vm *vm;
  int listener;
  char *console, *socket;
};

/* Ask the agent to make the disk ready; a guest that died of it is beyond help.  Returns the answer, to free, or NULL
 * after a message.  Where the agent refused, *refused is set and the answer is its message.
 */
static char *
ask (struct session *session, const char *const *words, bool *refused)
{
  struct vm_answer answer = vm_call (session->vm, session->config->run_timeout_ms, words);
  CLEANUP_FREE char *reason = NULL;

  *refused = answer.failure == VM_REFUSED;
  if (answer.failure == VM_OK || *refused)
    return answer.text;
  if (answer.failure == VM_HUNG)
    error_message ("recovery takes longer than --timeout: look at the state with --before-recovery");
  else if (answer.failure == VM_BROKEN)
    error_message ("the guest is lost: %s", answer.text);
  else if (answer.failure == VM_DIED) {
    reason = console_reason (session->console, REASON_LINES);
    error_message ("the guest died of recovery: %s: look at the state with --before-recovery", reason);
  }
  free (answer.text);
  return NULL;
}

/* Recover the state and mount it.  Returns 1, 0 after a message if that cannot be done, or -1 after a message. */
static int
recover (struct session *session)
{
  const struct runner_config *config = session->config;
  bool refused;
  CLEANUP_FREE char *fsck = ask (session, (const char *const[]) { "fsck", GUEST_DEVICE, config->filesystem, NULL }, &refused);
  CLEANUP_FREE char *mounted = NULL;

  if (fsck == NULL)
    return -1;
  if (*fsck == '\0')
    mounted = ask (session, (const char *const[]) { "mount", GUEST_DEVICE, config->filesystem, config->mount_options, NULL },
                   &refused);
  if (*fsck == '\0' && (mounted == NULL || !refused))
    return mounted ? 1 : -1;
  char *line = mounted ? mounted : fsck;
  line[strcspn (line, "\n")] = '\0';
  CLEANUP_FREE char *why = safe_text (line);
  error_message ("the state cannot be mounted: %s", why ? why : "");
  return 0;
}

static int
start_shell (struct session *session, const struct terminal_size *size)
{
  const char *term = getenv ("TERM");
  char rows[16], columns[16];
  bool refused;

  snprintf (rows, sizeof rows, "%u", size->rows);
  snprintf (columns, sizeof columns, "%u", size->columns);
  CLEANUP_FREE char *answer = ask (session, (const char *const[]) {
    "shell", size->interactive ? "interactive" : "pipe", term ? term : "linux", rows, columns, NULL
  }, &refused);
  if (refused)
    error_message ("no shell in the guest: %s", answer);
  return answer && !refused ? 0 : -1;
}

static int
boot (struct session *session)
{
  const struct runner_config *config = session->config;
  const struct vm_disk disk = { .export_name = DISK_EXPORT };
  const struct vm_config vm_config = {
    .image = config->image, .initramfs = config->initramfs, .nbd_socket = device_socket (session->device),
    .nbd_server = device_server (session->device), .server_ended = log_guard_check, .disks = &disk,
    .disk_count = 1, .memory_mib = config->memory_mib, .console = session->console, .terminal = session->socket,
    .boot_timeout_ms = config->boot_timeout_ms, .accel = config->accel, .quiet = config->quiet,
  };

  session->listener = terminal_listen (session->socket);
  if (session->listener == -1)
    return -1;
  session->vm = vm_start (&vm_config);
  return session->vm ? 0 : -1;
}

static int
converse (struct session *session, bool before_recovery)
{
  const struct terminal_size size = terminal_size ();
  int mounted = before_recovery ? 0 : recover (session);

  if (mounted == -1 || start_shell (session, &size) == -1)
    return -1;
  if (size.interactive)
    fprintf (stderr, "The state is %s%s; exit or Ctrl-D ends the guest, and nothing is kept.\n", GUEST_DEVICE,
             mounted ? ", recovered and mounted on " AGENT_MOUNT_POINT : ", not mounted");
  return terminal_relay (session->listener);
}

int
shell_run (const struct runner_config *config, const char *folder, const struct selection *selection, bool before_recovery)
{
  struct session session = { .config = config, .listener = -1 };
  int r = -1;

  if (asprintf (&session.console, "%s/console", folder) == -1)
    session.console = NULL;
  if (asprintf (&session.socket, "%s/terminal.sock", folder) == -1)
    session.socket = NULL;
  if (session.console == NULL || session.socket == NULL)
    error_message ("out of memory");
  else {
    session.device = device_start (config->log, folder);
    if (session.device && device_select (session.device, selection) == 0 && boot (&session) == 0)
      r = converse (&session, before_recovery);
  }
  vm_end (session.vm);
  device_stop (session.device);
  if (session.listener >= 0)
    close (session.listener);
  free (session.console);
  free (session.socket);
  return r;
}
