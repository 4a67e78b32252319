/* SPDX-License-Identifier: BSD-3-Clause */
/* The log is written as LOG.part and gets its name when it is complete, and only then is an older LOG gone.  Everything
 * else of a recording (image, initramfs, sockets, console) lies in a private directory that is removed at the end,
 * whatever the end is.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/stop.h"
#include "common/text.h"
#include "log/calls.h"
#include "log/packed.h"
#include "log/reader.h"
#include "record/prepare.h"
#include "record/record.h"
#include "record/recording-paths.h"
#include "record/server.h"
#include "record/update.h"

/* A guest may not notice, or not tell, that a write of its was refused because the log could not take it. */
static int
check_recorder (const struct recording_run *run)
{
  CLEANUP_FREE char *recorder = server_trouble (run->recorder);

  if (recorder)
    error_message ("%s", recorder);
  return recorder ? -1 : 0;
}

/* A freeze that never was would be taken for one that went well. */
static int
check_freeze_at (const struct recording *recording, const struct write_log *log)
{
  const char *text = recording->freeze_at;
  bool marked = false, frozen = false;

  if (text == NULL)
    return 0;
  for (uint32_t i = 0; i < log->mark_count; i++) {
    const struct log_mark *mark = &log->marks[i];

    marked |= mark->length == strlen (text) && memcmp (mark->text, text, mark->length) == 0;
    frozen |= marked && log_mark_is (mark, "freeze", NULL, NULL);
  }
  if (!marked)
    error_message ("--freeze-at=%s: this mark was never written: let the command run powercut-mark", text);
  else if (!frozen)
    error_message ("--freeze-at=%s: the file system was not frozen: --fs=%s cannot be, or something else wrote the "
                   "mark than powercut-mark", text, recording->filesystem);
  return frozen ? 0 : -1;
}

/* Say so if not each system call was followed by what the rest of the system does. */
static void
tell_calls_left (const struct recording *recording, const struct write_log *log)
{
  const char *number;
  size_t length;

  if (log_find_mark (log, LOG_CALLS_LEFT_MARK, &number, &length))
    error_message ("--background=%s: there are very many system calls: from call %.*s on it was not done after each",
                   background_name (recording->background), (int) length, number);
}

/* Look at what was recorded, if there is something to be found.  Returns 0, or -1 after a message. */
static int
check_log (const struct recording_run *run)
{
  const struct recording *recording = run->recording;
  struct write_log *log;

  if (recording->freeze_at == NULL && recording->path_down_at == NULL && recording->background == BACKGROUND_NONE)
    return 0;
  log = write_log_open (run->recorder->part);
  if (log == NULL)
    return -1;
  tell_calls_left (recording, log);
  const int r = check_freeze_at (recording, log) == -1 ? -1 : recording_check_cut (recording, log);
  write_log_close (log);
  return r;
}

static int
record_steps (struct recording_run *run)
{
  return recorder_begin (run->recorder, run->recording) == -1 || prepare_tree (run) == -1 ? -1
    : record_update (run);
}

/* Keep what a guest that died has left: not as the log, of which there may be a good one. */
static void
keep_what_died (const struct recording_run *run)
{
  CLEANUP_FREE char *name = text_format ("%s" RECORD_DIED_SUFFIX, run->recording->log);

  if (name == NULL)
    return;
  if (rename (run->recorder->part, name) == -1)
    error_message ("%s: %m", name);
  else
    error_message ("%s holds what was recorded up to there: see replay --list", name);
}

/* Give the log its name, and pack it if that is asked for; it is kept as it is where there is no room for that. */
static int
name_log (const struct recording_run *run)
{
  const char *part = run->recorder->part, *log = run->recording->log;
  const bool packed = run->recording->compress && log_pack (part, log) == 0;

  if (!packed && rename (part, log) == -1) {
    error_message ("%s: %m", log);
    unlink (part);
    return -1;
  }
  if (packed)
    unlink (part);
  else if (run->recording->compress)
    error_message ("%s: is kept as it is, not compressed", log);
  return 0;
}

/* Give the log its name, or remove it. */
static int
finish_log (struct recording_run *run, int result)
{
  if (run->recorder->part == NULL)
    return result;
  if (result == -1 && run->died)
    keep_what_died (run);
  else if (result == -1)
    unlink (run->recorder->part);
  else
    return name_log (run);
  return result;
}

int
record (struct recorder *recorder, const struct recording *recording)
{
  struct recorder single = { .filesystems = NULL };
  struct recording_run run = { .recording = recording, .recorder = recorder ? recorder : &single };

  run.recorder->progress = progress_begin (recording->guest.quiet);
  int r = record_steps (&run);
  progress_end (run.recorder->progress);
  run.recorder->progress = NULL;

  if (r == 0 && recorder)
    r = recorder_recycle (recorder);
  if (r == -1 || recorder == NULL)
    recorder_end_guest (run.recorder);
  const bool enough = r == -1 && run.begun && stop_take_back ();
  if (r == 0 || enough)
    r = check_recorder (&run) == -1 ? -1 : enough ? 0 : check_log (&run);
  r = finish_log (&run, r);
  recorder_forget (run.recorder);
  recorder_release (&single);
  return r == -1 && run.not_supported ? RECORD_NOT_SUPPORTED : r == 0 && enough ? RECORD_ENOUGH : r;
}
