/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/number.h"
#include "tests/unit/guest/play-qemu.h"

#define SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
#define LATE_US 1000000

/* What QEMU was told: the descriptor of the agent's port, and whether to use KVM.  Returns -1 if it is not kept from
 * doing harm.
 */
static int
find_port (char **argv, bool *kvm)
{
  uint64_t port = 0;
  bool sandbox = false;

  for (*kvm = false; *argv; argv++) {
    if (strncmp (*argv, "socket,id=agent,fd=", 19) == 0)
      parse_unsigned (*argv + 19, 1024, &port);
    if (strcmp (*argv, "pc,accel=kvm") == 0)
      *kvm = true;
    if (strcmp (*argv, "-sandbox") == 0 && strcmp (argv[1], SANDBOX) == 0)
      sandbox = true;
  }
  return sandbox ? (int) port : -1;
}

/* Be a guest that is virtualized.  Returns an exit status. */
static int
play_kvm (int port)
{
  const char *name = getenv ("FAKE_KVM");
  char request[16];

  if (name == NULL)
    return 1;
  if (strcmp (name, "crashes") == 0)
    raise (SIGABRT);
  if (strcmp (name, "works") == 0)
    dprintf (port, "ok 3\nkvm");
  while (read (port, request, sizeof request) > 0) {
    /* until the host has had enough */
  }
  return 0;
}

/* Let the tests know which guests were started. */
static void
note_start (bool kvm)
{
  CLEANUP_CLOSE int fd = open ("starts", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  if (fd == -1 || write (fd, kvm ? "k" : "t", 1) != 1)
    _exit (1);
}

/* End in the way NAME, if it is one.  Returns the exit status, or -1. */
static int
play_end (const char *name)
{
  if (strcmp (name, "killed") == 0)
    raise (SIGKILL);
  if (strcmp (name, "goes down") == 0)
    return 0;
  if (strcmp (name, "obeys") == 0) {
    fprintf (stderr, "qemu: terminating on signal 15 from pid 1 (sh)\n");
    return 0;
  }
  if (strcmp (name, "aborts") != 0 && strcmp (name, "gives up") != 0)
    return -1;
  fprintf (stderr, "bad machine\n");
  if (strcmp (name, "aborts") == 0)
    raise (SIGABRT);
  return 1;
}

int
play_qemu (char **argv)
{
  static const struct part {
    const char *name, *answer;  /* to the first request */
  } parts[] = {
    { "right", "ok 5\nhello" }, { "refuses", "error 4\nnope" }, { "empty", "ok 0\n" }, { "malformed", "okay 3\nabc" },
    { "negative", "ok -1\n" }, { "huge", "ok 67108865\n" }, { "half", "ok 10\nhalf" }, { "silent", "" },
    { "endless", "ok 00000000000000000000000000000000000003\n" },
  };
  const char *name = getenv ("FAKE_QEMU");
  char request[4096];
  bool kvm;
  int port = find_port (argv, &kvm);

  if (port == -1)
    return 1;
  note_start (kvm);
  if (kvm)
    return play_kvm (port);
  if (strcmp (name, "late") == 0)
    usleep (LATE_US);
  if (strcmp (name, "never") == 0)
    return read (port, request, sizeof request) > 0;
  if (strcmp (name, "fails") == 0) {
    fprintf (stderr, "first\nno such machine\n");
    return 1;
  }
  if (strcmp (name, "panics") == 0)
    return 0;
  dprintf (port, "ok 3\n6.1");
  ssize_t length = read (port, request, sizeof request);
  if (length <= 0)
    return 0;
  int status = play_end (name);
  if (status != -1)
    return status;
  if (strcmp (name, "echo") == 0) {
    dprintf (port, "ok %zd\n", length);
    /* In pieces, as a slow guest would. */
    for (ssize_t i = 0; i < length; i++, usleep (1000))
      if (write (port, request + i, 1) != 1)
        return 1;
  }
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (strcmp (parts[i].name, name) == 0)
      dprintf (port, "%s", parts[i].answer);
  if (strcmp (name, "half") != 0)
    while (read (port, request, sizeof request) > 0)
      ;
  return 0;
}
