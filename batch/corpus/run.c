/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/corpus.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/options.h"
#include "common/places.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/words.h"
#include "common/workdir.h"
#include "guest/accel.h"
#include "guest/image.h"
#include "guest/jobs.h"
#include "guest/kernel/kernel.h"
#include "guest/options.h"
#include "record/mkfs.h"

#define EXIT_UNEXPECTED 1       /* some result is not the expected one */
#define EXIT_UNUSABLE 2         /* bad usage, a bad case, a missing part, or a cell that could not be measured */
#define EXIT_SIGNALLED 128      /* + the signal that stopped it */
#define FILESYSTEMS "ext4,xfs,btrfs,f2fs"

struct arguments {
  const char *filesystems;      /* names with commas between them, or NULL: the usual ones */
  struct option_texts kernels;
  const char *accel;            /* as --accel of `powercut run`, or NULL */
  bool trusted;
  uint64_t jobs;
  const char *filter, *junit, *json;
};

/* Find all kernels, and make the environments: all file systems of one kernel, then those of the next. */
static int
plan_environments (struct corpus *corpus, const struct arguments *arguments, const struct words *filesystems,
                   struct kernel *kernels, size_t kernel_count)
{
  corpus->environments = calloc (kernel_count * filesystems->count, sizeof *corpus->environments);
  if (corpus->environments == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < kernel_count; i++) {
    const char *spec = arguments->kernels.count ? arguments->kernels.texts[i] : NULL;

    if (guest_kernel_find (spec, corpus->filesystems, false, &kernels[i]) == -1)
      return -1;
    for (size_t j = 0; j < filesystems->count; j++) {
      int supported = guest_image_supports (&kernels[i], filesystems->list[j]);

      if (supported == -1)
        return -1;
      corpus->environments[corpus->environment_count++] = (struct case_environment) {
        .filesystem = filesystems->list[j], .kernel = kernels[i].image, .release = kernels[i].release,
        .accel = arguments->accel, .supported = supported
      };
    }
  }
  return 0;
}

/* Can each file system be made, and does some kernel know it?  One that was not asked for may be missing in all kernels. */
static int
check_filesystems (const struct corpus *corpus, const struct arguments *arguments, const struct words *filesystems)
{
  for (size_t i = 0; i < filesystems->count; i++) {
    bool supported = false;

    for (size_t j = i; j < corpus->environment_count; j += filesystems->count)
      supported |= corpus->environments[j].supported;
    if (!supported && arguments->filesystems) {
      error_message ("--fs=%s: no such file system in %s", filesystems->list[i],
                     corpus->environment_count > filesystems->count ? "any of these kernels" : corpus->environments[i].release);
      return -1;
    }
    if (supported && mkfs_check (filesystems->list[i]) == -1)
      return -1;
  }
  return 0;
}

static int
publish (const char *path, char *(*make) (const struct corpus *corpus), const struct corpus *corpus)
{
  CLEANUP_FREE char *text = path ? make (corpus) : NULL;

  if (path == NULL)
    return 0;
  return text ? publish_text (path, text) : -1;
}

/* The exit status that the cells call for. */
static int
judge_cells (const struct corpus *corpus)
{
  int status = EXIT_SUCCESS;

  for (size_t i = 0; i < corpus->cell_count; i++)
    if (corpus->cells[i].outcome == OUTCOME_ERROR)
      return EXIT_UNUSABLE;
    else if (!outcome_is_expected (corpus->cells[i].outcome))
      status = EXIT_UNEXPECTED;
  return status;
}

/* With everything planned: run, and report.  Returns the exit status. */
static int
run_and_report (struct corpus *corpus, const struct arguments *arguments)
{
  const char *const paths[] = { arguments->json, arguments->junit };
  CLEANUP_FREE char *folder = NULL;
  int r;

  if (places_check_distinct (paths, 2) == -1)
    return EXIT_UNUSABLE;
  if ((arguments->json && publish_check (arguments->json) == -1) || (arguments->junit && publish_check (arguments->junit) == -1))
    return EXIT_UNUSABLE;
  folder = workdir_create ();
  if (folder == NULL)
    return EXIT_UNUSABLE;
  r = corpus_run_cells (corpus, arguments->jobs, folder);
  workdir_remove (folder);
  accel_tell (arguments->accel);
  if (r == -1)
    return EXIT_UNUSABLE;
  corpus_print (corpus);
  if (publish (arguments->json, corpus_make_json, corpus) == -1)
    r = -1;
  if (publish (arguments->junit, corpus_make_junit, corpus) == -1)
    r = -1;
  return r == -1 ? EXIT_UNUSABLE : judge_cells (corpus);
}

/* Returns the exit status. */
static int
run_corpus (struct corpus *corpus, const struct arguments *arguments, const struct words *filesystems)
{
  const size_t kernel_count = arguments->kernels.count ? arguments->kernels.count : 1;
  struct kernel *kernels = calloc (kernel_count, sizeof *kernels);
  int status = EXIT_UNUSABLE;

  if (kernels == NULL)
    error_message ("out of memory");
  else if (plan_environments (corpus, arguments, filesystems, kernels, kernel_count) == 0
           && check_filesystems (corpus, arguments, filesystems) == 0)
    status = run_and_report (corpus, arguments);
  corpus_free_cells (corpus);
  free (corpus->environments);
  for (size_t i = 0; kernels && i < kernel_count; i++)
    kernel_free (&kernels[i]);
  free (kernels);
  return status;
}

/* Returns the number of the first argument that is no option, or -1 after a message. */
static int
parse_arguments (int argc, char **argv, struct arguments *arguments)
{
  const struct option_spec options[] = {
    { "kernel", 0, OPTION_TEXTS, &arguments->kernels, "GUEST", "the guests' kernel; may be repeated [the newest fetched]", 0 },
    ACCEL_OPTION (&arguments->accel, "HOW"),
    { "fs", 0, OPTION_TEXT, &arguments->filesystems, "NAME,...", "file systems [" FILESYSTEMS "]", 0 },
    { "filter", 0, OPTION_TEXT, &arguments->filter, "PATTERN", "only cases with a part of their name that it matches", 0 },
    { "trust-cases", 0, OPTION_FLAG, &arguments->trusted, NULL, "let cases take files from anywhere on this machine", 0 },
    { "jobs", 0, OPTION_NUMBER, &arguments->jobs, "COUNT", "cells side by side [one for each processor]", 1 },
    { "json", 0, OPTION_TEXT, &arguments->json, "RESULTS", "write the results as JSON", 0 },
    { "junit", 0, OPTION_TEXT, &arguments->junit, "RESULTS", "write the results as JUnit's XML", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  };
  const struct command_line command = {
    "usage: powercut corpus run [OPTION...] DIR...\n",
    "Do every case in the folders on every file system and kernel, and hold what comes out against what is expected.",
    options, .mixed = true
  };
  int first = options_parse (&command, argc, argv);
  enum accel accel;

  if (first == -1 || accel_parse (arguments->accel, &accel) == -1)
    return -1;
  if (first == argc) {
    error_message ("corpus run: which cases? name a folder: see --help");
    return -1;
  }
  if (jobs_check (arguments->jobs, GUEST_MEMORY_DEFAULT) == -1)
    return -1;
  return first;
}

int
corpus_run_command (int argc, char **argv)
{
  CLEANUP_FREE char *command = words_join ("powercut corpus", argc, argv);
  struct arguments arguments = { .jobs = jobs_default (GUEST_MEMORY_DEFAULT) };
  struct corpus corpus = { .command = command ? command : "" };
  struct words filesystems = { NULL, NULL, 0 };
  int first = parse_arguments (argc, argv, &arguments), status = EXIT_UNUSABLE;

  corpus.trusted = arguments.trusted;
  corpus.filesystems = arguments.filesystems ? arguments.filesystems : FILESYSTEMS;
  if (first != -1 && words_split (corpus.filesystems, ",", &filesystems) == 0
      && words_check ("fs", &filesystems) == 0
      && corpus_find_cases (&corpus, (const char *const *) argv + first, (size_t) (argc - first), arguments.filter) == 0
      && corpus_check_cases (&corpus) == 0 && stop_install () == 0)
    status = run_corpus (&corpus, &arguments, &filesystems);
  if (stop_requested ()) {
    error_message ("stopped by signal %d", stop_requested ());
    status = EXIT_SIGNALLED + stop_requested ();
  }
  corpus_free_cases (&corpus);
  words_free (&filesystems);
  free (arguments.kernels.texts);
  return status;
}
