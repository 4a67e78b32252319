/* SPDX-License-Identifier: BSD-3-Clause */
/* An update that is made by threads, by children of fork and vfork, through mapped memory, and by a name that is none
 * of a file: each makes something of a name of its own in the current directory.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 3
#define PAGE 4096

static void
require (int good, const char *what)
{
  if (good)
    return;
  perror (what);
  exit (1);
}

static void *
write_file (void *name)
{
  int fd = open (name, O_WRONLY | O_CREAT, 0600);

  require (fd != -1 && write (fd, "text", 4) == 4 && fsync (fd) == 0, name);
  close (fd);
  return NULL;
}

static void
use_threads (void)
{
  static char *const names[THREADS] = { "thread-0", "thread-1", "thread-2" };
  pthread_t threads[THREADS];

  for (int i = 0; i < THREADS; i++)
    require (pthread_create (&threads[i], NULL, write_file, names[i]) == 0, "pthread_create");
  for (int i = 0; i < THREADS; i++)
    pthread_join (threads[i], NULL);
}

static void
use_children (void)
{
  int status;

  if (vfork () == 0) {
    execl ("/bin/sh", "sh", "-c", "echo text > vforked; exit 3", NULL);
    _exit (1);
  }
  require (wait (&status) > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 3, "vfork");
  if (fork () == 0)
    _exit (mkdir ("forked", 0700) == 0 ? 5 : 1);
  require (wait (&status) > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 5, "fork");
}

static void
use_memory (void)
{
  int fd = open ("mapped", O_RDWR | O_CREAT, 0600);

  require (fd != -1 && ftruncate (fd, PAGE) == 0, "mapped");
  char *map = mmap (NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require (map != MAP_FAILED, "mmap");
  memcpy (map, "text", 4);
}

int
main (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);

  use_threads ();
  use_children ();
  require (fd != -1 && bind (fd, (const struct sockaddr *) &address, sizeof address) == 0, "bind");
  use_memory ();
  printf ("child of %d, alone in its group: %d\n", (int) getppid (), getpgrp () == getpid ());
  return 0;
}
