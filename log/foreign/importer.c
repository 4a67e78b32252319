/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/base-image.h"
#include "log/foreign/file.h"
#include "log/foreign/importer.h"

#define TRIM_MAX (UINT64_C (1) << 31)      /* bytes of a trim or zero in the log, whose length has 32 bits */

bool
importer_fits (const struct importer *importer, uint64_t offset_bytes, uint64_t length_bytes)
{
  return offset_bytes <= importer->size_bytes && length_bytes <= importer->size_bytes - offset_bytes;
}

void
importer_reach (struct importer *importer, uint64_t offset_bytes, uint64_t length_bytes)
{
  if (offset_bytes + length_bytes > importer->reach_bytes)
    importer->reach_bytes = offset_bytes + length_bytes;
}

static void
count_operation (struct import_result *result, const struct log_operation *operation)
{
  result->writes += operation->kind == LOG_WRITE;
  result->zeroes += operation->kind == LOG_ZERO;
  result->trims += operation->kind == LOG_TRIM;
  result->flushes += operation->kind == LOG_FLUSH;
  result->fua += (operation->flags & LOG_FLAG_FUA) != 0;
}

int
importer_log_error (const struct importer *importer)
{
  error_message ("%s: cannot write the log: %m", importer->path);
  return -1;
}

/* Issue one operation that the log can hold. */
static int
issue_part (struct importer *importer, struct log_operation *operation, const char *data, struct import_issued *issued)
{
  struct log_issue issue = { 0, 0 };

  if (operation->kind == LOG_WRITE && data_is_zero (data, operation->length_bytes))
    operation->kind = LOG_ZERO;
  count_operation (importer->result, operation);
  if (importer->writer && log_writer_issue (importer->writer, operation, data, &issue) == -1)
    return importer_log_error (importer);
  if (issued->count++ == 0)
    issued->first = issue.position;
  return 0;
}

int
importer_issue (struct importer *importer, const struct import_operation *operation, struct import_issued *issued)
{
  const uint64_t most = operation->kind == LOG_WRITE ? LOG_DATA_MAX : TRIM_MAX;
  uint64_t done = 0;

  *issued = (struct import_issued) { .promise = operation->kind == LOG_FLUSH || operation->flags & LOG_FLAG_FUA };
  do {
    uint64_t left = operation->length_bytes - done;
    struct log_operation part = {
      .kind = operation->kind, .flags = operation->flags, .offset_bytes = operation->offset_bytes + done,
      .length_bytes = (uint32_t) (left < most ? left : most)
    };

    if (issue_part (importer, &part, operation->data ? operation->data + done : NULL, issued) == -1)
      return -1;
    done += part.length_bytes;
  } while (done < operation->length_bytes);
  return 0;
}

int
importer_complete (struct importer *importer, const struct import_issued *issued, int error)
{
  if (importer->writer == NULL)
    return 0;
  for (uint32_t i = 0; i < issued->count; i++)
    if (log_writer_complete (importer->writer, issued->first + i, 0, error, issued->promise) == -1)
      return importer_log_error (importer);
  return 0;
}

/* Whether a mark is the one that an option names. */
static bool
is_named (const char *name, const char *text, uint32_t length)
{
  return name && strlen (name) == length && memcmp (name, text, length) == 0;
}

int
importer_mark (struct importer *importer, uint64_t file_offset, const char *text, uint32_t length)
{
  static const char own[] = "powercut:";
  const struct import_options *options = importer->options;
  bool begins = is_named (options->begin, text, length), commits = is_named (options->commit, text, length);
  CLEANUP_FREE char *longer = NULL;

  if (length >= sizeof own - 1 && memcmp (text, own, sizeof own - 1) == 0)
    return foreign_file_fault (options->file, file_offset,
                               "a mark whose name begins with %s, which is powercut's own", own);
  importer->result->marks++;
  importer->begun |= begins;
  importer->committed |= commits;
  importer->based |= is_named ("base", text, length);
  if (importer->writer == NULL)
    return 0;
  if (begins || commits) {
    int size = asprintf (&longer, "%s %.*s", begins ? "begin" : "commit", (int) length, text);

    if (size == -1)
      return out_of_memory ();
    text = longer;
    length = (uint32_t) size;
  }
  return log_writer_mark (importer->writer, text, length) == -1 ? importer_log_error (importer) : 0;
}
