/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "nbd-plugin/parameters.h"

void
disk_export_name (size_t device, unsigned path, char name[DISK_EXPORT_SIZE])
{
  const int length = snprintf (name, DISK_EXPORT_SIZE, DISK_EXPORTS "%zu", device);

  if (path > 0)
    snprintf (name + length, DISK_EXPORT_SIZE - (size_t) length, ".path%u", path);
}

int
parameters_add (struct text_list *parameters, const char *key, const char *value)
{
  CLEANUP_FREE char *text = text_format ("%s=%s", key, value);

  if (text == NULL)
    return -1;
  return text_list_add (parameters, text, strlen (text)) == 0 ? 0 : out_of_memory ();
}
