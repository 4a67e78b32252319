/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ctype.h>
#include <string.h>

#include "checker/violation.h"

static const char *const names[VIOLATION_COUNT] = {
  [VIOLATION_NONE] = "", [VIOLATION_ATOMICITY] = "atomicity", [VIOLATION_CHECK] = "check",
  [VIOLATION_DURABILITY] = "durability", [VIOLATION_FREEZE] = "freeze", [VIOLATION_FSCK] = "fsck",
  [VIOLATION_HANG] = "hang", [VIOLATION_KERNEL] = "kernel", [VIOLATION_UNMOUNTABLE] = "unmountable",
  [VIOLATION_USABLE] = "usable",
};

const char *
violation_name (enum violation violation)
{
  return names[violation];
}

enum violation
violation_find (const char *name, size_t length)
{
  enum violation found = VIOLATION_NONE + 1;

  while (found < VIOLATION_COUNT && (strlen (names[found]) != length || memcmp (names[found], name, length) != 0))
    found++;
  return found < VIOLATION_COUNT ? found : VIOLATION_NONE;
}

size_t
violation_number_length (const char *detail)
{
  size_t word = 0;

  if (strncmp (detail, "0x", 2) == 0 && isxdigit ((unsigned char) detail[2]))
    return 2 + strspn (detail + 2, "0123456789abcdefABCDEF");
  while (isalnum ((unsigned char) detail[word]))
    word++;
  return word > 0 && strncmp (detail + word, "...", 3) == 0 ? word : strspn (detail, "0123456789");
}
