/* SPDX-License-Identifier: BSD-3-Clause */
/* A shell for a person, on the terminal that the host gives. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/message.h"
#include "common/number.h"
#include "common/process.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define TERMINAL "/dev/hvc0"
#define WAIT_MS 5000
#define WAIT_STEP_MS 5
#define SIZE_MAX_CELLS 10000

/* The terminal, which may take a moment to appear, or -1. */
static int
open_terminal (void)
{
  for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += WAIT_STEP_MS) {
    int fd = open (TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0)
      return fd;
    usleep (WAIT_STEP_MS * 1000);
  }
  error_message (TERMINAL ": %m: the kernel needs virtio_console");
  return -1;
}

/* Lines that a program feeds: nothing of them is echoed, and no byte has a meaning but the one that ends the input. */
static void
set_for_pipe (int terminal)
{
  struct termios mode;

  tcgetattr (terminal, &mode);
  mode.c_iflag &= ~(tcflag_t) (ICRNL | INLCR | IGNCR | IXON | IXOFF);
  mode.c_oflag &= ~(tcflag_t) OPOST;
  mode.c_lflag &= ~(tcflag_t) (ECHO | ECHONL | ISIG | IEXTEN);
  mode.c_lflag |= ICANON;
  mode.c_cc[VEOF] = AGENT_SHELL_END;
  mode.c_cc[VERASE] = mode.c_cc[VKILL] = mode.c_cc[VEOL] = _POSIX_VDISABLE;
  tcsetattr (terminal, TCSANOW, &mode);
}

static void
set_size (int terminal, uint64_t rows, uint64_t columns)
{
  const struct winsize size = { .ws_row = (unsigned short) rows, .ws_col = (unsigned short) columns };

  ioctl (terminal, TIOCSWINSZ, &size);
}

/* In the child: a session of its own with TERMINAL for everything. */
static void __attribute__ ((noreturn))
become_shell (const char *busybox, int terminal, bool interactive)
{
  sigset_t none;

  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  setsid ();
  ioctl (terminal, TIOCSCTTY, 0);
  for (int fd = 0; fd <= 2; fd++)
    dup2 (terminal, fd);
  if (chdir (AGENT_MOUNT_POINT) == -1)
    _exit (126);
  /* A shell with a terminal for its input would print prompts: without a person it is a script. */
  execl (busybox, "busybox", "sh", interactive ? "-i" : TERMINAL, (char *) NULL);
  _exit (127);
}

int
shell_start (struct agent *agent, char **words, FILE *payload)
{
  bool interactive = strcmp (words[0], "interactive") == 0;
  char *busybox = process_find ("busybox");
  uint64_t rows, columns;

  (void) payload;
  if (busybox == NULL) {
    error_message ("busybox: not in the guest");
    return -1;
  }
  if (parse_unsigned (words[2], SIZE_MAX_CELLS, &rows) == -1
      || parse_unsigned (words[3], SIZE_MAX_CELLS, &columns) == -1) {
    error_message ("shell: %s rows and %s columns: %m", words[2], words[3]);
    return -1;
  }
  agent->terminal = open_terminal ();
  if (agent->terminal == -1)
    return -1;
  setenv ("TERM", words[1], 1);
  setenv ("PS1", "\\w # ", 1);
  set_size (agent->terminal, rows, columns);
  if (!interactive)
    set_for_pipe (agent->terminal);
  agent->shell = fork ();
  if (agent->shell == 0)
    become_shell (busybox, agent->terminal, interactive);
  free (busybox);
  if (agent->shell == -1) {
    error_message ("cannot start a shell: %m");
    return -1;
  }
  return 0;
}
