/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's NBD client wants a socket; what a port of the host's says and is told goes through one. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/message.h"
#include "guest/agent/agent.h"

#define PIECE_BYTES 262144

struct relay {
  int from, to;
};

/* Write LENGTH bytes.  Returns 0, or -1 with errno. */
static int
write_all (int fd, const char *data, size_t length)
{
  while (length > 0) {
    ssize_t count = write (fd, data, length);

    if (count == -1 && errno == EINTR)
      continue;
    if (count <= 0)
      return -1;
    data += count;
    length -= (size_t) count;
  }
  return 0;
}

/* Copy for as long as the machine runs: neither end is closed before. */
static void *
copy (void *argument)
{
  struct relay *relay = argument;
  char *piece = malloc (PIECE_BYTES);
  ssize_t count;

  while (piece && ((count = read (relay->from, piece, PIECE_BYTES)) > 0 || (count == -1 && errno == EINTR)))
    if (count > 0 && write_all (relay->to, piece, (size_t) count) == -1)
      break;
  error_message ("a port for NBD ended: %m");
  shutdown (relay->from, SHUT_RDWR);    /* which of them is a socket */
  shutdown (relay->to, SHUT_RDWR);
  free (relay);
  free (piece);
  return NULL;
}

/* Begin to copy one way. */
static int
start (int from, int to)
{
  struct relay *relay = malloc (sizeof *relay);
  pthread_t thread;

  if (relay == NULL)
    return -1;
  *relay = (struct relay) { from, to };
  errno = pthread_create (&thread, NULL, copy, relay);
  if (errno != 0) {
    free (relay);
    return -1;
  }
  pthread_detach (thread);
  return 0;
}

int
relay_start (int port)
{
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 && start (port, ends[1]) == 0
      && start (ends[1], port) == 0)
    return ends[0];
  error_message ("cannot join a port to a socket: %m");
  return -1;
}
