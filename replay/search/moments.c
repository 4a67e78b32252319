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
  else if (moment->beside > 0)
    snprintf (text, MOMENT_EXPECTS_SIZE, "operations %u and %u have returned", moment->beside, moment->operation);
  else if (moment->operation > 0)
    snprintf (text, MOMENT_EXPECTS_SIZE, "operation %u has returned", moment->operation);
  else
    *text = '\0';
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
                           .moment = { PHASE_UNKNOWN, 0, 0, 0 } };
}

/* The N of a mark `op N` or `op N beside M`, or 0, and M, or 0, in *beside. */
static uint32_t
operation_of (const struct log_mark *mark, uint32_t *beside)
{
  const char *text;
  size_t length;
  uint64_t number = 0, other = 0;
  char words[40], *rest = words;

  *beside = 0;
  if (!log_mark_is (mark, "op", &text, &length) || length >= sizeof words)
    return 0;
  memcpy (words, text, length);
  words[length] = '\0';
  parse_unsigned (strsep (&rest, " "), UINT32_MAX, &number);
  if (rest && strncmp (rest, "beside ", strlen ("beside ")) == 0)
    parse_unsigned (rest + strlen ("beside "), UINT32_MAX, &other);
  *beside = (uint32_t) other;
  return (uint32_t) number;
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
  uint32_t beside = 0, operation = passed->workload ? operation_of (mark, &beside) : 0;
  if (operation < moment->operation || (operation == moment->operation && beside <= moment->beside))
    return false;
  moment->operation = operation;
  moment->beside = beside;
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
