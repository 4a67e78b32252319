/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "commands/replay-state.h"
#include "commands/replay.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/workdir.h"
#include "guest/image.h"
#include "log/cut.h"
#include "log/guard.h"
#include "log/info.h"
#include "replay/expected.h"
#include "replay/guest-cache.h"
#include "replay/report/bundle.h"
#include "replay/report/list.h"
#include "replay/report/outputs.h"
#include "replay/report/run-lines.h"
#include "replay/report/state.h"
#include "replay/report/text.h"
#include "replay/session.h"
#include "replay/shell.h"
#include "replay/trust.h"

#define BOOT_TIMEOUT_MS 120000

/* Search everything and report. */
static int
run_session (const struct replay_options *arguments, const struct session_config *config)
{
  struct session *session = session_new (config);
  const struct results *results = session_results (session);
  int r = session ? session_run (session) : -1, status = EXIT_UNUSABLE;
  struct report report;

  /* What was found before something went wrong is not lost. */
  if ((r == 0 || (results && results->runs > 0)) && report_make (&report, results) == 0) {
    if (!arguments->guest.quiet && !outputs_use_stdout (&arguments->outputs))
      report_print (&report, stdout);
    if (r == 0 || stop_requested ())
      status = report.violated ? EXIT_VIOLATION
      : report.exhaustive || config->prefixes_only ? EXIT_SUCCESS : EXIT_UNFINISHED;
    if (results->mismatches > 0)
      status = EXIT_UNUSABLE;
    if (outputs_write (&arguments->outputs, &report) == -1)
      status = EXIT_UNUSABLE;
    report_free (&report);
  }
  session_free (session);
  return status;
}

/* The same, with every answer written at once, if that is asked for. */
static int
run_told (const struct replay_options *arguments, struct session_config *config)
{
  struct run_lines *lines;
  int status;

  if (arguments->outputs.json_lines == NULL)
    return run_session (arguments, config);
  lines = run_lines_open (arguments->outputs.json_lines);
  if (lines == NULL)
    return EXIT_UNUSABLE;
  config->listen = run_lines_add;
  config->listener = lines;
  status = run_session (arguments, config);
  run_lines_close (lines);
  return status;
}

/* With a log that ends at the crash: make a run of the state of MISSING, so that the bundle tells what it will show,
 * and pack it.
 */
static int
see_and_pack (const struct replay_options *arguments, struct session *session, const struct minimal *missing,
              const struct choice *choices, size_t count)
{
  const struct session_config *config = session_results (session)->config;
  struct seen_state seen;
  int r = session_see_state (session, missing->position, choices, count, &seen);

  if (r == 0 && seen.verdict.kind == VIOLATION_NONE) {
    error_message ("state %s: nothing is wrong with it, so there is nothing to pack", arguments->state);
    r = -1;
  }
  if (r == 0) {
    const struct bundle bundle = {
      .log = config->log, .state = missing->state, .trees = &config->trees, .seen = &seen,
      .release = session_results (session)->release, .missing = missing
    };

    r = bundle_write (&bundle, arguments->bundle);
  }
  seen_state_free (&seen);
  return r;
}

static int
make_bundle (const struct replay_options *arguments, const struct session_config *config, uint32_t position,
             const struct choice *choices, size_t count)
{
  struct minimal *missing = minimal_as_is (config->log, position, choices, count);
  struct blame *blame = blame_new (config->log, &config->trees);
  struct session *session = NULL;
  int r = -1;

  if (missing == NULL || blame == NULL || minimal_describe (missing, config->log, blame) == -1)
    error_message ("out of memory");
  else if ((session = session_new (config)) != NULL)
    r = see_and_pack (arguments, session, missing, choices, count);
  session_free (session);
  blame_free (blame);
  minimal_free (missing);
  return r == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
}

/* Print the smallest state that is wrong as SEEN is. */
static int
show_minimal (struct session *session, const struct seen_state *seen)
{
  struct minimal *minimal;
  CLEANUP_FREE char *detail = NULL;
  int r = session_minimize_state (session, seen, &minimal, &detail);

  if (minimal)
    minimal_print (minimal, session_results (session)->config->log, detail, stdout);
  minimal_free (minimal);
  return r == -1 || session_results (session)->mismatches > 0 ? -1 : 0;
}

/* Make a run of one state and show what it saw; with --minimize, and if it is a violation, also the smallest state that
 * fails so.
 */
static int
show_state (const struct session_config *config, uint32_t position, const struct choice *choices, size_t count)
{
  struct session *session = session_new (config);
  struct seen_state seen;
  int r, status = EXIT_UNUSABLE;

  if (session == NULL)
    return EXIT_UNUSABLE;
  r = session_see_state (session, position, choices, count, &seen);
  if (r == 0)
    r = state_print (session_results (session), &seen);
  if (r == 0 && seen.verdict.kind && config->minimize)
    r = show_minimal (session, &seen);
  if (r == 0)
    status = seen.verdict.kind ? EXIT_VIOLATION : EXIT_SUCCESS;
  seen_state_free (&seen);
  session_free (session);
  return status;
}

/* Whether POSITION, that of --state, is before the update of LOG: then a message says so. */
static bool
is_before_update (const struct replay_options *arguments, const struct write_log *log, uint32_t position)
{
  const struct log_mark *begin = log_find_mark (log, "begin", NULL, NULL);

  if (arguments->state == NULL || begin == NULL || position >= begin->position)
    return false;
  error_message ("state %s is before the mark begin (%u): no part of the update", arguments->state, begin->position);
  return true;
}

/* With everything found: visit the states. */
static int
visit_states (const struct replay_options *arguments, struct session_config *config)
{
  CLEANUP_FREE struct choice *choices = NULL;
  uint32_t position;
  size_t count;

  if (arguments->state == NULL && !arguments->shell)
    return run_told (arguments, config);
  if (named_state (arguments, config->log, &position, &choices, &count) == -1)
    return EXIT_UNUSABLE;
  if (arguments->bundle)
    return make_bundle (arguments, config, position, choices, count);
  is_before_update (arguments, config->log, position);  /* whoever wants to look at it may */
  if (arguments->shell) {
    const struct selection selection = {
      .point = position, .choices = choices, .count = count, .rule = { .tear = config->tear }
    };

    return shell_run (&config->runner, config->folder, &selection, arguments->before_recovery) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
  }
  return show_state (config, position, choices, count);
}

/* The guest's initramfs, with what the checker needs, if there is one, and perhaps a shell for a person.  NULL after a
 * message.
 */
static struct initramfs *
make_initramfs (const struct replay_options *arguments, const struct write_log *log, const struct kernel *kernel)
{
  const struct trust trust = replay_options_trust (arguments);
  const struct kept *kept = arguments->kept;
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM);
  struct initramfs *initramfs = kept ? guest_image_new_for_many (kernel, filesystem, kept_filesystems (kept), false)
    : guest_image_new (kernel, filesystem, false);

  if (initramfs == NULL)
    return NULL;
  int r = trust_add_checker (&trust, log, initramfs);
  if (r == 0 && arguments->shell)
    r = guest_image_add_shell (initramfs, filesystem);
  if (r == 0)
    return initramfs;
  initramfs_free (initramfs);
  return NULL;
}

/* Write the guest's initramfs into FOLDER, or let it be that of the guest that is kept.  *file is its name, to free,
 * and *memory_bytes what a guest with it needs.  Returns 0, or -1 after a message.
 */
static int
build_initramfs (const struct replay_options *arguments, const struct write_log *log, const struct kernel *kernel,
                 const char *folder, char **file, uint64_t *memory_bytes)
{
  struct kept *kept = arguments->kept;
  struct initramfs *initramfs = make_initramfs (arguments, log, kernel);
  int r = -1;

  *file = NULL;
  *memory_bytes = arguments->guest.memory_bytes;
  if (initramfs == NULL || initramfs_fit (initramfs, memory_bytes) == -1
      || (arguments->guest.verbose && initramfs_list (initramfs, stderr) == -1))
    r = -1;
  else if (kept)
    r = kept_image (kept, initramfs, kernel, *memory_bytes, log->device_sizes[0], file);
  else if (asprintf (file, "%s/initramfs", folder) != -1)
    r = initramfs_write (initramfs, *file);
  initramfs_free (initramfs);
  return r;
}

/* What a session does for ARGUMENTS with LOG, but for the guest's initramfs, its memory and the checker. */
static struct session_config
configure (const struct replay_options *arguments, const struct write_log *log, const struct kernel *kernel,
           const struct expected *expected, const char *folder)
{
  const char *options = log_info (log, LOG_KEY_MOUNT);
  const bool paged = expected->paged;

  return (struct session_config) {
    .log = log, .folder = folder, .persistence = expected->persistence,
    .jobs = (unsigned) arguments->jobs,
    .tear = { arguments->tear_mode, (uint32_t) arguments->sector_bytes }, .limit = arguments->limit,
    .seconds = arguments->seconds, .seed = arguments->seed, .audit_percent = arguments->audit_percent,
    .prefixes_only = arguments->prefixes_only, .no_reduction = arguments->no_reduction, .minimize = arguments->minimize,
    .progress = !arguments->guest.quiet, .kept = arguments->kept, .pages = paged ? &expected->pages : NULL,
    .runner = {
      .log = arguments->log, .image = kernel->image, .filesystem = log_info (log, LOG_KEY_FILESYSTEM),
      .mount_options = options ? options : "", .watch = expected->watch, .watch_count = expected->watch_count,
      .pages = paged ? expected->pages.paths : (const char *const *) expected->ranged,
      .pages_count = paged ? expected->pages.file_count : expected->ranged_count,
      .boot_timeout_ms = BOOT_TIMEOUT_MS, .run_timeout_ms = (int) (arguments->guest.timeout_seconds * 1000),
      .accel = guest_options_accel (&arguments->guest), .quiet = arguments->guest.quiet,
    },
  };
}

/* Build the guest's initramfs and visit the states, with FOLDER for all temporary files. */
static int
replay_in (const struct replay_options *arguments, const struct write_log *log, const struct kernel *kernel,
           const struct expected *expected, const char *folder)
{
  struct session_config config = configure (arguments, log, kernel, expected, folder);
  const struct trust trust = replay_options_trust (arguments);
  CLEANUP_FREE char *initramfs_file = NULL;
  uint64_t memory_bytes;

  if (trust_find_checker (&trust, log, &config.runner.check) == -1
      || build_initramfs (arguments, log, kernel, folder, &initramfs_file, &memory_bytes) == -1)
    return EXIT_UNUSABLE;
  /* A checker knows better what is right than a comparison of the whole tree, which may be asked for with --watch. */
  const bool judged = config.runner.check == NULL || expected->watch_count > 0 || expected->persistence;
  if (judged)
    config.trees = expected->trees;
  config.runner.observe = judged || expected->paged;
  config.runner.initramfs = initramfs_file;
  config.runner.memory_mib = (unsigned) (memory_bytes >> 20);
  return visit_states (arguments, &config);
}

/* Whether states of LOG can be visited.  Returns 0, or -1 after a message. */
static int
check_log (const struct write_log *log)
{
  if (log_info (log, LOG_KEY_FILESYSTEM) == NULL) {
    error_message ("%s does not name its file system: record it with info=filesystem=TYPE, or import it with --fs",
                   log->path);
    return -1;
  }
  if (log->device_count > 1) {
    error_message ("%s has %zu devices, and states of one device alone can be visited: look at it with --list", log->path,
                   log->device_count);
    return -1;
  }
  return 0;
}

static int
run_replay (const struct replay_options *arguments, const struct write_log *log)
{
  const struct trust trust = replay_options_trust (arguments);
  struct expected expected;
  struct kernel kernel;
  char *folder;
  int status = EXIT_UNUSABLE;

  if (check_log (log) == -1 || trust_check (&trust, log) == -1 || trust_find_kernel (&trust, log, &kernel) == -1)
    return EXIT_UNUSABLE;
  folder = workdir_create ();
  if (folder) {
    if (expected_find (&expected, log, arguments->guest.pages, arguments->guest.page_bytes) == 0)
      status = replay_in (arguments, log, &kernel, &expected, folder);
    expected_free (&expected);
  }
  workdir_remove (folder);
  free (folder);
  kernel_free (&kernel);
  return status;
}

/* Cut LOG at POSITION into FOLDER/log.bin, *path, to free.  A checker that is on this machine goes into it.  Returns 0,
 * or -1 after a message.
 */
static int
cut_for_bundle (const struct trust *trust, const struct write_log *log, uint32_t position, const char *folder, char **path)
{
  struct log_checker checker;
  CLEANUP_FREE char *files = NULL;
  int origin = trust_find_checker (trust, log, &checker.command);

  if (origin == -1)
    return -1;
  if (asprintf (path, "%s/log.bin", folder) == -1 || asprintf (&files, "%s/files", folder) == -1)
    return out_of_memory ();
  checker.files = files;
  if (origin == CHECKER_HERE && trust_pack_checker (trust, log, files) == -1)
    return -1;
  return log_cut (log, position, "powercut:new", origin == CHECKER_HERE ? &checker : NULL, *path);
}

/* Replay the state of LOG from a log that has only what it needs, as whoever gets the bundle will. */
static int
run_bundle (const struct replay_options *arguments, const struct write_log *log)
{
  const struct trust trust = replay_options_trust (arguments);
  struct replay_options on_part = *arguments;
  CLEANUP_FREE struct choice *choices = NULL;
  CLEANUP_FREE char *path = NULL;
  struct write_log *part = NULL;
  int status = EXIT_UNUSABLE;
  uint32_t position;
  size_t count;

  if (named_state (arguments, log, &position, &choices, &count) == -1 || is_before_update (arguments, log, position)
      || publish_check (arguments->bundle) == -1)
    return EXIT_UNUSABLE;
  char *folder = workdir_create ();
  if (folder == NULL)
    return EXIT_UNUSABLE;
  if (cut_for_bundle (&trust, log, position, folder, &path) == 0)
    part = write_log_open (path);
  if (part) {
    on_part.log = path;
    on_part.guest.check = NULL; /* it is in there now */
    on_part.guest.include = (struct option_texts) { NULL, 0 };
    status = run_replay (&on_part, part);
    write_log_close (part);
  }
  workdir_remove (folder);
  free (folder);
  return status;
}

/* What the reader could not use.  A log that was cut off is used as far as it goes; a damaged one is not trusted, but
 * may be looked at.
 */
static int
report_loss (const struct write_log *log)
{
  CLEANUP_FREE char *loss = log_describe_loss (log);

  if (loss)
    error_message ("%s: %s%s", log->path, loss, log->end == LOG_DAMAGED ? ": get an undamaged copy, or record it again" : "");
  return log->end == LOG_DAMAGED ? -1 : 0;
}

static int
run (const struct replay_options *arguments, const struct write_log *log)
{
  int damaged = report_loss (log);

  if (arguments->list) {
    const struct tear tear = { arguments->tear_mode, (uint32_t) arguments->sector_bytes };
    int listed = filter_check_device (&arguments->filter, log) == -1 ? -1 : list_log (log, &tear, &arguments->filter, stdout);

    return listed == -1 || damaged == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
  }
  if (damaged == -1)
    return EXIT_UNUSABLE;
  if (log->event_count == 0) {
    error_message ("%s holds no event: record it again", log->path);
    return EXIT_UNUSABLE;
  }
  if (arguments->export)
    return state_export (arguments, log);
  if (arguments->serve)
    return state_serve (arguments, log);
  return arguments->bundle ? run_bundle (arguments, log) : run_replay (arguments, log);
}

int
replay (const struct replay_options *options)
{
  struct replay_options filled = *options;
  struct write_log *log;
  int status;

  log_guard (options->log, workdir_remove_all);
  log = write_log_open (options->log);
  if (log == NULL)
    return EXIT_UNUSABLE;
  const bool boots = !options->list && !options->export && !options->serve;
  if ((boots && replay_options_complete (&filled, log) == -1) || (!options->serve && stop_install () == -1)) {
    write_log_close (log);
    return EXIT_UNUSABLE;
  }
  status = run (&filled, log);
  write_log_close (log);
  return stop_status (status);
}

int
replay_command (int argc, char **argv, struct kept *kept)
{
  struct replay_options options = REPLAY_OPTIONS_DEFAULT;

  options.kept = kept;
  int status = replay_options_parse (argc, argv, &options) == -1 ? EXIT_UNUSABLE : replay (&options);
  free (options.guest.include.texts);
  return status;
}
