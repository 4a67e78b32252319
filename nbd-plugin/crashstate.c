/* SPDX-License-Identifier: BSD-3-Clause */
/* nbdkit plugin `crashstate`: serve the devices of a log as a crash could have left them.
 *
 * Exports disk0 ... are one crash state under a copy-on-write layer; export control (control.h) selects the state and reports
 * which undecided writes the reads made since then needed.  Without control, state=ID serves one state to any client.
 *
 * One request at a time: which choice a read forces may depend on the reads before it, and the order must be one that the
 * report can tell.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "common/cleanup.h"
#include "log/crash-state.h"
#include "log/guard.h"
#include "log/state-id.h"
#include "nbd-plugin/control.h"
#include "nbd-plugin/exports.h"
#include "nbd-plugin/overlay.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_SERIALIZE_ALL_REQUESTS

static char *log_path;
static char *directory;         /* where the names of other logs are, or NULL */
static char *state_text;
static int64_t memory_bytes = 1 << 30;  /* what clients write may take */
static struct write_log *log_file;
static struct crash_state *state;
static struct overlay *overlay;
static struct control_report report;
static struct control_seen *seen;       /* report.seen_count of them */
static size_t seen_room;

/* What a client has opened: a device's number, or EXPORT_OTHER for control. */
struct handle {
  int device;
};

static void
crashstate_unload (void)
{
  free (seen);
  overlay_free (overlay);
  crash_state_free (state);
  write_log_close (log_file);
  free (state_text);
  free (directory);
  free (log_path);
}

static int
crashstate_config (const char *key, const char *value)
{
  if (strcmp (key, "log") == 0) {
    free (log_path);
    log_path = nbdkit_realpath (value);
    return log_path ? 0 : -1;
  }
  if (strcmp (key, "state") == 0) {
    free (state_text);
    state_text = strdup (value);
    return state_text ? 0 : -1;
  }
  if (strcmp (key, "directory") == 0) {
    free (directory);
    directory = nbdkit_realpath (value);
    return directory ? 0 : -1;
  }
  if (strcmp (key, "memory") == 0) {
    memory_bytes = nbdkit_parse_size (value);
    return memory_bytes == -1 ? -1 : 0;
  }
  nbdkit_error ("unknown parameter '%s': see `nbdkit crashstate --help`", key);
  return -1;
}

static int
crashstate_config_complete (void)
{
  if (log_path == NULL) {
    nbdkit_error ("say which log to serve: log=FILE");
    return -1;
  }
  return 0;
}

#define crashstate_config_help \
  "[log=]<FILE>  (required) A log made by the writelog plugin.\n" \
  "state=<ID>    Serve this crash state; default: everything in the log is there.\n" \
  "directory=<DIR>  Clients of the export control may change to the logs in DIR.\n" \
  "memory=<SIZE> Memory for what clients write; default: 1G."

static void
begin_report (void)
{
  overlay_clear (overlay);
  memset (&report, 0, sizeof report);
}

/* Select the state that state= names. */
static int
select_state (void)
{
  CLEANUP_FREE struct choice *choices = NULL;
  uint32_t point;
  size_t count;

  if (state_id_parse (state_text, log_file, &point, &choices, &count) == -1)
    return -1;
  const struct selection selection = {
    .point = point, .choices = choices, .count = count, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } }
  };
  if (crash_state_select (state, &selection) == -1) {
    nbdkit_error ("state=%s: %m", state_text);
    return -1;
  }
  return 0;
}

/* Open the log PATH and make its states, in place of those that there are. */
static int
use_log (const char *path)
{
  CLEANUP_FREE char *target = realpath (path, NULL);

  log_guard (target ? target : path, NULL);
  struct write_log *new_log = write_log_open (path);
  struct crash_state *new_state = new_log ? crash_state_new (new_log) : NULL;
  CLEANUP_FREE char *loss = new_log ? log_describe_loss (new_log) : NULL;

  if (loss)
    nbdkit_debug ("%s: %s", path, loss);
  if (new_log && new_state == NULL)
    nbdkit_error ("%s: %m", path);
  if (new_state && log_file
      && (new_log->device_count != log_file->device_count
          || memcmp (new_log->device_sizes, log_file->device_sizes, sizeof new_log->device_sizes) != 0)) {
    nbdkit_error ("%s: its devices are not those of %s", path, log_file->path);
    crash_state_free (new_state);
    new_state = NULL;
  }
  if (new_state == NULL) {
    write_log_close (new_log);
    errno = EINVAL;
    return -1;
  }
  crash_state_free (state);
  write_log_close (log_file);
  log_file = new_log;
  state = new_state;
  return 0;
}

static int
crashstate_get_ready (void)
{
  overlay = overlay_new ((uint64_t) memory_bytes);
  if (overlay == NULL) {
    nbdkit_error ("%s: %m", log_path);
    return -1;
  }
  if (use_log (log_path) == -1)
    return -1;
  return state_text ? select_state () : 0;
}

static void *
crashstate_open (int readonly)
{
  int number = export_open (log_file->device_count, CONTROL_EXPORT);
  struct handle *handle;

  (void) readonly;
  if (number < EXPORT_OTHER)
    return NULL;
  handle = malloc (sizeof *handle);
  if (handle)
    handle->device = number;
  return handle;
}

static int
crashstate_list_exports (int readonly, int is_tls, struct nbdkit_exports *exports)
{
  (void) readonly;
  (void) is_tls;
  return export_list (exports, log_file->device_count, CONTROL_EXPORT, "selects the crash state");
}

static const char *
crashstate_default_export (int readonly, int is_tls)
{
  (void) readonly;
  (void) is_tls;
  return "disk0";
}

static int64_t
crashstate_get_size (void *opaque)
{
  struct handle *handle = opaque;

  return handle->device == EXPORT_OTHER ? CONTROL_EXPORT_BYTES : (int64_t) log_file->device_sizes[handle->device];
}

/* All connections see one state. */
static int
crashstate_can_multi_conn (void *handle)
{
  (void) handle;
  return 1;
}

static int
crashstate_can_fua (void *handle)
{
  (void) handle;
  return NBDKIT_FUA_NATIVE;
}

static struct control_report
report_on_wire (size_t decision_count)
{
  return (struct control_report) {
    .magic = htole32 (CONTROL_MAGIC), .decision_count = htole32 ((uint32_t) decision_count),
    .seen_count = htole64 (report.seen_count), .reads = htole64 (report.reads), .read_bytes = htole64 (report.read_bytes),
    .writes = htole64 (report.writes), .written_bytes = htole64 (report.written_bytes),
    .behaviour = htole64 (report.behaviour)
  };
}

static int
read_report (void *buffer, uint32_t count, uint64_t offset)
{
  size_t decision_count;
  const struct choice *decisions = crash_state_decisions (state, &decision_count);
  const struct control_report head = report_on_wire (decision_count);
  size_t size = sizeof head + decision_count * sizeof (struct control_choice) + report.seen_count * sizeof *seen;
  CLEANUP_FREE char *bytes = malloc (size);
  char *to;

  if (bytes == NULL)
    return -1;
  to = mempcpy (bytes, &head, sizeof head);
  for (size_t i = 0; i < decision_count; i++) {
    const struct choice *decision = &decisions[i];
    struct control_choice choice = {
      htole32 (decision->write), htole32 (decision->first), htole32 (decision->last), htole32 (decision->kind)
    };

    to = mempcpy (to, &choice, sizeof choice);
  }
  for (size_t i = 0; i < report.seen_count; i++) {
    struct control_seen one = { htole64 (seen[i].block), htole32 (seen[i].device), htole32 (seen[i].sectors) };

    to = mempcpy (to, &one, sizeof one);
  }
  memset (buffer, 0, count);
  if (offset < size)
    memcpy (buffer, bytes + offset, count < size - offset ? count : size - offset);
  return 0;
}

/* Change to the log that the COUNT bytes at BUFFER, which begin with CONTROL_OPEN_MAGIC, name. */
static int
open_from (const char *buffer, uint32_t count)
{
  struct control_open head;
  CLEANUP_FREE char *name = NULL, *path = NULL;

  if (count < sizeof head)
    goto invalid;
  memcpy (&head, buffer, sizeof head);
  if (le32toh (head.name_length) > count - sizeof head)
    goto invalid;
  name = strndup (buffer + sizeof head, le32toh (head.name_length));
  path = name ? control_path (directory, name) : NULL;
  if (path == NULL || use_log (path) == -1)
    return -1;
  begin_report ();
  return 0;

 invalid:
  nbdkit_error ("control: not the name of a log");
  errno = EINVAL;
  return -1;
}

static int
select_from (const void *buffer, uint32_t count, uint64_t offset)
{
  struct control_select head;
  CLEANUP_FREE struct choice *choices = NULL;
  const char *from = (const char *) buffer + sizeof head;

  if (offset != 0 || count < sizeof head)
    goto invalid;
  memcpy (&head, buffer, sizeof head);
  size_t choice_count = le32toh (head.choice_count);
  if (le32toh (head.magic) != CONTROL_MAGIC || choice_count > (count - sizeof head) / sizeof (struct control_choice))
    goto invalid;
  choices = calloc (choice_count ? choice_count : 1, sizeof *choices);
  if (choices == NULL)
    return -1;
  for (size_t i = 0; i < choice_count; i++, from += sizeof (struct control_choice)) {
    struct control_choice choice;

    memcpy (&choice, from, sizeof choice);
    choices[i] = (struct choice) {
      le32toh (choice.write), le32toh (choice.first), le32toh (choice.last), le32toh (choice.kind)
    };
  }
  const struct selection selection = {
    .point = le32toh (head.point), .choices = choices, .count = choice_count,
    .rule = { { le32toh (head.tear), le32toh (head.sector_bytes) }, le32toh (head.preference), le64toh (head.seed) }
  };
  begin_report ();
  if (crash_state_select (state, &selection) == 0)
    return 0;

 invalid:
  nbdkit_error ("control: not a legal selection of a state of %s", log_file->path);
  errno = EINVAL;
  return -1;
}

/* What is written to control. */
static int
obey (const void *buffer, uint32_t count, uint64_t offset)
{
  uint32_t magic;

  if (offset == 0 && count >= sizeof magic) {
    memcpy (&magic, buffer, sizeof magic);
    if (le32toh (magic) == CONTROL_OPEN_MAGIC)
      return open_from (buffer, count);
  }
  return select_from (buffer, count, offset);
}

/* The part of a request that lies in one block. */
struct part {
  uint64_t block;
  uint32_t skip;                /* bytes in the block before it */
  uint32_t bytes;
  unsigned sectors;             /* a bit for each sector of the block */
};

static struct part
first_part (uint64_t offset, uint32_t count)
{
  struct part part = { .block = offset / BLOCK_SIZE, .skip = (uint32_t) (offset % BLOCK_SIZE) };

  part.bytes = BLOCK_SIZE - part.skip < count ? BLOCK_SIZE - part.skip : count;
  part.sectors = ((1u << part.bytes / LOG_SECTOR) - 1) << part.skip / LOG_SECTOR;
  return part;
}

/* Note that a run saw these sectors, once each, and add what they held to the behaviour: a sum, so that the order of the reads
 * does not matter.
 */
static int
note_read (unsigned device, uint64_t block, unsigned sectors, const char *content)
{
  sectors = overlay_note_read (overlay, device, block, sectors);
  if (sectors == 0)
    return 0;
  if (report.seen_count == seen_room) {
    size_t room = seen_room ? seen_room * 2 : 256;
    struct control_seen *larger = reallocarray (seen, room, sizeof *larger);

    if (larger == NULL)
      return -1;
    seen = larger;
    seen_room = room;
  }
  seen[report.seen_count++] = (struct control_seen) { block, device, sectors };
  for (unsigned sector = 0; sector < BLOCK_SECTORS; sector++)
    if (sectors & 1u << sector)
      report.behaviour += XXH3_64bits_withSeed (content + sector * LOG_SECTOR, LOG_SECTOR,
                                                (uint64_t) device << 56 | (block * BLOCK_SECTORS + sector));
  return 0;
}

static int
crashstate_pread (void *opaque, void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct handle *handle = opaque;
  char block[BLOCK_SIZE], *to = buffer;

  (void) flags;
  if (handle->device == EXPORT_OTHER)
    return read_report (buffer, count, offset);
  if (export_check_sectors (count, offset) == -1)
    return -1;
  report.reads++;
  report.read_bytes += count;
  while (count > 0) {
    struct part part = first_part (offset, count);
    unsigned missing = overlay_read (overlay, (unsigned) handle->device, part.block, part.sectors, block);

    if (missing) {
      crash_state_read_block (state, (unsigned) handle->device, part.block, missing, block);
      if (note_read ((unsigned) handle->device, part.block, missing, block) == -1)
        return -1;
    }
    memcpy (to, block + part.skip, part.bytes);
    to += part.bytes;
    offset += part.bytes;
    count -= part.bytes;
  }
  return 0;
}

/* Once: a client may try again for ever. */
static void
tell_no_room (void)
{
  static bool told;

  if (!told)
    nbdkit_error ("what was written over the state takes more than memory=%" PRIi64, memory_bytes);
  told = true;
  errno = ENOSPC;
}

/* DATA NULL stands for zeros. */
static int
write_over (struct handle *handle, const char *data, uint32_t count, uint64_t offset)
{
  if (export_check_sectors (count, offset) == -1)
    return -1;
  report.writes++;
  report.written_bytes += count;
  while (count > 0) {
    struct part part = first_part (offset, count);

    if (overlay_write (overlay, (unsigned) handle->device, part.block, part.sectors, data ? data - part.skip : NULL) == -1) {
      if (errno == ENOSPC)
        tell_no_room ();
      return -1;
    }
    data = data ? data + part.bytes : NULL;
    offset += part.bytes;
    count -= part.bytes;
  }
  return 0;
}

static int
crashstate_pwrite (void *opaque, const void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct handle *handle = opaque;

  (void) flags;
  return handle->device == EXPORT_OTHER ? obey (buffer, count, offset) : write_over (handle, buffer, count, offset);
}

static int
crashstate_zero (void *opaque, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct handle *handle = opaque;

  (void) flags;
  return handle->device == EXPORT_OTHER ? 0 : write_over (handle, NULL, count, offset);
}

static int
crashstate_trim (void *opaque, uint32_t count, uint64_t offset, uint32_t flags)
{
  return crashstate_zero (opaque, count, offset, flags);
}

/* The layer lives in memory: there is nothing to flush. */
static int
crashstate_flush (void *handle, uint32_t flags)
{
  (void) handle;
  (void) flags;
  return 0;
}

static void
crashstate_close (void *handle)
{
  free (handle);
}

static struct nbdkit_plugin plugin = {
  .name = "crashstate",
  .longname = "powercut crash states",
  .version = PACKAGE_VERSION,
  .description = "serves the devices of a write log as a crash could have left them",
  .unload = crashstate_unload,
  .config = crashstate_config,
  .config_complete = crashstate_config_complete,
  .config_help = crashstate_config_help,
  .magic_config_key = "log",
  .get_ready = crashstate_get_ready,
  .list_exports = crashstate_list_exports,
  .default_export = crashstate_default_export,
  .open = crashstate_open,
  .close = crashstate_close,
  .get_size = crashstate_get_size,
  .block_size = export_block_size,
  .can_multi_conn = crashstate_can_multi_conn,
  .can_fua = crashstate_can_fua,
  .pread = crashstate_pread,
  .pwrite = crashstate_pwrite,
  .zero = crashstate_zero,
  .trim = crashstate_trim,
  .flush = crashstate_flush,
  .errno_is_preserved = 1,
};

NBDKIT_REGISTER_PLUGIN (plugin)
