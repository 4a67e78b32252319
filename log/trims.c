/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "log/trims.h"

#define LOOKS_MAX 100000000     /* at older writes, in all: some tenths of a second */

/* Whether something was written below write number NUMBER before; LOOKS is how many older writes may be looked at. */
static bool
is_over_data (const struct write_log *log, uint32_t number, uint64_t *looks)
{
  for (uint32_t older = number; older-- > 0; --*looks)
    if (*looks == 0 || (log->writes[older].kind == LOG_WRITE
                        && log_writes_overlap (&log->writes[older], &log->writes[number])))
      return true;
  return false;
}

void
log_doubt_trims (struct write_log *log)
{
  uint64_t looks = LOOKS_MAX;

  for (uint32_t number = 0; number < log->write_count; number++)
    if (log->writes[number].kind == LOG_TRIM && is_over_data (log, number, &looks))
      log->writes[number].flags |= LOG_DOUBTED;
}

void
log_trust_trims (struct write_log *log)
{
  for (uint32_t number = 0; number < log->write_count; number++)
    log->writes[number].flags &= (uint8_t) ~LOG_DOUBTED;
  log->trims_trusted = true;
}
