/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands/arguments.h"
#include "commands/commands.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/options.h"
#include "guest/saved.h"

#define DAY_SECONDS 86400
#define DAYS_MAX 36500

/* What FILE is, the release of its kernel, its size and when it was used last, in a line; none for what is only there
 * to make others wait.
 */
static void
print_file (const struct saved_file *file)
{
  const char *kind = saved_kind (file);
  CLEANUP_FREE char *release = kind ? saved_release (file) : NULL;
  struct tm used;
  char when[32];

  if (kind == NULL)
    return;
  strftime (when, sizeof when, "%F %H:%M", localtime_r (&file->used, &used));
  printf ("%-8s  %-27s %4" PRIu64 " MiB  %s\n", kind, release ? release : "-", file->bytes >> 20, when);
}

static int
list_files (const struct saved_file *files, size_t count)
{
  uint64_t bytes = 0;

  printf ("%-8s  %-27s %8s  %s\n", "KIND", "KERNEL", "SIZE", "LAST USED");
  for (size_t i = 0; i < count; i++) {
    print_file (&files[i]);
    bytes += files[i].bytes;
  }
  printf ("%-8s  %-27s %4" PRIu64 " MiB\n", "all", "", bytes >> 20);
  return EXIT_SUCCESS;
}

/* Remove what was not used for DAYS.  Of what is in use and stays, say how much that is. */
static int
clean_files (const struct saved_file *files, size_t count, uint64_t days)
{
  const time_t since = time (NULL) - (time_t) days * DAY_SECONDS;
  size_t in_use = 0;
  int status = EXIT_SUCCESS;

  for (size_t i = 0; i < count; i++)
    if (days == 0 || files[i].used < since) {
      const int r = saved_remove (&files[i]);

      in_use += r == 1 && saved_kind (&files[i]);
      if (r == -1)
        status = EXIT_UNUSABLE;
    }
  if (in_use > 0)
    printf ("in use, and left: %zu\n", in_use);
  return status;
}

/* Parse the options, and what stands before and after them: the one word that says what to do, or NULL after a message.
 */
static const char *
parse_cache (int argc, char **argv, uint64_t *days)
{
  const struct option_spec options[] = {
    OPT_NUMBER ("older", days, "DAYS", "with clean: only what was not used for so long [0]", 0),
    OPT_END
  };
  const struct command_line command = {
    .usage = "usage: powercut cache list\n"
             "       powercut cache clean [--older=DAYS]\n",
    .summary = "What is kept so that guests need not boot, and disks need not be prepared.  It is made anew when it\n"
               "is missing; what was not used for a month, and what is more than 1 GiB of guests or 4 GiB of disks,\n"
               "is removed by itself.  Kernels are no part of it.",
    .options = options,
  };
  const char *word = NULL;
  int at = 0, step;

  /* The word is to the parser the name of what follows. */
  while ((step = options_parse (&command, argc - at, argv + at)) != -1 && (at += step) < argc) {
    if (word) {
      refuse_word ("cache", argv[at], (const char *const[]) { "list", "clean", NULL }, "say `list` or `clean`");
      return NULL;
    }
    word = argv[at];
  }
  return step == -1 ? NULL : word ? word : "";
}

int
cache_command (int argc, char **argv)
{
  uint64_t days = 0;
  const char *word = parse_cache (argc, argv, &days);
  struct saved_file *files;

  if (word == NULL)
    return EXIT_UNUSABLE;
  const bool list = strcmp (word, "list") == 0;
  if ((!list && strcmp (word, "clean") != 0) || (list && days > 0) || days > DAYS_MAX) {
    refuse_word ("cache", word, (const char *const[]) { "list", "clean", NULL },
                 "say `list` or `clean [--older=DAYS]`");
    return EXIT_UNUSABLE;
  }
  const ssize_t count = saved_list (&files);
  if (count == -1)
    return EXIT_UNUSABLE;
  int status = list ? list_files (files, (size_t) count) : clean_files (files, (size_t) count, days);
  saved_free (files, (size_t) count);
  return status;
}
