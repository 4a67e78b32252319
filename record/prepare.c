/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "common/complaint.h"
#include "common/message.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/agent/answer.h"
#include "guest/agent/protocol.h"
#include "nbd-plugin/parameters.h"
#include "record/mkfs.h"
#include "record/prepare.h"
#include "record/recording-disks.h"
#include "record/server.h"

/* The guest's own NBD clients, for as long as it runs. */
static int
attach (struct recording_run *run)
{
  struct recorder *recorder = run->recorder;

  if (run->recording->virtio || recorder->attached)
    return 0;
  recorder->attached = true;
  for (size_t i = 0; i < recorder->export_count; i++)
    if (tell_guest (run, i < recorder->export_count - 1 ? "attaching the disk" : "attaching the mark device",
                    WORDS ("attach", recorder->exports[i].place, VM_NBD_ADDRESS, recorder->exports[i].port,
                           recorder->exports[i].name)) == -1)
      return -1;
  return 0;
}

/* Let the paths to the disk be one device, all up, and programs find them. */
static int
join_paths (struct recording_run *run)
{
  const char *paths = run->recorder->all_paths;

  return paths == NULL ? 0
    : tell_guest (run, "joining the paths to the disk", WORDS ("join", paths)) == -1 ? -1
    : tell_guest (run, "naming the paths", WORDS ("setenv", AGENT_PATHS_VARIABLE, paths));
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
                 recording->filesystem, (uintmax_t) recording->disks.list[0].size_bytes, recording->filesystem,
                 strcmp (ending, ANSWER_TIMEOUT) == 0 ? "a time-out: see --timeout" : ending, silent ? "" : ": ",
                 silent ? "" : complaint);
}

/* Run mkfs with the words FIXED and ARGUMENTS, which are taken over. */
static int
run_mkfs (struct recording_run *run, const char *const *fixed, char *taken)
{
  CLEANUP_FREE char *arguments = taken;
  CLEANUP_FREE char **command = arguments ? mkfs_command (run->recorder->mkfs, fixed, arguments) : NULL;
  CLEANUP_FREE char *answer = NULL;

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
  return 0;
}

/* Let COMMAND, which OPTION gave, make of the disks what the file system is on; of them themselves if it is NULL.
 * Returns where that is, to free, or NULL after a message.
 */
static char *
assemble (struct recording_run *run, const char *option, const char *command)
{
  const struct recording *recording = run->recording;
  const char *disks = run->recorder->all_disks;
  CLEANUP_FREE char *expanded = command ? disks_expand (&recording->disks, option, command) : NULL;
  const uint64_t seconds = recording->guest.timeout_seconds;
  CLEANUP_FREE char *timeout = text_format ("%ju", (uintmax_t) seconds);

  if (command == NULL)
    return recording_places (recording, disks);
  CLEANUP_FREE char *made = expanded && timeout
    ? ask_guest_within (run, option, seconds, WORDS ("assemble", disks, expanded, timeout)) : NULL;
  return made ? recording_places (recording, made) : NULL;
}

/* Undo that.  Returns 0, or -1 after a message. */
static int
disassemble (struct recording_run *run)
{
  const struct recording *recording = run->recording;

  return recording->assemble == NULL ? 0
    : tell_guest (run, "taking the disks apart",
                  WORDS ("disassemble", run->recorder->all_disks, recording->filesystem));
}

/* Let the guest make the file system on the empty disks. */
static int
make_filesystem (struct recording_run *run)
{
  const struct recording *recording = run->recording;
  struct recorder *recorder = run->recorder;
  const char *const *fixed = filesystem_find (recording->filesystem)->mkfs.words;
  CLEANUP_FREE char *places = recording->create ? assemble (run, "--create", recording->create)
    : assemble (run, "--assemble, run on empty disks as there is no --create,", recording->assemble);

  if (places == NULL)
    return -1;
  progress_stage (recorder->progress, "making a file system: %s", recording->filesystem);
  if (recording_makes_journal (recording)
      && run_mkfs (run, WORDS (NULL), recording_mkfs_arguments (recording, NULL)) == -1)
    return -1;
  if (run_mkfs (run, fixed, recording_mkfs_arguments (recording, places)) == -1
      || tell_guest (run, "writing out the file system", WORDS ("sync", recorder->all_disks)) == -1
      || disassemble (run) == -1)
    return -1;
  return recorder_start_log (recorder);
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

/* Say what else is observed: of a workload, all that it may be judged by without a crash. */
static int
ask_for_details (struct recording_run *run)
{
  const struct recording *recording = run->recording;
  const bool paged = recording->guest.page_bytes > 0;
  char facts[16];

  if (!paged && recording->workload == NULL)
    return 0;
  snprintf (facts, sizeof facts, "%u", recording->workload ? FACTS_SETTLED : 0U);
  return tell_guest (run, "asking for details", WORDS ("details", facts, paged ? "all" : "these"));
}

/* Let programs know where the disks are. */
static int
name_disks (struct recording_run *run)
{
  const struct disks *disks = &run->recording->disks;

  for (size_t i = 0; i < disks->count; i++) {
    CLEANUP_FREE char *variable = text_format (AGENT_DISK_VARIABLE "%s", disks->list[i].name);

    if (variable == NULL
        || tell_guest (run, "naming the disks", WORDS ("setenv", variable, disks->list[i].place)) == -1)
      return -1;
  }
  return 0;
}

int
prepare_tree (struct recording_run *run)
{
  const struct recording *recording = run->recording;
  const struct recorder *recorder = run->recorder;
  CLEANUP_FREE char *places = NULL, *options = recording_mount_options (recording);

  if (options == NULL || attach (run) == -1 || join_paths (run) == -1
      || (recorder->empty && make_filesystem (run) == -1)
      || (places = assemble (run, "--assemble", recording->assemble)) == NULL)
    return -1;
  progress_stage (recorder->progress, "setting up");
  if (tell_guest (run, "naming the mark device",
                  WORDS ("setenv", AGENT_MARK_DEVICE_VARIABLE, recorder->mark_device)) == -1
      || tell_guest (run, "mounting the file system (see --mount and --mkfs)",
                     WORDS ("mount", places, recording->filesystem, options)) == -1
      || name_disks (run) == -1)
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
  return tell_guest (run, "sync", WORDS ("sync", recorder->all_disks));
}
