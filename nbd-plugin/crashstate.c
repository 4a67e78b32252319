/* SPDX-License-Identifier: BSD-3-Clause */
/* nbdkit plugin `crashstate`: serve the devices of a log as a crash could have left them.
 *
 * Exports disk0 ... are one crash state under a copy-on-write layer; export control (nbd-plugin/crashstate-control.h)
 * selects the state and reports which undecided writes the reads made since then needed.  Without control, state=ID
 * serves one state to any client.
 *
 * One request at a time: which choice a read forces may depend on the reads before it, and the order must be one that
 * the report can tell.  nbdkit sees to that for NBD; the lock is for the disks that are served over vhost-user, too.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "common/cleanup.h"
#include "log/crash-state.h"
#include "log/guard.h"
#include "log/state-id.h"
#include "nbd-plugin/crashstate-control.h"
#include "nbd-plugin/direct-disk.h"
#include "nbd-plugin/exports.h"
#include "nbd-plugin/parameters.h"
#include "nbd-plugin/run-io.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_SERIALIZE_ALL_REQUESTS

static char *log_path;
static char *directory;         /* where the names of other logs are, or NULL */
static char *state_text;
static int64_t memory_bytes = 1 << 30;  /* what clients write may take */
static struct write_log *log_file;
static struct crash_state *state;
static struct run_io *run;
static struct direct_disk direct_disks[LOG_DEVICES_MAX];        /* in their order */
static unsigned direct_disk_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* what is served */

static pthread_mutex_t *
take_lock (void)
{
  pthread_mutex_lock (&lock);
  return &lock;
}

static void
release_lock (pthread_mutex_t *const *held)
{
  pthread_mutex_unlock (*held);
}

/* Until the end of the block, no one else is served. */
#define ALONE __attribute__ ((cleanup (release_lock), unused)) pthread_mutex_t *const held = take_lock ()

static void
crashstate_unload (void)
{
  for (unsigned i = 0; i < direct_disk_count; i++)
    direct_disk_release (&direct_disks[i]);
  run_io_free (run);
  crash_state_free (state);
  write_log_close (log_file);
  free (state_text);
  free (directory);
  free (log_path);
}

static int
add_direct_disk (char *socket)
{
  if (direct_disk_count == LOG_DEVICES_MAX) {
    nbdkit_error ("vhost: no log has more than %d devices", LOG_DEVICES_MAX);
    free (socket);
    return -1;
  }
  struct direct_disk *disk = &direct_disks[direct_disk_count];
  disk->device = direct_disk_count++;
  disk->socket = socket;
  return socket ? 0 : -1;
}

static int
crashstate_config (const char *key, const char *value)
{
  if (strcmp (key, PARAMETER_LOG) == 0)
    return config_text (&log_path, nbdkit_realpath (value));
  if (strcmp (key, PARAMETER_STATE) == 0)
    return config_text (&state_text, strdup (value));
  if (strcmp (key, PARAMETER_DIRECTORY) == 0)
    return config_text (&directory, nbdkit_realpath (value));
  if (strcmp (key, PARAMETER_VHOST) == 0)
    return add_direct_disk (nbdkit_absolute_path (value));
  if (strcmp (key, PARAMETER_MEMORY) == 0) {
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
  "memory=<SIZE> Memory for what clients write; default: 1G.\n" \
  "vhost=<SOCKET>  Serve disk0 there over vhost-user, too; given again, disk1, ..."

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

  if (log_guard ((const char *const[]) { target ? target : path }, 1, NULL) == -1)
    return -1;
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
listen_directly (void)
{
  if (direct_disk_count > log_file->device_count) {
    nbdkit_error ("vhost: %s has %zu devices, not %u", log_path, (size_t) log_file->device_count, direct_disk_count);
    return -1;
  }
  for (unsigned i = 0; i < direct_disk_count; i++)
    if (direct_disk_listen (&direct_disks[i]) == -1)
      return -1;
  return 0;
}

static int
crashstate_get_ready (void)
{
  run = run_io_new ((uint64_t) memory_bytes);
  if (run == NULL) {
    nbdkit_error ("%s: %m", log_path);
    return -1;
  }
  if (use_log (log_path) == -1 || listen_directly () == -1)
    return -1;
  return state_text ? select_state () : 0;
}

static void *
crashstate_open (int readonly)
{
  (void) readonly;
  return export_open (log_file->device_count, 1, CONTROL_EXPORT);
}

static int
crashstate_list_exports (int readonly, int is_tls, struct nbdkit_exports *exports)
{
  (void) readonly;
  (void) is_tls;
  return export_list (exports, log_file->device_count, 1, CONTROL_EXPORT, "selects the crash state");
}

static int64_t
crashstate_get_size (void *opaque)
{
  struct export *export = opaque;

  return export->device == EXPORT_OTHER ? CONTROL_EXPORT_BYTES : (int64_t) log_file->device_sizes[export->device];
}

/* The report, and after it, each at its offset, which sectors the run wrote, and its tape. */
static int
read_report (void *buffer, uint32_t count, uint64_t offset)
{
  const uint64_t base = offset < CONTROL_WRITTEN_OFFSET ? 0
    : offset < CONTROL_TAPE_OFFSET ? CONTROL_WRITTEN_OFFSET : CONTROL_TAPE_OFFSET;
  size_t size;
  CLEANUP_FREE char *bytes = base == 0 ? run_io_report (run, state, &size)
    : base == CONTROL_WRITTEN_OFFSET ? run_io_written (run, &size) : run_io_tape (run, &size);

  if (bytes == NULL)
    return -1;
  offset -= base;
  memset (buffer, 0, count);
  if (offset < size)
    memcpy (buffer, bytes + offset, count < size - offset ? count : size - offset);
  return 0;
}

/* Change to the log NAME of the directory. */
static int
change_log (const char *name)
{
  CLEANUP_FREE char *path = control_path (directory, name);

  if (path == NULL || use_log (path) == -1)
    return -1;
  run_io_begin (run);
  return 0;
}

static int
select_as_asked (const struct selection *selection)
{
  run_io_begin (run);
  return crash_state_select (state, selection);
}

static int
refuse_selection (void)
{
  nbdkit_error ("control: not a legal selection of a state of %s", log_file->path);
  errno = EINVAL;
  return -1;
}

static int
refuse_open (void)
{
  nbdkit_error ("control: not the name of a log");
  errno = EINVAL;
  return -1;
}

/* What is written to control: COUNT bytes. */
static int
obey (const void *buffer, uint32_t count)
{
  struct control_request request;
  int r = control_decode_request (buffer, count, &request);

  if (r == -1 && errno == EINVAL)
    r = control_is_open (buffer, count) ? refuse_open () : refuse_selection ();
  else if (r == 0 && request.name)
    r = change_log (request.name);
  else if (r == 0 && select_as_asked (&request.selection) == -1)
    r = refuse_selection ();
  control_request_release (&request);
  return r;
}

static int
crashstate_pread (void *opaque, void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct export *export = opaque;
  ALONE;

  (void) flags;
  if (export->device == EXPORT_OTHER)
    return read_report (buffer, count, offset);
  if (export_check_sectors (count, offset) == -1)
    return -1;
  return run_io_read (run, state, (unsigned) export->device, buffer, count, offset);
}

/* Do this to a disk: COUNT bytes at OFFSET.  Of the plugin's FLAGS, a tape knows two. */
static int
change_disk (const struct export *export, enum log_kind kind, uint32_t flags, const void *data, uint32_t count,
             uint64_t offset)
{
  const struct log_operation operation = {
    .kind = kind, .device = (uint16_t) export->device, .offset_bytes = offset, .length_bytes = count,
    .flags = (flags & NBDKIT_FLAG_FUA ? LOG_FLAG_FUA : 0)
      | (kind == LOG_ZERO && flags & NBDKIT_FLAG_MAY_TRIM ? LOG_FLAG_MAY_TRIM : 0)
  };

  return export_check_sectors (count, offset) == -1 ? -1 : run_io_write (run, &operation, data);
}

static int
crashstate_pwrite (void *opaque, const void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct export *export = opaque;
  ALONE;

  if (export->device != EXPORT_OTHER)
    return change_disk (export, LOG_WRITE, flags, buffer, count, offset);
  return offset == 0 ? obey (buffer, count) : refuse_selection ();
}

static int
crashstate_zero (void *opaque, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct export *export = opaque;
  ALONE;

  return export->device == EXPORT_OTHER ? 0 : change_disk (export, LOG_ZERO, flags, NULL, count, offset);
}

static int
crashstate_trim (void *opaque, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct export *export = opaque;
  ALONE;

  return export->device == EXPORT_OTHER ? 0 : change_disk (export, LOG_TRIM, flags, NULL, count, offset);
}

static int
crashstate_flush (void *opaque, uint32_t flags)
{
  struct export *export = opaque;
  ALONE;

  (void) flags;
  if (export->device != EXPORT_OTHER)
    run_io_flush (run, (unsigned) export->device);
  return 0;
}

static int
crashstate_after_fork (void)
{
  const struct direct_source source = { .run = run, .state = &state, .lock = &lock };

  for (unsigned i = 0; i < direct_disk_count; i++)
    if (direct_disk_start (&direct_disks[i], log_file->device_sizes[i], &source) == -1)
      return -1;
  return 0;
}

static void
crashstate_cleanup (void)
{
  for (unsigned i = 0; i < direct_disk_count; i++)
    direct_disk_stop (&direct_disks[i]);
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
  .after_fork = crashstate_after_fork,
  .cleanup = crashstate_cleanup,
  .list_exports = crashstate_list_exports,
  .default_export = export_default,
  .open = crashstate_open,
  .close = export_close,
  .get_size = crashstate_get_size,
  .block_size = export_block_size,
  .can_multi_conn = export_can_multi_conn,
  .can_fua = export_can_fua,
  .pread = crashstate_pread,
  .pwrite = crashstate_pwrite,
  .zero = crashstate_zero,
  .trim = crashstate_trim,
  .flush = crashstate_flush,
  .errno_is_preserved = 1,
};

NBDKIT_REGISTER_PLUGIN (plugin)
