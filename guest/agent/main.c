/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's init: a server of the verbs in guest/agent/protocol.h.  It never exits, because the kernel panics if init
 * does.  Under other names it is a tool for the programs that it runs (guest/agent/tools.c).
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"
#include "guest/agent/disturb.h"
#include "guest/agent/protocol.h"

/* QEMU runs with -no-reboot: to restart is to go off, and unlike RB_POWER_OFF needs no ACPI.  User Mode Linux would
 * restart.
 */
static void __attribute__ ((noreturn))
power_off (void)
{
  reboot (RUNS_ALONE () ? RB_POWER_OFF : RB_AUTOBOOT);
  for (;;)
    pause ();
}

static int
verb_power_off (struct agent *agent, char **words, FILE *payload)
{
  (void) agent, (void) words, (void) payload;
  power_off ();
}

static int
verb_tree (struct agent *agent, char **words, FILE *payload)
{
  (void) words;
  if (agent->observation == NULL) {
    error_message ("tree: nothing was observed yet");
    return -1;
  }
  fputs (agent->observation, payload);
  return 0;
}

static int
verb_mark (struct agent *agent, char **words, FILE *payload)
{
  (void) agent, (void) payload;
  return mark_write (words[0], words[1]);
}

static int
verb_other_file (struct agent *agent, char **words, FILE *payload)
{
  (void) agent, (void) words, (void) payload;
  return disturb_make_file ();
}

static int
verb_repair (struct agent *agent, char **words, FILE *payload)
{
  (void) agent;
  return repair_device (words[0], words[1], payload) == -1 ? -1 : 0;
}

static int
verb_setenv (struct agent *agent, char **words, FILE *payload)
{
  (void) agent, (void) payload;
  if (setenv (words[0], words[1], 1) == -1) {
    error_message ("setenv %s: %m", words[0]);
    return -1;
  }
  return 0;
}

static int
verb_thaw (struct agent *agent, char **words, FILE *payload)
{
  int count = thaw_all (AGENT_MOUNT_POINT);

  (void) agent, (void) words;
  if (count == -1)
    return -1;
  fprintf (payload, "%d", count);
  return 0;
}

static int
verb_log (struct agent *agent, char **words, FILE *payload)
{
  (void) words;
  log_report (agent, payload);
  return 0;
}

static const struct {
  const char *name;
  size_t least, most;           /* how many words may follow */
  serve_verb *serve;
} verbs[] = {
  { "assemble", 3, 3, assemble }, { "attach", 4, 4, nbd_attach }, { "awake", 3, 3, guest_awake },
  { "copy", 1, 1, copy_tree }, { "details", 2, SIZE_MAX, observe_details }, { "disassemble", 2, 2, disassemble },
  { "join", 1, 1, multipath_join }, { "log", 0, 0, verb_log }, { "mark", 2, 2, verb_mark },
  { "mount", 3, 3, mount_device },
  { "observe", 0, SIZE_MAX, observe_mounted }, { "other-file", 0, 0, verb_other_file },
  { "power-off", 0, 0, verb_power_off }, { "recover", 12, SIZE_MAX, recover }, { "repair", 2, 2, verb_repair },
  { "reset", 2, 2, reset_guest }, { "run", 2, SIZE_MAX, run_program },
  { "setenv", 2, 2, verb_setenv }, { "shell", 4, 4, shell_start }, { "sleep", 0, SIZE_MAX, guest_sleep },
  { "sync", 0, 1, sync_devices }, { "thaw", 0, 0, verb_thaw }, { "try", 7, 7, try_recovered },
  { "traces", 0, 0, traces_tell }, { "tree", 0, 0, verb_tree }, { "unmount", 0, 0, mount_unmount },
};

static void
write_all (int port, const char *data, size_t length)
{
  while (length > 0) {
    ssize_t count = write (port, data, length);
    if (count == -1 && errno == EINTR)
      continue;
    if (count <= 0)             /* the host is gone */
      power_off ();
    data += count;
    length -= (size_t) count;
  }
}

static void
send_answer (int port, bool error, const char *payload, size_t length)
{
  char head[ANSWER_HEAD_MAX];

  write_all (port, head, answer_write_head (head, error, length));
  write_all (port, payload, length);
}

/* Read a request and take its newline off; one longer than AGENT_REQUEST_MAX counts as the end of the host, who then
 * speaks something else.  Children are reaped while it waits.
 */
static char *
read_request (struct agent *agent)
{
  static char buffer[AGENT_REQUEST_MAX + 1];
  size_t length = 0;
  int status;

  while (length < AGENT_REQUEST_MAX) {
    struct pollfd pollers[] = {
      { .fd = agent->port, .events = POLLIN }, { .fd = agent->children, .events = POLLIN }
    };
    if (poll (pollers, 2, -1) == -1)
      continue;
    if (pollers[1].revents && reap_children (agent, agent->shell, &status)) {
      tcdrain (agent->terminal);
      power_off ();
    }
    if (!pollers[0].revents)
      continue;
    ssize_t count = read (agent->port, buffer + length, AGENT_REQUEST_MAX - length);
    if (count == -1 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (count <= 0)
      power_off ();
    length += (size_t) count;
    if (buffer[length - 1] == '\n') {
      buffer[length - 1] = '\0';
      return buffer;
    }
  }
  error_message ("a request of more than %d bytes", AGENT_REQUEST_MAX);
  power_off ();
}

static int
serve_request (struct agent *agent, char *line, FILE *payload)
{
  size_t count;
  CLEANUP_FREE char **words = unescape_words (line, &count);

  if (words == NULL) {
    error_message ("cannot read the request: %m");
    return -1;
  }
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
    if (strcmp (verbs[i].name, words[0]) == 0) {
      if (count - 1 >= verbs[i].least && count - 1 <= verbs[i].most)
        return verbs[i].serve (agent, words + 1, payload);
      error_message ("%s: %zu words are too few or too many", words[0], count - 1);
      return -1;
    }
  error_message ("%s: no such verb: host and agent are of different versions", words[0]);
  return -1;
}

static void
answer_request (struct agent *agent, char *line)
{
  char *text = NULL;
  size_t length = 0;
  FILE *payload = open_memstream (&text, &length);
  int result = -1;

  if (payload == NULL)
    error_message ("cannot answer: %m");
  else {
    result = serve_request (agent, line, payload);
    if (fclose (payload) == EOF) {
      error_message ("cannot answer: %m");
      result = -1;
    }
  }
  if (result == 0)
    send_answer (agent->port, false, text, length);
  else
    send_answer (agent->port, true, message_last (), strlen (message_last ()));
  free (text);
}

/* SIGCHLD is blocked in every thread, and waits in the descriptor until somebody reaps. */
static int
watch_children (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGCHLD);
  sigprocmask (SIG_BLOCK, &set, NULL);
  return signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
main (int argc, char **argv)
{
  struct agent agent = { .kmsg = -1 };
  struct utsname name;
  int status = argc > 0 ? tool_run (program_invocation_short_name, argv + 1) : -1;

  if (status != -1)
    return status;
  program_invocation_short_name = (char *) "agent";
  boot_system ();
  agent.children = watch_children ();
  agent.port = port_open ();
  if (agent.port == -1)
    power_off ();
  log_begin (&agent);
  baseline_note (&agent);
  uname (&name);
  send_answer (agent.port, false, name.release, strlen (name.release));
  for (;;)
    answer_request (&agent, read_request (&agent));
}
