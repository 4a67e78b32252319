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
#include "common/publish.h"
#include "common/text.h"
#include "common/workdir.h"
#include "log/info.h"
#include "log/reader.h"

#define UNPACKED "log.bin"

/* KEY = VALUE; what is not printable could end the line. */
static void
print_value (const char *key, const char *value, FILE *file)
{
  if (value == NULL || *value == '\0')
    return;
  fprintf (file, "%s = ", key);
  print_safe_text (value, file);
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
    print_safe_text (info, file);
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
make_case_file (const struct write_log *log, const char *filesystem, const struct case_words *words)
{
  CLEANUP_FREE char *title = text_format ("a recorded log of %s", filesystem);
  struct text_stream text;

  if (title == NULL)
    return NULL;
  if (!text_begin (&text)) {
    out_of_memory ();
    return NULL;
  }
  fputs ("# The log is replayed as it is, and never recorded anew.  Its header:\n", text.file);
  print_header (log, text.file);
  print_value ("title", words->title ? words->title : title, text.file);
  print_value ("origin", words->origin, text.file);
  print_value ("reference", words->reference, text.file);
  fprintf (text.file, "filesystems = %s", filesystem);
  char *made = text_end (&text);
  if (made == NULL)
    out_of_memory ();
  return made;
}

/* Fill the new FOLDER with the case of LOG. */
static int
fill_folder (const char *folder, const struct write_log *log, const struct case_words *words)
{
  CLEANUP_FREE char *packed = text_format ("%s/" CASE_LOG, folder), *file = text_format ("%s/" CASE_FILE, folder);
  CLEANUP_FREE char *text = NULL;
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM);

  if (packed == NULL || file == NULL)
    return -1;
  if (filesystem == NULL) {
    error_message ("%s: does not say of which file system it is: record it with info=filesystem=TYPE", log->path);
    return -1;
  }
  text = make_case_file (log, filesystem, words);
  if (text == NULL || log_pack (log->path, packed) == -1)
    return -1;
  if (publish_text (file, text) == 0)
    return 0;
  unlink (packed);
  return -1;
}

/* Make the case FOLDER of the log or bundle FROM, with WORKDIR for what it unpacks to. */
static int
add_case (const char *from, const char *folder, const char *workdir, const struct case_words *words)
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
    r = fill_folder (folder, log, words);
    if (r == -1)
      rmdir (folder);
  }
  write_log_close (log);
  return r;
}

int
corpus_add (const char *from, const char *folder, const struct case_words *words)
{
  char *workdir = workdir_create ();
  int r = workdir ? add_case (from, folder, workdir, words) : -1;

  workdir_remove (workdir);
  free (workdir);
  return r;
}
