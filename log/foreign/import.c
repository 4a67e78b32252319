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
#include "log/foreign/epochs.h"
#include "log/foreign/import.h"
#include "log/foreign/importer.h"
#include "log/foreign/nbd-datalog.h"
#include "log/info.h"

static const struct format {
  const char *name;
  int (*walk) (struct importer *importer);
  const char *orders[2];        /* for the header, by enum import_order */
} formats[] = {
  [IMPORT_DM_LOG_WRITES] = {
    "dm-log-writes", epochs_import,
    { "that of completion, FUA first: operations count as issued where they are logged, "
      "so states with one on the disk earlier are left out",
      "that of completion, FUA first: operations of an epoch count as issued together, so some states may be "
      "impossible" }
  },
  [IMPORT_BLKLOGWRITES] = {
    "blklogwrites", epochs_import,
    { "that of completion: a flush counts for all that is logged before it, "
      "so states without a write that was completed during the flush are left out",
      "that of completion: a flush counts for what is logged before the flush before it, so some states may be "
      "impossible" }
  },
  [IMPORT_NBD_DATALOG] = {
    "nbd-datalog", nbd_datalog_import,
    { "that of requests and replies at the server", "that of requests and replies at the server" }
  },
};

const char *
import_format_name (enum import_format format)
{
  return formats[format].name;
}

/* A base_image_put. */
static int
put_base (void *opaque, uint64_t offset, const void *data, uint32_t count)
{
  const struct import_operation write = {
    .kind = LOG_WRITE, .offset_bytes = offset, .length_bytes = count, .data = data
  };
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
  return log_writer_mark (importer->writer, "base", strlen ("base")) == -1 ? importer_log_error (importer) : 0;
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
    error_message ("%s: there is no write in it, so that nobody knows the size of the device: give --size",
                   options->file);
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
  r = importer->options->files && log_files_write (importer->writer, importer->options->files) == -1
    ? importer_log_error (importer) : write_base (importer);
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
