/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

struct workload
parse_well (const char *text)
{
  struct workload workload;

  forget_messages ();
  ck_assert_msg (workload_parse (text, "file", &workload) == 0, "%s: refused: %s", text, message);
  ck_assert_str_eq (message, "");
  return workload;
}
