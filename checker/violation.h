/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of violation. */
#ifndef POWERCUT_CHECKER_VIOLATION_H
#define POWERCUT_CHECKER_VIOLATION_H

#include <stddef.h>

/* In the order of their names. */
enum violation {
  VIOLATION_NONE,               /* nothing is wrong */
  VIOLATION_ATOMICITY,          /* neither the old nor the new contents */
  VIOLATION_CHECK,              /* an external checker objects */
  VIOLATION_DURABILITY,         /* what was promised is gone */
  VIOLATION_FREEZE,             /* a frozen file system writes, or has writes pending */
  VIOLATION_FSCK,               /* the file system's checker complains of what recovery left */
  VIOLATION_HANG,               /* recovery or the checker does not end */
  VIOLATION_KERNEL,             /* the kernel complains of a fault, or dies */
  VIOLATION_UNMOUNTABLE,        /* the mount fails */
  VIOLATION_USABLE,             /* what recovery left cannot be emptied, written to or mounted again */
  VIOLATION_COUNT,
};

/* `atomicity` and so on; an empty text for VIOLATION_NONE. */
extern const char *violation_name (enum violation violation);

/* The violation whose name is the LENGTH bytes at NAME, or VIOLATION_NONE. */
extern enum violation violation_find (const char *name, size_t length);

/* How many bytes of DETAIL, what is said of a violation, are a number at its beginning (`0x` is part of it), or a hash,
 * which is a word that ends in `...` (these do not count); 0 if neither is there.  Violations that differ in these
 * alone have the same cause.
 */
extern size_t violation_number_length (const char *detail);

#endif
