/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "common/complaint.h"
#include "common/message.h"
#include "guest/agent/answer.h"
#include "guest/agent/protocol.h"
#include "nbd-plugin/parameters.h"
#include "record/mkfs.h"
#include "record/prepare.h"
#include "record/server.h"

/* The guest's own NBD clients, for as long as it runs. */
static int
attach (struct recording_run *run)
{
  struct recorder *recorder = run->recorder;

  if (run->recording->virtio || recorder->attached)
    return 0;
  recorder->attached = true;
  if (tell_guest (run, "attaching the disk",
                  WORDS ("attach", recorder->disk, VM_NBD_ADDRESS, "10809", DISK_EXPORT)) == -1)
    return -1;
  return tell_guest (run, "attaching the mark device",
                     WORDS ("attach", recorder->mark_device, VM_NBD_ADDRESS, "10810", MARK_EXPORT));
}

/* Say why mkfs failed: the recorder could not take its writes, or how it ended and what it printed says it. */
static void
report_mkfs (const struct recording_run *run, const char *ending, const char *output)
{
  const struct recording *recording = run->recording;
  CLEANUP_FREE char *recorder = server_trouble (run->recorder);
  CLEANUP_FREE char *complaint = complaint_in (output ? output : "");
  const bool silent = complaint == NULL || *complaint == '\0';

  if (recorder) {
    error_message ("making a file system failed: %s", recorder);
    return;
  }
  error_message ("no file system of type %s on %ju bytes (see --size and --mkfs): mkfs.%s ended in the guest "
                 "with %s%s%s",
                 recording->filesystem, (uintmax_t) recording->size_bytes, recording->filesystem,
                 strcmp (ending, ANSWER_TIMEOUT) == 0 ? "a time-out: see --timeout" : ending, silent ? "" : ": ",
                 silent ? "" : complaint);
}

/* Let the guest make the file system on the disk. */
static int
make_filesystem (struct recording_run *run)
{
  const struct recording *recording = run->recording;
  struct recorder *recorder = run->recorder;
  CLEANUP_FREE char **command = mkfs_command (recorder->mkfs, recording->filesystem, recording->mkfs_arguments,
                                              recorder->disk);
  CLEANUP_FREE char *answer = NULL;

  progress_stage (recorder->progress, "making a file system: %s", recording->filesystem);
  if (command == NULL)
    return -1;
  answer = run_in_guest (run, "mkfs", (const char *const *) command);
  if (answer == NULL)
    return -1;
  char *output = answer;
  const char *ending = strsep (&output, "\n");
  if (answer_exit_status (ending) != 0) {
    report_mkfs (run, ending, output);
    return -1;
  }
  return tell_guest (run, "writing out the file system", WORDS ("sync", recorder->disk)) == -1 ? -1
    : recorder_start_log (recorder);
}

/* Run what makes the tree. */
static int
set_up (struct recording_run *run)
{
  const struct recording *recording = run->recording;

  for (size_t i = 0; i < recording->setup.count; i++) {
    CLEANUP_FREE char *output = NULL;

    if (run_program (run, "--setup", WORDS ("/bin/sh", "-c", recording->setup.texts[i]), &output) == -1)
      return -1;
  }
  CLEANUP_FREE char *output = NULL;
  return recording->workload == NULL ? 0
    : run_program (run, "the workload's setup", WORDS (AGENT_WORKLOAD_TOOL, "--setup", recording->workload), &output);
}

/* Say what else is observed: of a workload, all that it may be judged by. */
static int
ask_for_details (struct recording_run *run)
{
  const struct recording *recording = run->recording;
  const bool paged = recording->guest.page_bytes > 0;
  char facts[16];

  if (!paged && recording->workload == NULL)
    return 0;
  snprintf (facts, sizeof facts, "%u", recording->workload ? FACTS_ALL : 0U);
  return tell_guest (run, "asking for details", WORDS ("details", facts, paged ? "all" : "these"));
}

int
prepare_tree (struct recording_run *run)
{
  const struct recording *recording = run->recording;
  const struct recorder *recorder = run->recorder;

  if (attach (run) == -1 || (recorder->empty && make_filesystem (run) == -1))
    return -1;
  progress_stage (recorder->progress, "setting up");
  if (tell_guest (run, "naming the mark device",
                  WORDS ("setenv", AGENT_MARK_DEVICE_VARIABLE, recorder->mark_device)) == -1
      || tell_guest (run, "mounting the file system (see --mount and --mkfs)",
                     WORDS ("mount", recorder->disk, recording->filesystem, recording->mount_options)) == -1)
    return -1;
  /* Before there is anything that could leave no room for it. */
  if (recording->background == BACKGROUND_COMMIT
      && tell_guest (run, "making a file to be synced", WORDS ("other-file")) == -1)
    return -1;
  if (recording->initial
      && tell_guest (run, "copying the initial tree", WORDS ("copy", RECORDER_INITIAL_TREE)) == -1)
    return -1;
  if (set_up (run) == -1 || ask_for_details (run) == -1)
    return -1;
  /* Not before: --setup is none of the update. */
  if (recording->background != BACKGROUND_NONE
      && tell_guest (run, "naming the background",
                     WORDS ("setenv", AGENT_BACKGROUND_VARIABLE, background_name (recording->background))) == -1)
    return -1;
  if (recording->freeze_at
      && tell_guest (run, "naming the mark", WORDS ("setenv", AGENT_FREEZE_AT_VARIABLE, recording->freeze_at)) == -1)
    return -1;
  /* Where sync(2) flushes nothing (vfat, exfat, ext2, jfs), what is there before `begin` could be lost after it. */
  return tell_guest (run, "sync", WORDS ("sync", recorder->disk));
}
