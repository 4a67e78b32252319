/* SPDX-License-Identifier: BSD-3-Clause */
/* The operations of a workload that take the data of a file from another. */
#ifndef POWERCUT_GUEST_AGENT_WORKLOAD_SHARING_H
#define POWERCUT_GUEST_AGENT_WORKLOAD_SHARING_H

#include "checker/workload/language.h"
#include "guest/agent/workload-files.h"

/* Do OPERATION, a reflink, clone, copyrange or dedupe.  Returns 0, or -1 with errno. */
extern int share_data (const struct open_files *files, const struct workload_operation *operation);

#endif
