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
result_is_violated (const cJSON *result)
{
  const cJSON *violation;

  cJSON_ArrayForEach (violation, cJSON_GetObjectItemCaseSensitive (result, "violations"))
    if (violation_counts (violation))
      return true;
  return false;
}

bool
violation_counts (const cJSON *violation)
{
  return !cJSON_IsFalse (cJSON_GetObjectItemCaseSensitive (violation, "repeated"))
    || strcmp (result_text (violation, "states"), "0") != 0;
}
