/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nbd-plugin/writelog-control.h"

static const char *const words[] = {
  [WRITELOG_END] = "end", [WRITELOG_CLOSE] = "close", [WRITELOG_OPEN] = "open", [WRITELOG_SAVE] = "save"
};

char *
writelog_encode (enum writelog_request request, char *const *texts, size_t count, size_t *size)
{
  *size = strlen (words[request]) + 1;
  for (size_t i = 0; i < count; i++)
    *size += strlen (texts[i]) + 1;
  char *bytes = malloc (*size);
  char *to = bytes ? stpcpy (bytes, words[request]) + 1 : NULL;
  for (size_t i = 0; bytes && i < count; i++)
    to = stpcpy (to, texts[i]) + 1;
  return bytes;
}

int
writelog_decode (const char *bytes, size_t size, const char **texts, const char **end)
{
  while (size > 1 && bytes[size - 1] == '\0' && bytes[size - 2] == '\0')
    size--;
  if (size == 0 || bytes[size - 1] != '\0') {
    errno = EINVAL;
    return -1;
  }
  *texts = bytes + strlen (bytes) + 1;
  *end = bytes + size;
  for (int i = 0; i < WRITELOG_UNKNOWN; i++)
    if (strcmp (bytes, words[i]) == 0)
      return i;
  return WRITELOG_UNKNOWN;
}
