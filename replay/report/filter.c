/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/message.h"
#include "replay/report/filter.h"

/* The bits of the kind whose name is LENGTH bytes at NAME; 0 if there is none. */
static unsigned
find_kind (const char *name, size_t length)
{
  static const struct {
    const char *name;
    unsigned listed;
  } kinds[] = {
    { "write", LISTED_WRITE }, { "zero", LISTED_ZERO }, { "trim", LISTED_TRIM }, { "flush", LISTED_FLUSH },
    { "fua", LISTED_FUA }, { "done", LISTED_DONE }, { "mark", LISTED_MARK }, { "point", LISTED_POINT },
  };

  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strlen (kinds[i].name) == length && memcmp (kinds[i].name, name, length) == 0)
      return kinds[i].listed;
  return 0;
}

bool
filter_given (const struct filter *filter)
{
  return filter->from != 0 || filter->to != FILTER_ANY || filter->device != FILTER_ANY || filter->kind;
}

int
filter_check (struct filter *filter)
{
  unsigned listed = 0;

  if (filter->from > filter->to) {
    error_message ("--from=%ju --to=%ju: nothing is in between", (uintmax_t) filter->from, (uintmax_t) filter->to);
    return -1;
  }
  if (filter->kind == NULL)
    return 0;
  for (const char *at = filter->kind; at; at = strchr (at, ',') ? strchr (at, ',') + 1 : NULL) {
    size_t length = strcspn (at, ",");
    unsigned kind = find_kind (at, length);

    if (kind == 0) {
      error_message ("--kind=%s: `%.*s` is none of write, zero, trim, flush, fua, done, mark and point", filter->kind,
                     (int) length,
                     at);
      return -1;
    }
    listed |= kind;
  }
  filter->listed = listed;
  return 0;
}

int
filter_check_device (const struct filter *filter, const struct write_log *log)
{
  if (filter->device == FILTER_ANY || filter->device < log->device_count)
    return 0;
  error_message ("--device=%ju: no such device: the last one of %s is %zu", (uintmax_t) filter->device, log->path,
                 log->device_count - 1);
  return -1;
}

/* The bits that let EVENT be listed. */
static unsigned
event_listed (const struct log_record *record)
{
  unsigned fua = record->flags & LOG_FLAG_FUA ? LISTED_FUA : 0;

  switch (record->kind) {
  case LOG_WRITE: return LISTED_WRITE | fua;
  case LOG_ZERO: return LISTED_ZERO | fua;
  case LOG_TRIM: return LISTED_TRIM | fua;
  case LOG_FLUSH: return LISTED_FLUSH;
  case LOG_COMPLETION: return LISTED_DONE;
  default: return LISTED_MARK;
  }
}

static bool
lists_position (const struct filter *filter, uint32_t position)
{
  return position >= filter->from && position <= filter->to;
}

bool
filter_lists (const struct filter *filter, const struct log_event *event)
{
  const struct log_record *record = &event->record;

  return lists_position (filter, event->position) && (filter->listed & event_listed (record)) != 0
    && (filter->device == FILTER_ANY || record->kind == LOG_MARK || record->device == filter->device);
}

bool
filter_lists_point (const struct filter *filter, uint32_t position)
{
  return lists_position (filter, position) && (filter->listed & LISTED_POINT) != 0;
}
