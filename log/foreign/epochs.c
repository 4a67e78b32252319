/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk over a log of dm-log-writes or blklogwrites.  What its order means, and what is made of it, stands in
 * log/foreign/import.h.
 */
#include <config.h>

#include <stdlib.h>

#include "common/array.h"
#include "common/message.h"
#include "common/stop.h"
#include "log/foreign/dm-log-writes.h"
#include "log/foreign/epochs.h"
#include "log/foreign/file.h"

#define KERNEL_FLAGS (DM_LOG_FLUSH | DM_LOG_FUA | DM_LOG_DISCARD | DM_LOG_MARK | DM_LOG_METADATA)
#define QEMU_FLAGS (DM_LOG_FLUSH | DM_LOG_DISCARD)

/* An epoch under ORDER_CAUTIOUS: its operations are issued at its beginning and completed where they are logged. */
struct epoch {
  struct import_issued *issued;
  size_t count, completed;
  struct import_issued flush;   /* blklogwrites: the flush that ends the epoch is in flight all the time */
  bool flushing;
};

struct epoch_walk {
  struct importer *importer;
  struct dm_log log;
  struct epoch epoch;
  bool in_epoch;                /* the operations of the epoch are issued */
};

static struct import_operation
operation_of (const struct dm_log_request *request)
{
  return (struct import_operation) {
    .kind = request->flags & DM_LOG_DISCARD ? LOG_TRIM : LOG_WRITE,
    .flags = request->flags & DM_LOG_FUA ? LOG_FLAG_FUA : 0,
    .offset_bytes = request->offset_bytes, .length_bytes = request->length_bytes, .data = request->data
  };
}

static const struct import_operation flush = { .kind = LOG_FLUSH };

/* Issue the operation of an entry that has sectors. */
static int
issue (struct epoch_walk *walk, const struct dm_log_request *request, struct import_issued *issued)
{
  const struct import_operation operation = operation_of (request);

  if (!importer_fits (walk->importer, request->offset_bytes, request->length_bytes))
    return foreign_file_fault (walk->log.path, request->file_offset,
                               "an entry that goes beyond the device of %ju bytes: see --size",
                               (uintmax_t) walk->importer->size_bytes);
  importer_reach (walk->importer, request->offset_bytes, request->length_bytes);
  return importer_issue (walk->importer, &operation, issued);
}

/* Issue the operation of REQUEST as one of the epoch. */
static int
add_to_epoch (struct epoch_walk *walk, const struct dm_log_request *request)
{
  struct import_issued *issued = array_add (walk->epoch.issued, walk->epoch.count);

  return issued ? issue (walk, request, issued) : out_of_memory ();
}

/* Issue all of the epoch that begins with REQUEST, behind which the log stands: what comes before the next FLUSH. */
static int
begin_epoch (struct epoch_walk *walk, const struct dm_log_request *request)
{
  struct dm_log ahead = walk->log;
  struct dm_log_request next = *request;
  int r = 1;

  walk->in_epoch = true;
  walk->epoch.count = walk->epoch.completed = 0;
  walk->epoch.flushing = false;
  do {
    /* The first entry's own flush was before it. */
    if (next.flags & DM_LOG_FLUSH && next.file_offset != request->file_offset)
      break;
    if (next.length_bytes > 0 && add_to_epoch (walk, &next) == -1)
      return -1;
  } while ((r = dm_log_next (&ahead, &next)) == 1);
  if (r == 1 && walk->importer->options->format == IMPORT_BLKLOGWRITES) {
    walk->epoch.flushing = true;
    return importer_issue (walk->importer, &flush, &walk->epoch.flush);
  }
  return r == -1 ? -1 : 0;
}

/* Flush, where a FLUSH entry stands. */
static int
pass_flush (struct epoch_walk *walk)
{
  struct epoch *epoch = &walk->epoch;
  bool flushing = walk->in_epoch && epoch->flushing;

  walk->in_epoch = false;
  if (!flushing && importer_issue (walk->importer, &flush, &epoch->flush) == -1)
    return -1;
  return importer_complete (walk->importer, &epoch->flush, 0);
}

static int
pass_entry (struct epoch_walk *walk, const struct dm_log_request *request)
{
  struct import_issued issued;

  if (request->flags & DM_LOG_FLUSH && pass_flush (walk) == -1)
    return -1;
  if (request->flags == DM_LOG_FLUSH && request->length_bytes == 0)
    return 0;
  if (walk->importer->options->order == ORDER_CAUTIOUS && !walk->in_epoch && begin_epoch (walk, request) == -1)
    return -1;
  if (request->flags & DM_LOG_MARK)
    return importer_mark (walk->importer, request->file_offset, request->data, request->text_length);
  if (request->length_bytes == 0)
    return 0;                   /* a flush alone, with a flag that says nothing of it */
  if (walk->in_epoch)
    issued = walk->epoch.issued[walk->epoch.completed++];
  else if (issue (walk, request, &issued) == -1)
    return -1;
  return importer_complete (walk->importer, &issued, 0);
}

int
epochs_import (struct importer *importer)
{
  const bool qemu = importer->options->format == IMPORT_BLKLOGWRITES;
  struct epoch_walk walk = { .importer = importer };
  struct dm_log_request request;
  int r;

  if (dm_log_open (&walk.log, importer->options->file, qemu ? QEMU_FLAGS : KERNEL_FLAGS) == -1)
    return -1;
  while ((r = dm_log_next (&walk.log, &request)) == 1 && !stop_requested ())
    if (pass_entry (&walk, &request) == -1) {
      r = -1;
      break;
    }
  importer->result->counted = walk.log.counted;
  importer->result->uncounted = walk.log.entries > walk.log.counted ? walk.log.entries - walk.log.counted : 0;
  dm_log_close (&walk.log);
  free (walk.epoch.issued);
  return r == 0 ? 0 : -1;
}
