/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tool powercut-workload is made of: one operation after another. */
#ifndef POWERCUT_GUEST_AGENT_WORKLOAD_H
#define POWERCUT_GUEST_AGENT_WORKLOAD_H

#include <stdint.h>

#include "checker/workload/language.h"
#include "guest/agent/workload-files.h"

/* Do OPERATION, which has this NUMBER, in the working directory.  Returns 0, or -1 with errno. */
extern int workload_operation_do (struct open_files *files, const struct workload_operation *operation,
                                  uint32_t number);

#endif
