/* SPDX-License-Identifier: BSD-3-Clause */
/* nbdkit plugin `writelog`: serve empty devices and record what is done to them.
 *
 * The log is the device: data are written once, into the log, and reads are answered from there.  For each sector a map holds
 * where its content is: 0 for never written, the file offset of its 512 bytes in the log, or for zeros the offset of the
 * record with bit 0 set (offsets are multiples of 8).  Records of later issues stand at higher offsets, so the higher entry is
 * the newer one, whichever thread comes last: what the device shows is what the log says.
 *
 * A server can serve one recording after another: export `control`, which only the process that started it can open, ends a log
 * and begins the next.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "common/cleanup.h"
#include "log/base-image.h"
#include "log/files.h"
#include "log/writer.h"
#include "nbd-plugin/exports.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

#define MARK_EXPORT "mark"
#define MARK_EXPORT_BYTES (32 << 20)
#define CONTROL_EXPORT "control"        /* see writelog_control */
#define MAP_ZERO 1              /* bit of a map entry */

struct device {
  uint64_t size_bytes;
  const char *base;             /* file whose content the device has at first, or NULL */
  _Atomic uint64_t *map;        /* by sector */
};

/* What a client has opened. */
struct handle {
  struct device *device;        /* NULL: an export of texts */
  uint16_t number;
  bool control;                 /* of these: control, or else mark */
};

static char *log_path;
static char *files_path;        /* an archive that the log is to carry, or NULL */
static char *directory;         /* where the names are that `control` may use, or NULL */
static struct device devices[LOG_DEVICES_MAX];
static size_t device_count;
static size_t base_count;
static char *info[4096];
static size_t info_count;
static struct log_writer *writer;       /* NULL: the log was closed, and there is no new one yet */

/* Held by every request, and alone by those that change which log it goes to. */
/* Whoever waits to change the writer comes before new requests: a guest may have some at any time. */
static pthread_rwlock_t writer_lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void
release_writer (pthread_rwlock_t **lock)
{
  pthread_rwlock_unlock (*lock);
}

static pthread_rwlock_t *
hold_writer (void)
{
  pthread_rwlock_rdlock (&writer_lock);
  return &writer_lock;
}

#define HOLD_WRITER() \
  __attribute__ ((cleanup (release_writer), unused)) pthread_rwlock_t *held = hold_writer ()

/* Forget what belongs to one log. */
static void
forget_log (void)
{
  for (size_t i = 0; i < device_count; i++) {
    if (devices[i].map)
      munmap (devices[i].map, devices[i].size_bytes / LOG_SECTOR * sizeof *devices[i].map);
    free ((char *) devices[i].base);
    devices[i].map = NULL;
    devices[i].base = NULL;
  }
  for (size_t i = 0; i < info_count; i++)
    free (info[i]);
  free (log_path);
  free (files_path);
  base_count = info_count = 0;
  log_path = files_path = NULL;
}

static void
writelog_unload (void)
{
  forget_log ();
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
  if (device_count == LOG_DEVICES_MAX) {
    nbdkit_error ("size=%s: at most %d devices", value, LOG_DEVICES_MAX);
    return -1;
  }
  devices[device_count++].size_bytes = (uint64_t) size;
  return 0;
}

static int
config_base (const char *value)
{
  if (base_count == LOG_DEVICES_MAX) {
    nbdkit_error ("base=%s: at most %d devices", value, LOG_DEVICES_MAX);
    return -1;
  }
  devices[base_count].base = nbdkit_absolute_path (value);
  return devices[base_count++].base ? 0 : -1;
}

static int
config_info (const char *value)
{
  if (strchr (value, '=') == NULL || info_count == sizeof info / sizeof info[0]) {
    nbdkit_error ("info=%s: give KEY=VALUE, at most %zu times", value, sizeof info / sizeof info[0]);
    return -1;
  }
  info[info_count] = strdup (value);
  return info[info_count++] ? 0 : -1;
}

/* Make *PATH the absolute path of the file VALUE. */
static int
config_path (char **path, const char *value)
{
  free (*path);
  *path = nbdkit_absolute_path (value);
  return *path ? 0 : -1;
}

static int
writelog_config (const char *key, const char *value)
{
  if (strcmp (key, "size") == 0)
    return config_size (value);
  if (strcmp (key, "base") == 0)
    return config_base (value);
  if (strcmp (key, "info") == 0)
    return config_info (value);
  if (strcmp (key, "directory") == 0) {
    free (directory);
    directory = nbdkit_realpath (value);
    return directory ? 0 : -1;
  }
  if (strcmp (key, "files") == 0)
    return config_path (&files_path, value);
  if (strcmp (key, "log") == 0)
    return config_path (&log_path, value);
  nbdkit_error ("unknown parameter '%s': see `nbdkit writelog --help`", key);
  return -1;
}

static int
writelog_config_complete (void)
{
  if (log_path == NULL) {
    nbdkit_error ("say where to write the log: log=FILE");
    return -1;
  }
  /* A device whose size was not given is as large as its base. */
  for (; device_count < base_count; device_count++)
    if (base_image_size (devices[device_count].base, &devices[device_count].size_bytes) == -1)
      return -1;
  if (device_count == 0) {
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
  "directory=<DIR>  Who started the server may name the files of DIR later."

/* Enter CONTENT (a map entry) for COUNT sectors; data lie one behind the other in the log. */
static void
map_update (struct device *device, uint64_t sector, uint64_t count, uint64_t content)
{
  for (; count > 0; sector++, count--) {
    uint64_t old = atomic_load_explicit (&device->map[sector], memory_order_relaxed);

    while (old < content
           && !atomic_compare_exchange_weak_explicit (&device->map[sector], &old, content, memory_order_release,
                                                      memory_order_relaxed)) {
      /* Another thread changed it: old is what it put there. */
    }
    if (!(content & MAP_ZERO))
      content += LOG_SECTOR;
  }
}

/* How many of COUNT sectors, from SECTOR on, stand one behind the other in the log (or are all zeros); where in *content. */
static uint64_t
map_run (struct device *device, uint64_t sector, uint64_t count, uint64_t *content)
{
  uint64_t first = atomic_load_explicit (&device->map[sector], memory_order_acquire), run = 1;
  bool zeros = first == 0 || first & MAP_ZERO;

  for (; run < count; run++) {
    uint64_t next = atomic_load_explicit (&device->map[sector + run], memory_order_acquire);

    if (zeros ? next != 0 && !(next & MAP_ZERO) : next != first + run * LOG_SECTOR)
      break;
  }
  *content = zeros ? 0 : first;
  return run;
}

/* Say once that the log cannot take more: a guest tries again and again. */
static void
report_write_error (void)
{
  static atomic_flag reported = ATOMIC_FLAG_INIT;

  if (!atomic_flag_test_and_set (&reported))
    nbdkit_error ("%s: cannot record: %m%s", log_path,
                  errno == ENOSPC ? ": free some space, or put the log elsewhere" : "");
}

/* Record an operation from issue to completion and apply it.  Returns 0, or -1 with errno after report_write_error. */
static int
record (uint16_t number, enum log_kind kind, uint8_t flags, uint64_t offset, uint32_t count, const void *data)
{
  struct device *device = &devices[number];
  struct log_operation operation = {
    .kind = kind, .flags = flags, .device = number, .offset_bytes = offset, .length_bytes = count
  };
  struct log_issue issue;

  if (writer == NULL) {
    errno = ESHUTDOWN;
    return -1;
  }
  if (log_writer_issue (writer, &operation, data, &issue) == -1) {
    report_write_error ();
    return -1;
  }
  if (kind != LOG_FLUSH)
    map_update (device, offset / LOG_SECTOR, count / LOG_SECTOR,
                kind == LOG_WRITE ? issue.data_offset : issue.data_offset | MAP_ZERO);
  if (log_writer_complete (writer, issue.position, number, 0, kind == LOG_FLUSH || flags & LOG_FUA) == -1) {
    report_write_error ();
    return -1;
  }
  return 0;
}

/* A base_image_put. */
static int
record_base (void *opaque, uint64_t offset, const void *data, uint32_t count)
{
  const uint16_t *number = opaque;

  return record (*number, LOG_WRITE, 0, offset, count, data);
}

static int
load_base (uint16_t number)
{
  const struct device *device = &devices[number];

  if (device->base == NULL)
    return 0;
  return base_image_read (device->base, device->size_bytes, record_base, &number) == -1
    ? -1 : record (number, LOG_FLUSH, 0, 0, 0, NULL);
}

/* First of all, so that a log that is cut off has them, too. */
static int
load_files (void)
{
  if (files_path == NULL || log_files_write (writer, files_path) == 0)
    return 0;
  nbdkit_error ("%s: cannot be taken into the log: %m", files_path);
  return -1;
}

static int
load_bases (void)
{
  for (size_t i = 0; i < device_count; i++)
    if (load_base ((uint16_t) i) == -1)
      return -1;
  if (log_writer_mark (writer, "base", strlen ("base")) == -1) {
    report_write_error ();
    return -1;
  }
  return 0;
}

/* Make the log, with the devices' bases in it. */
static int
begin_log (void)
{
  uint64_t sizes[LOG_DEVICES_MAX];

  for (size_t i = 0; i < device_count; i++) {
    void *map = mmap (NULL, devices[i].size_bytes / LOG_SECTOR * sizeof *devices[i].map, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (map == MAP_FAILED) {
      nbdkit_error ("size=%" PRIu64 ": no room for the map of the device: %m", devices[i].size_bytes);
      return -1;
    }
    devices[i].map = map;
    sizes[i] = devices[i].size_bytes;
  }
  writer = log_writer_create (log_path, sizes, device_count, (const char *const *) info, info_count);
  if (writer == NULL)
    return -1;
  if (load_files () == 0 && load_bases () == 0)
    return 0;
  unlink (log_path);            /* it would be in the way of the next attempt */
  return -1;
}

/* Before nbdkit forks: errors still reach the user. */
static int
writelog_get_ready (void)
{
  return begin_log ();
}

static int
close_log (void)
{
  int r = writer ? log_writer_close (writer) : 0;

  writer = NULL;
  return r;
}

static void
writelog_cleanup (void)
{
  close_log ();
}

/* Take one parameter of a new log, which may name files of the directory only. */
static int
configure (const char *key, const char *value)
{
  CLEANUP_FREE char *path = NULL;

  if (strcmp (key, "info") == 0)
    return config_info (value);
  if (strcmp (key, "log") != 0 && strcmp (key, "base") != 0 && strcmp (key, "files") != 0) {
    nbdkit_error ("control: %s: give log=, base=, info= or files=", key);
    return -1;
  }
  path = control_path (directory, value);
  return path ? writelog_config (key, path) : -1;
}

/* Take the parameters of a new log from the texts between TEXT and END; the devices stay as large as they are. */
static int
configure_log (const char *text, const char *end)
{
  forget_log ();
  for (; text < end; text += strlen (text) + 1) {
    const char *value = strchr (text, '=');
    CLEANUP_FREE char *key = value ? strndup (text, (size_t) (value - text)) : strdup (text);

    if (key == NULL || configure (key, value ? value + 1 : "") == -1) {
      errno = EINVAL;
      return -1;
    }
  }
  if (log_path && base_count <= device_count)
    return 0;
  nbdkit_error ("control: %s", log_path ? "there are more bases than devices" : "say where to write the log: log=FILE");
  errno = EINVAL;
  return -1;
}

/* Close the log, if that was not done, and begin a new one. */
static int
open_log (const char *text, const char *end)
{
  if (close_log () == -1 || configure_log (text, end) == -1)
    return -1;
  if (begin_log () == 0)
    return 0;
  close_log ();
  return -1;
}

/* Put what DEVICE holds into the file FD, which is empty. */
static int
copy_device (struct device *device, int fd)
{
  const uint64_t sectors = device->size_bytes / LOG_SECTOR;
  char buffer[256 * LOG_SECTOR];

  if (ftruncate (fd, (off_t) device->size_bytes) == -1)
    return -1;
  for (uint64_t sector = 0, run; sector < sectors; sector += run) {
    uint64_t content, most = sizeof buffer / LOG_SECTOR, left = sectors - sector;

    run = map_run (device, sector, left < most ? left : most, &content);
    if (content != 0 && (log_writer_read (writer, buffer, run * LOG_SECTOR, content) == -1
                         || pwrite (fd, buffer, run * LOG_SECTOR, (off_t) (sector * LOG_SECTOR)) != (ssize_t) (run * LOG_SECTOR)))
      return -1;
  }
  return 0;
}

/* Save the first device as the new file NAME of the directory. */
static int
save_device (const char *name)
{
  CLEANUP_FREE char *path = control_path (directory, name);
  CLEANUP_CLOSE int fd = -1;

  if (path == NULL || writer == NULL) {
    errno = path ? ESHUTDOWN : EINVAL;
    return -1;
  }
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd == -1 || copy_device (&devices[0], fd) == -1) {
    nbdkit_error ("%s: %m", path);
    return -1;
  }
  return 0;
}

/* One write to `control` is COUNT bytes of texts, each with a NUL behind it, of which the first is a request:
 *   end     the log is complete: what is done from now on works as before, but is not in it
 *   close   finish the file of the log; until the next `open`, requests are refused
 *   open    begin a new log, with the texts after it as parameters log=, base=, info= and files=; the devices keep their sizes
 *   save    put what the first device holds into a new file, an image that can be a base; the text after it is its name
 * Names are of files in the directory that was given at the start, or of links there.  More NULs at the end fill up a
 * sector.
 */
static int
writelog_control (const char *text, uint32_t count)
{
  const char *end = text + count;
  int r = -1;

  while (end > text + 1 && end[-1] == '\0' && end[-2] == '\0')
    end--;
  if (count == 0 || end[-1] != '\0') {
    nbdkit_error ("control: a text does not end");
    errno = EINVAL;
    return -1;
  }
  pthread_rwlock_wrlock (&writer_lock);
  if (strcmp (text, "open") == 0)
    r = open_log (text + sizeof "open", end);
  else if (strcmp (text, "save") == 0 && text + sizeof "save" < end)
    r = save_device (text + sizeof "save");
  else if (strcmp (text, "close") == 0)
    r = close_log ();
  else if (strcmp (text, "end") == 0 && writer)
    r = log_writer_end (writer);
  else {
    nbdkit_error ("control: give end, close, open or save");
    errno = EINVAL;
  }
  pthread_rwlock_unlock (&writer_lock);
  return r;
}

/* A mark is a text of any length. */
static int
writelog_block_size (void *opaque, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum)
{
  struct handle *handle = opaque;
  int r = export_block_size (handle, minimum, preferred, maximum);

  if (handle->device == NULL)
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
  const bool control = is_control ();
  int number = control ? EXPORT_OTHER : export_open (device_count, MARK_EXPORT);
  struct handle *handle;

  (void) readonly;
  if (number < EXPORT_OTHER)
    return NULL;
  handle = calloc (1, sizeof *handle);
  if (handle)
    handle->control = control;
  if (handle && number != EXPORT_OTHER) {
    handle->number = (uint16_t) number;
    handle->device = &devices[number];
  }
  return handle;
}

static int
writelog_list_exports (int readonly, int is_tls, struct nbdkit_exports *exports)
{
  (void) readonly;
  (void) is_tls;
  return export_list (exports, device_count, MARK_EXPORT, "text written here becomes a mark");
}

static const char *
writelog_default_export (int readonly, int is_tls)
{
  (void) readonly;
  (void) is_tls;
  return "disk0";
}

static int64_t
writelog_get_size (void *opaque)
{
  struct handle *handle = opaque;

  return handle->device ? (int64_t) handle->device->size_bytes : MARK_EXPORT_BYTES;
}

/* Every connection sees one and the same log: a flush on one covers what completed on the others. */
static int
writelog_can_multi_conn (void *handle)
{
  (void) handle;
  return 1;
}

static int
writelog_can_fua (void *handle)
{
  (void) handle;
  return NBDKIT_FUA_NATIVE;
}

static int
writelog_pread (void *opaque, void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct handle *handle = opaque;
  char *to = buffer;

  (void) flags;
  if (handle->device == NULL) {
    memset (buffer, 0, count);
    return 0;
  }
  if (export_check_sectors (count, offset) == -1)
    return -1;
  HOLD_WRITER ();
  if (writer == NULL) {
    errno = ESHUTDOWN;
    return -1;
  }
  for (uint64_t sector = offset / LOG_SECTOR, left = count / LOG_SECTOR; left > 0;) {
    uint64_t content, run = map_run (handle->device, sector, left, &content);

    if (content == 0)
      memset (to, 0, run * LOG_SECTOR);
    else if (log_writer_read (writer, to, run * LOG_SECTOR, content) == -1) {
      nbdkit_error ("%s: %m", log_path);
      return -1;
    }
    to += run * LOG_SECTOR;
    sector += run;
    left -= run;
  }
  return 0;
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
  HOLD_WRITER ();
  if (writer == NULL) {
    errno = ESHUTDOWN;
    return -1;
  }
  if (log_writer_mark (writer, text, length) == -1) {
    report_write_error ();
    return -1;
  }
  return 0;
}

static uint8_t
fua_flag (uint32_t flags)
{
  return flags & NBDKIT_FLAG_FUA ? LOG_FUA : 0;
}

static int
writelog_pwrite (void *opaque, const void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct handle *handle = opaque;

  if (handle->device == NULL)
    return handle->control ? writelog_control (buffer, count) : write_mark (buffer, count);
  if (export_check_sectors (count, offset) == -1)
    return -1;
  HOLD_WRITER ();
  return record (handle->number, LOG_WRITE, fua_flag (flags), offset, count, buffer);
}

static int
writelog_zero (void *opaque, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct handle *handle = opaque;

  if (handle->device == NULL)
    return 0;
  if (export_check_sectors (count, offset) == -1)
    return -1;
  HOLD_WRITER ();
  return record (handle->number, LOG_ZERO, fua_flag (flags) | (flags & NBDKIT_FLAG_MAY_TRIM ? LOG_MAY_TRIM : 0), offset,
                 count, NULL);
}

static int
writelog_trim (void *opaque, uint32_t count, uint64_t offset, uint32_t flags)
{
  struct handle *handle = opaque;

  if (handle->device == NULL)
    return 0;
  if (export_check_sectors (count, offset) == -1)
    return -1;
  HOLD_WRITER ();
  return record (handle->number, LOG_TRIM, fua_flag (flags), offset, count, NULL);
}

static int
writelog_flush (void *opaque, uint32_t flags)
{
  struct handle *handle = opaque;

  (void) flags;
  HOLD_WRITER ();
  return handle->device ? record (handle->number, LOG_FLUSH, 0, 0, 0, NULL) : 0;
}

static void
writelog_close (void *handle)
{
  free (handle);
}

static struct nbdkit_plugin plugin = {
  .name = "writelog",
  .longname = "powercut write-log recorder",
  .version = PACKAGE_VERSION,
  .description = "serves empty devices and records every write, flush, FUA, trim and zero in a log",
  .unload = writelog_unload,
  .config = writelog_config,
  .config_complete = writelog_config_complete,
  .config_help = writelog_config_help,
  .magic_config_key = "log",
  .get_ready = writelog_get_ready,
  .cleanup = writelog_cleanup,
  .list_exports = writelog_list_exports,
  .default_export = writelog_default_export,
  .open = writelog_open,
  .close = writelog_close,
  .get_size = writelog_get_size,
  .block_size = writelog_block_size,
  .can_multi_conn = writelog_can_multi_conn,
  .can_fua = writelog_can_fua,
  .pread = writelog_pread,
  .pwrite = writelog_pwrite,
  .zero = writelog_zero,
  .trim = writelog_trim,
  .flush = writelog_flush,
  .errno_is_preserved = 1,
};

NBDKIT_REGISTER_PLUGIN (plugin)
