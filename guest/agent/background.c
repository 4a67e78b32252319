/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "guest/agent/background.h"

static const char *const names[BACKGROUND_COUNT] = {
  [BACKGROUND_NONE] = "none", [BACKGROUND_COMMIT] = "commit", [BACKGROUND_WRITEBACK] = "writeback",
};

const char *
background_name (enum background background)
{
  return names[background];
}

int
background_parse (const char *name, enum background *background)
{
  for (int i = 0; i < BACKGROUND_COUNT; i++)
    if (strcmp (names[i], name) == 0) {
      *background = (enum background) i;
      return 0;
    }
  return -1;
}
