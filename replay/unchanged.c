/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "log/info.h"
#include "replay/unchanged.h"

static bool
are_same (const struct trees *trees)
{
  for (size_t i = 1; i < trees->count; i++)
    if (strcmp (trees->texts[i], trees->texts[0]) != 0)
      return false;
  return trees->count > 1;
}

/* Whether something was written while the update ran. */
static bool
was_written (const struct write_log *log)
{
  const struct log_mark *begin = NULL, *commit = NULL;

  for (uint32_t i = 0; i < log->mark_count; i++) {
    if (begin == NULL && log_mark_is (&log->marks[i], "begin", NULL, NULL))
      begin = &log->marks[i];
    if (log_mark_is (&log->marks[i], "commit", NULL, NULL))
      commit = &log->marks[i];
  }
  return begin == NULL || commit == NULL
    || log_writes_until (log, commit->position) > log_writes_until (log, begin->position);
}

bool
update_changed_nothing (const struct write_log *log, const struct trees *trees)
{
  static const char *const meant[] = { LOG_KEY_WATCH, LOG_KEY_WORKLOAD };

  for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++)
    if (log_info (log, meant[i]))
      return false;
  return are_same (trees) && !was_written (log);
}
