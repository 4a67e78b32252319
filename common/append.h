/* SPDX-License-Identifier: BSD-3-Clause */
/* What one file has, put into another one. */
#ifndef POWERCUT_COMMON_APPEND_H
#define POWERCUT_COMMON_APPEND_H

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/types.h>

#define APPEND_AT_ONCE (1 << 20)        /* bytes */

/* Write what FROM has from byte OFFSET to its end to TO, where that stands.  Returns 0, or -1 with errno. */
static inline int
append_file (int to, int from, off_t offset)
{
  ssize_t count;

  while ((count = sendfile (to, from, &offset, APPEND_AT_ONCE)) > 0 || (count == -1 && errno == EINTR)) {
    /* until there is no more */
  }
  return (int) count;
}

#endif
