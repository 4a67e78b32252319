/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/stop.h"
#include "log/foreign/dm-log-writes.h"
#include "log/foreign/export.h"

/* Numbers of operations, oldest first. */
struct queue {
  uint32_t *numbers;
  uint32_t count;
};

struct exporter {
  const struct write_log *log;
  struct export_result *result;
  struct dm_log_writer *writer;
  struct queue issued;          /* writes that will be completed and did not come yet, in the order of issue */
  struct queue completed;       /* those of them that are completed, in this order */
  struct queue along;           /* what comes together, the newest first */
  struct queue flushes;         /* in flight, and going to be completed */
  uint32_t next_write, next_flush;      /* to be issued */
};

static void
enqueue (struct queue *queue, uint32_t number)
{
  queue->numbers[queue->count++] = number;
}

/* The place of NUMBER, or the count if it is not in the queue. */
static uint32_t
find (const struct queue *queue, uint32_t number)
{
  uint32_t at = 0;

  while (at < queue->count && queue->numbers[at] != number)
    at++;
  return at;
}

static void
dequeue (struct queue *queue, uint32_t number)
{
  uint32_t at = find (queue, number);

  if (at < queue->count)
    memmove (queue->numbers + at, queue->numbers + at + 1, (--queue->count - at) * sizeof *queue->numbers);
}

static bool
overlap (const struct log_write *a, const struct log_write *b)
{
  return a->offset_bytes < b->offset_bytes + b->length_bytes && b->offset_bytes < a->offset_bytes + a->length_bytes;
}

/* Whether a flush that does not cover the completed WRITE is in flight. */
static bool
waits_for_flush (const struct exporter *exporter, const struct log_write *write)
{
  if (write->flags & LOG_FLAG_FUA)
    return false;
  for (uint32_t i = 0; i < exporter->flushes.count; i++)
    if (exporter->log->flushes[exporter->flushes.numbers[i]].issue < write->completion)
      return true;
  return false;
}

static int
put_write (struct exporter *exporter, uint32_t number)
{
  const struct log_write *write = &exporter->log->writes[number];
  uint64_t flags = (write->flags & LOG_FLAG_FUA ? DM_LOG_FUA : 0) | (write->kind == LOG_TRIM ? DM_LOG_DISCARD : 0);

  exporter->result->entries++;
  return dm_log_put (exporter->writer, flags, write->offset_bytes, write->length_bytes,
                     write->kind == LOG_WRITE ? log_bytes (exporter->log, write->data, write->length_bytes) : NULL);
}

/* Put NUMBER, behind the older ones that did not come yet and that it, or one of them, overlaps. */
static int
put_with_older (struct exporter *exporter, uint32_t number)
{
  struct queue *issued = &exporter->issued, *along = &exporter->along;
  const struct log_write *writes = exporter->log->writes;

  along->count = 0;
  for (uint32_t i = issued->count; i-- > 0;) {
    bool wanted = issued->numbers[i] == number;

    for (uint32_t j = 0; j < along->count && !wanted; j++)
      wanted = overlap (&writes[issued->numbers[i]], &writes[along->numbers[j]]);
    if (wanted)
      enqueue (along, issued->numbers[i]);
  }
  while (along->count > 0) {
    uint32_t oldest = along->numbers[--along->count];

    dequeue (issued, oldest);
    dequeue (&exporter->completed, oldest);
    if (put_write (exporter, oldest) == -1)
      return -1;
  }
  return 0;
}

/* Put what is completed and can come; with COVERED not NULL, what that flush covers, whatever other flushes are in
 * flight.
 */
static int
put_completed (struct exporter *exporter, const struct log_flush *covered)
{
  for (uint32_t i = 0; i < exporter->completed.count;) {
    uint32_t number = exporter->completed.numbers[i];
    const struct log_write *write = &exporter->log->writes[number];

    if (covered ? write->completion > covered->issue : waits_for_flush (exporter, write))
      i++;
    else if (put_with_older (exporter, number) == -1)
      return -1;
    else
      i = 0;                    /* those that it brought along may have stood anywhere */
  }
  return 0;
}

/* Note the issue of the next write or flush. */
static void
pass_issue (struct exporter *exporter, const struct log_record *record)
{
  if (record->kind == LOG_FLUSH) {
    uint32_t number = exporter->next_flush++;

    if (exporter->log->flushes[number].completion != LOG_NEVER)
      enqueue (&exporter->flushes, number);
    else
      exporter->result->unfinished++;
  }
  else {
    uint32_t number = exporter->next_write++;

    if (exporter->log->writes[number].completion != LOG_NEVER)
      enqueue (&exporter->issued, number);
    else
      exporter->result->unfinished++;
  }
}

/* The flush in flight that is completed at POSITION, or -1. */
static int64_t
find_flush (const struct exporter *exporter, uint32_t position)
{
  for (uint32_t i = 0; i < exporter->flushes.count; i++)
    if (exporter->log->flushes[exporter->flushes.numbers[i]].completion == position)
      return exporter->flushes.numbers[i];
  return -1;
}

static int
pass_completion (struct exporter *exporter, uint32_t position, uint32_t issue)
{
  const struct write_log *log = exporter->log;
  int64_t flush = find_flush (exporter, position);

  if (flush != -1) {
    if (put_completed (exporter, &log->flushes[flush]) == -1)
      return -1;
    dequeue (&exporter->flushes, (uint32_t) flush);
    exporter->result->entries++;
    if (dm_log_put (exporter->writer, DM_LOG_FLUSH, 0, 0, NULL) == -1)
      return -1;
  }
  else {
    uint32_t end = log_writes_until (log, issue);

    if (end == 0 || log->writes[end - 1].completion != position)
      return 0;                 /* it failed */
    if (find (&exporter->issued, end - 1) < exporter->issued.count)     /* it was not brought along before */
      enqueue (&exporter->completed, end - 1);
  }
  return put_completed (exporter, NULL);
}

static int
pass_mark (struct exporter *exporter, const char *text, uint32_t length)
{
  const struct log_mark mark = { .text = text, .length = length };

  if (!log_mark_is_public (&mark))
    return 0;
  exporter->result->entries++;
  exporter->result->cut_marks += length > DM_LOG_TEXT_MAX;
  return dm_log_put_mark (exporter->writer, text, length > DM_LOG_TEXT_MAX ? DM_LOG_TEXT_MAX : length);
}

static int
pass_event (struct exporter *exporter, const struct log_event *event)
{
  switch (event->record.kind) {
  case LOG_COMPLETION:
    return pass_completion (exporter, event->position, (uint32_t) event->record.offset);
  case LOG_MARK:
    return pass_mark (exporter, event->data, event->record.data_size);
  default:
    pass_issue (exporter, &event->record);
    return 0;
  }
}

static int
make_queue (struct queue *queue, uint32_t room)
{
  queue->numbers = calloc (room ? room : 1, sizeof *queue->numbers);
  return queue->numbers ? 0 : -1;
}

static int
export_events (struct exporter *exporter, const char *path)
{
  const struct write_log *log = exporter->log;
  struct log_cursor cursor;
  struct log_event event;
  int r = 0;

  if (make_queue (&exporter->issued, log->write_count) == -1
      || make_queue (&exporter->completed, log->write_count) == -1
      || make_queue (&exporter->along, log->write_count) == -1
      || make_queue (&exporter->flushes, log->flush_count) == -1)
    return -1;
  exporter->writer = dm_log_create (path);
  if (exporter->writer == NULL)
    return -1;
  log_cursor_begin (&cursor, log);
  while (r == 0 && log_cursor_next (&cursor, &event)) {
    r = pass_event (exporter, &event);
    if (stop_requested ()) {
      errno = EINTR;
      r = -1;
    }
  }
  return dm_log_finish (exporter->writer) == -1 ? -1 : r;
}

int
export_dm_log (const struct write_log *log, const char *path, struct export_result *result)
{
  struct exporter exporter = { .log = log, .result = result };
  int r, saved_errno;

  *result = (struct export_result) { 0 };
  r = export_events (&exporter, path);
  saved_errno = errno;
  free (exporter.issued.numbers);
  free (exporter.completed.numbers);
  free (exporter.along.numbers);
  free (exporter.flushes.numbers);
  errno = saved_errno;
  return r;
}
