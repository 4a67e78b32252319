/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/stop.h"
#include "guest/agent/protocol.h"
#include "guest/user-terminal.h"

#define BUFFER_BYTES 4096
#define CONNECTIONS_MAX 8       /* each try to boot makes one */
#define SIZE_CELLS_MAX 10000

/* Bytes on their way into the guest.  Nobody waits until it takes them: a guest that waits for its output to be taken
 * takes none.
 */
struct input {
  char buffer[BUFFER_BYTES];
  size_t sent, count;
  char last;                    /* byte that was read */
  bool ended;
};

struct terminal_size
terminal_size (void)
{
  struct winsize size = { .ws_row = 0 };
  bool known = ioctl (STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0
    && size.ws_row <= SIZE_CELLS_MAX && size.ws_col <= SIZE_CELLS_MAX;

  return (struct terminal_size) {
    .interactive = isatty (STDIN_FILENO) == 1, .rows = known ? size.ws_row : 24, .columns = known ? size.ws_col : 80
  };
}

int
terminal_listen (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd;

  if (strlen (path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    error_message ("%s: %m: set TMPDIR to a shorter one", path);
    return -1;
  }
  memcpy (address.sun_path, path, strlen (path) + 1);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && bind (fd, (const struct sockaddr *) &address, sizeof address) == 0
      && listen (fd, CONNECTIONS_MAX) == 0)
    return fd;
  error_message ("%s: %m", path);
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Let *old be how the terminal is and put it into raw mode.  Returns whether there is one. */
static bool
make_raw (struct termios *old)
{
  struct termios raw;

  if (tcgetattr (STDIN_FILENO, old) == -1)
    return false;
  raw = *old;
  cfmakeraw (&raw);
  return tcsetattr (STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

/* Read more of standard input; at its end, the bytes that end the guest's. */
static void
read_input (struct input *input)
{
  ssize_t count = read (STDIN_FILENO, input->buffer, BUFFER_BYTES);

  if (count == -1 && (errno == EINTR || errno == EAGAIN))
    return;
  input->sent = 0;
  input->ended = count <= 0;
  if (count > 0) {
    input->count = (size_t) count;
    input->last = input->buffer[count - 1];
    return;
  }
  input->count = 0;
  if (input->last != '\n')
    input->buffer[input->count++] = '\n';
  input->buffer[input->count++] = AGENT_SHELL_END;
}

static bool
send_input (struct input *input, int guest)
{
  ssize_t count = send (guest, input->buffer + input->sent, input->count - input->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

  if (count == -1)
    return errno == EAGAIN || errno == EINTR;
  input->sent += (size_t) count;
  return true;
}

/* Hand what the guest says on.  Returns 1, 0 at its end, or -1 after a message. */
static int
copy_output (int guest)
{
  char buffer[BUFFER_BYTES];
  ssize_t count = recv (guest, buffer, sizeof buffer, MSG_DONTWAIT);

  if (count == -1 && (errno == EAGAIN || errno == EINTR))
    return 1;
  if (count <= 0)
    return 0;
  for (ssize_t at = 0, written; at < count; at += written) {
    written = write (STDOUT_FILENO, buffer + at, (size_t) (count - at));
    if (written == -1 && errno == EINTR)
      written = 0;
    if (written == -1) {
      error_message ("standard output: %m");
      return -1;
    }
  }
  return 1;
}

static int
relay (int guest)
{
  struct input input = { .last = '\n' };
  int r = 1;

  while (r == 1) {
    bool waiting = input.sent < input.count;
    struct pollfd pollers[] = {
      { .fd = guest, .events = waiting ? POLLIN | POLLOUT : POLLIN }, { .fd = stop_fd (), .events = POLLIN },
      { .fd = waiting || input.ended ? -1 : STDIN_FILENO, .events = POLLIN },
    };

    if (poll (pollers, 3, -1) == -1 && errno != EINTR)
      return -1;
    if (pollers[1].revents)
      return 0;
    if (pollers[2].revents)
      read_input (&input);
    if (waiting && pollers[0].revents & POLLOUT && !send_input (&input, guest))
      r = 0;
    if (pollers[0].revents & (POLLIN | POLLHUP | POLLERR))
      r = copy_output (guest);
  }
  return r;
}

/* The connection of the last guest, the one that did boot; or -1 with errno. */
static int
accept_last (int listener)
{
  int last = -1, next;

  while ((next = accept4 (listener, NULL, NULL, SOCK_CLOEXEC)) != -1) {
    if (last != -1)
      close (last);
    last = next;
  }
  return last;
}

int
terminal_relay (int listener)
{
  CLEANUP_CLOSE int guest = accept_last (listener);
  struct termios old;
  bool raw;
  int r;

  if (guest == -1) {
    error_message ("QEMU has not opened the guest's terminal: %m");
    return -1;
  }
  raw = make_raw (&old);
  r = relay (guest);
  if (raw)
    tcsetattr (STDIN_FILENO, TCSADRAIN, &old);
  return r;
}
