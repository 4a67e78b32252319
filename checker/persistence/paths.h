/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files of a workload may be judged by their sectors. */
#ifndef POWERCUT_CHECKER_PERSISTENCE_PATHS_H
#define POWERCUT_CHECKER_PERSISTENCE_PATHS_H

#include <stdint.h>
#include <sys/types.h>

#include "checker/workload/language.h"

/* What persistence_paths (checker/persistence/persistence.h) returns, of WORKLOAD under RULES. */
extern ssize_t paths_by_sectors (const struct workload *workload, uint32_t rules, char ***paths);

#endif
