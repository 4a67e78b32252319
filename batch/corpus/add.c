/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/corpus/corpus.h"
#include "batch/corpus/log.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/options.h"
#include "common/publish.h"
#include "common/text.h"
#include "common/workdir.h"
#include "log/info.h"
#include "log/reader.h"

#define EXIT_USAGE 2
#define UNPACKED "log.bin"

struct arguments {
  const char *title, *origin, *reference;
};

/* KEY = VALUE; what is not printable could end the line. */
static void
print_value (const char *key, const char *value, FILE *file)
{
  if (value == NULL || *value == '\0')
    return;
  fprintf (file, "%s = ", key);
  print_safely (value, strlen (value), file);
  putc ('\n', file);
}

/* What the header of LOG says, as comments: the replay reads it there. */
static void
print_header (const struct write_log *log, FILE *file)
{
  const char *text;

  for (const char *info = NULL; (info = log_info_next (log, info)) != NULL;) {
    if (log_info_value (info, LOG_KEY_WORKLOAD) || log_info_value (info, LOG_KEY_KERNEL_IMAGE))
      continue;
    fputs ("# ", file);
    print_safely (info, strlen (info), file);
    putc ('\n', file);
  }
  text = log_info (log, LOG_KEY_WORKLOAD);
  for (size_t length; text && *text; text += length + strspn (text + length, "\n")) {
    length = strcspn (text, "\n");
    fputs ("#     ", file);
    print_safely (text, length, file);
    putc ('\n', file);
  }
}

/* The text of case.ini, to free, or NULL after a message. */
static char *
make_case_file (const struct write_log *log, const char *filesystem, const struct arguments *arguments)
{
  CLEANUP_FREE char *title = text_format ("a recorded log of %s", filesystem);
  char *text = NULL;
  size_t length;
  FILE *file = title ? open_memstream (&text, &length) : NULL;

  if (file == NULL)
    return NULL;
  fputs ("# The log is replayed as it is, and never recorded anew.  Its header:\n", file);
  print_header (log, file);
  print_value ("title", arguments->title ? arguments->title : title, file);
  print_value ("origin", arguments->origin, file);
  print_value ("reference", arguments->reference, file);
  fprintf (file, "filesystems = %s", filesystem);
  if (fclose (file) == 0)
    return text;
  free (text);
  error_message ("out of memory");
  return NULL;
}

/* Fill the new FOLDER with the case of LOG. */
static int
fill_folder (const char *folder, const struct write_log *log, const struct arguments *arguments)
{
  CLEANUP_FREE char *packed = text_format ("%s/" CASE_LOG, folder), *file = text_format ("%s/" CASE_FILE, folder), *text = NULL;
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM);

  if (packed == NULL || file == NULL)
    return -1;
  if (filesystem == NULL) {
    error_message ("%s: does not say of which file system it is: record it with info=filesystem=TYPE", log->path);
    return -1;
  }
  text = make_case_file (log, filesystem, arguments);
  if (text == NULL || log_pack (log->path, packed) == -1)
    return -1;
  if (publish_text (file, text) == 0)
    return 0;
  unlink (packed);
  return -1;
}

/* Make the case FOLDER of the log or bundle FROM, with WORKDIR for what it unpacks to. */
static int
add_case (const char *from, const char *folder, const char *workdir, const struct arguments *arguments)
{
  CLEANUP_FREE char *unpacked = text_format ("%s/" UNPACKED, workdir);
  uint64_t spare_bytes = LOG_SPARE_BYTES;
  struct write_log *log = NULL;
  int r = -1;

  if (unpacked && log_unpack (from, unpacked, &spare_bytes) == 0)
    log = write_log_open (unpacked);
  if (log == NULL)
    return -1;
  if (mkdir (folder, 0777) == -1)
    error_message ("%s: %s", folder, errno == EEXIST ? "is there already: give a new name" : strerror (errno));
  else {
    r = fill_folder (folder, log, arguments);
    if (r == -1)
      rmdir (folder);
  }
  write_log_close (log);
  return r;
}

int
corpus_add_command (int argc, char **argv)
{
  struct arguments arguments = { NULL, NULL, NULL };
  const struct option_spec options[] = {
    { "title", 0, OPTION_TEXT, &arguments.title, "TEXT", "what is held, in one sentence", 0 },
    { "origin", 0, OPTION_TEXT, &arguments.origin, "TEXT", "where it comes from", 0 },
    { "reference", 0, OPTION_TEXT, &arguments.reference, "TEXT", "where there is more about it", 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0 },
  };
  const struct command_line command = {
    "usage: powercut corpus add [OPTION...] LOG|BUNDLE DIR/NAME\n",
    "Make a case of a recorded log, which is replayed and never recorded anew.", options, .mixed = true
  };
  int first = options_parse (&command, argc, argv), r = -1;
  char *workdir;

  if (first == -1)
    return EXIT_USAGE;
  if (argc - first != 2) {
    error_message ("corpus add: give a log and the folder to make of it: see --help");
    return EXIT_USAGE;
  }
  workdir = workdir_create ();
  if (workdir)
    r = add_case (argv[first], argv[first + 1], workdir, &arguments);
  workdir_remove (workdir);
  free (workdir);
  return r == 0 ? EXIT_SUCCESS : EXIT_USAGE;
}
