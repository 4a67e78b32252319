/* SPDX-License-Identifier: BSD-3-Clause */
/* What the boot left, for a reset to come back to. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"

/* A copy of the environment, or NULL. */
static char **
copy_environment (void)
{
  size_t count = 0;
  char **copy;

  while (environ[count])
    count++;
  copy = calloc (count + 1, sizeof *copy);
  for (size_t i = 0; copy && i < count; i++)
    copy[i] = strdup (environ[i]);
  return copy;
}

void
baseline_note (struct agent *agent)
{
  if (agent->boot_environment == NULL)
    agent->boot_environment = copy_environment ();
  clock_gettime (CLOCK_REALTIME_COARSE, &agent->boot_time);     /* which files have their times from */
  if (statvfs ("/", &agent->boot_root) == -1)
    error_message ("cannot look at the root file system: %m");
}

void
baseline_load_modules (struct agent *agent, const char *purpose)
{
  CLEANUP_FREE char *path = NULL;

  if (asprintf (&path, AGENT_MODULES "/order.%s", purpose) == -1) {
    path = NULL;
    return;
  }
  if (access (path, F_OK) == -1)
    return;
  modules_load (path);
  unlink (path);
  log_begin (agent);            /* what a module says as it is loaded, and how it taints the kernel, is no finding */
  baseline_note (agent);
}
