/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/vhost/served.h"

static const struct vhost_device *served;
static pthread_t thread;
static int server_fd, stop_fd, result;

static void *
serve (void *argument)
{
  (void) argument;
  result = vhost_serve (server_fd, served, stop_fd);
  shutdown (server_fd, SHUT_RDWR);
  return NULL;
}

int
serve_device (const struct vhost_device *device)
{
  int ends[2];

  signal (SIGPIPE, SIG_IGN);
  ck_assert_int_eq (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  server_fd = ends[0];
  stop_fd = eventfd (0, 0);
  served = device;
  ck_assert_int_eq (pthread_create (&thread, NULL, serve, NULL), 0);
  return ends[1];
}

void
stop_device (void)
{
  ck_assert_int_eq (eventfd_write (stop_fd, 1), 0);
}

int
device_result (void)
{
  pthread_join (thread, NULL);
  close (server_fd);
  close (stop_fd);
  return result;
}
