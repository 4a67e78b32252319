/* SPDX-License-Identifier: BSD-3-Clause */
/* The port to the host. */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define PORT_FOLDER "/sys/class/virtio-ports"
#define PORT_WAIT_MS 10000
#define PORT_STEP_MS 5

/* Is the port DEVICE (vportNpM) the one that is called WANTED? */
static int
is_port (const char *device, const char *wanted)
{
  CLEANUP_FREE char *path = NULL;
  char name[NAME_MAX + 1];

  if (asprintf (&path, "%s/%s/name", PORT_FOLDER, device) == -1) {
    path = NULL;
    return 0;
  }
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");
  if (file == NULL || fgets (name, sizeof name, file) == NULL)
    return 0;
  name[strcspn (name, "\n")] = '\0';
  return strcmp (name, wanted) == 0;
}

int
port_open_named (const char *name)
{
  DIR *folder = opendir (PORT_FOLDER);
  struct dirent *entry;
  int fd = -1;

  if (folder == NULL)
    return -1;
  while (fd == -1 && (entry = readdir (folder)) != NULL)
    if (entry->d_name[0] != '.' && is_port (entry->d_name, name)) {
      CLEANUP_FREE char *path = NULL;
      if (asprintf (&path, "/dev/%s", entry->d_name) == -1)
        path = NULL;
      else
        fd = open (path, O_RDWR | O_CLOEXEC);
    }
  closedir (folder);
  return fd;
}

/* Does the port know yet that the host has it open?  Until then it reads as if the host were gone. */
static int
is_connected (int fd)
{
  struct pollfd poller = { .fd = fd };

  return poll (&poller, 1, 0) >= 0 && !(poller.revents & POLLHUP);
}

int
port_open (void)
{
  int fd = -1;

  for (int waited_ms = 0; waited_ms < PORT_WAIT_MS; waited_ms += PORT_STEP_MS) {
    if (fd == -1)
      fd = port_open_named (AGENT_PORT_NAME);
    if (fd >= 0 && is_connected (fd))
      return fd;
    usleep (PORT_STEP_MS * 1000);
  }
  error_message ("no virtio-serial port `%s' appeared: the kernel needs virtio_console, and virtio_pci or virtio_uml",
                 AGENT_PORT_NAME);
  return -1;
}
