/* SPDX-License-Identifier: BSD-3-Clause */
/* What programs find in their environment. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "guest/agent/agent.h"

void
environment_read (const char *path)
{
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");
  CLEANUP_FREE char *text = NULL;
  size_t size = 0;

  while (file && getdelim (&text, &size, '\0', file) > 0) {
    char *value = strchr (text, '=');

    if (value == NULL)
      continue;
    *value++ = '\0';
    setenv (text, value, 1);
  }
}
