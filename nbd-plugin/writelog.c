/* SPDX-License-Identifier: BSD-3-Clause */
/* nbdkit plugin `writelog`: serve empty devices and record what is done to them.
 *
 * A server can serve one recording after another: export `control`, which only the process that started it can open,
 * ends a log and begins the next (nbd-plugin/writelog-control.h).
 *
 * Long because all that nbdkit calls is here.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "common/cleanup.h"
#include "nbd-plugin/exports.h"
#include "nbd-plugin/late-device.h"
#include "nbd-plugin/logged-devices.h"
#include "nbd-plugin/parameters.h"
#include "nbd-plugin/paths.h"
#include "nbd-plugin/writelog-control.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

#define MARK_EXPORT_BYTES (32 << 20)

static struct logged_devices logged;
static struct late_device late = LATE_DEVICE_INITIALIZER (&logged);
static struct device_paths paths = { .count = 1 };
static char *directory;         /* where the names are that `control` may use, or NULL */

/* Held by every request, and alone by those that change which log it goes to: who waits for that comes before new
 * requests, of which a guest may have some at any time.
 */
static pthread_rwlock_t log_lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void
release_log (pthread_rwlock_t **lock)
{
  pthread_rwlock_unlock (*lock);
}

static pthread_rwlock_t *
hold_log (void)
{
  pthread_rwlock_rdlock (&log_lock);
  return &log_lock;
}

#define HOLD_LOG() \
  __attribute__ ((cleanup (release_log), unused)) pthread_rwlock_t *held = hold_log ()

static void
writelog_load (void)
{
  late_forget (&late);
}

static void
writelog_unload (void)
{
  logged_forget (&logged);
  late_free (&late);
  paths_forget (&paths);
  free (directory);
}

static int
config_size (const char *value)
{
  int64_t size = nbdkit_parse_size (value);

  if (size == -1)
    return -1;
  if (size == 0 || size % LOG_SECTOR != 0) {
    nbdkit_error ("size=%s: must be a multiple of %d bytes, and not zero", value, LOG_SECTOR);
    return -1;
  }
  if (logged.device_count == LOG_DEVICES_MAX) {
    nbdkit_error ("size=%s: at most %d devices", value, LOG_DEVICES_MAX);
    return -1;
  }
  logged.devices[logged.device_count++].size_bytes = (uint64_t) size;
  return 0;
}

static int
config_base (const char *value)
{
  if (logged.base_count == LOG_DEVICES_MAX) {
    nbdkit_error ("base=%s: at most %d devices", value, LOG_DEVICES_MAX);
    return -1;
  }
  return config_text (&logged.devices[logged.base_count++].base, nbdkit_absolute_path (value));
}

static int
config_info (const char *value)
{
  if (strchr (value, '=') == NULL || logged.info_count == LOGGED_INFO_MAX) {
    nbdkit_error ("info=%s: give KEY=VALUE, at most %d times", value, LOGGED_INFO_MAX);
    return -1;
  }
  return config_text (&logged.info[logged.info_count++], strdup (value));
}

/* Take a parameter of those that are others' to take.  Returns 1, 0 if it is none, or -1 after a message. */
static int
config_others (const char *key, const char *value)
{
  const int r = late_config (&late, key, value);

  return r != 0 ? r : paths_config (&paths, key, value);
}

static int
writelog_config (const char *key, const char *value)
{
  int r = config_others (key, value);

  if (r != 0)
    return r == 1 ? 0 : -1;
  if (strcmp (key, PARAMETER_SIZE) == 0)
    return config_size (value);
  if (strcmp (key, PARAMETER_BASE) == 0)
    return config_base (value);
  if (strcmp (key, PARAMETER_INFO) == 0)
    return config_info (value);
  if (strcmp (key, PARAMETER_DIRECTORY) == 0)
    return config_text (&directory, nbdkit_realpath (value));
  if (strcmp (key, PARAMETER_FILES) == 0)
    return config_text (&logged.files, nbdkit_absolute_path (value));
  if (strcmp (key, PARAMETER_LOG) == 0)
    return config_text (&logged.log, nbdkit_absolute_path (value));
  nbdkit_error ("unknown parameter '%s': see `nbdkit writelog --help`", key);
  return -1;
}

static int
writelog_config_complete (void)
{
  if (logged.log == NULL) {
    nbdkit_error ("say where to write the log: log=FILE");
    return -1;
  }
  if (logged_size_by_base (&logged) == -1)
    return -1;
  if (logged.device_count == 0) {
    nbdkit_error ("say how large the device is: size=SIZE, or base=FILE");
    return -1;
  }
  return 0;
}

#define writelog_config_help \
  "[log=]<FILE>     (required) The log to make; it must not exist, or be empty.\n" \
  "size=<SIZE>      Size of a device; repeat it for disk1, disk2 and so on.\n" \
  "base=<FILE>      What the device holds at first; repeat it likewise.\n" \
  "info=<KEY=VALUE> A note for the log's header; may be repeated.\n" \
  "files=<FILE>     An archive of the checker's programs, for the log to carry.\n" \
  "directory=<DIR>  Who started the server may name the files of DIR later.\n" \
  "device=<HOW>     How requests are answered from the mark `begin` on: fast, late or random:SEED.\n" \
  "hold=<MS>        A late device waits until nothing new has come for so long.\n" \
  "hold-limit=<SECONDS> It holds requests for so long at most, all in all.\n" \
  "paths=<N>        By how many paths, 1 or 2, a device can be reached: disk0 and disk0.path1.\n" \
  "path-down-at=<MARK|POSITION> The next request from there on takes its path down with it."

/* Be ready for a new recording. */
static int
reset (void)
{
  return late_reset (&late) == -1 ? -1 : paths_reset (&paths, &logged);
}

/* Before nbdkit forks: errors still reach the user. */
static int
writelog_get_ready (void)
{
  return reset () == -1 ? -1 : logged_begin (&logged);
}

static void
writelog_cleanup (void)
{
  logged_close (&logged);
}

/* Take one parameter of a new log, which may name files of the directory only. */
static int
configure (const char *key, const char *value)
{
  CLEANUP_FREE char *path = NULL;
  int r = strcmp (key, PARAMETER_PATHS) == 0 ? 0 : config_others (key, value);

  if (r != 0)
    return r == 1 ? 0 : -1;
  if (strcmp (key, PARAMETER_INFO) == 0)
    return config_info (value);
  if (strcmp (key, PARAMETER_LOG) != 0 && strcmp (key, PARAMETER_BASE) != 0 && strcmp (key, PARAMETER_FILES) != 0) {
    nbdkit_error ("control: %s: give log=, base=, info=, files=, device=, hold=, hold-limit= or path-down-at=",
                  key);
    return -1;
  }
  path = control_path (directory, value);
  return path ? writelog_config (key, path) : -1;
}

/* Take the parameters of a new log from the texts between TEXT and END; the devices stay as they are. */
static int
configure_log (const char *text, const char *end)
{
  logged_forget (&logged);
  late_forget (&late);
  paths_forget (&paths);
  for (; text < end; text += strlen (text) + 1) {
    const char *value = strchr (text, '=');
    CLEANUP_FREE char *key = value ? strndup (text, (size_t) (value - text)) : strdup (text);

    if (key == NULL || configure (key, value ? value + 1 : "") == -1) {
      errno = EINVAL;
      return -1;
    }
  }
  if (logged.log && logged.base_count <= logged.device_count)
    return 0;
  nbdkit_error ("control: %s",
                logged.log ? "there are more bases than devices" : "say where to write the log: log=FILE");
  errno = EINVAL;
  return -1;
}

/* Close the log, if that was not done, and begin a new one. */
static int
open_log (const char *text, const char *end)
{
  if (logged_close (&logged) == -1 || configure_log (text, end) == -1)
    return -1;
  if (reset () == 0 && logged_begin (&logged) == 0)
    return 0;
  logged_close (&logged);
  return -1;
}

/* Save the first devices as the files that the texts between NAME and END name. */
static int
save_devices (const char *name, const char *end)
{
  for (size_t device = 0; name < end; device++, name += strlen (name) + 1) {
    CLEANUP_FREE char *path = device < logged.device_count ? control_path (directory, name) : NULL;

    if (path == NULL) {
      errno = EINVAL;
      return -1;
    }
    if (logged_save (&logged, device, path) == -1)
      return -1;
  }
  return 0;
}

static int
refuse (const char *why)
{
  nbdkit_error ("control: %s", why);
  errno = EINVAL;
  return -1;
}

/* What is written to control, while no other request is served. */
static int
obey (const char *bytes, uint32_t count)
{
  const char *texts, *end;

  switch (writelog_decode (bytes, count, &texts, &end)) {
  case WRITELOG_OPEN:
    return open_log (texts, end);
  case WRITELOG_CLOSE:
    return logged_close (&logged);
  case WRITELOG_SAVE:
    if (texts < end)
      return save_devices (texts, end);
    break;
  case WRITELOG_END:
    if (logged.writer)
      return log_writer_end (logged.writer);
    break;
  case -1:
    return refuse ("a text does not end");
  }
  return refuse ("give end, close, open or save");
}

static int
writelog_control (const char *bytes, uint32_t count)
{
  late_end (&late);             /* what is held has the log */
  pthread_rwlock_wrlock (&log_lock);
  int r = obey (bytes, count);
  pthread_rwlock_unlock (&log_lock);
  return r;
}

/* A mark is a text of any length. */
static int
writelog_block_size (void *opaque, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum)
{
  struct export *export = opaque;
  int r = export_block_size (export, minimum, preferred, maximum);

  if (export->device < 0)
    *minimum = 1;
  return r;
}

/* Who records may be told which files to read and write by the process that started it, and by no guest. */
static bool
is_control (void)
{
  const char *name = nbdkit_export_name ();

  return name && strcmp (name, CONTROL_EXPORT) == 0 && nbdkit_peer_pid () == getppid ();
}

static void *
writelog_open (int readonly)
{
  (void) readonly;
  struct export *export = is_control () ? export_new (EXPORT_HIDDEN)
    : export_open (logged.device_count, paths.count, MARK_EXPORT);

  if (export && export->device >= 0)
    late_connect (&late);
  return export;
}

static int
writelog_list_exports (int readonly, int is_tls, struct nbdkit_exports *exports)
{
  (void) readonly, (void) is_tls;
  return export_list (exports, logged.device_count, paths.count, MARK_EXPORT, "text written here becomes a mark");
}

static int64_t
writelog_get_size (void *opaque)
{
  struct export *export = opaque;

  return export->device < 0 ? MARK_EXPORT_BYTES : (int64_t) logged.devices[export->device].size_bytes;
}

/* What every request on a path that is down gets. */
static int
fail_io (void)
{
  errno = EIO;
  return -1;
}

static int
writelog_pread (void *opaque, void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct export *export = opaque;

  (void) flags;
  if (export->device < 0) {
    memset (buffer, 0, count);
    return 0;
  }
  if (export_check_sectors (count, offset) == -1)
    return -1;
  HOLD_LOG ();
  late_come (&late);
  int r = path_state_is_down (path_state (&paths, export->path)) ? fail_io ()
    : logged_read (&logged, (uint16_t) export->device, buffer, count, offset);
  late_answered (&late);
  return r;
}

/* The text is what stands before the first NUL, without the newline that echo puts at its end. */
static int
write_mark (const char *text, uint32_t count)
{
  size_t length = strnlen (text, count);

  if (length > 0 && text[length - 1] == '\n')
    length--;
  if (length == 0)
    return 0;                   /* a page cache writing back the rest of a block */
  HOLD_LOG ();
  if (paths_obey_mark (&paths, text, length) == -1)
    return -1;
  late_come (&late);
  late_before_mark (&late, text, length);
  int r = logged_mark (&logged, text, length);
  late_after_mark (&late, text, length);
  late_answered (&late);
  return r;
}

/* The log says so, too, if the path of the request at POSITION goes down with it. */
static bool
goes_down (unsigned path, uint32_t position)
{
  char text[sizeof LOG_MARK_PATH " " LOG_PATH_DOWN " 0"];

  if (!path_goes_down (&paths, path, position))
    return false;
  logged_mark (&logged, text, (size_t) snprintf (text, sizeof text, LOG_MARK_PATH " " LOG_PATH_DOWN " %u", path));
  return true;
}

/* Record OPERATION, which came by PATH, and wait for its turn to be answered. */
static int
serve (const struct log_operation *operation, unsigned path, const void *data)
{
  const unsigned state = path_state (&paths, path);
  uint32_t position;

  if (path_state_is_down (state))
    return logged_refuse (&logged, operation, data, EIO) == -1 ? -1 : fail_io ();
  if (logged_issue (&logged, operation, data, &position) == -1)
    return -1;
  if (!goes_down (path, position))
    late_wait (&late, operation->kind, position);
  const int error = path_state (&paths, path) == state ? 0 : EIO;
  if (logged_complete (&logged, operation, position, error) == -1)
    return -1;
  return error ? fail_io () : 0;
}

/* Record an operation on the device of EXPORT, which must be one.  FLAGS are nbdkit's. */
static int
record (const struct export *export, enum log_kind kind, uint32_t flags, uint64_t offset, uint32_t count,
        const void *data)
{
  const bool may_trim = kind == LOG_ZERO && flags & NBDKIT_FLAG_MAY_TRIM;
  const struct log_operation operation = {
    .kind = kind, .flags = (flags & NBDKIT_FLAG_FUA ? LOG_FLAG_FUA : 0) | (may_trim ? LOG_FLAG_MAY_TRIM : 0)
      | (export->path ? LOG_FLAG_PATH1 : 0),
    .device = (uint16_t) export->device, .offset_bytes = offset, .length_bytes = count
  };

  if (export_check_sectors (count, offset) == -1)
    return -1;
  HOLD_LOG ();
  late_come (&late);
  int r = serve (&operation, export->path, data);
  late_answered (&late);
  return r;
}

static int
writelog_pwrite (void *opaque, const void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct export *export = opaque;

  if (export->device < 0)
    return export->device == EXPORT_HIDDEN ? writelog_control (buffer, count) : write_mark (buffer, count);
  return record (export, LOG_WRITE, flags, offset, count, buffer);
}

static int
writelog_zero (void *opaque, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct export *export = opaque;

  return export->device < 0 ? 0 : record (export, LOG_ZERO, flags, offset, count, NULL);
}

static int
writelog_trim (void *opaque, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct export *export = opaque;

  return export->device < 0 ? 0 : record (export, LOG_TRIM, flags, offset, count, NULL);
}

static int
writelog_flush (void *opaque, uint32_t flags)
{
  struct export *export = opaque;

  (void) flags;
  return export->device < 0 ? 0 : record (export, LOG_FLUSH, 0, 0, 0, NULL);
}

static struct nbdkit_plugin plugin = {
  .name = "writelog",
  .longname = "powercut write-log recorder",
  .version = PACKAGE_VERSION,
  .description = "serves empty devices and records every write, flush, FUA, trim and zero in a log",
  .load = writelog_load,
  .unload = writelog_unload,
  .config = writelog_config,
  .config_complete = writelog_config_complete,
  .config_help = writelog_config_help,
  .magic_config_key = "log",
  .get_ready = writelog_get_ready,
  .cleanup = writelog_cleanup,
  .list_exports = writelog_list_exports,
  .default_export = export_default,
  .open = writelog_open,
  .close = export_close,
  .get_size = writelog_get_size,
  .block_size = writelog_block_size,
  .can_multi_conn = export_can_multi_conn,
  .can_fua = export_can_fua,
  .pread = writelog_pread,
  .pwrite = writelog_pwrite,
  .zero = writelog_zero,
  .trim = writelog_trim,
  .flush = writelog_flush,
  .errno_is_preserved = 1,
};

NBDKIT_REGISTER_PLUGIN (plugin)
