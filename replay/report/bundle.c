/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/publish.h"
#include "log/info.h"
#include "replay/report/bundle.h"

#define NANOSECONDS 1000000000

static void
print_command (const struct bundle *bundle, FILE *file)
{
  fputs ("    replay --state=", file);
  print_shell_word (bundle->state, file);
  runner_put_options (bundle->runner, file);
  fputs (" log.bin\n", file);
}

/* What is missing in the state, and why it may be. */
static void
print_missing (const struct bundle *bundle, FILE *file)
{
  const struct minimal *missing = bundle->missing;

  if (bundle->recovered)
    fprintf (file, "\nThe power failed twice.  What was left first is the state %s of the recording.\n"
             "The file log.bin goes on from event %u with what a kernel wrote that recovered from it.\n"
             "What was missing then is missing still.\n", bundle->recovered, bundle->recovery_from);
  fprintf (file, "\nThe power fails %safter event %u of %s.  ", bundle->recovered ? "again " : "", missing->position,
           bundle->recovered ? "log.bin" : "the recording");
  if (missing->count == 0)
    fputs ("Everything that was written until then is on the disk.\n", file);
  else
    fputs ("All writes until then are on the disk, but for these:\n\n", file);
  for (size_t i = 0; i < missing->count; i++) {
    CLEANUP_FREE char *line = minimal_line (missing, bundle->log, i);

    fprintf (file, "  - %s\n", line ? line : "");
  }
}

static void
print_files (const struct bundle *bundle, FILE *file)
{
  fputs ("\nIn this folder:\n\n"
         "    log.bin       everything that was written to the disk until the crash: see replay --list log.bin\n"
         "    state         the state id\n"
         "    kernel        release of the kernel that was used\n", file);
  if (bundle->trees->count > 0)
    fputs ("    expected-old  what the files were before the update, or before the step of it that was on\n"
           "    expected-new  what they are after it\n", file);
  if (bundle->seen->tree)
    fputs ("    seen          what they were after the crash and recovery\n", file);
  fputs ("\nThe format of these trees is in powercut-log(5); state ids are in replay(1).\n", file);
}

static void
print_readme (const struct bundle *bundle, FILE *file)
{
  const char *filesystem = log_info (bundle->log, LOG_KEY_FILESYSTEM), *check = log_info (bundle->log, LOG_KEY_CHECK);

  fputs ("A crash state of ", file);
  print_safely (filesystem, strlen (filesystem), file);
  fprintf (file, ", packed by powercut %s.  To see what is wrong with it:\n\n", PACKAGE_VERSION);
  print_command (bundle, file);
  fputs ("\nThis lets the kernel of a guest recover the disk as the power cut left it, and shows what is left.  "
         "The exit\n"
         "status is 1, because of this:\n\n    ", file);
  fprintf (file, "%s: ", violation_name (bundle->seen->verdict.kind));
  print_safely (bundle->seen->verdict.detail, strlen (bundle->seen->verdict.detail), file);
  putc ('\n', file);
  if (bundle->runner->fault)
    fprintf (file, "\nThe device breaks its promise: %s, as --fault of replay(1) has it, which log.bin has already.\n",
             bundle->runner->fault);
  print_missing (bundle, file);
  fprintf (file, "\nSeen with Linux %s.  Another kernel can be given with --kernel=VERSION|FILE|DIR; "
           "`powercut kernel fetch` gets one.\n",
           bundle->release);
  if (check) {
    fputs ("\nThe checker that says so is in log.bin, with its programs: ", file);
    print_safely (check, strlen (check), file);
    fputs ("\nThey run in the guest alone.\n", file);
  }
  print_files (bundle, file);
}

/* Begin a file in the archive. */
static int
add_entry (struct archive *archive, const struct bundle *bundle, const char *name, uint64_t size)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, name);
  archive_entry_set_size (entry, (int64_t) size);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_mtime (entry, (time_t) (bundle->log->created / NANOSECONDS), 0);
  int r = archive_write_header (archive, entry);
  archive_entry_free (entry);
  return r == ARCHIVE_OK ? 0 : -1;
}

static int
add_bytes (struct archive *archive, const struct bundle *bundle, const char *name, const char *bytes, uint64_t size)
{
  if (add_entry (archive, bundle, name, size) == -1)
    return -1;
  for (uint64_t at = 0; at < size;) {
    la_ssize_t written = archive_write_data (archive, bytes + at, size - at);

    if (written <= 0)
      return -1;
    at += (uint64_t) written;
  }
  return 0;
}

/* Add TEXT with a newline behind it, unless it has one. */
static int
add_text (struct archive *archive, const struct bundle *bundle, const char *name, const char *text)
{
  CLEANUP_FREE char *line = NULL;
  size_t length = strlen (text);

  if (asprintf (&line, "%s%s", text, length > 0 && text[length - 1] == '\n' ? "" : "\n") == -1) {
    line = NULL;
    archive_set_error (archive, ENOMEM, "out of memory");
    return -1;
  }
  return add_bytes (archive, bundle, name, line, strlen (line));
}

static int
add_readme (struct archive *archive, const struct bundle *bundle)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);
  int r = -1;

  if (file) {
    print_readme (bundle, file);
    r = fclose (file) == EOF ? -1 : add_bytes (archive, bundle, "README", text, length);
  }
  else
    archive_set_error (archive, ENOMEM, "out of memory");
  free (text);
  return r;
}

/* The trees between which the state should be. */
static int
add_expected (struct archive *archive, const struct bundle *bundle)
{
  const struct trees *trees = bundle->trees;
  uint32_t step = model_moment (bundle->log, bundle->missing->position).step;

  if (trees->count == 0)
    return 0;
  uint32_t new = step < trees->count ? step : (uint32_t) trees->count - 1;
  return add_text (archive, bundle, "expected-old", trees->texts[new > 0 ? new - 1 : 0]) == -1
    || add_text (archive, bundle, "expected-new", trees->texts[new]) == -1 ? -1 : 0;
}

static int
add_all (struct archive *archive, const struct bundle *bundle)
{
  if (add_readme (archive, bundle) == -1 || add_text (archive, bundle, "state", bundle->state) == -1
      || add_text (archive, bundle, "kernel", bundle->release) == -1 || add_expected (archive, bundle) == -1)
    return -1;
  if (bundle->seen->tree && add_text (archive, bundle, "seen", bundle->seen->tree) == -1)
    return -1;
  return add_bytes (archive, bundle, "log.bin",
                    log_bytes (bundle->log, 0, bundle->log->file_size), bundle->log->file_size);
}

int
bundle_write (const struct bundle *bundle, const char *file)
{
  struct archive *archive = archive_write_new ();
  struct publication publication;
  int r = -1;

  if (archive == NULL)
    return out_of_memory ();
  if (publish_begin (&publication, file) == -1) {
    archive_write_free (archive);
    return -1;
  }
  /* ARCHIVE_WARN: the program zstd does it. */
  if (archive_write_add_filter_zstd (archive) >= ARCHIVE_WARN
      && archive_write_set_format_pax_restricted (archive) == ARCHIVE_OK
      && archive_write_open_fd (archive, publication.fd) == ARCHIVE_OK)
    r = add_all (archive, bundle);
  if (r == 0)
    r = archive_write_close (archive) == ARCHIVE_OK ? 0 : -1;
  if (r == -1)
    error_message ("%s: %s", file,
                   archive_error_string (archive) ? archive_error_string (archive) : "cannot be written");
  r = publish_end (&publication, r);
  archive_write_free (archive);
  return r;
}
