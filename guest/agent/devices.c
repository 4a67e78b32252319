/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"

char *
devices_first (const char *devices)
{
  char *first = strndup (devices, strcspn (devices, ","));

  if (first == NULL)
    out_of_memory ();
  return first;
}

int
devices_each (const char *devices, int (*visit) (const char *device))
{
  CLEANUP_FREE char *copy = strdup (devices);
  char *rest = copy, *device;

  if (copy == NULL)
    return out_of_memory ();
  while ((device = strsep (&rest, ",")) != NULL)
    if (visit (device) == -1)
      return -1;
  return 0;
}
