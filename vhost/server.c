/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/message.h"
#include "vhost/vhost.h"

struct vhost_server {
  int listen_fd, stop_fd;
  const struct vhost_device *device;
  pthread_t thread;
};

int
vhost_listen (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (strlen (path) >= sizeof address.sun_path)
    errno = ENAMETOOLONG;
  else if (fd >= 0) {
    strncpy (address.sun_path, path, sizeof address.sun_path - 1);
    if (bind (fd, (const struct sockaddr *) &address, sizeof address) == 0 && listen (fd, 1) == 0)
      return fd;
  }
  error_message ("%s: %m", path);
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Wait for a connection.  Returns it, or -1 if the server is to stop. */
static int
next_connection (const struct vhost_server *server)
{
  struct pollfd fds[] = { { .fd = server->stop_fd, .events = POLLIN }, { .fd = server->listen_fd, .events = POLLIN } };

  for (;;) {
    while (poll (fds, 2, -1) == -1 && errno == EINTR)
      continue;
    if (fds[0].revents)
      return -1;
    const int fd = accept4 (server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED))
      return fd;
  }
}

static void *
serve_all (void *argument)
{
  const struct vhost_server *server = argument;

  for (int fd; (fd = next_connection (server)) >= 0; close (fd))
    vhost_serve (fd, server->device, server->stop_fd);
  return NULL;
}

/* Start the thread without any signal: they are for the others. */
static int
start_thread (struct vhost_server *server)
{
  sigset_t all, before;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  const int error = pthread_create (&server->thread, NULL, serve_all, server);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  errno = error;
  return error ? -1 : 0;
}

struct vhost_server *
vhost_start (int listen_fd, const struct vhost_device *device)
{
  struct vhost_server *server = malloc (sizeof *server);

  if (server == NULL) {
    out_of_memory ();
    return NULL;
  }
  *server = (struct vhost_server) { .listen_fd = listen_fd, .device = device };
  server->stop_fd = eventfd (0, EFD_CLOEXEC);
  if (server->stop_fd >= 0 && start_thread (server) == 0)
    return server;
  error_message ("vhost: a thread that serves: %m");
  if (server->stop_fd >= 0)
    close (server->stop_fd);
  free (server);
  return NULL;
}

void
vhost_stop (struct vhost_server *server)
{
  if (server == NULL)
    return;
  eventfd_write (server->stop_fd, 1);
  pthread_join (server->thread, NULL);
  close (server->stop_fd);
  free (server);
}
