/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/text.h"
#include "log/device.h"
#include "log/files.h"
#include "log/info.h"
#include "replay/schedule.h"

/* What may not differ, as the header has it. */
static const char *const common_keys[] = {
  LOG_KEY_FILESYSTEM, LOG_KEY_MOUNT, LOG_KEY_ASSEMBLE, LOG_KEY_KERNEL,
  LOG_KEY_COMMAND, LOG_KEY_STEP, LOG_KEY_STEPS, LOG_KEY_WORKLOAD,
  LOG_KEY_WATCH, LOG_KEY_PAGES, LOG_KEY_CHECK,
};

const char *
schedule_background (const struct write_log *log)
{
  const char *background = log_info (log, LOG_KEY_BACKGROUND);

  return background ? background : "none";
}

char *
schedule_name (const struct write_log *const *logs, size_t count, const struct write_log *log)
{
  CLEANUP_FREE char *background = safe_text (schedule_background (log)), *device = safe_text (log_device (log));
  bool differ = false;

  if (background == NULL || device == NULL) {
    out_of_memory ();
    return NULL;
  }
  for (size_t i = 0; i < count; i++)
    differ |= strcmp (log_device (logs[i]), log_device (logs[0])) != 0;
  return differ ? text_format ("%s on %s", background, device) : text_format ("%s", background);
}

/* Whether the header of LOG says the same of KEY as that of FIRST does. */
static bool
same_info (const struct write_log *log, const struct write_log *first, const char *key)
{
  const char *one = NULL, *other = NULL;

  do {
    one = log_info_after (first, key, one);
    other = log_info_after (log, key, other);
  } while (one && other && strcmp (one, other) == 0);
  return one == NULL && other == NULL;
}

/* The next piece of the files that LOG carries, from mark *NUMBER on, which becomes the one after it.  Returns its
 * size, 0 at the end.
 */
static size_t
next_piece (const struct write_log *log, uint32_t *number, const void **data)
{
  size_t size = 0;

  while (size == 0 && *number < log->mark_count)
    size = log_files_piece (&log->marks[(*number)++], data);
  return size;
}

/* Whether LOG carries the same files as FIRST. */
static bool
same_files (const struct write_log *log, const struct write_log *first)
{
  uint32_t one = 0, other = 0;
  const void *data, *other_data;
  size_t size;

  do {
    size = next_piece (first, &one, &data);
    if (next_piece (log, &other, &other_data) != size || (size > 0 && memcmp (data, other_data, size) != 0))
      return false;
  } while (size > 0);
  return true;
}

static int
refuse (const struct write_log *log, const struct write_log *first, const char *what)
{
  error_message ("%s: another %s than in %s: one report is about recordings of one update, which differ in their "
                 "schedules alone", log->path, what, first->path);
  return -1;
}

static int
agree (const struct write_log *log, const struct write_log *first)
{
  for (size_t i = 0; i < sizeof common_keys / sizeof common_keys[0]; i++)
    if (!same_info (log, first, common_keys[i]))
      return refuse (log, first, common_keys[i]);
  if (log->device_count != first->device_count)
    return refuse (log, first, "number of devices");
  for (size_t i = 0; i < log->device_count; i++)
    if (log->device_sizes[i] != first->device_sizes[i])
      return refuse (log, first, "size of the device");
  return same_files (log, first) ? 0 : refuse (log, first, "checker, whose programs it carries,");
}

int
schedules_agree (const struct write_log *const *logs, size_t count)
{
  for (size_t i = 1; i < count; i++)
    if (agree (logs[i], logs[0]) == -1)
      return -1;
  return 0;
}
