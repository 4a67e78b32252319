/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "log/aftermath.h"
#include "log/copy.h"

/* An aftermath in the making. */
struct aftermath {
  const struct log_crash *crash;
  struct log_copy copy;
  struct log_cursor cursor;
  bool *ended;                  /* of each pending write: it has its completion */
  uint32_t position;            /* of the next event */
};

/* The place of write number NUMBER among the pending ones; their count if it is none. */
static size_t
pending_place (const struct log_crash *crash, uint32_t number)
{
  const size_t place = array_place (crash->pending_count, i, crash->pending[i] < number);

  return place < crash->pending_count && crash->pending[place] == number ? place : crash->pending_count;
}

/* The place of the pending write that RECORD completes; their count if it is none. */
static size_t
place_completed (const struct log_crash *crash, const struct log_record *record)
{
  const struct write_log *log = crash->log;

  if (record->kind != LOG_COMPLETION)
    return crash->pending_count;
  const uint32_t issue = (uint32_t) record->offset, count = log_writes_until (log, issue);
  return count > 0 && log->writes[count - 1].issue == issue ? pending_place (crash, count - 1) : crash->pending_count;
}

/* Append the bytes of the log from FROM up to TO. */
static bool
append_bytes (struct aftermath *aftermath, uint64_t from, uint64_t to)
{
  aftermath->copy.offset = to;
  return fwrite (log_bytes (aftermath->crash->log, from, to - from), 1, to - from, aftermath->copy.file) == to - from;
}

/* Append all that was before the crash, the header, too. */
static bool
append_before (struct aftermath *aftermath)
{
  const struct log_crash *crash = aftermath->crash;
  uint64_t from = 0;
  struct log_event event;
  bool written = true;

  while (written && aftermath->cursor.position <= crash->position && log_cursor_next (&aftermath->cursor, &event)) {
    const size_t place = place_completed (crash, &event.record);

    aftermath->copy.time = event.record.time;
    if (place == crash->pending_count)
      continue;
    aftermath->ended[place] = true;
    event.record.length = event.record.length ? event.record.length : LOG_ERROR_CUT;
    written = append_bytes (aftermath, from, event.file_offset)
      && log_copy_record (&aftermath->copy, &event.record, event.data);
    from = aftermath->cursor.file_offset;
  }
  aftermath->position = aftermath->cursor.position;
  return written && append_bytes (aftermath, from, aftermath->cursor.file_offset);
}

/* Append the completion of what was issued at POSITION on DEVICE. */
static bool
append_completion (struct aftermath *aftermath, uint32_t position, uint16_t device, uint32_t error)
{
  const struct log_record record = {
    .time = aftermath->copy.time, .kind = LOG_COMPLETION, .device = device, .offset = position, .length = error
  };

  aftermath->position++;
  return log_copy_record (&aftermath->copy, &record, "");
}

/* End what was in flight. */
static bool
append_ends (struct aftermath *aftermath)
{
  const struct log_crash *crash = aftermath->crash;
  bool written = true;

  for (uint32_t i = 0; written && i < crash->pending_count; i++) {
    const struct log_write *write = &crash->log->writes[crash->pending[i]];

    if (!aftermath->ended[i])
      written = append_completion (aftermath, write->issue, write->device, LOG_ERROR_CUT);
  }
  return written;
}

static bool
append_tape (struct aftermath *aftermath, const struct log_tape *tape)
{
  struct log_record record;
  const char *data;
  size_t at = 0;
  bool written = true;

  while (written && log_tape_next (tape, &at, &record, &data)) {
    record.time = aftermath->copy.time;
    written = log_copy_record (&aftermath->copy, &record, data);
    const uint32_t issue = aftermath->position++;
    written = written && append_completion (aftermath, issue, record.device, 0);
  }
  return written;
}

static bool
append_all (struct aftermath *aftermath, const struct log_tape *tape, const char *kept, uint32_t *first)
{
  log_cursor_begin (&aftermath->cursor, aftermath->crash->log);
  if (!append_before (aftermath) || !append_ends (aftermath))
    return false;
  *first = aftermath->position;
  return append_tape (aftermath, tape) && log_copy_rest (&aftermath->copy, &aftermath->cursor, kept)
    && log_copy_record (&aftermath->copy, &(struct log_record) { .kind = LOG_END, .time = aftermath->copy.time }, "");
}

int
log_continue (const struct log_crash *crash, const struct log_tape *tape, const char *kept, const char *path,
              uint32_t *first)
{
  CLEANUP_FREE bool *ended = calloc (crash->pending_count + 1, sizeof *ended);
  struct aftermath aftermath = { .crash = crash, .ended = ended };

  if (ended == NULL)
    return out_of_memory ();
  aftermath.copy.file = fopen (path, "we");
  if (aftermath.copy.file == NULL) {
    error_message ("%s: %m", path);
    return -1;
  }
  bool written = append_all (&aftermath, tape, kept, first);
  written &= fclose (aftermath.copy.file) == 0;
  if (!written) {
    error_message ("%s: cannot write the log: %m", path);
    unlink (path);
  }
  return written ? 0 : -1;
}
