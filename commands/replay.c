/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checker/persistence/persistence.h"
#include "commands/replay.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/number.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/workdir.h"
#include "guest/image.h"
#include "log/cut.h"
#include "log/guard.h"
#include "log/image.h"
#include "log/info.h"
#include "log/state-id.h"
#include "replay/guest-cache.h"
#include "replay/report/bundle.h"
#include "replay/report/list.h"
#include "replay/report/outputs.h"
#include "replay/report/text.h"
#include "replay/session.h"
#include "replay/shell.h"
#include "replay/trust.h"

/* The state that --state names, whatever its spelling: what is missing in it, as choices_absent gives it; without --state, the one
 * in which everything is there.  *choices is NULL before, and the caller's to free in any case.
 */
static int
named_state (const struct replay_options *arguments, const struct write_log *log, uint32_t *position, struct choice **choices,
             size_t *count)
{
  if (arguments->state == NULL) {
    uint32_t first;

    *choices = NULL;
    *count = 0;
    return model_range (log, &first, position);
  }
  CLEANUP_FREE struct choice *named = NULL;
  if (state_id_parse (arguments->state, log, position, &named, count) == -1)
    return -1;
  *choices = choices_absent (log, named, *count, count);
  if (*choices == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < *count; i++)
    if (model_is_durable (log, (*choices)[i].write, *position)) {
      error_message ("state %s is not legal: the write at %u is durable there: see --list", arguments->state,
                     log->writes[(*choices)[i].write].issue);
      return -1;
    }
  return 0;
}

static int
run_export (const struct replay_options *arguments, const struct write_log *log)
{
  CLEANUP_FREE struct choice *choices = NULL;
  struct publication publication;
  struct crash_state *state;
  uint32_t position;
  size_t count;
  int r = -1;

  if (named_state (arguments, log, &position, &choices, &count) == -1)
    return EXIT_UNUSABLE;
  if (log->device_count > 1)
    error_message ("%s has %zu devices: the image is of disk0", log->path, log->device_count);
  if (same_file (arguments->export, log->path)) {
    error_message ("--export=%s: that is the log itself", arguments->export);
    return EXIT_UNUSABLE;
  }
  if (publish_begin (&publication, arguments->export) == -1)
    return EXIT_UNUSABLE;
  state = crash_state_new (log);
  const struct selection selection = {
    .point = position, .choices = choices, .count = count, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } }
  };
  if (state && crash_state_select (state, &selection) == 0)
    r = export_device (state, log, 0, publication.fd);
  if (r == -1)
    error_message ("%s: %m", arguments->export);
  crash_state_free (state);
  return publish_end (&publication, stop_requested () ? -1 : r) == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
}

/* Become nbdkit: the state is served until it is killed. */
static int
run_serve (const struct replay_options *arguments, const struct write_log *log)
{
  CLEANUP_FREE char *plugin = part_path (PART_CRASHSTATE);
  CLEANUP_FREE char *nbdkit = process_find ("nbdkit");
  CLEANUP_FREE char *log_parameter = NULL, *id = NULL, *state_parameter = NULL;
  CLEANUP_FREE struct choice *choices = NULL;
  uint32_t position;
  size_t count;

  if (plugin == NULL || named_state (arguments, log, &position, &choices, &count) == -1)
    return EXIT_UNUSABLE;
  if (nbdkit == NULL) {
    error_message ("nbdkit: not found: install it");
    return EXIT_UNUSABLE;
  }
  id = state_id_format (log, position, choices, count);
  if (id == NULL || asprintf (&log_parameter, "log=%s", arguments->log) == -1
      || asprintf (&state_parameter, "state=%s", id) == -1) {
    error_message ("out of memory");
    return EXIT_UNUSABLE;
  }
  execl (nbdkit, "nbdkit", "--foreground", "-U", arguments->serve, plugin, log_parameter, state_parameter, (char *) NULL);
  error_message ("%s: %m", nbdkit);
  return EXIT_UNUSABLE;
}

/* What the command line lets be taken from this machine. */
static struct trust
trust_of (const struct replay_options *arguments)
{
  return (struct trust) {
    .all = arguments->trust_log, .kernel = arguments->guest.kernel, .check = arguments->guest.check,
    .include = &arguments->guest.include, .confine = arguments->guest.confine
  };
}

/* Add the observation in MARK, behind its name.  A mark's text has lost the newline at its end. */
static int
add_tree (struct trees *trees, const char *text, size_t length)
{
  char **larger = reallocarray (trees->texts, trees->count + 1, sizeof *larger);

  if (larger == NULL)
    return -1;
  trees->texts = larger;
  if (asprintf (&larger[trees->count], "%.*s%s", (int) length, text, length > 0 ? "\n" : "") == -1)
    return -1;
  trees->count++;
  return 0;
}

static void
free_trees (struct trees *trees)
{
  for (size_t i = 0; i < trees->count; i++)
    free (trees->texts[i]);
  free (trees->texts);
}

/* The observations that travel in the marks: none if the log was never meant to be judged, and fewer than two only where a
 * workload says what is right.  To be freed in any case.
 */
static int
find_trees (const struct write_log *log, struct trees *trees)
{
  *trees = (struct trees) { NULL, 0 };
  for (uint32_t i = 0; i < log->mark_count; i++) {
    const char *text;
    size_t length;

    if (!log_mark_is (&log->marks[i], trees->count == 0 ? "powercut:old" : "powercut:new", &text, &length))
      continue;
    if (add_tree (trees, text, length) == -1)
      return out_of_memory ();
  }
  if (trees->count > 1 || (trees->count == 0 && log->end == LOG_CLOSED) || log_info (log, LOG_KEY_WORKLOAD))
    return 0;
  error_message ("%s: the log ends before the update was committed, so that nobody knows what is right: record it again, "
                 "or look at it with --list", log->path);
  return -1;
}

/* The pages to tabulate, in *pages; *found is false if there are none.  To be freed in any case. */
static int
find_pages (const struct replay_options *arguments, const struct write_log *log, const struct trees *trees, struct pages *pages,
            bool *found)
{
  const char *recorded = log_info (log, LOG_KEY_PAGES);
  uint64_t page_bytes = arguments->guest.page_bytes;

  *pages = (struct pages) { .file_count = 0 };
  *found = recorded != NULL;
  if (recorded == NULL && (arguments->guest.pages || page_bytes > 0)) {
    error_message ("%s has nothing about pages: record it with --pages", log->path);
    return -1;
  }
  if (recorded == NULL)
    return 0;
  if (page_bytes == 0 && (parse_size (recorded, &page_bytes) == -1 || page_size_fault (page_bytes))) {
    error_message ("%s: its header has a size of pages that cannot be: give --page-size", log->path);
    return -1;
  }
  return pages_init (pages, trees->texts, trees->count, page_bytes);
}

/* The watched paths of the header. */
static size_t
find_watch (const struct write_log *log, const char ***watch)
{
  const char *path = NULL;
  size_t count = 0;

  while ((path = log_info_after (log, LOG_KEY_WATCH, path)) != NULL)
    count++;
  *watch = calloc (count + 1, sizeof **watch);
  for (size_t i = 0; *watch && i < count; i++)
    (*watch)[i] = path = log_info_after (log, LOG_KEY_WATCH, path);
  return count;
}

/* Search everything and report. */
static int
run_session (const struct replay_options *arguments, const struct session_config *config)
{
  struct session session;
  struct report report;
  int r = session_run (&session, config), status = EXIT_UNUSABLE;

  /* What was found before something went wrong is not lost. */
  if ((r == 0 || session.runs > 0) && report_make (&report, &session) == 0) {
    if (!arguments->guest.quiet && !outputs_use_stdout (&arguments->outputs))
      report_print (&report, stdout);
    if (r == 0 || stop_requested ())
      status = report.violated ? EXIT_VIOLATION
      : report.exhaustive || config->prefixes_only ? EXIT_SUCCESS : EXIT_UNFINISHED;
    if (session.mismatches > 0)
      status = EXIT_UNUSABLE;
    if (outputs_write (&arguments->outputs, &report) == -1)
      status = EXIT_UNUSABLE;
    report_free (&report);
  }
  session_free (&session);
  return status;
}

/* The same, with every answer written at once, if that is asked for. */
static int
run_told (const struct replay_options *arguments, struct session_config *config)
{
  int status;

  if (arguments->outputs.json_lines && (config->lines = run_lines_open (arguments->outputs.json_lines)) == NULL)
    return EXIT_UNUSABLE;
  status = run_session (arguments, config);
  run_lines_close (config->lines);
  return status;
}

/* With a log that ends at the crash: make a run, so that the bundle tells what it will show, and pack it. */
static int
make_bundle (const struct replay_options *arguments, const struct session_config *config, uint32_t position,
             const struct choice *choices, size_t count)
{
  struct seen_state seen;
  struct minimal *missing = minimal_as_is (config->log, position, choices, count);
  struct blame *blame = blame_new (config->log, &config->trees);
  int r = -1;

  if (missing == NULL || blame == NULL || minimal_describe (missing, config->log, blame) == -1)
    error_message ("out of memory");
  else {
    const struct bundle bundle = {
      .log = config->log, .state = missing->state, .trees = &config->trees, .seen = &seen, .missing = missing
    };

    r = session_see_state (config, position, choices, count, &seen);
    if (r == 0 && seen.kind == NULL) {
      error_message ("state %s: nothing is wrong with it, so there is nothing to pack", arguments->state);
      r = -1;
    }
    if (r == 0)
      r = bundle_write (&bundle, arguments->bundle);
    seen_state_free (&seen);
  }
  blame_free (blame);
  minimal_free (missing);
  return r == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS;
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
  int r;

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
  r = session_show_state (config, position, choices, count);
  return r == -1 ? EXIT_UNUSABLE : r == 1 ? EXIT_VIOLATION : EXIT_SUCCESS;
}

/* The guest's initramfs, with what the checker needs, if there is one, and perhaps a shell for a person.  NULL after a message. */
static struct initramfs *
make_initramfs (const struct replay_options *arguments, const struct write_log *log, const struct kernel *kernel)
{
  const struct trust trust = trust_of (arguments);
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

/* Write the guest's initramfs into FOLDER, or let it be that of the guest that is kept.  *file is its name, to free, and
 * *memory_bytes what a guest with it needs.  Returns 0, or -1 after a message.
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

/* The oracle of the log's workload.  The simulation that it rests on is first held against what was seen without a crash. */
static struct persistence *
make_persistence (const struct write_log *log, const struct workload *workload, const struct trees *trees)
{
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM), *options = log_info (log, LOG_KEY_MOUNT);
  struct persistence *persistence = NULL;
  uint32_t rules;

  if (persistence_rules (workload, filesystem, options ? options : "", &rules) == 0)
    persistence = persistence_new (workload, rules);
  for (size_t i = 0; persistence && i < trees->count && i < 2; i++) {
    CLEANUP_FREE char *detail = NULL;

    if (persistence_compare (persistence, i == 1, trees->texts[i], &detail) == 0 && detail == NULL)
      continue;
    if (detail)
      error_message ("%s: without a crash, too, the guest saw something else than its workload does: %s", log->path, detail);
    persistence_free (persistence);
    persistence = NULL;
  }
  return persistence;
}

/* Parse the workload in the header, if there is one, and make its oracle: NULL if there is none.  In messages it is NAME.  Free
 * both in any case.
 */
static int
find_workload (const struct write_log *log, const struct trees *trees, const char *name, struct workload *workload,
               struct persistence **persistence)
{
  const char *text = log_info (log, LOG_KEY_WORKLOAD);

  *workload = (struct workload) { .name = name };
  *persistence = NULL;
  if (text == NULL)
    return 0;
  if (workload_parse (text, name, workload) == -1)
    return -1;
  *persistence = make_persistence (log, workload, trees);
  return *persistence ? 0 : -1;
}

/* Build the guest's initramfs and visit the states, with FOLDER for all temporary files. */
static int
replay_in (const struct replay_options *arguments, const struct write_log *log, const struct kernel *kernel,
           const struct trees *trees, struct persistence *persistence, const char *folder)
{
  CLEANUP_FREE char *initramfs_file = NULL;
  CLEANUP_FREE const char **watch = NULL;
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM), *options = log_info (log, LOG_KEY_MOUNT);
  const struct trust trust = trust_of (arguments);
  uint64_t memory_bytes;
  const char *check;

  if (trust_find_checker (&trust, log, &check) == -1
      || build_initramfs (arguments, log, kernel, folder, &initramfs_file, &memory_bytes) == -1)
    return EXIT_UNUSABLE;
  size_t watch_count = persistence ? 0 : find_watch (log, &watch);
  struct pages pages;
  bool paged;
  int status = find_pages (arguments, log, trees, &pages, &paged);
  char **ranged = NULL;         /* files that are judged by ranges */
  ssize_t ranged_count = status == 0 && persistence ? persistence_paths (persistence, &ranged) : 0;

  if (status == -1 || ranged_count == -1) {
    pages_free (&pages);
    return EXIT_UNUSABLE;
  }
  /* A checker knows better what is right than a comparison of the whole tree, which may be asked for with --watch. */
  const bool observe = check == NULL || watch_count > 0 || persistence;
  struct session_config config = {
    .log = log, .folder = folder, .trees = observe ? *trees : (struct trees) { NULL, 0 }, .persistence = persistence,
    .jobs = (unsigned) arguments->jobs,
    .tear = { arguments->tear_mode, (uint32_t) arguments->sector_bytes }, .limit = arguments->limit,
    .seconds = arguments->seconds, .seed = arguments->seed, .audit_percent = arguments->audit_percent,
    .prefixes_only = arguments->prefixes_only, .no_reduction = arguments->no_reduction,
    .minimize = arguments->minimize,
    .progress = !arguments->guest.quiet, .kept = arguments->kept, .pages = paged ? &pages : NULL,
    .runner = {
      .log = arguments->log, .image = kernel->image, .initramfs = initramfs_file, .filesystem = filesystem,
      .mount_options = options ? options : "", .watch = watch, .watch_count = watch_count,
      .observe = observe || paged, .pages = paged ? pages.paths : (const char *const *) ranged,
      .pages_count = paged ? pages.file_count : (size_t) ranged_count, .check = check,
      .memory_mib = (unsigned) (memory_bytes >> 20), .boot_timeout_ms = 120000,
      .accel = guest_options_accel (&arguments->guest), .quiet = arguments->guest.quiet,
      .run_timeout_ms = (int) (arguments->guest.timeout_seconds * 1000),
    },
  };
  status = visit_states (arguments, &config);
  for (ssize_t i = 0; i < ranged_count; i++)
    free (ranged[i]);
  free (ranged);
  pages_free (&pages);
  return status;
}

static int
run_replay (const struct replay_options *arguments, const struct write_log *log)
{
  struct persistence *persistence = NULL;
  struct workload workload = { .name = NULL };
  CLEANUP_FREE char *workload_name = NULL;
  const struct trust trust = trust_of (arguments);
  struct kernel kernel;
  struct trees trees;
  char *folder;
  int status = EXIT_UNUSABLE;

  if (log_info (log, LOG_KEY_FILESYSTEM) == NULL) {
    error_message ("%s does not name its file system: record it with info=filesystem=TYPE, or import it with --fs",
                   log->path);
    return EXIT_UNUSABLE;
  }
  if (log->device_count > 1) {
    error_message ("%s has %zu devices, and states of one device alone can be visited: look at it with --list", log->path,
                   log->device_count);
    return EXIT_UNUSABLE;
  }
  if (asprintf (&workload_name, "%s: workload", log->path) == -1) {
    workload_name = NULL;
    error_message ("out of memory");
    return EXIT_UNUSABLE;
  }
  if (trust_check (&trust, log) == -1 || trust_find_kernel (&trust, log, &kernel) == -1)
    return EXIT_UNUSABLE;
  folder = workdir_create ();
  if (folder == NULL) {
    kernel_free (&kernel);
    return EXIT_UNUSABLE;
  }
  if (find_trees (log, &trees) == 0 && find_workload (log, &trees, workload_name, &workload, &persistence) == 0)
    status = replay_in (arguments, log, &kernel, &trees, persistence, folder);
  persistence_free (persistence);
  workload_free (&workload);
  free_trees (&trees);
  workdir_remove (folder);
  free (folder);
  kernel_free (&kernel);
  return status;
}

/* Cut LOG at POSITION into FOLDER/log.bin, *path, to free.  A checker that is on this machine goes into it.  Returns 0, or -1 after
 * a message.
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
  const struct trust trust = trust_of (arguments);
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

/* What the reader could not use.  A log that was cut off is used as far as it goes; a damaged one is not trusted, but may be
 * looked at.
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
    return run_export (arguments, log);
  if (arguments->serve)
    return run_serve (arguments, log);
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
