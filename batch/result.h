/* SPDX-License-Identifier: BSD-3-Clause */
/* What replay --json says of a cell. */
#ifndef POWERCUT_BATCH_RESULT_H
#define POWERCUT_BATCH_RESULT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The text NAME of OBJECT; "" if it has none. */
extern const char *result_text (const cJSON *object, const char *name);

/* Does VIOLATION, of a result, count?  Not if a first run saw it and a second one on a fresh boot did not: that stands
 * for no state, and may have been the host's trouble.
 */
extern bool violation_counts (const cJSON *violation);

/* Does some violation of RESULT, or NULL, count? */
extern bool result_is_violated (const cJSON *result);

#endif
