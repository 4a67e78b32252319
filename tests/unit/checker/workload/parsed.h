/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_TESTS_UNIT_CHECKER_WORKLOAD_PARSED_H
#define POWERCUT_TESTS_UNIT_CHECKER_WORKLOAD_PARSED_H

#include "checker/workload/language.h"

/* TEXT as a workload of the file `file`, which nothing was said about. */
extern struct workload parse_well (const char *text);

#endif
