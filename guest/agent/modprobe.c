/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel asks modprobe for.  It gets the modules that there are for the name by which it asks.  Most that a
 * guest needs were loaded as it booted: who asks for another cipher will not get it, and a mount that needs it fails
 * with an ENOENT that does not say of what.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define MODPROBE_SETTING "/proc/sys/kernel/modprobe"
#define WANTED_FILE "/run/powercut-wanted"
#define CIPHER "crypto-"

void
modprobe_begin (void)
{
  CLEANUP_CLOSE int fd = open (MODPROBE_SETTING, O_WRONLY | O_CLOEXEC);

  if (fd != -1 && write (fd, AGENT_MODPROBE_TOOL, strlen (AGENT_MODPROBE_TOOL)) == -1)
    error_message (MODPROBE_SETTING ": %m");
}

/* Load the modules for NAME.  Returns whether there are some. */
static bool
load_named (const char *name)
{
  CLEANUP_FREE char *path = text_format (AGENT_MODULES "/order.%s", name);

  if (path == NULL || strchr (name, '/') || access (path, F_OK) == -1)
    return false;
  modules_load (path);
  return true;
}

int
tool_modprobe (char **words)
{
  const char *name = NULL;

  for (; *words; words++)
    name = *words;
  if (name && load_named (name))
    return 0;
  if (name && strncmp (name, CIPHER, strlen (CIPHER)) == 0) {
    CLEANUP_CLOSE int fd = open (WANTED_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd != -1)
      dprintf (fd, "%s\n", name);
  }
  return 1;                     /* as modprobe does that finds nothing */
}

void
modprobe_forget (void)
{
  unlink (WANTED_FILE);
}

char *
modprobe_missing (void)
{
  CLEANUP_FCLOSE FILE *file = fopen (WANTED_FILE, "re");
  char *line = NULL;
  size_t size = 0;

  /* What is asked for after it are other names of the same. */
  if (file == NULL || getline (&line, &size, file) <= 0) {
    free (line);
    return NULL;
  }
  line[strcspn (line, "\n")] = '\0';
  return line;
}
