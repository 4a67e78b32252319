/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/answer.h"
#include "guest/agent/pace.h"
#include "guest/agent/protocol.h"
#include "guest/missing.h"
#include "log/device.h"
#include "record/ask.h"
#include "record/server.h"

#define CALL_TIMEOUT_MS 60000   /* for what the agent does itself */
#define REASON_LINES 1
#define OUTPUT_LINES 4          /* of a program that failed: dd and others put the error before the last line */
#define STATUS_NO_INTERPRETER 127

/* Why the guest is in trouble: the recorder's own trouble, if it has any, comes first. */
static void
report_trouble (struct recording_run *run, const char *what, const struct vm_answer *answer)
{
  CLEANUP_FREE char *recorder = server_trouble (run->recorder);
  CLEANUP_FREE char *reason = NULL;

  if (answer->failure == VM_STOPPED)
    return;
  run->died = (answer->failure == VM_DIED || answer->failure == VM_HUNG) && run->begun;
  if (recorder)
    error_message ("%s failed: %s", what, recorder);
  else if (answer->failure == VM_HUNG)
    error_message ("%s: the guest gave no answer in time: see --timeout", what);
  else if (answer->failure == VM_REFUSED) {
    CLEANUP_FREE char *named = run->recording->assemble ? disks_name (&run->recording->disks, answer->text) : NULL;
    error_message ("%s failed in the guest: %s", what, named ? named : answer->text);
  }
  else if (answer->failure == VM_BROKEN)
    error_message ("%s failed: %s", what, answer->text);
  else {
    reason = console_reason (run->recorder->console, REASON_LINES);
    error_message ("%s: the guest died: %s", what, reason);
  }
}

/* For how many seconds the device may keep the guest waiting, which is no fault of its. */
static uint64_t
held_seconds (const struct recording *recording)
{
  return strcmp (recording->device, LOG_DEVICE_FAST) == 0 ? 0 : recording->hold_limit_seconds;
}

static char *
ask_for (struct recording_run *run, const char *what, int timeout_ms, const char *const *words)
{
  struct vm_answer answer = vm_call (run->recorder->vm, timeout_ms, words);

  if (answer.failure == VM_OK)
    return answer.text;
  report_trouble (run, what, &answer);
  free (answer.text);
  return NULL;
}

char *
ask_guest_within (struct recording_run *run, const char *what, uint64_t seconds, const char *const *words)
{
  return ask_for (run, what, (int) (seconds + held_seconds (run->recording)) * 1000 + CALL_TIMEOUT_MS, words);
}

char *
ask_guest (struct recording_run *run, const char *what, const char *const *words)
{
  return ask_guest_within (run, what, 0, words);
}

int
tell_guest (struct recording_run *run, const char *what, const char *const *words)
{
  CLEANUP_FREE char *payload = ask_guest (run, what, words);

  return payload ? 0 : -1;
}

int
try_guest (struct recording_run *run, const char *what, const char *const *words)
{
  struct vm_answer answer = vm_call (run->recorder->vm, CALL_TIMEOUT_MS, words);
  const bool refused = answer.failure == VM_REFUSED;

  if (answer.failure != VM_OK && !refused)
    report_trouble (run, what, &answer);
  free (answer.text);
  return answer.failure == VM_OK ? 0 : refused ? 1 : -1;
}

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
thaw (struct recording_run *run, const char *what)
{
  CLEANUP_FREE char *count = ask_guest (run, "thawing", WORDS ("thaw"));

  if (count && strcmp (count, "0") != 0)
    error_message ("%s ended with the file system frozen: it was thawed", what);
  return count ? 0 : -1;
}

/* Say that WHAT ended in the guest as ENDING says, after it had printed OUTPUT, which is changed. */
static void
report_failure (struct recording_run *run, const char *what, const char *ending, char *output)
{
  CLEANUP_FREE char *recorder = server_trouble (run->recorder);
  CLEANUP_FREE char *hint = recorder ? NULL : missing_hint (output);
  const char *last = recorder ? recorder : last_lines (output);

  /* Where nobody was there to say it. */
  if (*last == '\0' && answer_exit_status (ending) == STATUS_NO_INTERPRETER)
    last = "it could not be started: its interpreter or loader is not in the guest";
  error_message ("%s ended in the guest with %s%s%s%s%s%s", what,
                 strcmp (ending, ANSWER_TIMEOUT) == 0 ? "a time-out: see --timeout" : ending, *last ? ": " : "", last,
                 hint ? " (" : "", hint ? hint : "", hint ? ")" : "");
}

char *
run_in_guest (struct recording_run *run, const char *what, const char *const *command)
{
  const bool disturbed = run->recording->background != BACKGROUND_NONE;
  const uint64_t timeout_seconds = run->recording->guest.timeout_seconds + (disturbed ? PACE_SPENT_MAX_MS / 1000 : 0)
    + held_seconds (run->recording);
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
  return ask_for (run, what, (int) timeout_seconds * 1000 + CALL_TIMEOUT_MS, words);
}

int
run_program (struct recording_run *run, const char *what, const char *const *command, char **output)
{
  CLEANUP_FREE char *payload = run_in_guest (run, what, command);
  char *text;

  if (payload == NULL)
    return -1;
  text = strchr (payload, '\n');
  *output = strdup (text ? text + 1 : "");
  if (*output == NULL)
    return out_of_memory ();
  if (text)
    *text = '\0';
  run->not_supported = answer_exit_status (payload) == RECORD_NOT_SUPPORTED;
  if (answer_exit_status (payload) == 0)
    return thaw (run, what);
  report_failure (run, what, payload, *output);
  return -1;
}
