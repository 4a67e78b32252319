/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "guest/agent/mark-text.h"
#include "guest/agent/protocol.h"

#define OWN_PREFIX "powercut:"

const char *
mark_text_fault (const char *text)
{
  static const char *const own[] = { "base", "begin", "commit", "end" };
  size_t length = strcspn (text, " ");

  if (*text == '\0')
    return "a mark needs a text";
  if (strlen (text) > AGENT_MARK_MAX)
    return "a mark has at most 4096 bytes";
  if (strncmp (text, OWN_PREFIX, strlen (OWN_PREFIX)) == 0)
    return "names that begin with `" OWN_PREFIX "' are powercut's own: take another name";
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (strlen (own[i]) == length && memcmp (own[i], text, length) == 0)
      return "base, begin, commit and end are powercut's own: take another name";
  return NULL;
}
