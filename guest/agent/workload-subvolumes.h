/* SPDX-License-Identifier: BSD-3-Clause */
/* The operations of a workload that have to do with subvolumes of btrfs. */
#ifndef POWERCUT_GUEST_AGENT_WORKLOAD_SUBVOLUMES_H
#define POWERCUT_GUEST_AGENT_WORKLOAD_SUBVOLUMES_H

#include "checker/workload/language.h"
#include "guest/agent/workload-files.h"

/* Make a subvolume or a snapshot, or delete one.  Returns 0, or -1 with errno; ENOTTY: there are none on this file
 * system.
 */
extern int subvolume_do (const struct open_files *files, const struct workload_operation *operation);

#endif
