/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checker/workload/generate.h"
#include "commands/commands.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"
#include "common/plural.h"
#include "common/publish.h"
#include "common/text.h"

/* The files in the making. */
struct making {
  struct gen_bounds bounds;
  const char *directory;
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

/* Make the file of a workload, unless it is there from last time. */
static int
make_file (void *context, uint64_t number, const char *text)
{
  struct making *making = context;
  CLEANUP_FREE char *path = NULL;

  making->total = number;
  if (making->limit > 0 && making->found == making->limit) {
    making->stopped = true;
    return 1;
  }
  path = text_format ("%s/ops%zu-%06" PRIu64 ".workload", making->directory, making->bounds.operations, number);
  if (path == NULL)
    return -1;
  if (access (path, F_OK) == 0) {
    making->found += number >= making->from;
    return check_old (path, text);
  }
  if (number < making->from)
    return 0;
  making->found++;
  making->made++;
  return publish_text (path, text);
}

/* Returns 0, or -1 after a message. */
static int
parse_gen (int argc, char **argv, struct making *making)
{
  uint64_t operations = 1;
  const struct option_spec options[] = {
    OPT_NUMBER ("ops", &operations, "N", "operations in a row, 1 to 3 [1]", 1),
    OPT_TEXT ("set", &making->bounds.set, "NAMES", "which: data, names, xattrs, or single ones [data,names,xattrs]"),
    OPT_OUTPUT (&making->directory, "DIR", "the folder to put them into"),
    OPT_NUMBER ("from", &making->from, "N", "begin with number N [1]", 1),
    OPT_NUMBER ("limit", &making->limit, "COUNT", "make at most COUNT, 0: all [0]", 0),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut gen [OPTION...] -o DIR\n",
    "Make every workload of a few operations on a few files: see powercut-workload(5).", .options = options
  };
  int first = options_parse (&command, argc, argv);

  if (first == -1)
    return -1;
  making->bounds.operations = (size_t) operations;
  if (argc > first)
    error_message ("%s: options alone are expected: see powercut gen --help", argv[first]);
  else if (making->directory == NULL)
    error_message ("where to put them? give -o DIR: see powercut gen --help");
  else if (operations > GEN_OPERATIONS_MAX)
    error_message ("--ops=%" PRIu64 ": give 1, 2 or 3: with more there are too many", operations);
  else
    return 0;
  return -1;
}

int
gen_command (int argc, char **argv)
{
  struct making making = { .bounds = { 0, "data,names,xattrs" }, .from = 1 };

  if (parse_gen (argc, argv, &making) == -1)
    return EXIT_UNUSABLE;
  if (mkdir (making.directory, 0777) == -1 && errno != EEXIST) {
    error_message ("%s: %m", making.directory);
    return EXIT_UNUSABLE;
  }
  if (gen_all (&making.bounds, make_file, &making) == -1)
    return EXIT_UNUSABLE;
  printf ("%" PRIu64 " %s, %" PRIu64 " of them new; the bounds allow %s%" PRIu64 "\n", making.found,
          plural (making.found, "workload", "workloads"), making.made,
          making.stopped ? "at least " : "", making.total);
  return EXIT_SUCCESS;
}
