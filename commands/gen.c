/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/corpus/workload-stream.h"
#include "checker/workload/generate.h"
#include "checker/workload/random.h"
#include "commands/commands.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/number.h"
#include "common/options.h"
#include "common/plural.h"
#include "common/publish.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "replay/shares.h"

#define SEED_USUAL 1
#define SEED_NONE UINT64_MAX    /* as long as the user has given none */

/* The files in the making. */
struct making {
  const char *set;              /* NULL: all */
  const char *filesystem;       /* for which random ones are; NULL: for several */
  uint64_t least, most;         /* operations in a row */
  uint64_t random, seed;        /* how many random ones; 0: all that the bounds allow */
  const char *directory;
  struct workload_stream *stream;       /* to which they go instead, or NULL */
  struct share share;           /* of all, that are made */
  uint64_t from, limit;         /* the first to make; the most to make, 0: all */
  uint64_t found, made;         /* of these; and those of them that were not there yet */
  uint64_t total;               /* that the bounds allow, so far */
  bool stopped;                 /* there are more */
};

/* Whether the file PATH, which is there, is the workload TEXT.  Another one is refused after a message: numbers mean
 * other workloads with another --set.
 */
static int
check_old (const char *path, const char *text)
{
  const size_t length = strlen (text);
  CLEANUP_FREE char *old = malloc (length + 3);
  CLEANUP_FCLOSE FILE *file = old ? fopen (path, "re") : NULL;
  size_t count = file ? fread (old, 1, length + 2, file) : 0;

  if (file == NULL || ferror (file)) {
    error_message ("%s: %m", path);
    return -1;
  }
  if (count == length + 1 && memcmp (old, text, length) == 0 && old[length] == '\n')
    return 0;
  error_message ("%s: is another workload, as of another --set: give each its own directory", path);
  return -1;
}

/* Make the file NAME of the workload TEXT if it is WANTED, unless it is there from last time. */
static int
make_file (struct making *making, const char *name, const char *text, bool wanted)
{
  CLEANUP_FREE char *path = text_format ("%s/%s", making->directory, name);

  if (path == NULL)
    return -1;
  if (access (path, F_OK) == 0)
    return check_old (path, text);
  if (!wanted)
    return 0;
  making->made++;
  return publish_text (path, text);
}

/* Workload NUMBER is TEXT. */
static int
take_workload (void *context, uint64_t number, const char *text)
{
  struct making *making = context;
  const bool wanted = number >= making->from && share_part (&making->share, number - 1, 1) == 0;
  CLEANUP_FREE char *name = NULL;

  making->total = number;
  if (making->limit > 0 && making->found == making->limit) {
    making->stopped = true;
    return 1;
  }
  name = making->random ? text_format ("random%" PRIu64 "-%06" PRIu64 ".workload", making->seed, number)
    : text_format ("ops%" PRIu64 "-%06" PRIu64 ".workload", making->least, number);
  if (name == NULL)
    return -1;
  making->found += wanted;
  if (making->stream == NULL)
    return make_file (making, name, text, wanted);
  return wanted ? workload_stream_add (making->stream, name, text) : 0;
}

/* How many operations in a row TEXT allows: one number, or two with a `-` between them. */
static int
parse_operations (const char *text, struct making *making)
{
  const uint64_t maximum = making->random ? RANDOM_OPERATIONS_MAX : GEN_OPERATIONS_MAX;
  const char *between = strchr (text, '-');
  CLEANUP_FREE char *first = between ? strndup (text, (size_t) (between - text)) : strdup (text);

  if (first == NULL)
    return out_of_memory ();
  if (parse_unsigned (first, maximum, &making->least) == 0
      && parse_unsigned (between ? between + 1 : first, maximum, &making->most) == 0
      && making->least > 0 && making->least <= making->most && (making->random || between == NULL))
    return 0;
  if (making->random)
    error_message ("--ops=%s: give a number up to %d, or two as in 3-8", text, RANDOM_OPERATIONS_MAX);
  else
    error_message ("--ops=%s: give 1, 2 or 3: with more there are too many, but for --random", text);
  return -1;
}

/* Returns 0, or -1 after a message. */
static int
parse_gen (int argc, char **argv, struct making *making)
{
  const char *operations = "1", *shard = NULL;
  const struct option_spec options[] = {
    OPT_TEXT ("ops", &operations, "N", "operations in a row, 1 to 3; with --random as in 3-8, too [1]"),
    OPT_TEXT ("set", &making->set, "NAMES", "which: data, names, xattrs, or single ones [all]"),
    OPT_NUMBER ("random", &making->random, "COUNT", "make COUNT random ones, of more kinds of operations", 1),
    OPT_TEXT ("fs", &making->filesystem, "TYPE", "random ones are of what this file system can do [what most can]"),
    OPT_NUMBER ("seed", &making->seed, "SEED", "which random ones [1]", 0),
    OPT_OUTPUT (&making->directory, "DIR", "the folder to put them into; -: standard output, as tar does"),
    OPT_TEXT ("shard", &shard, "I/N", "make each N-th only, from number I on"),
    OPT_NUMBER ("from", &making->from, "N", "begin with number N [1]", 1),
    OPT_NUMBER ("limit", &making->limit, "COUNT", "make at most COUNT, 0: all [0]", 0),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut gen [OPTION...] -o DIR\n",
    "Make every workload of a few operations on a few files: see powercut-workload(5).", .options = options
  };
  int first = options_parse (&command, argc, argv);

  if (first == -1 || share_parse (shard, &making->share) == -1)
    return -1;
  if (argc > first)
    error_message ("%s: options alone are expected: see powercut gen --help", argv[first]);
  else if (making->directory == NULL)
    error_message ("where to put them? give -o DIR: see powercut gen --help");
  else if (making->filesystem && making->random == 0)
    error_message ("--fs=%s: is for --random=COUNT", making->filesystem);
  else if (making->seed != SEED_NONE && making->random == 0)
    error_message ("--seed=%ju: is for --random=COUNT", (uintmax_t) making->seed);
  else {
    making->seed = making->seed == SEED_NONE ? SEED_USUAL : making->seed;
    return parse_operations (operations, making);
  }
  return -1;
}

/* Make all, or all random ones.  Returns 0, or -1 after a message. */
static int
make_all (struct making *making)
{
  const struct gen_bounds bounds = { (size_t) making->least, making->set ? making->set : "data,names,xattrs" };
  const struct random_bounds random = {
    making->seed, (size_t) making->least, (size_t) making->most, making->set,
    making->filesystem ? filesystem_find (making->filesystem) : NULL
  };
  int r = 0;

  if (making->random == 0)
    return gen_all (&bounds, take_workload, making);
  for (uint64_t number = 1; number <= making->random && r == 0; number++) {
    CLEANUP_FREE char *text = random_workload (&random, number);

    r = text ? take_workload (making, number, text) : -1;
  }
  return r == -1 ? -1 : 0;
}

/* Make all in the directory.  Returns 0, or -1 after a message. */
static int
fill_directory (struct making *making)
{
  if (mkdir (making->directory, 0777) == 0 || errno == EEXIST)
    return make_all (making);
  error_message ("%s: %m", making->directory);
  return -1;
}

/* Make all on standard output.  Returns 0, or -1 after a message. */
static int
fill_stream (struct making *making)
{
  int r;

  if (isatty (STDOUT_FILENO)) {
    error_message ("-o -: standard output is a terminal: give it to `powercut corpus run -` or tar");
    return -1;
  }
  signal (SIGPIPE, SIG_IGN);
  making->stream = workload_stream_writer (STDOUT_FILENO, "standard output");
  if (making->stream == NULL)
    return -1;
  r = make_all (making);
  return workload_stream_end (making->stream) == -1 ? -1 : r;
}

static void
print_counts (const struct making *making, FILE *file)
{
  fprintf (file, "%" PRIu64 " %s", making->found, plural (making->found, "workload", "workloads"));
  if (making->stream == NULL)
    fprintf (file, ", %" PRIu64 " of them new", making->made);
  fprintf (file, "; the bounds allow %s%" PRIu64 "\n", making->stopped ? "at least " : "", making->total);
}

int
gen_command (int argc, char **argv)
{
  struct making making = { .from = 1, .seed = SEED_NONE };
  bool streams;

  if (parse_gen (argc, argv, &making) == -1)
    return EXIT_UNUSABLE;
  streams = strcmp (making.directory, "-") == 0;
  if ((streams ? fill_stream (&making) : fill_directory (&making)) == -1)
    return EXIT_UNUSABLE;
  print_counts (&making, streams ? stderr : stdout);
  return EXIT_SUCCESS;
}
