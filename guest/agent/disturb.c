/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/disturb.h"
#include "guest/agent/protocol.h"
#include "log/calls.h"

#define OTHER_FILE AGENT_MOUNT_POINT "/" TREE_LEFT_OUT

int
disturbance_read (struct disturbance *disturbance)
{
  const char *name = getenv (AGENT_BACKGROUND_VARIABLE);

  disturbance->background = BACKGROUND_NONE;
  if (name && background_parse (name, &disturbance->background) == -1) {
    error_message ("%s=%s: no such background: host and agent are of different versions", AGENT_BACKGROUND_VARIABLE,
                   name);
    return -1;
  }
  disturbance->mark_device = name ? mark_device () : NULL;
  return name && disturbance->mark_device == NULL ? -1 : 0;
}

/* Make the file larger, so that there is something to sync, and sync it.  Returns 0 or an errno. */
static int
sync_other_file (void)
{
  CLEANUP_CLOSE int fd = open (OTHER_FILE, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

  return fd == -1 || write (fd, "\n", 1) != 1 || fsync (fd) == -1 ? errno : 0;
}

static int
sync_all (void)
{
  CLEANUP_CLOSE int fd = open (AGENT_MOUNT_POINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  return fd == -1 || syncfs (fd) == -1 ? errno : 0;
}

int
disturb_make_file (void)
{
  errno = sync_other_file ();
  if (errno == 0)
    return 0;
  error_message ("--background=commit: cannot make a file to be synced: %m");
  return -1;
}

int
disturb (const struct disturbance *disturbance, uint64_t number, const char *text, bool changed)
{
  CLEANUP_FREE char *mark = text_format (LOG_CALL_MARK " %" PRIu64 " %s", number, text);

  if (mark == NULL || mark_write (disturbance->mark_device, mark) == -1)
    return -1;
  return !changed ? 0 : disturbance->background == BACKGROUND_COMMIT ? sync_other_file () : sync_all ();
}

int
disturb_less (const struct disturbance *disturbance, uint64_t number)
{
  CLEANUP_FREE char *mark = text_format (LOG_CALLS_LEFT_MARK " %" PRIu64, number);

  return mark == NULL ? -1 : mark_write (disturbance->mark_device, mark);
}
