/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/protocol.h"
#include "guest/user-terminal.h"
#include "guest/vm.h"
#include "replay/shell.h"

#define REASON_LINES 1

/* Of a person with a guest. */
struct conversation {
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
ask (struct conversation *talk, const char *const *words, bool *refused)
{
  struct vm_answer answer = vm_call (talk->vm, talk->config->run_timeout_ms, words);
  CLEANUP_FREE char *reason = NULL;

  *refused = answer.failure == VM_REFUSED;
  if (answer.failure == VM_OK || *refused)
    return answer.text;
  if (answer.failure == VM_HUNG)
    error_message ("recovery takes longer than --timeout: look at the state with --before-recovery");
  else if (answer.failure == VM_BROKEN)
    error_message ("the guest is lost: %s", answer.text);
  else if (answer.failure == VM_DIED) {
    reason = console_reason (talk->console, REASON_LINES);
    error_message ("the guest died of recovery: %s: look at the state with --before-recovery", reason);
  }
  free (answer.text);
  return NULL;
}

/* Say why the state cannot be mounted: the first line of TEXT, which is changed.  Returns 0. */
static int
refuse (char *text)
{
  text[strcspn (text, "\n")] = '\0';
  CLEANUP_FREE char *why = safe_text (text);
  error_message ("the state cannot be mounted: %s", why ? why : "");
  return 0;
}

/* Make of the disks what is mounted.  Returns where that is, to free; if *refused why it cannot be made; or NULL after
 * a message.
 */
static char *
assemble (struct conversation *talk, bool *refused)
{
  const struct runner_config *config = talk->config;
  CLEANUP_FREE char *timeout = text_format ("%d", config->run_timeout_ms / 1000);

  *refused = false;
  if (config->assemble == NULL)
    return text_format ("%s", config->places);
  return timeout ? ask (talk, (const char *const[]) { "assemble", config->places, config->assemble, timeout, NULL },
                        refused) : NULL;
}

/* Recover the state and mount it.  Returns 1, 0 after a message if that cannot be done, or -1 after a message. */
static int
recover (struct conversation *talk)
{
  const struct runner_config *config = talk->config;
  bool refused;
  CLEANUP_FREE char *places = assemble (talk, &refused);

  if (refused)
    return places ? refuse (places) : -1;
  CLEANUP_FREE char *fsck = places
    ? ask (talk, (const char *const[]) { "repair", places, config->filesystem, NULL }, &refused) : NULL;
  CLEANUP_FREE char *mounted = NULL;

  if (fsck == NULL)
    return -1;
  if (*fsck == '\0')
    mounted = ask (talk,
                   (const char *const[]) { "mount", places, config->filesystem, config->mount_options, NULL },
                   &refused);
  if (*fsck == '\0' && (mounted == NULL || !refused))
    return mounted ? 1 : -1;
  return refuse (mounted ? mounted : fsck);
}

static int
start_shell (struct conversation *talk, const struct terminal_size *size)
{
  const char *term = getenv ("TERM");
  char rows[16], columns[16];
  bool refused;

  snprintf (rows, sizeof rows, "%u", size->rows);
  snprintf (columns, sizeof columns, "%u", size->columns);
  CLEANUP_FREE char *answer = ask (talk, (const char *const[]) {
    "shell", size->interactive ? "interactive" : "pipe", term ? term : "linux", rows, columns, NULL
  }, &refused);
  if (refused)
    error_message ("no shell in the guest: %s", answer);
  return answer && !refused ? 0 : -1;
}

static int
boot (struct conversation *talk)
{
  talk->listener = terminal_listen (talk->socket);
  if (talk->listener == -1)
    return -1;
  talk->vm = runner_boot (talk->config, talk->device, talk->console, talk->socket);
  return talk->vm ? 0 : -1;
}

static int
converse (struct conversation *talk, bool before_recovery)
{
  const struct terminal_size size = terminal_size ();
  int mounted = before_recovery ? 0 : recover (talk);

  if (mounted == -1 || start_shell (talk, &size) == -1)
    return -1;
  if (size.interactive)
    fprintf (stderr, "The state is %s%s; exit or Ctrl-D ends the guest, and nothing is kept.\n", talk->config->places,
             mounted ? ", recovered and mounted on " AGENT_MOUNT_POINT : ", not mounted");
  return terminal_relay (talk->listener);
}

int
shell_run (const struct runner_config *config, const char *folder, const struct selection *selection,
           bool before_recovery)
{
  struct conversation talk = { .config = config, .listener = -1 };
  int r = -1;

  if (asprintf (&talk.console, "%s/console", folder) == -1)
    talk.console = NULL;
  if (asprintf (&talk.socket, "%s/terminal.sock", folder) == -1)
    talk.socket = NULL;
  if (talk.console == NULL || talk.socket == NULL)
    error_message ("out of memory");
  else {
    talk.device = device_start (config->log, folder, kernel_runs_alone (config->kernel) ? config->disk_count : 0);
    if (talk.device && device_select (talk.device, selection) == 0 && boot (&talk) == 0)
      r = converse (&talk, before_recovery);
  }
  vm_end (talk.vm);
  device_stop (talk.device);
  if (talk.listener >= 0)
    close (talk.listener);
  free (talk.console);
  free (talk.socket);
  return r;
}
