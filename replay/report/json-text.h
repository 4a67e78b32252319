/* SPDX-License-Identifier: BSD-3-Clause */
/* What the JSON reports have in common. */
#ifndef POWERCUT_REPLAY_REPORT_JSON_TEXT_H
#define POWERCUT_REPLAY_REPORT_JSON_TEXT_H

#include <cjson/cJSON.h>
#include <gmp.h>
#include <stdbool.h>

#include "replay/runner.h"

/* Add text from a log, a path or a guest: JSON is UTF-8, so what is not becomes `?`. */
extern void json_add_text (cJSON *object, const char *name, const char *text);

/* Add the schedule of LOG, its path, what its device has done wrong and the name of the disk that is lost, if it has
 * and one is, by RUNNER: so it is known of which log a state is, and how to see it.
 */
extern void json_add_schedule (cJSON *object, const struct write_log *log, const struct runner_config *runner);

/* Add a number that may outgrow 64 bits, as decimal text. */
extern void json_add_big_number (cJSON *object, const char *name, const mpz_t number);

/* OBJECT as text to free, in LINES or in one, or NULL.  Characters that cannot be seen are escaped: a terminal that
 * it is shown on obeys none.
 */
extern char *json_print (const cJSON *object, bool lines);

#endif
