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
#include "record/prepared.h"
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
  return run_mkfs (run, fixed, recording_mkfs_arguments (recording, places)) == -1
    || tell_guest (run, "writing out the file system", WORDS ("sync", recorder->all_disks)) == -1
    || disassemble (run) == -1 ? -1 : prepared_reached (recorder, PREPARED_FILESYSTEM, false);
}

/* Mount the file system, assembled if it must be. */
static int
mount_filesystem (struct recording_run *run)
{
  const struct recording *recording = run->recording;
  CLEANUP_FREE char *options = recording_mount_options (recording);
  CLEANUP_FREE char *places = options ? assemble (run, "--assemble", recording->assemble) : NULL;

  return places == NULL ? -1
    : tell_guest (run, "mounting the file system (see --mount and --mkfs)",
                  WORDS ("mount", places, recording->filesystem, options));
}

/* Undo that, if it can be undone.  Returns 0, 1 if it is still mounted, or -1 after a message. */
static int
unmount_filesystem (struct recording_run *run)
{
  const int r = try_guest (run, "unmounting the file system", WORDS ("unmount"));

  if (r != 0)
    return r;
  return disassemble (run) == -1
    || tell_guest (run, "writing out the tree", WORDS ("sync", run->recorder->all_disks)) == -1 ? -1 : 0;
}

/* Before there is anything that could leave no room for it. */
static int
make_other_file (struct recording_run *run)
{
  return run->recording->background != BACKGROUND_COMMIT ? 0
    : tell_guest (run, "making a file to be synced", WORDS ("other-file"));
}

/* Run the commands of --setup. */
static int
run_setup (struct recording_run *run)
{
  const struct option_texts *setup = &run->recording->setup;

  for (size_t i = 0; i < setup->count; i++) {
    CLEANUP_FREE char *output = NULL;

    if (run_program (run, "--setup", WORDS ("/bin/sh", "-c", setup->texts[i]), &output) == -1)
      return -1;
  }
  return 0;
}

/* Run them, and see whether they leave something that is on no disk.  Returns 0; 1 if they do; or -1 after a message.
 */
static int
set_up (struct recording_run *run)
{
  if (prepared_is_live (run->recorder) || run->recording->setup.count == 0)
    return run_setup (run) == -1 ? -1 : prepared_is_live (run->recorder);
  CLEANUP_FREE char *before = ask_guest (run, "looking around", WORDS ("traces"));
  CLEANUP_FREE char *after = before && run_setup (run) == 0
    ? ask_guest (run, "looking around", WORDS ("traces")) : NULL;
  return after ? strcmp (before, after) != 0 : -1;
}

/* Make the tree in the file system.  What is on no disk would be gone if it was unmounted, and not be there where the
 * disks are used again: with such things it stays *mounted.
 */
static int
make_tree (struct recording_run *run, bool *mounted)
{
  const struct recording *recording = run->recording;
  struct recorder *recorder = run->recorder;

  progress_stage (recorder->progress, "setting up");
  if (mount_filesystem (run) == -1 || make_other_file (run) == -1
      || (recording->initial
          && tell_guest (run, "copying the initial tree", WORDS ("copy", RECORDER_INITIAL_TREE)) == -1))
    return -1;
  int left = set_up (run);
  if (left == -1 || tell_guest (run, "sync", WORDS ("sync", recorder->all_disks)) == -1)
    return -1;
  if (left == 0)
    left = unmount_filesystem (run);
  *mounted = left == 1;
  return left == -1 ? -1 : prepared_reached (recorder, PREPARED_TREE, *mounted);
}

/* Do what a workload has to be done before it, in the file system that it is done in. */
static int
set_up_workload (struct recording_run *run)
{
  const struct recording *recording = run->recording;
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

/* Say what goes on besides the update.  Not before: --setup is none of it. */
static int
name_events (struct recording_run *run)
{
  const struct recording *recording = run->recording;

  if (recording->background != BACKGROUND_NONE
      && tell_guest (run, "naming the background",
                     WORDS ("setenv", AGENT_BACKGROUND_VARIABLE, background_name (recording->background))) == -1)
    return -1;
  return recording->freeze_at == NULL ? 0
    : tell_guest (run, "naming the mark", WORDS ("setenv", AGENT_FREEZE_AT_VARIABLE, recording->freeze_at));
}

int
prepare_tree (struct recording_run *run)
{
  const struct recorder *recorder = run->recorder;
  bool mounted = false;

  if (attach (run) == -1 || join_paths (run) == -1
      || (recorder->prepared < PREPARED_FILESYSTEM && make_filesystem (run) == -1)
      || tell_guest (run, "naming the mark device",
                     WORDS ("setenv", AGENT_MARK_DEVICE_VARIABLE, recorder->mark_device)) == -1
      || name_disks (run) == -1
      || (recorder->prepared < recorder->wanted && make_tree (run, &mounted) == -1))
    return -1;
  progress_stage (recorder->progress, "setting up");
  if ((!mounted && mount_filesystem (run) == -1)
      || (recorder->wanted < PREPARED_TREE && make_other_file (run) == -1)
      || set_up_workload (run) == -1 || ask_for_details (run) == -1 || name_events (run) == -1)
    return -1;
  /* Where sync(2) flushes nothing (vfat, exfat, ext2, jfs), what is there before `begin` could be lost after it. */
  return tell_guest (run, "sync", WORDS ("sync", recorder->all_disks));
}
