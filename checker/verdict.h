/* SPDX-License-Identifier: BSD-3-Clause */
/* What an outcome means where it was seen; the oracle (checker/oracle.h) makes it. */
#ifndef POWERCUT_CHECKER_VERDICT_H
#define POWERCUT_CHECKER_VERDICT_H

#include <stdbool.h>

#include "checker/violation.h"

struct verdict {
  enum violation kind;
  char *detail;                 /* to free */
  bool atomic, durable;
};

#endif
