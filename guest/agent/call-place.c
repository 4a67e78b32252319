/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a system call concerns the file system that is looked at.  Its arguments are looked up once it has returned:
 * a name that was taken away is gone then, but the directory that had it is not.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "guest/agent/tracee.h"

enum there { NO, YES, UNKNOWN };

static int
look (const char *path, struct place *place)
{
  struct statx status;

  if (statx (AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_TYPE | STATX_MNT_ID, &status) == -1)
    return -1;
  place->device = makedev (status.stx_dev_major, status.stx_dev_minor);
  place->mount = status.stx_mask & STATX_MNT_ID ? status.stx_mnt_id : 0;
  return 0;
}

int
place_of (const char *path, struct place *place)
{
  return look (path, place);
}

/* Each subvolume of btrfs has a device number of its own, and each mount namespace mounts of its own: one of the two
 * is enough.
 */
static enum there
is_on (const char *path, const struct place *place)
{
  struct place found;

  if (look (path, &found) == -1)
    return UNKNOWN;
  return found.device == place->device || (found.mount && found.mount == place->mount) ? YES : NO;
}

static bool
descriptor_is_on (int thread, int fd, const struct place *place)
{
  char path[TRACEE_PATH_SIZE];

  tracee_path (thread, fd, "", path);
  return is_on (path, place) != NO;     /* it may be closed meanwhile */
}

/* Take the last name away from PATH. */
static void
cut_name (char *path)
{
  size_t length = strlen (path);

  while (length > 0 && path[length - 1] == '/')
    length--;
  while (length > 0 && path[length - 1] != '/')
    length--;
  path[length] = '\0';
}

/* What THREAD finds by PATH from DIRECTORY, or the directory that it is in, or was in. */
static bool
path_is_on (int thread, int directory, const char *path, const struct place *place)
{
  char found[TRACEE_PATH_SIZE];

  tracee_path (thread, directory, path, found);
  if (*path == '\0' || is_on (found, place) == YES)
    return is_on (found, place) != NO;
  if (strncmp (path, "/proc/", strlen ("/proc/")) == 0)
    return true;                /* a link to a descriptor, perhaps */
  cut_name (found);
  return is_on (found, place) != NO;
}

static bool
argument_is_on (const struct call *call, unsigned number, int directory, const struct place *place)
{
  const uint64_t value = call->arguments[number];
  char path[PATH_MAX];

  if (value == 0)               /* utimensat of the descriptor itself */
    return directory == AT_FDCWD || descriptor_is_on (call->thread, directory, place);
  return tracee_read_text (call->thread, value, path, sizeof path) == -1
    || path_is_on (call->thread, directory, path, place);
}

static bool
socket_is_on (const struct call *call, unsigned number, const struct place *place)
{
  char path[PATH_MAX];

  return tracee_read_socket (call->thread, call->arguments[number], call->arguments[number + 1], path)
    && path_is_on (call->thread, AT_FDCWD, path, place);
}

/* Whether one of the things that CALL changes is there. */
static bool
arguments_are_on (const struct call *call, const struct place *place)
{
  const char *form = call->what->form;
  bool on = *form == '\0';      /* of all file systems */

  for (unsigned i = 0; form[i] && !on; i++)
    switch (form[i]) {
    case 'i': on = descriptor_is_on (call->thread, (int) call->arguments[i], place); break;
    case 'p': on = argument_is_on (call, i, AT_FDCWD, place); break;
    case 'P': on = argument_is_on (call, i, (int) call->arguments[i - 1], place); break;
    case 'a': on = socket_is_on (call, i, place); break;
    default: break;
    }
  return on;
}

uint64_t
call_open_flags (const struct call *call)
{
  const char *form = call->what->form, *flags = strchr (form, 'O'), *how = strchr (form, 'H');
  uint64_t value = O_CREAT | O_TRUNC, mode;     /* creat has no argument for them */

  if (flags)
    return call->arguments[flags - form] & UINT32_MAX;
  if (how)
    tracee_read_how (call, (unsigned) (how - form), &value, &mode);
  return value;
}

static bool
makes_file (uint64_t flags)
{
  return (flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE;
}

/* Of the requests that hand something to the kernel these change nothing that a crash could lose; f2fs has some that
 * hand nothing over and do.
 */
static bool
request_changes (uint64_t request)
{
  static const uint64_t harmless[] = { FIFREEZE, FITHAW, FITRIM, FS_IOC_FIEMAP };
  const unsigned f2fs = 0xf5;

  for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
    if (request == harmless[i])
      return false;
  return (_IOC_DIR (request) & _IOC_WRITE) || _IOC_TYPE (request) == f2fs;
}

/* Whether LINE of /proc/THREAD/maps is of memory between START and END in which a file there may be changed. */
static bool
line_is_on (int thread, const char *line, uint64_t start, uint64_t end, const struct place *place)
{
  char path[TRACEE_PATH_SIZE], access[5];
  uint64_t first, last;

  if (sscanf (line, "%" SCNx64 "-%" SCNx64 " %4s", &first, &last, access) != 3 || first >= end || last <= start
      || access[1] != 'w' || access[3] != 's')
    return false;
  snprintf (path, sizeof path, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, thread, first, last);
  return is_on (path, place) == YES;
}

static bool
memory_is_on (int thread, uint64_t start, uint64_t end, const struct place *place)
{
  char path[64], *line = NULL;
  size_t size = 0;
  bool on = false;

  snprintf (path, sizeof path, "/proc/%d/maps", thread);
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");
  while (file && !on && getline (&line, &size, file) != -1)
    on = line_is_on (thread, line, start, end, place);
  free (line);
  return on;
}

bool
call_concerns (const struct call *call, int64_t result, const struct place *place)
{
  const uint64_t first = call->arguments[0];

  switch (call->what->effect) {
  case CALL_OPENS:
    return makes_file (call_open_flags (call)) && descriptor_is_on (call->thread, (int) result, place);
  case CALL_CONTROLS:
    return request_changes (call->arguments[1] & UINT32_MAX) && arguments_are_on (call, place);
  case CALL_ASKS:
    return result > 0;
  case CALL_STORES:
    return memory_is_on (call->thread, first, first + call->arguments[1], place);
  case CALL_UNMAPS:
    return *call->what->form == 'n' ? memory_is_on (call->thread, 0, UINT64_MAX, place)
      : memory_is_on (call->thread, first, first + call->arguments[1], place);
  default:
    return arguments_are_on (call, place);
  }
}
