/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tool powercut-workload is made of: one operation after another, and what it keeps between them. */
#ifndef POWERCUT_GUEST_AGENT_WORKLOAD_H
#define POWERCUT_GUEST_AGENT_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "checker/workload/language.h"

/* A file without a name; open until the workload ends. */
struct tmpfile {
  const char *name;
  int fd;
};

struct tmpfiles {
  struct tmpfile *list;
  size_t count;
};

/* Do OPERATION, which has this NUMBER, in the working directory.  Returns 0, or -1 with errno. */
extern int workload_operation_do (struct tmpfiles *tmpfiles, const struct workload_operation *operation,
                                  uint32_t number);

#endif
