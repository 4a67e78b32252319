/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/base-image.h"
#include "log/files.h"
#include "log/info.h"
#include "log/foreign/file.h"
#include "log/foreign/importer.h"

#define TRIM_MAX (UINT64_C (1) << 31)      /* bytes of a trim or zero in the log, whose length has 32 bits */

static const struct format {
  const char *name;
  int (*walk) (struct importer *importer);
  const char *orders[2];        /* for the header, by enum import_order */
} formats[] = {
  [IMPORT_DM_LOG_WRITES] = {
    "dm-log-writes", import_walk_dm_log,
    { "that of completion, FUA first: operations count as issued where they are logged, "
      "so states with one on the disk earlier are left out",
      "that of completion, FUA first: operations of an epoch count as issued together, so some states may be impossible" }
  },
  [IMPORT_BLKLOGWRITES] = {
    "blklogwrites", import_walk_dm_log,
    { "that of completion: a flush counts for all that is logged before it, "
      "so states without a write that was completed during the flush are left out",
      "that of completion: a flush counts for what is logged before the flush before it, so some states may be impossible" }
  },
  [IMPORT_NBD_DATALOG] = {
    "nbd-datalog", import_walk_nbd_log,
    { "that of requests and replies at the server", "that of requests and replies at the server" }
  },
};

const char *
import_format_name (enum import_format format)
{
  return formats[format].name;
}

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
  result->fua += (operation->flags & LOG_FUA) != 0;
}

static int
log_error (const struct importer *importer)
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
    return log_error (importer);
  if (issued->count++ == 0)
    issued->first = issue.position;
  return 0;
}

int
importer_issue (struct importer *importer, const struct import_operation *operation, struct import_issued *issued)
{
  const uint64_t most = operation->kind == LOG_WRITE ? LOG_DATA_MAX : TRIM_MAX;
  uint64_t done = 0;

  *issued = (struct import_issued) { .promise = operation->kind == LOG_FLUSH || operation->flags & LOG_FUA };
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
      return log_error (importer);
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
    return foreign_file_fault (options->file, file_offset, "a mark whose name begins with %s, which is powercut's own", own);
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
  return log_writer_mark (importer->writer, text, length) == -1 ? log_error (importer) : 0;
}

/* A base_image_put. */
static int
put_base (void *opaque, uint64_t offset, const void *data, uint32_t count)
{
  const struct import_operation write = { .kind = LOG_WRITE, .offset_bytes = offset, .length_bytes = count, .data = data };
  struct import_issued issued;

  return importer_issue (opaque, &write, &issued) == -1 ? -1 : importer_complete (opaque, &issued, 0);
}

/* The base, durable, and the mark behind it; without a base image the log may have a mark of this name itself. */
static int
write_base (struct importer *importer)
{
  const struct import_operation flush = { .kind = LOG_FLUSH };
  const char *base = importer->options->base;
  struct import_issued issued;

  if (base && (base_image_read (base, importer->size_bytes, put_base, importer) == -1
               || importer_issue (importer, &flush, &issued) == -1 || importer_complete (importer, &issued, 0) == -1))
    return -1;
  if (base == NULL && importer->based)
    return 0;
  return log_writer_mark (importer->writer, "base", strlen ("base")) == -1 ? log_error (importer) : 0;
}

/* The first walk. */
static int
measure (struct importer *importer)
{
  const struct import_options *options = importer->options;

  importer->size_bytes = options->size_bytes ? options->size_bytes : DEVICE_MAX;
  if (options->base && options->size_bytes == 0 && base_image_size (options->base, &importer->size_bytes) == -1)
    return -1;
  if (formats[options->format].walk (importer) == -1)
    return -1;
  if (options->base == NULL && options->size_bytes == 0)
    importer->size_bytes = importer->reach_bytes;
  if (importer->size_bytes == 0) {
    error_message ("%s: there is no write in it, so that nobody knows the size of the device: give --size", options->file);
    return -1;
  }
  if ((options->begin && !importer->begun) || (options->commit && !importer->committed)) {
    bool begin = options->begin && !importer->begun;

    error_message ("%s: there is no mark of the text --%s=%s", options->file, begin ? "begin" : "commit",
                   begin ? options->begin : options->commit);
    return -1;
  }
  return 0;
}

/* Begin the log, with the importer's notes behind the caller's. */
static struct log_writer *
create_log (const struct importer *importer)
{
  const struct import_options *options = importer->options;
  const struct format *format = &formats[options->format];
  CLEANUP_FREE const char **info = calloc (options->info_count + 2, sizeof *info);
  CLEANUP_FREE char *imported = NULL, *order = NULL;

  if (info == NULL || (imported = log_info_text (LOG_KEY_IMPORTED, format->name)) == NULL
      || (order = log_info_text (LOG_KEY_ORDER, format->orders[options->order])) == NULL) {
    error_message ("out of memory");
    return NULL;
  }
  for (size_t i = 0; i < options->info_count; i++)
    info[i] = options->info[i];
  info[options->info_count] = imported;
  info[options->info_count + 1] = order;
  return log_writer_create (importer->path, &importer->size_bytes, 1, info, options->info_count + 2);
}

/* The second walk. */
static int
write_log (struct importer *importer)
{
  int r;

  importer->writer = create_log (importer);
  if (importer->writer == NULL)
    return -1;
  r = importer->options->files && log_files_write (importer->writer, importer->options->files) == -1 ? log_error (importer)
    : write_base (importer);
  *importer->result = (struct import_result) { .size_bytes = importer->size_bytes };
  if (r == 0)
    r = formats[importer->options->format].walk (importer);
  if (log_writer_close (importer->writer) == -1)
    r = -1;
  if (r == -1)
    unlink (importer->path);
  return r;
}

int
import_log (const struct import_options *options, const char *path, struct import_result *result)
{
  struct importer importer = { .options = options, .result = result, .path = path };

  *result = (struct import_result) { 0 };
  return measure (&importer) == -1 ? -1 : write_log (&importer);
}
