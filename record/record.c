/* SPDX-License-Identifier: BSD-3-Clause */
/* The log is written as LOG.part and gets its name when it is complete, and only then is an older LOG gone.  Everything
 * else of a recording (image, initramfs, sockets, console) lies in a private folder that is removed at the end,
 * whatever the end is.
 */
#include <config.h>

#include <errno.h>
#include <libnbd.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checker/observe/pages.h"
#include "common/cleanup.h"
#include "common/complaint.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/nbdkit.h"
#include "common/number.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/agent/protocol.h"
#include "guest/missing.h"
#include "log/reader.h"
#include "nbd-plugin/parameters.h"
#include "record/mkfs.h"
#include "record/record.h"
#include "record/recorder.h"

#define CALL_TIMEOUT_MS 60000   /* for what the agent does itself */
#define REASON_LINES 1
#define EXIT_GOOD "exit 0"
#define EXIT_NOT_SUPPORTED "exit 77"    /* how the agent tells RECORD_NOT_SUPPORTED */

/* What a recording holds while it goes on. */
struct session {
  const struct recording *recording;
  struct recorder *recorder;
  bool begun;
  bool died;                    /* the guest died or hung: the log up to there is worth keeping */
  bool not_supported;           /* a command ended with RECORD_NOT_SUPPORTED */
};

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

/* What keeps the recorder from recording, to free, or NULL. */
static char *
recorder_trouble (const struct session *session)
{
  return nbdkit_error_line (&session->recorder->nbdkit, "cannot record");
}

/* Why the guest is in trouble: the recorder's own trouble, if it has any, comes first. */
static void
report_trouble (struct session *session, const char *what, const struct vm_answer *answer)
{
  CLEANUP_FREE char *recorder = recorder_trouble (session);
  CLEANUP_FREE char *reason = NULL;

  if (answer->failure == VM_STOPPED)
    return;
  session->died = (answer->failure == VM_DIED || answer->failure == VM_HUNG) && session->begun;
  if (recorder)
    error_message ("%s failed: %s", what, recorder);
  else if (answer->failure == VM_HUNG)
    error_message ("%s: the guest gave no answer in time: see --timeout", what);
  else if (answer->failure == VM_REFUSED)
    error_message ("%s failed in the guest: %s", what, answer->text);
  else if (answer->failure == VM_BROKEN)
    error_message ("%s failed: %s", what, answer->text);
  else {
    reason = console_reason (session->recorder->console, REASON_LINES);
    error_message ("%s: the guest died: %s", what, reason);
  }
}

/* Ask the agent.  Returns the payload, to free, or NULL after a message that begins with WHAT (none after a stop). */
static char *
ask (struct session *session, const char *what, int timeout_ms, const char *const *words)
{
  struct vm_answer answer = vm_call (session->recorder->vm, timeout_ms, words);

  if (answer.failure == VM_OK)
    return answer.text;
  report_trouble (session, what, &answer);
  free (answer.text);
  return NULL;
}

/* Ask for something that has no payload of interest. */
static int
tell (struct session *session, const char *what, const char *const *words)
{
  CLEANUP_FREE char *payload = ask (session, what, CALL_TIMEOUT_MS, words);

  return payload ? 0 : -1;
}

static int
mark (struct session *session, const char *text)
{
  return tell (session, "writing a mark", (const char *const[]) { "mark", session->recorder->mark_device, text, NULL });
}

/* Write a mark from here: `powercut:NAME` with a payload of any length, NULs behind it up to a whole sector. */
static int
mark_payload (struct session *session, const char *name, const char *payload)
{
  size_t length = strlen ("powercut:") + strlen (name) + 1 + strlen (payload);
  size_t size = (length / LOG_SECTOR + 1) * LOG_SECTOR;
  CLEANUP_FREE char *text = calloc (1, size);

  if (text == NULL)
    return out_of_memory ();
  snprintf (text, size, "powercut:%s %s", name, payload);
  if (nbd_pwrite (session->recorder->marks, text, size, 0, 0) == -1) {
    CLEANUP_FREE char *recorder = recorder_trouble (session);

    error_message ("cannot record the observed tree: %s", recorder ? recorder : nbd_get_error ());
    return -1;
  }
  return 0;
}

#define OUTPUT_LINES 4          /* of a program that failed: dd and others put the error before the last line */

/* The last lines of TEXT, which is changed, as one line. */
static const char *
last_lines (char *text)
{
  char *at = text + strlen (text);
  int lines = 0;

  while (at > text && at[-1] == '\n')
    *--at = '\0';
  for (; at > text; at--)
    if (at[-1] == '\n') {
      if (++lines == OUTPUT_LINES)
        break;
      at[-1] = '|';
    }
  return at;
}

/* What is still frozen after WHAT would stop the recorder at the next sync, for ever. */
static int
thaw (struct session *session, const char *what)
{
  CLEANUP_FREE char *count = ask (session, "thawing", CALL_TIMEOUT_MS, (const char *const[]) { "thaw", NULL });

  if (count && strcmp (count, "0") != 0)
    error_message ("%s ended with the file system frozen: it was thawed", what);
  return count ? 0 : -1;
}

/* Say that WHAT ended in the guest as ENDING says, after it had printed OUTPUT, which is changed. */
static void
report_failure (struct session *session, const char *what, const char *ending, char *output)
{
  CLEANUP_FREE char *recorder = recorder_trouble (session);
  CLEANUP_FREE char *hint = recorder ? NULL : missing_hint (output);
  const char *last = recorder ? recorder : last_lines (output);

  /* Where nobody was there to say it. */
  if (*last == '\0' && strcmp (ending, "exit 127") == 0)
    last = "it could not be started: its interpreter or loader is not in the guest";
  error_message ("%s ended in the guest with %s%s%s%s%s%s", what,
                 strcmp (ending, "timeout") == 0 ? "a time-out: see --timeout" : ending, *last ? ": " : "", last,
                 hint ? " (" : "", hint ? hint : "", hint ? ")" : "");
}

/* Run COMMAND in the guest.  Returns how it ended, and what it printed (guest/agent/protocol.h), to free; or NULL after a message. */
static char *
run_in_guest (struct session *session, const char *what, const char *const *command)
{
  const uint64_t timeout_seconds = session->recording->guest.timeout_seconds;
  CLEANUP_FREE const char **words = NULL;
  char timeout[32];
  size_t count = 0;

  while (command[count])
    count++;
  words = calloc (count + 3, sizeof *words);
  if (words == NULL) {
    out_of_memory ();
    return NULL;
  }
  snprintf (timeout, sizeof timeout, "%ju", (uintmax_t) timeout_seconds);
  words[0] = "run";
  words[1] = timeout;
  memcpy (words + 2, command, count * sizeof *words);
  return ask (session, what, (int) timeout_seconds * 1000 + CALL_TIMEOUT_MS, words);
}

/* Run a program in the guest.  *output is what it printed, to free.  Returns 0 if it exited with 0, or -1 after a message. */
static int
run_program (struct session *session, const char *what, const char *const *command, char **output)
{
  CLEANUP_FREE char *payload = run_in_guest (session, what, command);
  char *text;

  if (payload == NULL)
    return -1;
  text = strchr (payload, '\n');
  *output = strdup (text ? text + 1 : "");
  if (*output == NULL)
    return out_of_memory ();
  if (text)
    *text = '\0';
  session->not_supported = strcmp (payload, EXIT_NOT_SUPPORTED) == 0;
  if (strcmp (payload, EXIT_GOOD) == 0)
    return thaw (session, what);
  report_failure (session, what, payload, *output);
  return -1;
}

/* Observe the tree and put it into a mark; the text, to free, in *tree. */
static int
observe (struct session *session, const char *name, char **tree)
{
  const struct option_texts *watch = &session->recording->watch;
  CLEANUP_FREE const char **words = calloc (watch->count + 2, sizeof *words);
  CLEANUP_FREE char *digest = NULL;

  if (words == NULL)
    return out_of_memory ();
  words[0] = "observe";
  for (size_t i = 0; i < watch->count; i++)
    words[1 + i] = watch->texts[i];
  digest = ask (session, "observing the tree", CALL_TIMEOUT_MS, words);
  if (digest == NULL)
    return -1;
  *tree = ask (session, "observing the tree", CALL_TIMEOUT_MS, (const char *const[]) { "tree", NULL });
  return *tree ? mark_payload (session, name, *tree) : -1;
}

/* Whether a tree (checker/observe/tree.h) has a line for PATH. */
static bool
tree_has (const char *tree, const char *path)
{
  CLEANUP_FREE char *line_end = NULL;
  size_t length;
  FILE *file = open_memstream (&line_end, &length);

  if (file == NULL)
    return false;
  putc (' ', file);
  escape_word (path, strlen (path), file);
  putc ('\n', file);
  return fclose (file) == 0 && strstr (tree, line_end) != NULL;
}

/* A path that is never there would be right in every crash state: it must be a mistake. */
static int
check_watch (const struct recording *recording, const char *old_tree, const char *new_tree)
{
  if (recording->guest.page_bytes > 0 && *pages_begin (old_tree) == '\0' && *pages_begin (new_tree) == '\0') {
    error_message ("--pages: there is no file, neither before the update nor after it");
    return -1;
  }
  for (size_t i = 0; i < recording->watch.count; i++) {
    const char *path = recording->watch.texts[i];

    if (!tree_has (old_tree, path) && !tree_has (new_tree, path)) {
      error_message ("--watch=%s: neither there before the update nor after it: give a path as `find -printf '%%P\\n'` does, "
                     "relative to the file system's root", path);
      return -1;
    }
  }
  return 0;
}

/* The guest's own NBD clients, for as long as it runs. */
static int
attach (struct session *session)
{
  struct recorder *recorder = session->recorder;

  if (session->recording->virtio || recorder->attached)
    return 0;
  recorder->attached = true;
  return tell (session, "attaching the disk",
               (const char *const[]) { "attach", session->recorder->disk, VM_NBD_ADDRESS, "10809", DISK_EXPORT, NULL }) == -1
    ? -1 : tell (session, "attaching the mark device",
                 (const char *const[]) { "attach", session->recorder->mark_device, VM_NBD_ADDRESS, "10810", MARK_EXPORT, NULL });
}

/* Say why mkfs failed: the recorder could not take its writes, or ANSWER, how it ended and what it printed, says it. */
static void
report_mkfs (const struct session *session, char *answer)
{
  const struct recording *recording = session->recording;
  CLEANUP_FREE char *recorder = recorder_trouble (session);
  const char *ending = strsep (&answer, "\n");
  CLEANUP_FREE char *complaint = complaint_in (answer ? answer : "");
  const bool silent = complaint == NULL || *complaint == '\0';

  if (recorder) {
    error_message ("making a file system failed: %s", recorder);
    return;
  }
  error_message ("no file system of type %s on %ju bytes (see --size and --mkfs): mkfs.%s ended in the guest with %s%s%s",
                 recording->filesystem, (uintmax_t) recording->size_bytes, recording->filesystem,
                 strcmp (ending, "timeout") == 0 ? "a time-out: see --timeout" : ending, silent ? "" : ": ",
                 silent ? "" : complaint);
}

/* Let the guest make the file system on the disk. */
static int
make_filesystem (struct session *session)
{
  const struct recording *recording = session->recording;
  struct recorder *recorder = session->recorder;
  CLEANUP_FREE char **command = mkfs_command (recorder->mkfs, recording->filesystem, recording->mkfs_arguments, recorder->disk);
  CLEANUP_FREE char *answer = NULL;

  progress_stage (recorder->progress, "making a file system: %s", recording->filesystem);
  if (command == NULL)
    return -1;
  answer = run_in_guest (session, "mkfs", (const char *const *) command);
  if (answer == NULL)
    return -1;
  if (strncmp (answer, EXIT_GOOD "\n", strlen (EXIT_GOOD "\n")) != 0) {
    report_mkfs (session, answer);
    return -1;
  }
  return tell (session, "writing out the file system", (const char *const[]) { "sync", recorder->disk, NULL }) == -1 ? -1
    : recorder_start_log (recorder);
}

/* Attach and mount the disk and bring the tree to what is to be updated. */
static int
prepare_tree (struct session *session)
{
  const struct recording *recording = session->recording;

  if (attach (session) == -1 || (session->recorder->empty && make_filesystem (session) == -1))
    return -1;
  progress_stage (session->recorder->progress, "setting up");
  if (tell (session, "naming the mark device",
            (const char *const[]) { "setenv", AGENT_MARK_DEVICE_VARIABLE, session->recorder->mark_device, NULL }) == -1)
    return -1;
  if (tell (session, "mounting the file system (see --mount)",
            (const char *const[]) { "mount", session->recorder->disk, recording->filesystem, recording->mount_options, NULL })
      == -1)
    return -1;
  if (recording->initial
      && tell (session, "copying the initial tree", (const char *const[]) { "copy", RECORDER_INITIAL_TREE, NULL }) == -1)
    return -1;
  for (size_t i = 0; i < recording->setup.count; i++) {
    CLEANUP_FREE char *output = NULL;

    if (run_program (session, "--setup", (const char *const[]) { "/bin/sh", "-c", recording->setup.texts[i], NULL },
                     &output) == -1)
      return -1;
  }
  if (recording->workload) {
    CLEANUP_FREE char *output = NULL;

    if (run_program (session, "the workload's setup",
                     (const char *const[]) { AGENT_WORKLOAD_TOOL, "--setup", recording->workload, NULL }, &output) == -1)
      return -1;
  }
  if (recording->guest.page_bytes > 0
      && tell (session, "asking for pages", (const char *const[]) { "sectors", "all", NULL }) == -1)
    return -1;
  /* Not before: a mark of --setup is none of the update. */
  if (recording->freeze_at
      && tell (session, "naming the mark",
               (const char *const[]) { "setenv", AGENT_FREEZE_AT_VARIABLE, recording->freeze_at, NULL }) == -1)
    return -1;
  /* Where sync(2) flushes nothing (vfat, exfat, ext2, jfs), what is there before `begin` could be lost by a crash behind it. */
  return tell (session, "sync", (const char *const[]) { "sync", session->recorder->disk, NULL });
}

/* Wait for some seconds, or until a stop is asked for. */
static int
wait_seconds (uint64_t seconds)
{
  struct pollfd poller = { .fd = stop_fd (), .events = POLLIN };

  for (; seconds > 0 && !stop_requested (); seconds--)
    poll (&poller, 1, 1000);
  return stop_requested () ? -1 : 0;
}

/* No flush of ours here: whatever the file system leaves pending is decided at the mark `end`, the last crash point. */
static int
settle (struct session *session)
{
  const struct recording *recording = session->recording;

  if (recording->settle == SETTLE_NONE)
    return 0;
  progress_stage (session->recorder->progress, "writing back");
  if (recording->settle == SETTLE_SECONDS && wait_seconds (recording->settle_seconds) == -1)
    return -1;
  return tell (session, "sync", (const char *const[]) { "sync", NULL });
}

/* The mark NAME of step NUMBER. */
static int
mark_step (struct session *session, const char *name, size_t number)
{
  char text[64];

  if (session->recording->step.count == 0)
    return mark (session, name);
  snprintf (text, sizeof text, "%s %zu", name, number);
  return mark (session, text);
}

/* Print what a command printed in the guest, as whole lines. */
static void
print_output (struct session *session, const char *output)
{
  FILE *stream = session->recording->output_aside ? stderr : stdout;
  const size_t length = strlen (output);

  progress_clear (session->recorder->progress);
  print_lines_safely (output, length, stream);
  if (length > 0 && output[length - 1] != '\n')
    putc ('\n', stream);
  fflush (stream);
}

/* One step between its marks, and the tree after it; *tree is what there was before, and then what there is. */
static int
record_step (struct session *session, const char *what, const char *const *command, size_t number, char **tree)
{
  CLEANUP_FREE char *output = NULL;

  if (mark_step (session, "begin", number) == -1)
    return -1;
  session->begun = true;
  if (session->recording->step.count > 0)
    progress_stage (session->recorder->progress, "running step %zu of %zu", number, session->recording->step.count);
  else
    progress_stage (session->recorder->progress, "running %s", what);
  if (run_program (session, what, command, &output) == -1 || mark_step (session, "commit", number) == -1)
    return -1;
  if (!session->recording->guest.quiet && output)
    print_output (session, output);
  free (*tree);
  *tree = NULL;
  return observe (session, "new", tree);
}

/* COMMAND, as a step of its own. */
static int
record_only_step (struct session *session, char **tree)
{
  const struct recording *recording = session->recording;
  CLEANUP_FREE const char **command = NULL;
  size_t count = 0;

  while (recording->command[count])
    count++;
  command = calloc (count + 1, sizeof *command);
  if (command == NULL)
    return out_of_memory ();
  memcpy (command, recording->command, count * sizeof *command);
  command[0] = session->recorder->program;
  return record_step (session, recording->command[0], command, 1, tree);
}

/* The update itself. */
static int
record_update (struct session *session)
{
  const struct recording *recording = session->recording;
  CLEANUP_FREE char *old_tree = NULL, *tree = NULL;
  int r = observe (session, "old", &old_tree);

  if (r == 0 && recording->workload)
    r = record_step (session, "the workload", (const char *const[]) { AGENT_WORKLOAD_TOOL, recording->workload, NULL }, 1, &tree);
  else if (r == 0 && recording->step.count == 0)
    r = record_only_step (session, &tree);
  for (size_t i = 0; i < recording->step.count && r == 0; i++)
    r = record_step (session, "--step", (const char *const[]) { "/bin/sh", "-c", recording->step.texts[i], NULL }, i + 1, &tree);
  if (r == -1 || check_watch (recording, old_tree, tree) == -1 || settle (session) == -1)
    return -1;
  return mark (session, "end");
}

/* A guest may not notice, or not tell, that a write of its was refused because the log could not take it. */
static int
check_recorder (const struct session *session)
{
  CLEANUP_FREE char *recorder = recorder_trouble (session);

  if (recorder)
    error_message ("%s", recorder);
  return recorder ? -1 : 0;
}

/* A freeze that never was would be taken for one that went well. */
static int
check_freeze_at (const struct session *session)
{
  const char *text = session->recording->freeze_at;
  struct write_log *log = text ? write_log_open (session->recorder->part) : NULL;
  bool marked = false, frozen = false;

  if (text == NULL)
    return 0;
  if (log == NULL)
    return -1;
  for (uint32_t i = 0; i < log->mark_count; i++) {
    const struct log_mark *mark = &log->marks[i];

    marked |= mark->length == strlen (text) && memcmp (mark->text, text, mark->length) == 0;
    frozen |= marked && log_mark_is (mark, "freeze", NULL, NULL);
  }
  write_log_close (log);
  if (!marked)
    error_message ("--freeze-at=%s: this mark was never written: let the command run powercut-mark", text);
  else if (!frozen)
    error_message ("--freeze-at=%s: the file system was not frozen: --fs=%s cannot be, or something else wrote the mark than "
                   "powercut-mark", text, session->recording->filesystem);
  return frozen ? 0 : -1;
}

static int
record_steps (struct session *session)
{
  return recorder_begin (session->recorder, session->recording) == -1 || prepare_tree (session) == -1 ? -1
    : record_update (session);
}

/* Keep what a guest that died has left: not as the log, of which there may be a good one. */
static void
keep_what_died (const struct session *session)
{
  CLEANUP_FREE char *name = text_format ("%s" RECORD_DIED_SUFFIX, session->recording->log);

  if (name == NULL)
    return;
  if (rename (session->recorder->part, name) == -1)
    error_message ("%s: %m", name);
  else
    error_message ("%s holds what was recorded up to there: see replay --list", name);
}

/* Give the log its name, or remove it. */
static int
finish_log (struct session *session, int result)
{
  if (session->recorder->part == NULL)
    return result;
  if (result == -1 && session->died)
    keep_what_died (session);
  else if (result == -1)
    unlink (session->recorder->part);
  else if (rename (session->recorder->part, session->recording->log) == -1) {
    error_message ("%s: %m", session->recording->log);
    unlink (session->recorder->part);
    return -1;
  }
  return result;
}

int
record (struct recorder *recorder, const struct recording *recording)
{
  struct recorder single = { .filesystems = NULL };
  struct session session = { .recording = recording, .recorder = recorder ? recorder : &single };

  session.recorder->progress = progress_begin (recording->guest.quiet);
  int r = record_steps (&session);
  progress_end (session.recorder->progress);
  session.recorder->progress = NULL;

  if (r == 0 && recorder)
    r = recorder_recycle (recorder);
  if (r == -1 || recorder == NULL)
    recorder_end_guest (session.recorder);
  if (r == 0)
    r = check_recorder (&session) == -1 ? -1 : check_freeze_at (&session);
  r = finish_log (&session, r);
  recorder_forget (session.recorder);
  recorder_release (&single);
  return r == -1 && session.not_supported ? RECORD_NOT_SUPPORTED : r;
}
