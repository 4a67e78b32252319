/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/pages.h"
#include "commands/commands.h"
#include "commands/live.h"
#include "commands/replay.h"
#include "commands/run.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/fsck-there.h"
#include "nbd-plugin/hold.h"
#include "record/recording-check.h"
#include "record/recording-disks.h"
#include "record/recording-paths.h"
#include "record/recordings.h"
#include "record/workload-file.h"

#define DEFAULT_LOG "log.bin"

/* The options of a recording that are not kept as they are. */
struct recording_words {
  const char *bus, *settle, *workload, *root, *background, *log_disk;
  uint64_t size_bytes;
  struct option_texts disks;
};

/* What a recording does with the options that a replay has, too, and what it takes where they are not given. */
static int
fill_in (struct guest_options *guest)
{
  if (guest->page_bytes > 0 && !guest->pages) {
    error_message ("--page-size=%ju: is for --pages, which is not given: see --help", (uintmax_t) guest->page_bytes);
    return -1;
  }
  if (guest->pages && guest->page_bytes == 0)
    guest->page_bytes = PAGE_SIZE_DEFAULT;
  if (guest->memory_bytes == 0)
    guest->memory_bytes = GUEST_MEMORY_DEFAULT;
  if (guest->timeout_seconds == 0)
    guest->timeout_seconds = GUEST_TIMEOUT_DEFAULT;
  return guest_options_check (guest);
}

static int
read_words (const struct recording_words *words, struct recording *recording)
{
  if (strcmp (words->bus, "virtio") == 0)
    recording->virtio = true;
  else if (strcmp (words->bus, "nbd") != 0) {
    error_message ("--bus=%s: give nbd (the guest's own NBD client, which passes FUA) or virtio", words->bus);
    return -1;
  }
  if (words->root && strcmp (words->root, "host") != 0) {
    error_message ("--root=%s: give host, or leave it out: then the guest has what is taken along", words->root);
    return -1;
  }
  if (words->root && recording->guest.confine) {
    error_message ("--confine=%s: excludes --root=host, which has all of this machine's files",
                   recording->guest.confine);
    return -1;
  }
  recording->host_root = words->root != NULL;
  return recording_parse_settle (words->settle, recording);
}

/* The workload of the file PATH, if that is not NULL, is the update. */
static int
load_workload (const char *path, struct recording *recording)
{
  if (path == NULL)
    return 0;
  if (recording->command[0] || recording->step.count > 0 || recording->watch.count > 0) {
    error_message ("--workload=%s: excludes --step, --watch and a command behind `--'", path);
    return -1;
  }
  recording->workload = workload_file_load (path);
  return recording->workload ? 0 : -1;
}

/* Add the rows of what a recording alone has to TABLE. */
static void
recording_options_add (struct option_table *table, struct recording *recording, struct recording_words *words)
{
  options_add (table, (const struct option_spec[]) {
    OPT_OUTPUT (&recording->log, "LOG", "the log to make [with run: " DEFAULT_LOG "]"),
    OPT_TEXT ("fs", &recording->filesystem, "TYPE", "file system: ext4, xfs, btrfs, ... [ext4]"),
    OPT_SIZE ("size", &words->size_bytes, "SIZE", "size of the device [512M]", 4096),
    OPT_TEXTS ("disk", &words->disks, "NAME:SIZE", "a disk, instead of --size; may be repeated"),
    OPT_TEXT ("log-device", &words->log_disk, "NAME", "the disk that the file system's journal is on"),
    OPT_TEXT ("assemble", &recording->assemble, "CMD", "shell command that makes of the disks what is mounted"),
    OPT_TEXT ("create", &recording->create, "CMD", "the same, of empty disks, before mkfs [--assemble]"),
    OPT_TEXT ("mkfs", &recording->mkfs_arguments, "ARGS", "more arguments for mkfs"),
    OPT_TEXT ("mount", &recording->mount_options, "OPTS", "mount options, as for mount -o"),
    OPT_TEXT ("bus", &words->bus, "nbd|virtio", "how the guest reaches the device [nbd]"),
    DEVICE_OPTION (&recording->device, "late|fast|random:SEED"),
    OPT_SECONDS ("hold-limit", &recording->hold_limit_seconds, "TIME",
                 "such a device holds requests for so long at most, all in all [30]", 0),
    OPT_NUMBER ("paths", &recording->path_count, "N", "how many paths lead to the disk, 1 or 2 (dm-multipath) [1]", 0),
    OPT_TEXT ("path-down-at", &recording->path_down_at, "MARK|POSITION",
              "the next write or flush from there on takes its path down"),
    OPT_TEXT ("initial", &recording->initial, "DIR", "what the file system holds at first"),
    OPT_TEXT ("root", &words->root, "host", "programs find this host's files, read-only, and nothing is taken along"),
    OPT_TEXTS ("setup", &recording->setup, "CMD", "shell command to run before the update; may be repeated"),
    NO_CACHE_OPTION (&recording->no_cache),
    OPT_FLAG ("compress", &recording->compress, "keep the log compressed (zstd); every command reads it so"),
    OPT_TEXTS ("step", &recording->step, "CMD", "shell command that is one step of the update; may be repeated"),
    OPT_TEXT ("workload", &words->workload, "FILE", "the update is a workload: see powercut-workload(5)"),
    OPT_TEXTS ("watch", &recording->watch, "PATH", "judge this path alone; may be repeated [the whole tree]"),
    OPT_TEXT ("freeze-at", &recording->freeze_at, "MARK", "freeze the file system for a second at this mark"),
    BACKGROUND_OPTION (&words->background, "NAME,..."),
    OPT_TEXT ("settle", &words->settle, "sync|none|S", "after COMMAND: sync; nothing; S seconds, then sync [sync]"),
    OPT_END
  });
}

/* What is asked of `record` or `run`. */
struct request {
  struct recording recording;
  struct backgrounds backgrounds;
  char *mount_options;          /* the recording's */
  bool is_live;                 /* --live */
  uint64_t quiet_most;          /* --recordings: further ones are made until so many in a row have shown nothing new */

  /* While it is done: */
  struct recordings recordings;
  const char **logs;            /* of those that are planned at first */
  uint64_t quiet, further;      /* in a row, and of all */
  struct live *live;            /* the replay that goes on meanwhile, or NULL */
};

/* The disks that WORDS ask for. */
static int
take_disks (struct recording_words *words, struct request *request)
{
  int r = recording_take_disks (&request->recording, &words->disks, words->size_bytes, words->log_disk);

  free (words->disks.texts);
  if (r == -1)
    return -1;
  request->mount_options = (char *) request->recording.mount_options;
  return recording_take_paths (&request->recording);
}

/* Parse the command line of `record` or, with REPLAY not NULL, of `run`. */
static int
parse_request (int argc, char **argv, struct request *request, struct replay_options *replay)
{
  struct recording *recording = &request->recording;
  struct recording_words words = { .bus = "nbd", .settle = "sync", .background = BACKGROUNDS_DEFAULT };
  struct option_table table = { .count = 0 };
  const struct command_line command = {
    replay ? "usage: powercut run [OPTION...] -- COMMAND [ARG...]\n"
           : "usage: powercut record [OPTION...] -o LOG -- COMMAND [ARG...]\n",
    replay ? "Record COMMAND as it updates files in a guest, then visit every crash state of it."
           : "Record COMMAND as it updates files in a guest.",
    table.rows, .command = true
  };

  recording_options_add (&table, recording, &words);
  guest_options_add (&table, &recording->guest);
  if (replay) {
    replay_options_add (&table, replay);
    options_add (&table, (const struct option_spec[]) {
      OPT_FLAG ("live", &request->is_live, "replay what is recorded already while the recording goes on"),
      OPT_NUMBER ("recordings", &request->quiet_most, "N", "go on recording until N in a row show nothing new [0]", 0),
      OPT_END
    });
  }
  int first = options_parse (&command, argc, argv);
  if (first == -1)
    return -1;
  recording->command = (const char *const *) argv + first;
  if (replay && recording->log == NULL)
    recording->log = DEFAULT_LOG;
  recording->output_aside = replay && outputs_use_stdout (&replay->outputs);
  return fill_in (&recording->guest) == -1 || backgrounds_parse (words.background, &request->backgrounds) == -1
    || read_words (&words, recording) == -1 || take_disks (&words, request) == -1
    || load_workload (words.workload, recording) == -1 || recording_check (recording) == -1 ? -1 : 0;
}

/* Make one more recording: with a device that answers in another order than all before it, and each background in its
 * turn.  It is asked for as replay_options.more says.
 */
static int
record_more (void *opaque, bool news, const char **log)
{
  struct request *request = opaque;
  const struct backgrounds *backgrounds = &request->backgrounds;
  const uint64_t turn = request->further;
  const uint64_t seed = recordings_first_seed (request->recording.device) + turn;

  request->quiet = request->further == 0 || news ? 0 : request->quiet + 1;
  if (request->quiet == request->quiet_most)
    return 0;
  request->further++;
  CLEANUP_FREE char *device = text_format ("random:%ju", (uintmax_t) seed);
  CLEANUP_FREE char *suffix = recordings_further_suffix (backgrounds, turn, seed);
  *log = device && suffix ? recordings_add (&request->recordings, backgrounds->list[turn % backgrounds->count], device,
                                            suffix) : NULL;
  return *log && recordings_make (&request->recordings) == 0 ? 1 : -1;
}

/* The replay of the logs that are to be made is asked for with the same command line. */
static int
prepare_replay (struct request *request, struct keeper *keeper, struct replay_options *replay)
{
  const struct recordings *recordings = &request->recordings;

  request->logs = calloc (recordings->count, sizeof *request->logs);
  if (request->logs == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < recordings->count; i++)
    request->logs[i] = recordings->list[i]->log;
  if (replay->lose && disks_check_lose (&request->recording.disks, replay->lose) == -1)
    return -1;
  if (replay->fsck && fsck_there (request->recording.filesystem) == -1)
    return -1;
  replay->guest = request->recording.guest;
  /* The log carries them. */
  replay->guest.check = NULL;
  replay->guest.include = (struct option_texts) { NULL, 0 };
  replay->logs = request->logs;
  replay->log_count = recordings->count;
  replay->kept = keeper ? keeper->kept : NULL;
  if (request->quiet_most > 0) {
    if (recordings_check_reports (&request->recording, &request->backgrounds, replay->outputs.paths, OUTPUTS_MAX) == -1)
      return -1;
    replay->more = record_more;
    replay->more_opaque = request;
  }
  return replay_options_check (replay) == -1 || (request->is_live && live_check (replay) == -1) ? -1 : 0;
}

/* Tell the live replay that a recording begins. */
static void
begin_recording (void *opaque, size_t number)
{
  live_begin (opaque, number);
}

/* Start the live replay, if there is to be one; it may say when it is enough. */
static int
start_live (struct request *request, const struct replay_options *replay)
{
  if (!request->is_live)
    return stop_install ();
  request->live = live_start (replay);
  if (request->live == NULL || stop_install () == -1)
    return -1;
  if (replay->stop_at_first)
    stop_allow (LIVE_ENOUGH_SIGNAL);
  request->recordings.beginning = begin_recording;
  request->recordings.opaque = request->live;
  return 0;
}

/* End the live replay.  The one that follows knows what it has learnt. */
static void
end_live (struct request *request, struct replay_options *replay)
{
  if (request->live == NULL)
    return;
  live_end (request->live);
  stop_take_back ();            /* it has come too late */
  request->recordings.beginning = NULL;
  replay->live = live_first (request->live);
  replay->learnt = live_learnt (request->live);
}

/* Make the logs, and nothing else.  Returns the exit status, or RECORD_ENOUGH. */
static int
make_logs (struct request *request, struct replay_options *replay)
{
  int status = start_live (request, replay) == -1 ? -1 : recordings_make (&request->recordings);

  end_live (request, replay);
  if (request->quiet_most == 0)
    recordings_end_guest (&request->recordings);
  return stop_status (status == -1 ? EXIT_UNUSABLE : status);
}

/* The live replay has seen enough: what is left to do is to report it, from the recording in which it was. */
static void
take_cut_recording (const struct request *request, struct replay_options *replay)
{
  size_t number = request->recordings.made - 1;

  for (size_t i = 0; i < request->recordings.made; i++)
    if (replay->live->told && strcmp (replay->live->log, replay->logs[i]) == 0)
      number = i;
  replay->growing = number + 1 == request->recordings.made;
  replay->logs += number;
  replay->log_count = 1;
  replay->more = NULL;
}

static int
do_request (struct request *request, struct keeper *keeper, struct replay_options *replay_options)
{
  int status;

  if (recordings_plan (&request->recordings, &request->recording, &request->backgrounds,
                       keeper ? keeper->recorder : NULL) == -1
      || (replay_options && prepare_replay (request, keeper, replay_options) == -1))
    return EXIT_UNUSABLE;
  status = make_logs (request, replay_options);
  if (status == RECORD_ENOUGH)
    take_cut_recording (request, replay_options);
  status = status == RECORD_ENOUGH ? EXIT_SUCCESS : status;
  return status == EXIT_SUCCESS && replay_options ? replay (replay_options) : status;
}

/* `record` or, with REPLAY_OPTIONS not NULL, `run`. */
static int
record_and_replay (int argc, char **argv, struct replay_options *replay_options, struct keeper *keeper)
{
  struct request request = {
    .recording = {
      .filesystem = "ext4", .mount_options = "", .device = DEVICE_DEFAULT,
      .hold_limit_seconds = HOLD_LIMIT_SECONDS_DEFAULT, .path_count = 1
    }
  };
  struct recording *recording = &request.recording;
  int status = EXIT_UNUSABLE;

  if (parse_request (argc, argv, &request, replay_options) == 0)
    status = do_request (&request, keeper, replay_options);
  live_free (request.live);
  recordings_free (&request.recordings);
  free_all (request.logs, request.mount_options);
  free (recording->workload);
  free (recording->setup.texts);
  free (recording->step.texts);
  free (recording->watch.texts);
  free (recording->guest.include.texts);
  return status;
}

int
record_command (int argc, char **argv)
{
  return record_and_replay (argc, argv, NULL, NULL);
}

int
run_command (int argc, char **argv, struct keeper *keeper)
{
  struct replay_options options = REPLAY_OPTIONS_DEFAULT;

  return record_and_replay (argc, argv, &options, keeper);
}
