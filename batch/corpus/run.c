/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/corpus.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/places.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/words.h"
#include "common/workdir.h"
#include "guest/accel.h"
#include "guest/image.h"
#include "guest/kernel/kernel.h"
#include "record/mkfs.h"

/* Find all kernels, and make the environments: all file systems of one kernel, then those of the next. */
static int
plan_environments (struct corpus *corpus, const struct corpus_request *request, const struct words *filesystems,
                   struct kernel *kernels, size_t kernel_count)
{
  corpus->environments = calloc (kernel_count * filesystems->count, sizeof *corpus->environments);
  if (corpus->environments == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < kernel_count; i++) {
    const char *spec = request->kernels.count ? request->kernels.texts[i] : NULL;

    if (guest_kernel_find (spec, corpus->filesystems, false, &kernels[i]) == -1)
      return -1;
    for (size_t j = 0; j < filesystems->count; j++) {
      int supported = guest_image_supports (&kernels[i], filesystems->list[j]);

      if (supported == -1)
        return -1;
      corpus->environments[corpus->environment_count++] = (struct case_environment) {
        .filesystem = filesystems->list[j], .kernel = kernels[i].image, .release = kernels[i].release,
        .accel = request->accel, .supported = supported
      };
    }
  }
  return 0;
}

/* Can each file system be made, and does some kernel know it?  One that was not asked for may be missing in all kernels. */
static int
check_filesystems (const struct corpus *corpus, const struct corpus_request *request, const struct words *filesystems)
{
  for (size_t i = 0; i < filesystems->count; i++) {
    bool supported = false;

    for (size_t j = i; j < corpus->environment_count; j += filesystems->count)
      supported |= corpus->environments[j].supported;
    if (!supported && request->filesystems) {
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
      status = EXIT_VIOLATION;
  return status;
}

/* With everything planned: run, and report.  Returns the exit status. */
static int
run_and_report (struct corpus *corpus, const struct corpus_request *request)
{
  const char *const paths[] = { request->json, request->junit };
  CLEANUP_FREE char *folder = NULL;
  int r;

  if (places_check_distinct (paths, 2) == -1)
    return EXIT_UNUSABLE;
  if ((request->json && publish_check (request->json) == -1) || (request->junit && publish_check (request->junit) == -1))
    return EXIT_UNUSABLE;
  folder = workdir_create ();
  if (folder == NULL)
    return EXIT_UNUSABLE;
  r = corpus_run_cells (corpus, request->jobs, folder);
  workdir_remove (folder);
  accel_tell (request->accel);
  if (r == -1)
    return EXIT_UNUSABLE;
  corpus_print (corpus);
  if (publish (request->json, corpus_make_json, corpus) == -1)
    r = -1;
  if (publish (request->junit, corpus_make_junit, corpus) == -1)
    r = -1;
  return r == -1 ? EXIT_UNUSABLE : judge_cells (corpus);
}

/* Returns the exit status. */
static int
run_corpus (struct corpus *corpus, const struct corpus_request *request, const struct words *filesystems)
{
  const size_t kernel_count = request->kernels.count ? request->kernels.count : 1;
  struct kernel *kernels = calloc (kernel_count, sizeof *kernels);
  int status = EXIT_UNUSABLE;

  if (kernels == NULL)
    out_of_memory ();
  else if (plan_environments (corpus, request, filesystems, kernels, kernel_count) == 0
           && check_filesystems (corpus, request, filesystems) == 0)
    status = run_and_report (corpus, request);
  corpus_free_cells (corpus);
  free (corpus->environments);
  for (size_t i = 0; kernels && i < kernel_count; i++)
    kernel_free (&kernels[i]);
  free (kernels);
  return status;
}

int
corpus_run (const struct corpus_request *request)
{
  const char *filesystem_names = request->filesystems ? request->filesystems : CORPUS_FILESYSTEMS;
  struct corpus corpus = { .command = request->command, .trusted = request->trusted, .filesystems = filesystem_names };
  struct words filesystems = { NULL, NULL, 0 };
  int status = EXIT_UNUSABLE;

  if (words_split (corpus.filesystems, ",", &filesystems) == 0 && words_check ("fs", &filesystems) == 0
      && corpus_find_cases (&corpus, request->paths, request->path_count, request->pattern) == 0
      && corpus_check_cases (&corpus) == 0 && stop_install () == 0)
    status = run_corpus (&corpus, request, &filesystems);
  corpus_free_cases (&corpus);
  words_free (&filesystems);
  return stop_status (status);
}
