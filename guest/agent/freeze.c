/* SPDX-License-Identifier: BSD-3-Clause */
/* Freezing file systems, with marks of it in what is being recorded. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define FREEZE_AT_SECONDS 1

/* Is there after a mark `freeze`, until `thaw`, so that who thaws knows whether the log has a stretch to be closed. */
#define FROZEN_NOTE "/run/powercut-frozen"

/* Whether the first word of TEXT is NAME. */
static bool
is_named (const char *text, const char *name)
{
  size_t length = strlen (name);

  return strncmp (text, name, length) == 0 && (text[length] == ' ' || text[length] == '\0');
}

int
mark_and_note (const char *text)
{
  const char *device = mark_device ();

  if (device == NULL || mark_write (device, text) == -1)
    return -1;
  if (is_named (text, "thaw"))
    unlink (FROZEN_NOTE);
  else if (is_named (text, "freeze")) {
    CLEANUP_CLOSE int note = open (FROZEN_NOTE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (note == -1) {
      error_message ("%s: %m", FROZEN_NOTE);
      return -1;
    }
  }
  return 0;
}

static int
open_path (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd == -1)
    error_message ("%s: %m", path);
  return fd;
}

/* Nothing may be written between the two marks, so each is inside: `freeze` after the one call, `thaw` before the
 * other.
 */
int
freeze (const char *path)
{
  if (mark_device () == NULL)
    return -1;
  CLEANUP_CLOSE int fd = open_path (path);
  if (fd == -1)
    return -1;
  if (ioctl (fd, FIFREEZE, 0) == -1) {
    if (errno == EOPNOTSUPP)
      error_message ("%s: a file system of this type cannot be frozen", path);
    else if (errno == EBUSY)
      error_message ("%s: the file system is frozen already: powercut-thaw thaws it", path);
    else
      error_message ("cannot freeze %s: %m", path);
    return -1;
  }
  if (mark_and_note ("freeze") == -1) {
    ioctl (fd, FITHAW, 0);
    return -1;
  }
  return 0;
}

/* Whatever becomes of the mark, the file system is thawed: programs wait for that. */
static int
mark_thaw (void)
{
  return access (FROZEN_NOTE, F_OK) == 0 ? mark_and_note ("thaw") : 0;
}

int
thaw (const char *path)
{
  CLEANUP_CLOSE int fd = open_path (path);

  if (fd == -1)
    return -1;
  int marked = mark_thaw ();
  if (ioctl (fd, FITHAW, 0) == 0)
    return marked;
  if (errno == EINVAL)
    error_message ("%s: the file system is not frozen", path);
  else
    error_message ("cannot thaw %s: %m", path);
  return -1;
}

int
thaw_all (const char *path)
{
  CLEANUP_CLOSE int fd = open_path (path);
  int count = 0;

  if (fd == -1)
    return -1;
  int marked = mark_thaw ();
  while (ioctl (fd, FITHAW, 0) == 0)
    count++;
  if (errno == EINVAL)
    return marked == -1 ? -1 : count;
  error_message ("cannot thaw %s: %m", path);
  return -1;
}

/* Who wrote it waits, all others run into it. */
int
freeze_at (const char *text)
{
  const char *wanted = getenv (AGENT_FREEZE_AT_VARIABLE);

  if (wanted == NULL || strcmp (wanted, text) != 0)
    return 0;
  if (freeze (AGENT_MOUNT_POINT) == -1)
    return -1;
  sleep (FREEZE_AT_SECONDS);
  return thaw (AGENT_MOUNT_POINT);
}
