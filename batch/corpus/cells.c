/* SPDX-License-Identifier: BSD-3-Clause */
/* Every cell is a job of the pool: a `powercut run`, or a `replay` of a log that the case brings. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batch/corpus/corpus.h"
#include "batch/corpus/log.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/plural.h"
#include "common/progress.h"
#include "common/text.h"
#include "log/info.h"
#include "log/reader.h"

#define DEFAULT_SIZE "64M"
#define WORDS_MAX 24            /* beside the setup commands */

/* What all cells share. */
struct runner {
  struct corpus *corpus;
  const char *folder;
  char **logs;                  /* for each case its log, unpacked, or NULL */
  char **log_filesystems;       /* and the file system that it is of */
  uint64_t spare_bytes;         /* see log_unpack: all of them are there at the same time */
  struct progress *progress;
};

/* The least that every mkfs is content with, and that leaves room for a journal. */
static const char *
default_size (const char *filesystem)
{
  static const char *const sizes[][2] = { { "xfs", "300M" }, { "btrfs", "128M" }, { "nilfs2", "256M" } };

  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    if (strcmp (sizes[i][0], filesystem) == 0)
      return sizes[i][1];
  return DEFAULT_SIZE;
}

/* Put the option NAME with its VALUE behind the *COUNT words; none if there is no value. */
static void
add_option (const char **words, size_t *count, const char *name, const char *value)
{
  if (value == NULL)
    return;
  words[(*count)++] = name;
  words[(*count)++] = value;
}

/* What `powercut run` or, for a log, `replay` is to do for CELL; the list to free, or NULL. */
static const char **
make_words (const struct case_cell *cell, bool trusted)
{
  const struct corpus_case *corpus_case = cell->corpus_case;
  const struct case_environment *environment = cell->environment;
  const struct case_settings *settings = case_find_settings (corpus_case, environment->filesystem);
  const char **words = calloc (WORDS_MAX + 2 * corpus_case->setup.count, sizeof *words);
  size_t count = 0;

  if (words == NULL)
    return NULL;
  add_option (words, &count, "--kernel", environment->kernel);
  add_option (words, &count, "--accel", environment->accel);
  add_option (words, &count, "--check", corpus_case->check);
  add_option (words, &count, "--confine", trusted ? NULL : corpus_case->path);
  if (corpus_case->log)
    return words;
  add_option (words, &count, "--fs", environment->filesystem);
  add_option (words, &count, "--size", settings && settings->size ? settings->size : default_size (environment->filesystem));
  add_option (words, &count, "--mkfs", settings ? settings->mkfs : NULL);
  add_option (words, &count, "--mount", settings ? settings->mount : NULL);
  add_option (words, &count, "--initial", corpus_case->initial);
  add_option (words, &count, "--settle", corpus_case->settle);
  for (size_t i = 0; i < corpus_case->setup.count; i++)
    add_option (words, &count, "--setup", corpus_case->setup.list[i]);
  add_option (words, &count, "--step", corpus_case->command);
  add_option (words, &count, "--workload", corpus_case->workload);
  return words;
}

static int
set_reason (struct case_cell *cell, enum case_outcome outcome, const char *reason)
{
  cell->outcome = outcome;
  cell->reason = strdup (reason);
  return cell->reason ? 0 : out_of_memory ();
}

/* Unpack the log of case NUMBER, and see what it is of. */
static int
unpack_log (struct runner *runner, size_t number)
{
  const struct corpus_case *corpus_case = &runner->corpus->cases[number];
  struct write_log *log;
  const char *filesystem;

  runner->logs[number] = text_format ("%s/%zu.log", runner->folder, number);
  if (runner->logs[number] == NULL || log_unpack (corpus_case->log, runner->logs[number], &runner->spare_bytes) == -1)
    return -1;
  log = write_log_open (runner->logs[number]);
  if (log == NULL)
    return -1;
  filesystem = log_info (log, LOG_KEY_FILESYSTEM);
  if (filesystem)
    runner->log_filesystems[number] = text_format ("%s", filesystem);
  else
    error_message ("%s: does not say of which file system it is", corpus_case->log);
  write_log_close (log);
  return runner->log_filesystems[number] ? 0 : -1;
}

/* Make the cell of case NUMBER in ENVIRONMENT.  It is an error until a job has come to something else. */
static int
plan_cell (const struct runner *runner, const struct case_environment *environment, size_t number, struct case_cell *cell)
{
  const struct corpus_case *corpus_case = &runner->corpus->cases[number];
  const char *log_filesystem = runner->log_filesystems[number];

  *cell = (struct case_cell) {
    .corpus_case = corpus_case, .environment = environment, .outcome = OUTCOME_ERROR,
    .failure = case_find_failure (corpus_case, environment->filesystem, environment->release),
  };
  if (!case_applies (corpus_case, environment->filesystem))
    return set_reason (cell, OUTCOME_NOT_APPLICABLE, "the case is not about this file system");
  if (log_filesystem && strcmp (log_filesystem, environment->filesystem) != 0)
    return set_reason (cell, OUTCOME_NOT_APPLICABLE, "the log is of another file system");
  if (!environment->supported)
    return set_reason (cell, OUTCOME_NOT_APPLICABLE, "this kernel has no such file system");
  return 0;
}

/* Add the jobs of the cells from FIRST on, one for each case: those that have a check, or those that have none. */
static int
plan_jobs (struct runner *runner, struct case_cell *first, bool with_check)
{
  struct corpus *corpus = runner->corpus;

  for (size_t i = 0; i < corpus->case_count; i++) {
    struct case_cell *cell = &first[i];

    if (cell->outcome == OUTCOME_NOT_APPLICABLE || (cell->corpus_case->check != NULL) != with_check)
      continue;
    const char **words = make_words (cell, corpus->trusted);
    if (words == NULL)
      return out_of_memory ();
    cell->job = &corpus->jobs[corpus->job_count];
    corpus->jobs[corpus->job_count++] = (struct pool_job) { .words = words, .log = runner->logs[i], .data = cell };
  }
  return 0;
}

/* A guest is kept from one job to the next if both take the same into it. */
static int
plan_environment (struct runner *runner, const struct case_environment *environment)
{
  struct corpus *corpus = runner->corpus;
  struct case_cell *first = &corpus->cells[corpus->cell_count];

  for (size_t i = 0; i < corpus->case_count; i++)
    if (plan_cell (runner, environment, i, &corpus->cells[corpus->cell_count++]) == -1)
      return -1;
  return plan_jobs (runner, first, false) == -1 || plan_jobs (runner, first, true) == -1 ? -1 : 0;
}

static int
plan_cells (struct runner *runner)
{
  struct corpus *corpus = runner->corpus;

  for (size_t i = 0; i < corpus->case_count; i++)
    if (corpus->cases[i].log && unpack_log (runner, i) == -1)
      return -1;
  for (size_t i = 0; i < corpus->environment_count; i++)
    if (plan_environment (runner, &corpus->environments[i]) == -1)
      return -1;
  return 0;
}

/* Say what the cells of ENVIRONMENT came to. */
static void
print_environment (const struct corpus *corpus, const struct case_environment *environment)
{
  const struct case_cell *cells = corpus->cells + (environment - corpus->environments) * (ptrdiff_t) corpus->case_count;
  size_t counts[OUTCOME_COUNT] = { 0 };
  const char *separator = ":";

  for (size_t i = 0; i < corpus->case_count; i++)
    counts[cells[i].outcome]++;
  printf ("%s, kernel %s", environment->filesystem, environment->release);
  for (int i = 0; i < OUTCOME_COUNT; i++)
    if (counts[i] > 0) {
      printf ("%s %zu %s", separator, counts[i], outcome_word ((enum case_outcome) i));
      separator = ",";
    }
  putchar ('\n');
  fflush (stdout);
}

/* A job has ended, and all before it. */
static void
take_end (const struct pool_config *config, struct pool_job *job)
{
  const struct runner *runner = config->data;
  struct corpus *corpus = runner->corpus;
  struct case_cell *cell = job->data;
  const struct pool_job *next = job + 1;

  cell->outcome = outcome_judge (WIFEXITED (job->status) ? WEXITSTATUS (job->status) : -1, job->result, cell->failure);
  if (cell->outcome == OUTCOME_NOT_APPLICABLE || cell->outcome == OUTCOME_ERROR)
    cell->reason = job->result ? text_format ("not every crash state was covered") : pool_describe_end (job);
  if (next == corpus->jobs + corpus->job_count || ((struct case_cell *) next->data)->environment != cell->environment) {
    progress_clear (runner->progress);
    print_environment (corpus, cell->environment);
  }
  progress_show (runner->progress, "%zu of %zu cells", (size_t) (next - corpus->jobs), corpus->job_count);
}

static int
run_all (struct runner *runner, uint64_t jobs)
{
  const struct pool_config config = {
    .jobs = jobs, .folder = runner->folder, .filesystems = runner->corpus->filesystems, .data = runner
  };
  struct corpus *corpus = runner->corpus;

  if (plan_cells (runner) == -1)
    return -1;
  printf ("%zu %s, %zu %s to run\n", corpus->case_count, plural (corpus->case_count, "case", "cases"),
          corpus->job_count, plural (corpus->job_count, "cell", "cells"));
  fflush (stdout);
  runner->progress = progress_begin (false);
  int r = pool_run (&config, corpus->jobs, corpus->job_count, take_end);
  progress_end (runner->progress);
  return r;
}

int
corpus_run_cells (struct corpus *corpus, uint64_t jobs, const char *folder)
{
  const size_t most = corpus->case_count * corpus->environment_count;
  struct runner runner = {
    .corpus = corpus, .folder = folder, .logs = calloc (corpus->case_count, sizeof *runner.logs),
    .log_filesystems = calloc (corpus->case_count, sizeof *runner.log_filesystems), .spare_bytes = LOG_SPARE_BYTES,
  };
  double started = clock_seconds (CLOCK_MONOTONIC);
  int r = -1;

  corpus->cells = calloc (most, sizeof *corpus->cells);
  corpus->jobs = calloc (most, sizeof *corpus->jobs);
  if (corpus->cells && corpus->jobs && runner.logs && runner.log_filesystems)
    r = run_all (&runner, jobs);
  else
    out_of_memory ();
  for (size_t i = 0; i < corpus->case_count && runner.logs && runner.log_filesystems; i++) {
    free (runner.logs[i]);
    free (runner.log_filesystems[i]);
  }
  free (runner.logs);
  free (runner.log_filesystems);
  corpus->seconds = clock_seconds (CLOCK_MONOTONIC) - started;
  return r;
}

void
corpus_free_cells (struct corpus *corpus)
{
  for (size_t i = 0; i < corpus->cell_count; i++)
    free (corpus->cells[i].reason);
  for (size_t i = 0; i < corpus->job_count; i++)
    free ((void *) corpus->jobs[i].words);
  if (corpus->jobs)
    pool_free_jobs (corpus->jobs, corpus->job_count);
  free (corpus->jobs);
  free (corpus->cells);
}
