/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "log/tape.h"
#include "nbd-plugin/crashstate-control.h"
#include "nbd-plugin/overlay.h"
#include "nbd-plugin/run-io.h"

struct run_io {
  struct overlay *overlay;
  uint64_t bytes_max;
  bool has_told;                /* that there is no room for more */
  struct control_report report;
  struct control_seen *seen;    /* report.seen_count of them */
  struct log_tape tape;
  bool tape_ended;              /* it would be too long to be sent, or take too much memory */
};

void
run_io_free (struct run_io *run)
{
  if (run == NULL)
    return;
  overlay_free (run->overlay);
  free_all (run->seen, run->tape.bytes, run);
}

struct run_io *
run_io_new (uint64_t bytes_max)
{
  struct run_io *run = calloc (1, sizeof *run);

  if (run == NULL)
    return NULL;
  run->report.magic = CONTROL_MAGIC;
  run->bytes_max = bytes_max;
  run->overlay = overlay_new (bytes_max);
  if (run->overlay)
    return run;
  free (run);
  return NULL;
}

void
run_io_begin (struct run_io *run)
{
  overlay_clear (run->overlay);
  run->report = (struct control_report) { .magic = CONTROL_MAGIC };
  run->tape.size = 0;
  run->tape_ended = false;
}

/* The part of a request that lies in one block. */
struct block_part {
  uint64_t block;
  uint32_t skip;                /* bytes in the block before it */
  uint32_t bytes;
  unsigned sectors;             /* a bit for each sector of the block */
};

static struct block_part
first_part (uint64_t offset, uint32_t count)
{
  struct block_part part = { .block = offset / BLOCK_SIZE, .skip = (uint32_t) (offset % BLOCK_SIZE) };

  part.bytes = BLOCK_SIZE - part.skip < count ? BLOCK_SIZE - part.skip : count;
  part.sectors = ((1u << part.bytes / LOG_SECTOR) - 1) << part.skip / LOG_SECTOR;
  return part;
}

/* Note that a run saw these sectors, once each, and add what they held to the behaviour: a sum, so that the order of
 * the reads does not matter.
 */
static int
note_read (struct run_io *run, unsigned device, uint64_t block, unsigned sectors, const char *content)
{
  sectors = overlay_note_read (run->overlay, device, block, sectors);
  if (sectors == 0)
    return 0;
  struct control_seen *seen = array_add (run->seen, run->report.seen_count);
  if (seen == NULL)
    return -1;
  *seen = (struct control_seen) { block, device, sectors };
  for (unsigned sector = 0; sector < BLOCK_SECTORS; sector++)
    if (sectors & 1u << sector)
      run->report.behaviour += XXH3_64bits_withSeed (content + sector * LOG_SECTOR, LOG_SECTOR,
                                                     (uint64_t) device << 56 | (block * BLOCK_SECTORS + sector));
  return 0;
}

int
run_io_read (struct run_io *run, struct crash_state *state, unsigned device, void *buffer, uint32_t count,
             uint64_t offset)
{
  char block[BLOCK_SIZE], *to = buffer;

  run->report.reads++;
  run->report.read_bytes += count;
  while (count > 0) {
    struct block_part part = first_part (offset, count);
    unsigned missing = overlay_read (run->overlay, device, part.block, part.sectors, block);

    if (missing) {
      crash_state_read_block (state, device, part.block, missing, block);
      if (note_read (run, device, part.block, missing, block) == -1)
        return -1;
    }
    to = mempcpy (to, block + part.skip, part.bytes);
    offset += part.bytes;
    count -= part.bytes;
  }
  return 0;
}

/* Once: a client may try again for ever. */
static void
tell_no_room (struct run_io *run)
{
  if (!run->has_told)
    error_message ("what was written over the state takes more than memory=%" PRIu64, run->bytes_max);
  run->has_told = true;
  errno = ENOSPC;
}

/* A run goes on without: a part of it is of no use, and large. */
static void
end_tape (struct run_io *run)
{
  free (run->tape.bytes);
  run->tape = (struct log_tape) { .bytes = NULL };
  run->tape_ended = true;
}

/* Put OPERATION on the tape, if there is room for it. */
static void
tape_operation (struct run_io *run, const struct log_operation *operation, const void *data)
{
  if (!run->tape_ended && (run->tape.size + log_tape_bytes (operation) > CONTROL_TAPE_MAX
                           || log_tape_add (&run->tape, operation, data) == -1))
    end_tape (run);
}

void
run_io_flush (struct run_io *run, unsigned device)
{
  tape_operation (run, &(struct log_operation) { .kind = LOG_FLUSH, .device = (uint16_t) device }, NULL);
}

int
run_io_write (struct run_io *run, const struct log_operation *operation, const void *data)
{
  const char *from = operation->kind == LOG_WRITE ? data : NULL;
  const unsigned device = operation->device;
  uint64_t offset = operation->offset_bytes;
  uint32_t count = operation->length_bytes;

  run->report.writes++;
  run->report.written_bytes += count;
  while (count > 0) {
    struct block_part part = first_part (offset, count);

    if (overlay_write (run->overlay, device, part.block, part.sectors, from ? from - part.skip : NULL) == -1) {
      end_tape (run);           /* a part of it is there, and no record says so */
      if (errno == ENOSPC)
        tell_no_room (run);
      return -1;
    }
    from = from ? from + part.bytes : NULL;
    offset += part.bytes;
    count -= part.bytes;
  }
  tape_operation (run, operation, data);
  return 0;
}

char *
run_io_report (const struct run_io *run, const struct crash_state *state, size_t *size)
{
  struct control_report report = run->report;
  size_t decision_count;
  const struct choice *decisions = crash_state_decisions (state, &decision_count);

  report.decision_count = (uint32_t) decision_count;
  return control_encode_report (&report, decisions, run->seen, size);
}

char *
run_io_written (const struct run_io *run, size_t *size)
{
  struct control_seen *written = NULL, one;
  size_t count = 0, at = 0;
  char *bytes = NULL;

  while (overlay_next_written (run->overlay, &at, &one.device, &one.block, &one.sectors)) {
    struct control_seen *added = array_add (written, count);

    if (added == NULL) {
      free (written);
      return NULL;
    }
    *added = one;
  }
  bytes = control_encode_written (written, count, size);
  free (written);
  return bytes;
}

char *
run_io_tape (const struct run_io *run, size_t *size)
{
  return control_encode_tape (&run->tape, run->tape_ended, size);
}
