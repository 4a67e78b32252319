/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/stop.h"

static int ends[2] = { -1, -1 };
static atomic_int received;
static atomic_int allowed;      /* a signal whose stop can be taken back, or 0 */

static void
on_signal (int signal_number)
{
  int saved_errno = errno, none = 0;

  /* What cannot be taken back outweighs it, whichever comes first. */
  if (signal_number == atomic_load (&allowed))
    atomic_compare_exchange_strong (&received, &none, signal_number);
  else
    atomic_store (&received, signal_number);
  if (write (ends[1], "", 1) == -1) {
    /* The pipe is full: it is readable already. */
  }
  errno = saved_errno;
}

int
stop_install (void)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  struct sigaction action = { .sa_handler = on_signal }, old;

  if (ends[0] >= 0)
    return 0;
  if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) == -1) {
    error_message ("cannot make a pipe: %m");
    return -1;
  }
  signal (SIGPIPE, SIG_IGN);
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
    if (sigaction (signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction (signals[i], &action, NULL);
  return 0;
}

void
stop_allow (int signal_number)
{
  struct sigaction action = { .sa_handler = on_signal };

  atomic_store (&allowed, signal_number);
  sigaction (signal_number, &action, NULL);
}

bool
stop_take_back (void)
{
  int signal_number = atomic_load (&allowed);
  char bytes[16];

  if (signal_number == 0 || stop_requested () != signal_number)
    return false;
  while (read (ends[0], bytes, sizeof bytes) > 0) {
    /* It is not readable any more. */
  }
  if (atomic_compare_exchange_strong (&received, &signal_number, 0))
    return true;
  on_signal (signal_number);    /* another one has come meanwhile, and its byte may be gone */
  return false;
}

int
stop_fd (void)
{
  return ends[0];
}

bool
stop_wait (int fd, short events, int64_t deadline_ms)
{
  for (;;) {
    struct pollfd pollers[] = { { .fd = fd, .events = events }, { .fd = ends[0], .events = POLLIN } };
    const int64_t left_ms = deadline_ms - clock_ms ();
    const int ready = left_ms > 0 ? poll (pollers, 2, (int) left_ms) : 0;

    if (ready != -1 || errno != EINTR)
      return ready > 0 && pollers[1].revents == 0;
  }
}

int
stop_requested (void)
{
  return atomic_load (&received);
}

int
stop_status (int status)
{
  const int signal_number = stop_requested ();

  if (signal_number == 0)
    return status;
  error_message ("stopped by signal %d", signal_number);
  return EXIT_SIGNALLED + signal_number;
}
