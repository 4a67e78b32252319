/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/publish.h"
#include "common/text.h"
#include "guest/agent/mark-text.h"
#include "guest/checker-there.h"
#include "nbd-plugin/hold.h"
#include "record/recording-check.h"

#define ROOM_BYTES (1 << 20)    /* a disk that has less is full: what mkfs makes is in the log, too */

/* There is one update, no more and no less, and a log for it. */
static int
check_update (const struct recording *recording)
{
  if (recording->command[0] == NULL && recording->step.count == 0 && recording->workload == NULL) {
    error_message ("which command? write it behind `--`: see --help");
    return -1;
  }
  if (recording->command[0] && recording->step.count > 0) {
    error_message ("%s: --step and a command behind `--` exclude one another: make it a step", recording->command[0]);
    return -1;
  }
  if (recording->log == NULL) {
    error_message ("where to write the log? give -o LOG: see --help");
    return -1;
  }
  return 0;
}

/* Is there room for the log LOG?  Returns 0, or -1 after a message. */
static int
check_room (const char *log)
{
  const char *slash = strrchr (log, '/');
  CLEANUP_FREE char *directory = slash ? text_format ("%.*s", (int) (slash - log + 1), log) : text_format (".");
  struct statvfs room;

  if (directory == NULL)
    return -1;
  if (statvfs (directory, &room) == -1) {
    error_message ("%s: %m", directory);
    return -1;
  }
  if ((uint64_t) room.f_bavail * room.f_frsize >= ROOM_BYTES)
    return 0;
  error_message ("-o %s: less than %d KiB are free there: free some space, or put the log elsewhere", log,
                 ROOM_BYTES >> 10);
  return -1;
}

int
recording_check_log (const char *log)
{
  struct stat status;

  if (stat (log, &status) == 0 && !S_ISREG (status.st_mode)) {
    error_message ("-o %s: is there already and no regular file", log);
    return -1;
  }
  /* Standard output may be a regular file, too. */
  if (publish_is_direct (log)) {
    error_message ("-o %s: a log is a file of its own: name one", log);
    return -1;
  }
  return publish_check (log) == -1 ? -1 : check_room (log);
}

/* Whether PATH is as in an observation: names with single slashes between them, none of them `.` or `..`. */
static bool
is_relative (const char *path)
{
  for (;;) {
    size_t length = strcspn (path, "/");

    if (length == 0 || (length <= 2 && strncmp (path, "..", length) == 0))
      return false;
    if (path[length] == '\0')
      return true;
    path += length + 1;
  }
}

static int
check_watch (const struct option_texts *watch)
{
  for (size_t i = 0; i < watch->count; i++)
    if (!is_relative (watch->texts[i])) {
      error_message ("--watch=%s: give a path relative to the file system's root, such as `directory/file`",
                     watch->texts[i]);
      return -1;
    }
  return 0;
}

int
recording_check_device (const char *device)
{
  struct hold_config ignored;

  if (hold_parse (device, &ignored) == 0)
    return 0;
  error_message ("--device=%s: give late, fast or random:SEED, where SEED is a number", device);
  return -1;
}

int
recording_check (const struct recording *recording)
{
  const char *fault = recording->freeze_at ? mark_text_fault (recording->freeze_at) : NULL;
  const bool fresh = recording->setup.count == 0 && recording->initial == NULL;

  if (check_update (recording) == -1 || recording_check_log (recording->log) == -1
      || check_watch (&recording->watch) == -1 || recording_check_device (recording->device) == -1)
    return -1;
  if (fault) {
    error_message ("--freeze-at=%s: %s", recording->freeze_at, fault);
    return -1;
  }
  if (recording->hold_limit_seconds > HOLD_LIMIT_SECONDS_MAX) {
    error_message ("--hold-limit=%ju: give a day at most, which is %d seconds",
                   (uintmax_t) recording->hold_limit_seconds, HOLD_LIMIT_SECONDS_MAX);
    return -1;
  }
  return recording->guest.check ? checker_there (recording->guest.check, fresh) : 0;
}

int
recording_parse_settle (const char *text, struct recording *recording)
{
  if (strcmp (text, "sync") == 0)
    recording->settle = SETTLE_SYNC;
  else if (strcmp (text, "none") == 0)
    recording->settle = SETTLE_NONE;
  else if (parse_seconds (text, &recording->settle_seconds) == 0 && recording->settle_seconds <= INT_MAX)
    recording->settle = SETTLE_SECONDS;
  else {
    error_message ("--settle=%s: give sync, none or a time in seconds", text);
    return -1;
  }
  return 0;
}
