/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "batch/result.h"

const char *
result_text (const cJSON *object, const char *name)
{
  const char *text = cJSON_GetStringValue (cJSON_GetObjectItemCaseSensitive (object, name));

  return text ? text : "";
}

bool
violation_counts (const cJSON *violation)
{
  return !cJSON_IsFalse (cJSON_GetObjectItemCaseSensitive (violation, "repeated"))
    || strcmp (result_text (violation, "states"), "0") != 0;
}
