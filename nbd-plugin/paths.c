/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "log/info.h"
#include "nbd-plugin/exports.h"
#include "nbd-plugin/parameters.h"
#include "nbd-plugin/paths.h"

/* No positions of a log: no path goes down by itself (any more); from the mark on. */
#define NOWHERE UINT64_MAX
#define FROM_MARK (UINT64_MAX - 1)

static int
config_count (struct device_paths *paths, const char *value)
{
  uint64_t count;

  if (parse_unsigned (value, LOG_PATHS_MAX, &count) == 0 && count > 0) {
    paths->count = (unsigned) count;
    return 1;
  }
  error_message (PARAMETER_PATHS "=%s: give 1 or %d", value, LOG_PATHS_MAX);
  return -1;
}

int
paths_config (struct device_paths *paths, const char *key, const char *value)
{
  if (strcmp (key, PARAMETER_PATHS) == 0)
    return config_count (paths, value);
  if (strcmp (key, PARAMETER_PATH_DOWN_AT) == 0)
    return config_text (&paths->down_at, strdup (value)) == 0 ? 1 : -1;
  return 0;
}

void
paths_forget (struct device_paths *paths)
{
  free (paths->down_at);
  paths->down_at = NULL;
}

int
paths_reset (struct device_paths *paths, struct logged_devices *logged)
{
  uint64_t position = NOWHERE;
  char count[16];

  for (unsigned i = 0; i < LOG_PATHS_MAX; i++)
    atomic_store (&paths->states[i], 0);
  if (paths->down_at && parse_unsigned (paths->down_at, UINT32_MAX, &position) == -1)
    position = FROM_MARK;
  atomic_store (&paths->down_from, position);
  if (paths->count == 1)
    return 0;
  snprintf (count, sizeof count, "%u", paths->count);
  return logged_note (logged, LOG_KEY_PATHS, count);
}

unsigned
path_state (struct device_paths *paths, unsigned path)
{
  return atomic_load (&paths->states[path]);
}

bool
path_state_is_down (unsigned state)
{
  return state % 2 == 1;
}

/* Let PATH be down or up, whichever it was. */
static void
set_path (struct device_paths *paths, unsigned path, bool down)
{
  unsigned state = path_state (paths, path);

  while (path_state_is_down (state) != down)
    if (atomic_compare_exchange_weak (&paths->states[path], &state, state + 1))
      return;
}

bool
path_goes_down (struct device_paths *paths, unsigned path, uint32_t position)
{
  if (position < atomic_load (&paths->down_from) || atomic_exchange (&paths->down_from, NOWHERE) == NOWHERE)
    return false;
  set_path (paths, path, true);
  return true;
}

int
paths_obey_mark (struct device_paths *paths, const char *text, size_t length)
{
  const struct log_mark mark = { .text = text, .length = (uint32_t) length };
  bool down;
  unsigned path;

  if (paths->down_at && strlen (paths->down_at) == length && memcmp (paths->down_at, text, length) == 0) {
    uint64_t from_mark = FROM_MARK;     /* the first of these marks */

    atomic_compare_exchange_strong (&paths->down_from, &from_mark, 0);
  }
  if (!log_mark_is (&mark, LOG_MARK_PATH, NULL, NULL))
    return 0;
  if (log_path_change (&mark, &down, &path) && path < paths->count) {
    set_path (paths, path, down);
    return 0;
  }
  error_message ("mark: %.*s: no such path, or neither `down` nor `up`", (int) (length < 64 ? length : 64), text);
  errno = EINVAL;
  return -1;
}
