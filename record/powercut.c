/* SPDX-License-Identifier: BSD-3-Clause */
/* Program `powercut`: the commands. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checker/pages.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/nearest.h"
#include "common/parts.h"
#include "common/stop.h"
#include "guest/mark-text.h"
#include "record/corpus.h"
#include "record/gen.h"
#include "record/import-command.h"
#include "record/kernel-command.h"
#include "record/matrix.h"
#include "record/record.h"
#include "record/worker.h"
#include "record/workload-file.h"
#include "replay/replay.h"

#define EXIT_UNUSABLE 2         /* bad usage, bad input or a missing part */
#define EXIT_SIGNALLED 128      /* + the signal that stopped it */
#define DEFAULT_LOG "log.bin"
#define REPLAY_WORDS_MAX 32

static const char main_usage[] =
  "usage: powercut run [OPTION...] -- COMMAND [ARG...]          record an update and replay it\n"
  "       powercut record [OPTION...] -o LOG -- COMMAND [ARG...] record only\n"
  "       powercut replay [OPTION...] LOG                       replay: see replay --help\n"
  "       powercut show [OPTION...] LOG                         what is in a log\n"
  "       powercut bundle ID LOG -o BUNDLE                      pack a violation so that it can be seen anywhere\n"
  "       powercut matrix [OPTION...]                           many updates on many file systems\n"
  "       powercut corpus run|list|add                          cases that keep bugs found\n"
  "       powercut workload FILE                                check a workload, convert J-lang\n"
  "       powercut gen [OPTION...] -o DIR                       make every short workload\n"
  "       powercut import|export [OPTION...] FILE -o FILE       logs of other recorders' formats\n"
  "       powercut kernel list|fetch                            the guests' kernels\n"
  "       powercut COMMAND --help                               more about one of them\n";

/* What the options of `run` that are replay's become: the words of replay's command line. */
struct replay_options {
  bool prefixes_only, minimize;
  uint64_t jobs, limit;         /* UINT64_MAX: not given */
  const char *json, *json_lines, *junit, *tap, *html;
};

/* The options of a recording that are not kept as they are. */
struct texts {
  const char *bus, *settle, *workload;
  bool pages;
};

static int
read_texts (const struct texts *texts, struct recording *recording)
{
  if (strcmp (texts->bus, "virtio") == 0)
    recording->virtio = true;
  else if (strcmp (texts->bus, "nbd") != 0) {
    error_message ("--bus=%s: give nbd (the guest's own NBD client, which passes FUA) or virtio", texts->bus);
    return -1;
  }
  if (recording->page_bytes > 0 && !texts->pages) {
    error_message ("--page-size=%ju: is for --pages, which is not given: see --help", (uintmax_t) recording->page_bytes);
    return -1;
  }
  if (texts->pages && recording->page_bytes == 0)
    recording->page_bytes = PAGE_SIZE_DEFAULT;
  return recording_parse_settle (texts->settle, recording);
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
  recording->workload = workload_file_load (path, recording->filesystem);
  return recording->workload ? 0 : -1;
}

static int
check_recording (const struct recording *recording)
{
  const char *page_fault = recording->page_bytes > 0 ? page_size_fault (recording->page_bytes) : NULL;

  if (page_fault) {
    error_message ("--page-size=%ju: %s", (uintmax_t) recording->page_bytes, page_fault);
    return -1;
  }
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
  const char *fault = recording->freeze_at ? mark_text_fault (recording->freeze_at) : NULL;
  if (fault) {
    error_message ("--freeze-at=%s: %s", recording->freeze_at, fault);
    return -1;
  }
  struct stat status;
  if (stat (recording->log, &status) == 0 && !S_ISREG (status.st_mode)) {
    error_message ("-o %s: is there already and no regular file", recording->log);
    return -1;
  }
  if (recording->size_bytes % 4096 != 0) {
    error_message ("--size=%ju: must be a multiple of 4096 bytes", (uintmax_t) recording->size_bytes);
    return -1;
  }
  return 0;
}

/* Parse the command line of `record` or, with REPLAY not NULL, of `run`. */
static int
parse_recording (int argc, char **argv, struct recording *recording, struct replay_options *replay)
{
  struct replay_options ignored = { 0 };
  struct replay_options *for_replay = replay ? replay : &ignored;
  struct texts texts = { "nbd", "sync", NULL, false };
  struct option_spec options[] = {
    { "output", 'o', OPTION_TEXT, &recording->log, "LOG", replay ? "the log to make [" DEFAULT_LOG "]" : "the log to make", 0 },
    { "fs", 0, OPTION_TEXT, &recording->filesystem, "TYPE", "file system: ext4, xfs, btrfs, ... [ext4]", 0 },
    { "size", 0, OPTION_SIZE, &recording->size_bytes, "SIZE", "size of the device [512M]", 4096 },
    { "mkfs", 0, OPTION_TEXT, &recording->mkfs_arguments, "ARGS", "more arguments for mkfs", 0 },
    { "mount", 0, OPTION_TEXT, &recording->mount_options, "OPTS", "mount options, as for mount -o", 0 },
    { "kernel", 0, OPTION_TEXT, &recording->kernel, "FILE|DIR", "the guest's kernel [the newest fetched, else /boot]", 0 },
    { "bus", 0, OPTION_TEXT, &texts.bus, "nbd|virtio", "how the guest reaches the device [nbd]", 0 },
    { "initial", 0, OPTION_TEXT, &recording->initial, "DIR", "what the file system holds at first", 0 },
    { "setup", 0, OPTION_TEXTS, &recording->setup, "CMD", "shell command to run before the update; may be repeated", 0 },
    { "step", 0, OPTION_TEXTS, &recording->step, "CMD", "shell command that is one step of the update; may be repeated", 0 },
    { "workload", 0, OPTION_TEXT, &texts.workload, "FILE", "the update is a workload: see powercut-workload(5)", 0 },
    { "watch", 0, OPTION_TEXTS, &recording->watch, "PATH", "judge this path alone; may be repeated [the whole tree]", 0 },
    { "check", 0, OPTION_TEXT, &recording->check, "CMD", "shell command that says what is right after a crash", 0 },
    { "include", 0, OPTION_TEXTS, &recording->include, "FILE", "take FILE or folder into the guest; may be repeated", 0 },
    { "pages", 0, OPTION_FLAG, &texts.pages, NULL, "tabulate what becomes of each page of the files", 0 },
    { "page-size", 0, OPTION_SIZE, &recording->page_bytes, "N", "bytes of a page [4K]", 512 },
    { "freeze-at", 0, OPTION_TEXT, &recording->freeze_at, "MARK", "freeze the file system for a second at this mark", 0 },
    { "settle", 0, OPTION_TEXT, &texts.settle, "sync|none|S", "after COMMAND: sync; nothing; S seconds, then sync [sync]", 0 },
    { "memory", 0, OPTION_SIZE, &recording->memory_bytes, "SIZE", "memory of the guest [256M]", 64 << 20 },
    { "timeout", 0, OPTION_SECONDS, &recording->timeout_seconds, "S", "time limit for a command in the guest [60]", 1 },
    { "quiet", 0, OPTION_FLAG, &recording->quiet, NULL, "print errors alone", 0 },
    { "prefixes-only", 0, OPTION_FLAG, &for_replay->prefixes_only, NULL, "replay the prefixes alone", 0 },
    { "jobs", 0, OPTION_NUMBER, &for_replay->jobs, "N", "guests side by side when replaying", 1 },
    { "limit", 0, OPTION_NUMBER, &for_replay->limit, "N", "most runs at one crash point", 0 },
    { "minimize", 0, OPTION_FLAG, &for_replay->minimize, NULL, "find the smallest state of each violation", 0 },
    { "json", 0, OPTION_TEXT, &for_replay->json, "FILE", "write the results as JSON", 0 },
    { "json-lines", 0, OPTION_TEXT, &for_replay->json_lines, "FILE", "write every answer at once, a JSON object a line", 0 },
    { "junit", 0, OPTION_TEXT, &for_replay->junit, "FILE", "write the results as JUnit XML", 0 },
    { "tap", 0, OPTION_TEXT, &for_replay->tap, "FILE", "write the results as TAP", 0 },
    { "html", 0, OPTION_TEXT, &for_replay->html, "FILE", "write the results as a page with pictures", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  };
  const struct command_line command = {
    replay ? "usage: powercut run [OPTION...] -- COMMAND [ARG...]\n" : "usage: powercut record [OPTION...] -o LOG -- COMMAND [ARG...]\n",
    replay ? "Record COMMAND as it updates files in a guest, then visit every crash state of it."
           : "Record COMMAND as it updates files in a guest.",
    options, .command = true
  };

  if (replay == NULL)
    for (struct option_spec *option = options; option->name; option++)
      if (option->target == &ignored.prefixes_only)
        option->name = NULL;
  int first = options_parse (&command, argc, argv);
  if (first == -1)
    return -1;
  recording->command = (const char *const *) argv + first;
  if (replay && recording->log == NULL)
    recording->log = DEFAULT_LOG;
  return read_texts (&texts, recording) == -1 || load_workload (texts.workload, recording) == -1
    || check_recording (recording) == -1 ? -1 : 0;
}

/* Become the program PART, which calls itself NAME.  WORDS is its command line, NULL at the end; the first is replaced. */
static int
become (enum part part, const char *name, const char **words)
{
  CLEANUP_FREE char *path = part_path (part);

  if (path == NULL)
    return EXIT_UNUSABLE;
  fflush (stdout);
  words[0] = name;
  execv (path, (char *const *) words);
  error_message ("%s: %m", path);
  return EXIT_UNUSABLE;
}

/* Replay the log in the guest that KEEPER keeps or, if it is NULL, by becoming replay. */
static int
replay_recording (const struct recording *recording, const struct replay_options *replay, struct keeper *keeper)
{
  const struct {
    const char *option, *path;
  } outputs[] = {
    { "--json", replay->json }, { "--json-lines", replay->json_lines }, { "--junit", replay->junit }, { "--tap", replay->tap },
    { "--html", replay->html },
  };
  const char *words[REPLAY_WORDS_MAX] = { NULL };
  char memory[64], jobs[64], limit[64];
  size_t count = 1;

  snprintf (memory, sizeof memory, "--memory=%ju", (uintmax_t) recording->memory_bytes);
  snprintf (jobs, sizeof jobs, "--jobs=%ju", (uintmax_t) replay->jobs);
  snprintf (limit, sizeof limit, "--limit=%ju", (uintmax_t) replay->limit);
  words[count++] = memory;
  if (replay->jobs != UINT64_MAX)
    words[count++] = jobs;
  if (replay->limit != UINT64_MAX)
    words[count++] = limit;
  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
    if (outputs[i].path) {
      words[count++] = outputs[i].option;
      words[count++] = outputs[i].path;
    }
  if (replay->prefixes_only)
    words[count++] = "--prefixes-only";
  if (replay->minimize)
    words[count++] = "--minimize";
  if (recording->quiet)
    words[count++] = "--quiet";
  words[count++] = "--";
  words[count++] = recording->log;
  if (keeper == NULL)
    return become (PART_REPLAY, "replay", words);
  words[0] = "replay";
  return replay_command ((int) count, (char **) words, keeper->kept);
}

/* Pack one violation: let replay do it. */
static int
bundle_command (int argc, char **argv)
{
  const char *output = NULL, *kernel = NULL, *check = NULL;
  const struct option_spec options[] = {
    { "output", 'o', OPTION_TEXT, &output, "BUNDLE", "the archive to make, a .tar.zst", 0 },
    { "kernel", 0, OPTION_TEXT, &kernel, "IMAGE|DIR", "the guest's kernel [the recording's, else the newest]", 0 },
    { "check", 0, OPTION_TEXT, &check, "CHECKER", "shell command that says what is right [the recording's]", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  };
  const struct command_line command = {
    "usage: powercut bundle ID LOG -o BUNDLE [OPTION...]\n",
    "Pack the crash state ID of LOG with all that is needed to see again what is wrong with it.", options, .mixed = true
  };
  const char *words[REPLAY_WORDS_MAX] = { NULL };
  size_t count = 1;
  int first = options_parse (&command, argc, argv);

  if (first == -1)
    return EXIT_UNUSABLE;
  if (argc - first != 2 || output == NULL) {
    error_message ("give a state, a log and -o FILE, as in `powercut bundle 120:-98 log.bin -o bug.tar.zst`: see --help");
    return EXIT_UNUSABLE;
  }
  const char *const texts[][2] = {
    { "--state", argv[first] }, { "--bundle", output }, { "--kernel", kernel }, { "--check", check }, { "--", argv[first + 1] }
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (texts[i][1]) {
      words[count++] = texts[i][0];
      words[count++] = texts[i][1];
    }
  return become (PART_REPLAY, "replay", words);
}

static int
record_command (int argc, char **argv, bool then_replay, struct keeper *keeper)
{
  struct recording recording = {
    .filesystem = "ext4", .size_bytes = UINT64_C (512) << 20, .mount_options = "", .memory_bytes = 256 << 20,
    .timeout_seconds = 60
  };
  struct replay_options replay = { .jobs = UINT64_MAX, .limit = UINT64_MAX };
  int status;

  if (parse_recording (argc, argv, &recording, then_replay ? &replay : NULL) == -1 || stop_install () == -1)
    status = -1;
  else
    status = record (keeper ? keeper->recorder : NULL, &recording);
  if (status == -1)
    status = EXIT_UNUSABLE;
  if (stop_requested ()) {
    error_message ("stopped by signal %d", stop_requested ());
    status = EXIT_SIGNALLED + stop_requested ();
  }
  free (recording.workload);
  free (recording.setup.texts);
  free (recording.step.texts);
  free (recording.watch.texts);
  free (recording.include.texts);
  return status == EXIT_SUCCESS && then_replay ? replay_recording (&recording, &replay, keeper) : status;
}

static int
run_in_worker (int argc, char **argv, struct keeper *keeper)
{
  return strcmp (argv[0], "replay") == 0 ? replay_command (argc, argv, keeper->kept) : record_command (argc, argv, true, keeper);
}

/* What the first word of the command line says to do: ARGV[0] is that word. */
static int
run_command (int argc, char **argv)
{
  return record_command (argc, argv, true, NULL);
}

static int
record_alone_command (int argc, char **argv)
{
  return record_command (argc, argv, false, NULL);
}

static int
replay_alone_command (int argc, char **argv)
{
  (void) argc;
  return become (PART_REPLAY, "replay", (const char **) argv);
}

static int
show_command (int argc, char **argv)
{
  (void) argc;
  return become (PART_SHOW, "show", (const char **) argv);
}

static const struct {
  const char *name;
  int (*run) (int argc, char **argv);
} commands[] = {
  { "run", run_command },
  { "record", record_alone_command },
  { "replay", replay_alone_command },
  { "show", show_command },
  { "bundle", bundle_command },
  { "matrix", matrix_command },
  { "corpus", corpus_command },
  { "workload", workload_command },
  { "gen", gen_command },
  { "import", import_command },
  { "export", export_command },
  { "kernel", kernel_command },
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static int
refuse_command (const char *name)
{
  const char *names[COMMAND_COUNT + 1] = { NULL }, *nearest;

  for (size_t i = 0; i < COMMAND_COUNT; i++)
    names[i] = commands[i].name;
  nearest = nearest_word (name, strlen (name), names);
  if (*name == '\0')
    error_message ("what to do? see powercut --help");
  else if (nearest)
    error_message ("%s: no such command: did you mean %s?", name, nearest);
  else
    error_message ("%s: no such command: see powercut --help", name);
  return EXIT_UNUSABLE;
}

int
main (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";

  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (strcmp (name, commands[i].name) == 0)
      return commands[i].run (argc - 1, argv + 1);
  if (strcmp (name, WORKER_COMMAND) == 0)
    return worker_command (argc - 1, argv + 1, run_in_worker);
  if (strcmp (name, "--help") == 0) {
    fputs (main_usage, stdout);
    return EXIT_SUCCESS;
  }
  if (strcmp (name, "--version") == 0) {
    printf ("powercut %s\n", PACKAGE_VERSION);
    return EXIT_SUCCESS;
  }
  return refuse_command (name);
}
