/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/message.h"
#include "common/text.h"
#include "nbd-plugin/parameters.h"

int
parameters_add (struct parameters *parameters, const char *key, const char *value)
{
  char **larger = reallocarray (parameters->texts, parameters->count + 2, sizeof *larger);

  if (larger == NULL)
    return out_of_memory ();
  parameters->texts = larger;
  larger[parameters->count] = text_format ("%s=%s", key, value);
  if (larger[parameters->count] == NULL)
    return -1;
  larger[++parameters->count] = NULL;
  return 0;
}

void
parameters_release (struct parameters *parameters)
{
  for (size_t i = 0; i < parameters->count; i++)
    free (parameters->texts[i]);
  free (parameters->texts);
}
