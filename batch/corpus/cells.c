/* SPDX-License-Identifier: BSD-3-Clause */
/* Every cell of the corpus is a `powercut run`, or a `replay` of a log that the case brings. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "batch/corpus/cell-outcome.h"
#include "batch/corpus/corpus.h"
#include "batch/corpus/log.h"
#include "batch/result.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "log/info.h"
#include "log/reader.h"
#include "replay/session-config.h"

/* Unpack the log of case NUMBER into FOLDER, and see what it is of. */
static int
unpack_log (const struct corpus *corpus, size_t number, const char *folder, uint64_t *spare_bytes)
{
  const char *packed = corpus->cases[number].log, *filesystem;
  struct case_log *unpacked = &corpus->logs[number];
  struct write_log *log;

  unpacked->path = text_format ("%s/%zu.log", folder, number);
  if (unpacked->path == NULL || log_unpack (packed, unpacked->path, spare_bytes) == -1)
    return -1;
  log = write_log_open (unpacked->path);
  if (log == NULL)
    return -1;
  filesystem = log_info (log, LOG_KEY_FILESYSTEM);
  if (filesystem)
    unpacked->filesystem = text_format ("%s", filesystem);
  else
    error_message ("%s: does not say of which file system it is", packed);
  write_log_close (log);
  return unpacked->filesystem ? 0 : -1;
}

/* All logs are there at the same time, and share what they may unpack to. */
static int
prepare (const struct grid *grid, const char *folder)
{
  struct corpus *corpus = grid->data;
  uint64_t spare_bytes = LOG_SPARE_BYTES;

  corpus->logs = calloc (corpus->case_count, sizeof *corpus->logs);
  if (corpus->logs == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < corpus->case_count; i++)
    if (corpus->cases[i].log && unpack_log (corpus, i, folder, &spare_bytes) == -1)
      return -1;
  return 0;
}

/* The log that the case of CELL brings. */
static const struct case_log *
find_log (const struct grid *grid, const struct cell *cell)
{
  const struct corpus *corpus = grid->data;

  return &corpus->logs[(const struct corpus_case *) cell->row - corpus->cases];
}

static int
excuse_cell (struct cell *cell, const char *reason)
{
  cell->outcome = CASE_NOT_APPLICABLE;
  cell->reason = strdup (reason);
  return cell->reason ? 0 : out_of_memory ();
}

/* The case of CELL needs what this host does not have, and what it holds stays unknown here. */
static int
excuse_missing (struct cell *cell, const char *missing)
{
  CLEANUP_FREE char *reason = text_format ("%s is not on this machine", missing);

  return reason ? excuse_cell (cell, reason) : -1;
}

static int
begin_cell (const struct grid *grid, struct cell *cell)
{
  const struct corpus *corpus = grid->data;
  const char *filesystem = cell->environment->filesystem, *log_filesystem = find_log (grid, cell)->filesystem;

  const size_t number = (size_t) (cell - grid->cells);
  if (share_part (&grid->request->share, number + number / (grid->row_count ? grid->row_count : 1), 1) == -1)
    return excuse_cell (cell, "another shard does it");
  if (!case_applies (cell->row, filesystem))
    return excuse_cell (cell, "the case is not about this file system");
  if (log_filesystem && strcmp (log_filesystem, filesystem) != 0)
    return excuse_cell (cell, "the log is of another file system");
  if (!corpus->supported[cell->environment - grid->environments])
    return excuse_cell (cell, "this kernel has no such file system");
  const char *missing = case_find_missing (cell->row);
  return missing ? excuse_missing (cell, missing) : 1;
}

/* A checker is taken into the guest, or what assembles the disks. */
static bool
needs_more (const struct cell *cell)
{
  const struct corpus_case *corpus_case = cell->row;
  const struct case_settings *settings = case_find_settings (corpus_case, cell->environment->filesystem);

  return corpus_case->check || (settings && settings->assemble);
}

/* Add the COUNT OPTIONS, names with their values, to JOB; those without a value are left out. */
static int
add_options (struct pool_job *job, const char *const (*options)[2], size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (pool_add_option (job, options[i][0], options[i][1]) == -1)
      return -1;
  return 0;
}

/* What records the case of CELL, which brings no log. */
static int
add_recording (const struct grid *grid, const struct cell *cell, struct pool_job *job)
{
  const struct corpus_case *corpus_case = cell->row;
  const char *filesystem = cell->environment->filesystem;
  const struct case_settings *settings = case_find_settings (corpus_case, filesystem);
  const char *const options[][2] = {
    { "--fs", filesystem },
    { "--size", settings && settings->disks.count > 0 ? NULL
      : settings && settings->size ? settings->size : filesystem_find (filesystem)->small_size },
    { "--log-device", settings ? settings->log_device : NULL },
    { "--create", settings ? settings->create : NULL }, { "--assemble", settings ? settings->assemble : NULL },
    { "--mkfs", settings ? settings->mkfs : NULL }, { "--mount", settings ? settings->mount : NULL },
    { "--background", grid->request->background },
    { "--initial", corpus_case->initial }, { "--settle", corpus_case->settle },
    { "--device", grid->request->device },
  };

  if (add_options (job, options, sizeof options / sizeof options[0]) == -1 || grid_add_recording (grid, job) == -1)
    return -1;
  for (size_t i = 0; settings && i < settings->disks.count; i++)
    if (pool_add_option (job, "--disk", settings->disks.list[i]) == -1)
      return -1;
  for (size_t i = 0; i < corpus_case->setup.count; i++)
    if (pool_add_option (job, "--setup", corpus_case->setup.list[i]) == -1)
      return -1;
  if (pool_add_option (job, "--step", corpus_case->command) == -1)
    return -1;
  return pool_add_option (job, "--workload", corpus_case->workload);
}

/* What is done before recovery, and with what it left, unless it is not wanted. */
static int
add_beside (const struct corpus *corpus, const struct cell *cell, struct pool_job *job)
{
  const struct corpus_case *corpus_case = cell->row;
  const struct filesystem_fsck *fsck = &filesystem_find (cell->environment->filesystem)->fsck;

  if (corpus_case->readonly_device && pool_add_word (job, "--readonly-device") == -1)
    return -1;
  if (fsck->words[0] && !fsck->greedy && !corpus->no_fsck && pool_add_word (job, "--fsck") == -1)
    return -1;
  return corpus->no_usable ? 0 : pool_add_word (job, "--usable");
}

static int
fill_job (const struct grid *grid, const struct cell *cell, struct pool_job *job)
{
  const struct corpus *corpus = grid->data;
  const struct corpus_case *corpus_case = cell->row;
  const struct case_settings *settings = case_find_settings (corpus_case, cell->environment->filesystem);
  const char *const options[][2] = {
    { "--kernel", cell->environment->kernel->image }, { "--accel", grid->request->accel },
    { "--check", corpus_case->check }, { "--confine", corpus->trusted ? NULL : corpus_case->path },
    { "--nested", grid->request->nested ? NULL : corpus_case->nested }, { "--lose", settings ? settings->lose : NULL },
  };

  job->log = find_log (grid, cell)->path;
  job->folder = corpus_case->path;
  if (add_options (job, options, sizeof options / sizeof options[0]) == -1 || pool_add_word (job, "--minimize") == -1
      || grid_add_replaying (grid, job) == -1 || add_beside (corpus, cell, job) == -1)
    return -1;
  return job->log ? 0 : add_recording (grid, cell, job);
}

const struct case_failure *
corpus_cell_failure (const struct cell *cell)
{
  return case_find_failure (cell->row, cell->environment->filesystem, cell->environment->kernel->release);
}

static char *
describe_unfinished (const cJSON *result)
{
  return text_format ("not every crash state was covered: %s of %s were", result_text (result, "states_covered"),
                      result_text (result, "crash_states"));
}

static void
judge_cell (struct cell *cell)
{
  const struct pool_job *job = cell->job;
  const int status = WIFEXITED (job->status) ? WEXITSTATUS (job->status) : -1;

  cell->outcome = case_judge (status, job->result, corpus_cell_failure (cell));
  if (cell->outcome == CASE_NOT_APPLICABLE || cell->outcome == CASE_ERROR)
    cell->reason = job->result ? describe_unfinished (job->result) : pool_describe_end (job);
  if (cell->reason && strstr (cell->reason, CHECKER_REFUSED))
    cell->outcome = CASE_NOT_APPLICABLE;
}

static const char *
name_row (const void *row)
{
  const struct corpus_case *corpus_case = row;

  return corpus_case->name;
}

static bool
is_worth_keeping (const struct cell *cell)
{
  return cell->outcome == CASE_FAIL || cell->outcome == CASE_ERROR;
}

const struct grid_kind corpus_kind = {
  .outcomes = case_outcomes, .outcome_count = CASE_OUTCOME_COUNT, .prepare = prepare, .begin_cell = begin_cell,
  .needs_more = needs_more, .fill_job = fill_job, .judge_cell = judge_cell, .name_row = name_row,
  .is_worth_keeping = is_worth_keeping, .print_begin = corpus_print_begin,
  .print_environment = corpus_print_environment, .print_end = corpus_print_end,
  .describe_rows = corpus_describe_all, .describe_cell = corpus_describe_cell,
};
