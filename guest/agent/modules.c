/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel modules that the initramfs brings. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"

static void
load_module (const char *name)
{
  CLEANUP_FREE char *path = NULL;
  /* Few devices and no search for partitions: both cost boot time, and the search reads the disk. */
  const char *parameters = strcmp (name, "nbd.ko") == 0 ? "nbds_max=9 max_part=0" : "";

  if (asprintf (&path, "%s/%s", AGENT_MODULES, name) == -1) {
    path = NULL;
    return;
  }
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1 || (syscall (SYS_finit_module, fd, parameters, 0) == -1 && errno != EEXIST))
    error_message ("cannot load %s: %m", path);
}

void
modules_load (const char *path)
{
  CLEANUP_FCLOSE FILE *order = fopen (path, "re");
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  ssize_t length;

  if (order == NULL)            /* everything is built in */
    return;
  while ((length = getline (&line, &size, order)) > 0) {
    if (line[length - 1] == '\n')
      line[length - 1] = '\0';
    if (*line)
      load_module (line);
  }
}
