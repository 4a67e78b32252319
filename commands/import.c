/* SPDX-License-Identifier: BSD-3-Clause */
/* An import writes under the name PATH.part (record/log-part.h), and renames. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/arguments.h"
#include "commands/commands.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"
#include "common/plural.h"
#include "common/stop.h"
#include "common/text.h"
#include "common/workdir.h"
#include "guest/image.h"
#include "log/foreign/import.h"
#include "log/info.h"
#include "record/log-part.h"

/* What the command line of `import` says. */
struct import_arguments {
  const char *from, *output, *filesystem, *mount_options, *check, *order;
  struct option_texts include;
  struct import_options import;
};

/* KEY=VALUE texts, each to free, in an array to free. */
struct info_texts {
  char **texts;
  size_t count;
};

static int
find_format (const char *name, enum import_format *format)
{
  for (*format = IMPORT_DM_LOG_WRITES; *format <= IMPORT_NBD_DATALOG; ++*format)
    if (name && strcmp (name, import_format_name (*format)) == 0)
      return 0;
  error_message ("--from=%s: give dm-log-writes, blklogwrites or nbd-datalog", name ? name : "");
  return -1;
}

static int
parse_import (int argc, char **argv, struct import_arguments *arguments)
{
  struct import_options *import = &arguments->import;
  const struct option_spec options[] = {
    OPT_TEXT ("from", &arguments->from, "FORMAT", "dm-log-writes, blklogwrites or nbd-datalog"),
    OPT_OUTPUT (&arguments->output, "NEW", "the log to make"),
    OPT_TEXT ("base", &import->base, "IMG", "what the device held at first [zeros]"),
    OPT_SIZE ("size", &import->size_bytes, "BYTES", "size of the device [the base's, else as far as writes reach]",
              LOG_SECTOR),
    OPT_TEXT ("order", &arguments->order, "logged|cautious", "what to make of an order that is not known [logged]"),
    OPT_TEXT ("begin", &import->begin, "MARK", "this mark is where replaying begins"),
    OPT_TEXT ("commit", &import->commit, "MARK", "this mark is where the update has returned"),
    OPT_TEXT ("fs", &arguments->filesystem, "FS", "file system on the device: ext4, xfs, btrfs, ..."),
    OPT_TEXT ("mount", &arguments->mount_options, "OPTIONS", "mount options, as for mount -o"),
    OPT_TEXT ("check", &arguments->check, "COMMAND", "shell command that says what is right after a crash"),
    OPT_TEXTS ("include", &arguments->include, "PATH", "take PATH into the checker's guest; may be repeated"),
    OPT_END
  };
  const struct command_line command = {
    "usage: powercut import --from=FORMAT [OPTION...] FILE -o NEW\n",
    "Make a log for replay from one of another recorder.", options, .mixed = true
  };

  import->file = only_log (argc, argv, options_parse (&command, argc, argv));
  if (import->file == NULL || find_format (arguments->from, &import->format) == -1)
    return -1;
  if (strcmp (arguments->order, "cautious") == 0)
    import->order = ORDER_CAUTIOUS;
  else if (strcmp (arguments->order, "logged") != 0) {
    error_message ("--order=%s: give logged or cautious", arguments->order);
    return -1;
  }
  if (import->size_bytes % LOG_SECTOR != 0) {
    error_message ("--size=%ju: must be a multiple of %d bytes", (uintmax_t) import->size_bytes, LOG_SECTOR);
    return -1;
  }
  return check_output (arguments->output, import->file);
}

static int
add_text (struct info_texts *texts, const char *key, const char *value)
{
  char **text;

  if (value == NULL)
    return 0;
  text = array_add (texts->texts, texts->count);
  if (text == NULL || (*text = log_info_text (key, value)) == NULL)
    return out_of_memory ();
  return 0;
}

/* The header's texts, so that `replay LOG` needs nothing else. */
static int
make_info (const struct import_arguments *arguments, struct info_texts *info)
{
  if (add_text (info, LOG_KEY_FILESYSTEM, arguments->filesystem) == -1
      || add_text (info, LOG_KEY_MOUNT, arguments->mount_options) == -1
      || add_text (info, LOG_KEY_CHECK, arguments->check) == -1)
    return -1;
  for (size_t i = 0; i < arguments->include.count; i++) {
    CLEANUP_FREE char *absolute = realpath (arguments->include.texts[i], NULL);

    if (absolute == NULL) {
      error_message ("--include=%s: %m", arguments->include.texts[i]);
      return -1;
    }
    if (add_text (info, LOG_KEY_INCLUDE, absolute) == -1)
      return -1;
  }
  return 0;
}

/* After a comma, COUNT of ONE or MANY. */
static void
print_count (uint64_t count, const char *one, const char *many)
{
  printf (", %ju %s", (uintmax_t) count, plural (count, one, many));
}

static void
print_imported (const struct import_arguments *arguments, const struct import_result *result)
{
  printf ("%s: a device of %ju bytes%s", arguments->output, (uintmax_t) result->size_bytes,
          arguments->import.size_bytes || arguments->import.base ? "" : " (as far as the writes reach: see --size)");
  print_count (result->writes, "write", "writes");
  print_count (result->flushes, "flush", "flushes");
  print_count (result->fua, "FUA", "FUA");
  print_count (result->trims, "trim", "trims");
  print_count (result->zeroes, "zero", "zeroes");
  print_count (result->marks, "mark", "marks");
  putchar ('\n');
  if (result->uncounted > 0)
    printf ("the super block counts %ju entries; %ju more behind them are valid and taken, too\n",
            (uintmax_t) result->counted, (uintmax_t) result->uncounted);
  if (result->left_offset > 0)
    printf ("what stands at byte %ju and behind it is of an older log, and was left out\n",
            (uintmax_t) result->left_offset);
}

/* Give PART its name if RESULT is 0, or remove it. */
static int
publish_part (const char *part, const char *path, int result)
{
  if (result == 0 && rename (part, path) == -1) {
    error_message ("%s: %m", path);
    result = -1;
  }
  if (result == -1)
    unlink (part);
  return result;
}

/* Pack what the checker needs, if there is one, into a new file in DIRECTORY; its path in *file, to free, or NULL.
 * Returns 0, or -1 after a message.
 */
static int
pack_checker (const struct import_arguments *arguments, const char *directory, char **file)
{
  if (arguments->check == NULL)
    return 0;
  *file = text_format ("%s/files", directory);
  return *file == NULL ? -1
    : guest_image_pack (arguments->check, NULL, arguments->include.texts, arguments->include.count, NULL, *file);
}

/* Make the log, with DIRECTORY for temporary files. */
static int
import_in (struct import_arguments *arguments, struct info_texts *info, const char *directory)
{
  CLEANUP_FREE char *part = NULL, *files = NULL;
  CLEANUP_CLOSE int part_fd = -1;
  struct import_result result;
  int r;

  if (make_info (arguments, info) == -1 || pack_checker (arguments, directory, &files) == -1)
    return -1;
  arguments->import.info = (const char *const *) info->texts;
  arguments->import.info_count = info->count;
  arguments->import.files = files;
  part_fd = log_part_make (arguments->output, &part);
  if (part_fd == -1)
    return -1;
  r = publish_part (part, arguments->output, import_log (&arguments->import, part, &result));
  if (r == 0)
    print_imported (arguments, &result);
  return r;
}

static int
run_import (struct import_arguments *arguments, struct info_texts *info)
{
  char *directory = workdir_create ();
  int r = directory ? import_in (arguments, info, directory) : -1;

  workdir_remove (directory);
  free (directory);
  return r;
}

int
import_command (int argc, char **argv)
{
  struct import_arguments arguments = { .order = "logged" };
  struct info_texts info = { NULL, 0 };
  int r = -1;

  if (parse_import (argc, argv, &arguments) == 0 && stop_install () == 0)
    r = run_import (&arguments, &info);
  for (size_t i = 0; i < info.count; i++)
    free (info.texts[i]);
  free (info.texts);
  free (arguments.include.texts);
  return stop_status (r == -1 ? EXIT_UNUSABLE : EXIT_SUCCESS);
}
