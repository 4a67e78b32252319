/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/number.h"
#include "nbd-plugin/hold.h"

int
hold_parse (const char *text, struct hold_config *config)
{
  static const char random[] = "random:";

  if (strcmp (text, "late") == 0)
    config->device = HOLD_LATE;
  else if (strcmp (text, "fast") == 0)
    config->device = HOLD_FAST;
  else if (strncmp (text, random, sizeof random - 1) == 0
           && parse_unsigned (text + sizeof random - 1, UINT64_MAX, &config->seed) == 0)
    config->device = HOLD_RANDOM;
  else {
    errno = EINVAL;
    return -1;
  }
  return 0;
}

void
hold_free (struct hold *hold)
{
  free (hold->held);
  memset (hold, 0, sizeof *hold);
}

void
hold_reset (struct hold *hold, const struct hold_config *config)
{
  hold_free (hold);
  hold->device = config->device;
  hold->random = config->seed;
  hold->left_ns = config->limit_ns;
}

void
hold_begin (struct hold *hold, uint64_t quiet_ns)
{
  hold->quiet_ns = quiet_ns;
  hold->holding = hold->device != HOLD_FAST && !hold->used_up;
}

void
hold_end (struct hold *hold)
{
  hold->holding = false;
  hold_release (hold);
}

void
hold_release (struct hold *hold)
{
  hold->released = hold->held_count > 0;
}

void
hold_news (struct hold *hold, uint64_t now_ns)
{
  if (now_ns > hold->news_ns)
    hold->news_ns = now_ns;
  hold->busy_ns = 0;
  hold->patience = HOLD_PATIENCE;
}

/* From when on one is due if nothing comes. */
static uint64_t
due_ns (const struct hold *hold)
{
  return (hold->busy_ns > hold->news_ns ? hold->busy_ns : hold->news_ns) + hold->quiet_ns;
}

bool
hold_doubts (const struct hold *hold, uint64_t now_ns)
{
  return hold->holding && hold->held_count > 0 && !hold->released && hold->patience > 0 && now_ns >= due_ns (hold);
}

void
hold_busy (struct hold *hold, uint64_t now_ns)
{
  hold->busy_ns = now_ns;
  hold->patience--;
}

/* Reads and marks are answered at once: what a program waits for there is none of what it wrote. */
static bool
is_held (enum log_kind kind)
{
  return kind == LOG_WRITE || kind == LOG_ZERO || kind == LOG_TRIM || kind == LOG_FLUSH;
}

bool
hold_take (struct hold *hold, enum log_kind kind, uint32_t position, uint64_t now_ns)
{
  hold_news (hold, now_ns);
  if (!hold->holding || !is_held (kind) || array_add (hold->held, hold->held_count) == NULL)
    return false;
  if (hold->held_count == 1)
    hold->since_ns = now_ns;
  /* Two that come together may change places on their way here. */
  size_t at = hold->held_count - 1;
  for (; at > 0 && hold->held[at - 1] > position; at--)
    hold->held[at] = hold->held[at - 1];
  hold->held[at] = position;
  return true;
}

/* Which of those that are held is answered next. */
static size_t
choose (struct hold *hold)
{
  if (hold->device != HOLD_RANDOM)
    return hold->held_count - 1;
  hold->random = hold->random * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
  return (size_t) ((hold->random >> 33) % hold->held_count);
}

static void
take_out (struct hold *hold, size_t number, uint64_t now_ns)
{
  const uint64_t held_ns = now_ns - hold->since_ns;

  memmove (hold->held + number, hold->held + number + 1, (--hold->held_count - number) * sizeof *hold->held);
  hold_news (hold, now_ns);
  if (hold->held_count > 0)
    return;
  hold->left_ns -= held_ns < hold->left_ns ? held_ns : hold->left_ns;
  hold->released = false;
}

bool
hold_next (struct hold *hold, uint64_t now_ns, uint32_t *position, uint64_t *wait_ns)
{
  const uint64_t due = due_ns (hold);

  *wait_ns = 0;
  if (hold->held_count == 0)
    return false;
  const uint64_t held_ns = now_ns - hold->since_ns;
  if (hold->holding && held_ns >= hold->left_ns) {
    hold->used_up = true;
    hold_end (hold);
  }
  if (!hold->released && now_ns < due) {
    const uint64_t left_ns = hold->left_ns - held_ns;

    *wait_ns = due - now_ns < left_ns ? due - now_ns : left_ns;
    return false;
  }
  size_t number = choose (hold);
  *position = hold->held[number];
  take_out (hold, number, now_ns);
  return true;
}
