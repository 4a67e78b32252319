/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include "commands/arguments.h"
#include "common/message.h"
#include "common/nearest.h"
#include "common/publish.h"

const char *
only_log (int argc, char **argv, int first)
{
  if (first == argc - 1)
    return argv[first];
  if (first != -1)
    error_message (first == argc ? "which log? see --help" : "%s: one log at a time: see --help", argv[first]);
  return NULL;
}

int
check_output (const char *output, const char *input)
{
  struct stat status;

  if (output == NULL) {
    error_message ("where to write? give -o FILE: see --help");
    return -1;
  }
  if (stat (output, &status) == -1)
    return 0;
  if (!S_ISREG (status.st_mode)) {
    error_message ("-o %s: is there already and no regular file", output);
    return -1;
  }
  if (same_file (output, input)) {
    error_message ("-o %s: that is the log itself", output);
    return -1;
  }
  return 0;
}

void
refuse_word (const char *command, const char *word, const char *const *words, const char *usage)
{
  const char *nearest = nearest_word (word, strlen (word), words);

  if (nearest && strcmp (nearest, word) != 0)
    error_message ("%s %s: no such command: did you mean %s?", command, word, nearest);
  else
    error_message ("%s: %s: see `powercut %s --help`", command, usage, command);
}
