/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "replay/search/model.h"

bool
model_is_durable (const struct write_log *log, uint32_t write, uint32_t position)
{
  const struct log_write *w = &log->writes[write];

  if (w->completion == LOG_NEVER || w->flags & LOG_DOUBTED)
    return false;
  if (w->flags & LOG_FLAG_FUA && w->completion <= position)
    return true;
  for (uint32_t i = 0; i < log->flush_count; i++) {
    const struct log_flush *flush = &log->flushes[i];

    if (flush->device == w->device && flush->completion != LOG_NEVER && flush->completion <= position
        && w->completion < flush->issue)
      return true;
  }
  return false;
}

/* The flushes of one device that complete without error, by their issue. */
struct promises {
  uint32_t *issues;
  uint32_t *soonest;            /* of each and all later ones: when the first of them is complete */
  uint32_t count, next;         /* next: the first that is issued after the write that is looked at */
};

/* Have each device's promises in PROMISES; their rooms are parts of ROOM, two numbers for each flush of LOG. */
static void
find_promises (const struct write_log *log, uint32_t *room, struct promises promises[LOG_DEVICES_MAX])
{
  memset (promises, 0, LOG_DEVICES_MAX * sizeof *promises);
  for (uint32_t i = 0; i < log->flush_count; i++)
    promises[log->flushes[i].device].count += log->flushes[i].completion != LOG_NEVER;
  for (size_t device = 0; device < log->device_count; device++) {
    promises[device].issues = room;
    promises[device].soonest = room + promises[device].count;
    promises[device].next = promises[device].count;
    room += 2 * (size_t) promises[device].count;
  }
  for (uint32_t i = log->flush_count; i-- > 0;) {
    const struct log_flush *flush = &log->flushes[i];
    struct promises *mine = &promises[flush->device];

    if (flush->completion == LOG_NEVER)
      continue;
    uint32_t later = mine->next < mine->count ? mine->soonest[mine->next] : LOG_NEVER;
    mine->issues[--mine->next] = flush->issue;
    mine->soonest[mine->next] = flush->completion < later ? flush->completion : later;
  }
}

/* When the first of PROMISES that are issued after COMPLETION is complete, or LOG_NEVER.  None before `next` is: it is
 * looked for from there on, in steps that double, since most writes are not in flight for long.
 */
static uint32_t
promised_from (const struct promises *promises, uint32_t completion)
{
  uint32_t low = promises->next, step = 1;

  while (step < promises->count - low && promises->issues[low + step] <= completion) {
    low += step;
    step = step > UINT32_MAX / 2 ? step : 2 * step;
  }
  const uint32_t most = promises->count - low < step ? promises->count - low : step;
  low += (uint32_t) array_place (most, i, promises->issues[low + i] <= completion);
  return low < promises->count ? promises->soonest[low] : LOG_NEVER;
}

static uint32_t
durable_from (const struct log_write *write, struct promises *promises)
{
  while (promises->next < promises->count && promises->issues[promises->next] <= write->issue)
    promises->next++;
  if (write->completion == LOG_NEVER || write->flags & LOG_DOUBTED)
    return LOG_NEVER;
  return write->flags & LOG_FLAG_FUA ? write->completion : promised_from (promises, write->completion);
}

uint32_t *
model_durable_from (const struct write_log *log)
{
  struct promises promises[LOG_DEVICES_MAX];
  uint32_t *durable = calloc (log->write_count ? log->write_count : 1, sizeof *durable);
  CLEANUP_FREE uint32_t *room = calloc ((size_t) log->flush_count + 1, 2 * sizeof *room);

  if (durable == NULL || room == NULL) {
    free (durable);
    return NULL;
  }
  find_promises (log, room, promises);
  for (uint32_t i = 0; i < log->write_count; i++)
    durable[i] = durable_from (&log->writes[i], &promises[log->writes[i].device]);
  return durable;
}

int64_t
model_pending (const struct write_log *log, uint32_t position, uint32_t **pending)
{
  CLEANUP_FREE uint32_t *durable = model_durable_from (log);
  uint32_t issued = log_writes_until (log, position), count = 0;

  *pending = calloc (issued ? issued : 1, sizeof **pending);
  if (*pending == NULL || durable == NULL)
    return -1;
  for (uint32_t write = 0; write < issued; write++)
    if (durable[write] > position)
      (*pending)[count++] = write;
  return count;
}

const uint32_t *
model_find_pending (const uint32_t *pending, uint32_t count, uint32_t write)
{
  const size_t place = array_place (count, i, pending[i] < write);

  return place < count && pending[place] == write ? &pending[place] : NULL;
}

/* How many writes of GROUP are among the ISSUED first ones. */
static unsigned
count_issued (const struct order_group *group, uint32_t issued)
{
  return (unsigned) array_place (group->count, i, group->writes[i] < issued);
}

void
model_multiply_orders (const struct write_log *log, uint32_t position, const struct order *orders, mpz_t states)
{
  uint32_t issued = log_writes_until (log, position);

  for (size_t i = 0; i < log->orders.count; i++) {
    const struct order_group *group = &log->orders.groups[i];

    mpz_mul_ui (states, states, order_count (group, &orders[i], count_issued (group, issued)));
  }
}

/* Multiply STATES by the number of orders in which the writes issued at POSITION may lie, nothing being known of it. */
static void
multiply_all_orders (const struct write_log *log, uint32_t position, mpz_t states)
{
  uint32_t issued = log_writes_until (log, position);

  for (size_t i = 0; i < log->orders.count; i++) {
    const struct order_group *group = &log->orders.groups[i];

    if (group->writes[0] < issued)
      mpz_mul_ui (states, states, group->counts[count_issued (group, issued) - 1]);
  }
}

/* Multiply STATES by the numbers of leading parts that may be there of COUNT writes, PENDING: by halves, since large
 * numbers are multiplied well only with large ones.
 */
static void
multiply_parts (const struct write_log *log, const uint32_t *pending, uint32_t count, const struct tear *tear,
                mpz_t states)
{
  mpz_t half;

  if (count <= 32) {
    for (uint32_t i = 0; i < count; i++)
      mpz_mul_ui (states, states, (unsigned long) tear_pieces (tear, &log->writes[pending[i]]) + 1);
    return;
  }
  mpz_init_set_ui (half, 1);
  multiply_parts (log, pending, count / 2, tear, half);
  mpz_mul (states, states, half);
  mpz_set_ui (half, 1);
  multiply_parts (log, pending + count / 2, count - count / 2, tear, half);
  mpz_mul (states, states, half);
  mpz_clear (half);
}

int
model_count_states (const struct write_log *log, uint32_t position, const uint32_t *pending, uint32_t count,
                    const struct tear *tear, mpz_t states)
{
  mp_bitcnt_t bits = 0;

  mpz_set_ui (states, 1);
  if (tear->mode == TEAR_PREFIX)
    multiply_parts (log, pending, count, tear, states);
  else
    for (uint32_t i = 0; i < count; i++)
      bits += tear_pieces (tear, &log->writes[pending[i]]);
  if (bits > MODEL_STATES_BITS) {
    error_message ("%s: %ju sectors of pending writes may be torn at one crash point: see --atomic, and --tear=prefix",
                   log->path, (uintmax_t) bits);
    return -1;
  }
  mpz_mul_2exp (states, states, bits);
  multiply_all_orders (log, position, states);
  return 0;
}

int
model_range (const struct write_log *log, uint32_t *first, uint32_t *last)
{
  const struct log_mark *begin = log_find_mark (log, "begin", NULL, NULL);
  const struct log_mark *end = log_find_mark (log, "end", NULL, NULL);

  if (log->event_count == 0)
    return -1;
  if (begin == NULL)
    begin = log_find_mark (log, "base", NULL, NULL);
  *first = begin ? begin->position : 0;
  *last = end && end->position > *first ? end->position - 1 : log->event_count - 1;
  return 0;
}
