/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "replay/report/html-fates.h"
#include "replay/search/model.h"

const char *
fate_class (enum fate fate)
{
  static const char *const classes[] = {
    [FATE_DURABLE] = "durable", [FATE_ZERO] = "zero", [FATE_WRITE] = "write", [FATE_FUA] = "fua",
    [FATE_THERE] = "there",
    [FATE_TORN] = "torn", [FATE_LOST] = "lost",
  };

  return classes[fate];
}

void
fates_of_log (const struct write_log *log, uint8_t *fates)
{
  for (uint32_t i = 0; i < log->write_count; i++)
    fates[i] = log->writes[i].flags & LOG_FLAG_FUA ? FATE_FUA
             : log->writes[i].kind == LOG_WRITE ? FATE_WRITE : FATE_ZERO;
}

/* Let CHOICE, about a pending write, change its fate. */
static void
apply_choice (const struct write_log *log, const struct choice *choice, uint8_t *fates)
{
  bool whole = choice->first == 0 && choice->last >= write_last_sector (&log->writes[choice->write]);
  uint8_t *fate = &fates[choice->write];

  if (*fate == FATE_DURABLE || *fate == FATE_NONE || choice_kind_is_of_order (choice->kind))
    return;
  if (choice->kind == CHOICE_ABSENT)
    *fate = whole ? FATE_LOST : *fate == FATE_LOST ? FATE_LOST : FATE_TORN;
  else if (whole)
    *fate = FATE_THERE;
  else if (*fate == FATE_LOST)
    *fate = FATE_TORN;
}

int
fates_of_state (const struct write_log *log, uint32_t position, const struct choice *choices, size_t count,
                uint8_t *fates)
{
  CLEANUP_FREE uint32_t *pending = NULL;
  uint32_t issued = log_writes_until (log, position);
  int64_t pending_count = model_pending (log, position, &pending);

  if (pending_count == -1)
    return -1;
  memset (fates, FATE_NONE, log->write_count);
  memset (fates, FATE_DURABLE, issued);
  for (int64_t i = 0; i < pending_count; i++)
    fates[pending[i]] = FATE_THERE;
  for (size_t i = 0; i < count; i++)
    apply_choice (log, &choices[i], fates);
  return 0;
}
