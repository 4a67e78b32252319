/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "log/info.h"
#include "replay/search/moments.h"

void
moment_expects (const struct write_log *log, const struct moment *moment, char text[MOMENT_EXPECTS_SIZE])
{
  static const char *const trees[] = { [PHASE_UNKNOWN] = "", [PHASE_UPDATE] = "old or new", [PHASE_COMMITTED] = "new" };

  if (log_info (log, LOG_KEY_WORKLOAD) == NULL)
    snprintf (text, MOMENT_EXPECTS_SIZE, "%s", trees[moment->phase]);
  else
    progress_say (moment->progress, text);
}

/* How many steps the recorder says that it made; programs may write marks of the same names. */
static uint32_t
count_steps (const struct write_log *log)
{
  const char *text = log_info (log, LOG_KEY_STEPS);
  uint64_t steps = 1;

  if (text)
    parse_unsigned (text, UINT32_MAX, &steps);
  return (uint32_t) steps;
}

struct passed
passed_begin (const struct write_log *log)
{
  return (struct passed) { .log = log, .steps = count_steps (log), .workload = log_info (log, LOG_KEY_WORKLOAD) != NULL,
                           .moment = { .phase = PHASE_UNKNOWN } };
}

/* What MARK says of operations, or all zeros: nothing. */
static struct workload_progress
progress_of (const struct log_mark *mark)
{
  const char *text;
  size_t length;
  char words[PROGRESS_TEXT_SIZE];

  if (!log_mark_is (mark, "op", &text, &length) || length >= sizeof words)
    return (struct workload_progress) { { 0 } };
  memcpy (words, text, length);
  words[length] = '\0';
  return progress_parse (words);
}

bool
passed_mark (struct passed *passed, const struct log_mark *mark)
{
  struct moment *moment = &passed->moment;

  if (moment->phase != PHASE_UPDATE && moment->step < passed->steps && log_mark_is (mark, "begin", NULL, NULL)) {
    moment->phase = PHASE_UPDATE;
    moment->step++;
    return true;
  }
  if (moment->phase != PHASE_UPDATE)
    return false;
  if (log_mark_is (mark, "commit", NULL, NULL)) {
    moment->phase = PHASE_COMMITTED;
    return true;
  }
  const struct workload_progress progress = progress_of (mark);
  if (!passed->workload || progress_compare (progress, moment->progress) <= 0)
    return false;
  moment->progress = progress;
  return true;
}

struct moment
passed_until (struct passed *passed, uint32_t position)
{
  const struct write_log *log = passed->log;

  for (; passed->next_mark < log->mark_count && log->marks[passed->next_mark].position <= position; passed->next_mark++)
    passed_mark (passed, &log->marks[passed->next_mark]);
  return passed->moment;
}

struct moment
model_moment (const struct write_log *log, uint32_t position)
{
  struct passed passed = passed_begin (log);

  return passed_until (&passed, position);
}
