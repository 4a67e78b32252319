/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "log/info.h"
#include "log/record.h"
#include "replay/explain/reason.h"

#define FLUSHES_NAMED 3         /* of those that a write could have profited from; more would make no short line */

/* How an operation ended. */
struct ending {
  uint32_t position;            /* of the completion, or LOG_NEVER */
  uint32_t error;               /* as in the log, or 0 */
};

const char *
reason_kind_name (const struct log_write *write)
{
  return write->kind == LOG_WRITE ? "write" : write->kind == LOG_ZERO ? "zero" : "trim";
}

/* The completion of the operation issued at ISSUE: of those that failed the reader does not keep the position. */
static struct ending
find_ending (const struct write_log *log, uint32_t issue)
{
  struct log_cursor cursor;
  struct log_event event;

  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event))
    if (event.record.kind == LOG_COMPLETION && event.record.offset == issue)
      return (struct ending) { event.position, event.record.length };
  return (struct ending) { LOG_NEVER, 0 };
}

static void
print_sectors (const struct log_write *write, const struct choice *choices, size_t count, FILE *file)
{
  uint32_t end = write_last_sector (write);
  const char *separator = ", without its sectors ";

  for (size_t i = 0; i < count && choices[i].kind == CHOICE_ABSENT; i++) {
    uint32_t last = choices[i].last < end ? choices[i].last : end;

    if (choices[i].first == 0 && last == end)
      return;
    fprintf (file, "%s%u", separator, choices[i].first);
    if (last > choices[i].first)
      fprintf (file, "-%u", last);
    separator = ",";
  }
}

char *
reason_describe (const struct write_log *log, uint32_t write, const char *what, const struct choice *choices,
                 size_t count)
{
  const struct log_write *w = &log->writes[write];
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  fprintf (text.file, "%s %u (%u bytes at 0x%" PRIx64, reason_kind_name (w), w->issue, w->length_bytes,
           w->offset_bytes);
  if (log->device_count > 1) {
    char name[LOG_DISK_NAME_MAX + 1];

    log_disk_name (log, w->device, name);
    fprintf (text.file, " of %s", name);
  }
  if (what)
    fprintf (text.file, ", %s", what);
  putc (')', text.file);
  print_sectors (w, choices, count, text.file);
  return text_end (&text);
}

/* The flushes that were issued after COMPLETED, when the write had completed: none of them completed without error at
 * POSITION or before, or the write would be durable.  Returns how many there are.
 */
static unsigned
print_later_flushes (const struct write_log *log, unsigned device, uint32_t completed, uint32_t position, FILE *file)
{
  unsigned count = 0;

  for (uint32_t i = 0; i < log->flush_count && log->flushes[i].issue <= position; i++) {
    const struct log_flush *flush = &log->flushes[i];

    if (flush->device != device || flush->issue < completed)
      continue;
    if (count++ >= FLUSHES_NAMED)
      continue;
    const struct ending ending = find_ending (log, flush->issue);
    fputs (count > 1 ? "; " : ", but ", file);
    if (ending.position > position)
      fprintf (file, "flush %u, issued after that, had not completed", flush->issue);
    else if (ending.error == LOG_ERROR_PRETENDED)
      fprintf (file, "flush %u, issued after that, was answered at %u and did nothing: a fault", flush->issue,
               ending.position);
    else
      fprintf (file, "flush %u, issued after that, failed at %u (%s)", flush->issue, ending.position,
               log_error_text (ending.error));
  }
  if (count > FLUSHES_NAMED)
    fprintf (file, "; nor does any of %u more flushes count", count - FLUSHES_NAMED);
  return count;
}

/* The last flush that was in flight together with WRITE and began too early for it, or NULL. */
static const struct log_flush *
find_early_flush (const struct write_log *log, const struct log_write *write)
{
  for (uint32_t i = log->flush_count; i-- > 0;) {
    const struct log_flush *flush = &log->flushes[i];

    if (flush->device == write->device && flush->issue < write->completion && !flush->failed
        && (flush->completion == LOG_NEVER || flush->completion > write->issue))
      return flush;
  }
  return NULL;
}

/* Why WRITE, which completed at POSITION or before, is not durable there. */
static void
print_unflushed (const struct write_log *log, const struct log_write *write, uint32_t position, FILE *file)
{
  const struct log_flush *early;

  fprintf (file, "it had completed at %u", write->completion);
  if (print_later_flushes (log, write->device, write->completion, position, file) > 0)
    return;
  early = find_early_flush (log, write);
  if (early)
    fprintf (file, ", but flush %u was issued before that, and none after it", early->issue);
  else
    fputs (", and no flush was issued after that", file);
}

/* Why WRITE, which had not completed without error at POSITION, is not durable there. */
static void
print_incomplete (const struct write_log *log, const struct log_write *write, uint32_t position, FILE *file)
{
  const struct ending ending = find_ending (log, write->issue);

  if (ending.error == LOG_ERROR_CUT) {
    fputs ("it was pending when power failed first, before a recovery", file);
    return;
  }
  if (ending.position <= position) {
    fprintf (file, "it had failed at %u (%s), and what fails may be there or not", ending.position,
             log_error_text (ending.error));
    return;
  }
  fputs (write->flags & LOG_FLAG_FUA ? "it has FUA, which counts from its completion, and that " : "its completion ",
         file);
  if (ending.position == LOG_NEVER)
    fputs ("never came", file);
  else
    fprintf (file, "came only at %u%s%s", ending.position, ending.error ? ", as a failure: " : "",
             ending.error ? log_error_text (ending.error) : "");
}

char *
reason_pending (const struct write_log *log, uint32_t write, uint32_t position)
{
  const struct log_write *w = &log->writes[write];
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  fprintf (text.file, "was still pending at %u: ", position);
  if (w->completion <= position && w->flags & LOG_DOUBTED)
    fprintf (text.file, "it had completed at %u, but a trim promises nothing about what is read there",
             w->completion);
  else if (w->completion <= position)
    print_unflushed (log, w, position, text.file);
  else
    print_incomplete (log, w, position, text.file);
  return text_end (&text);
}

char *
reason_of_choice (const struct write_log *log, const struct choice *choice, uint32_t position)
{
  if (choice->kind != CHOICE_OVER)
    return reason_pending (log, choice->write, position);
  return text_format ("lies over write %u, which was issued later: both were in flight together, so either may",
                      log->writes[choice->first].issue);
}
