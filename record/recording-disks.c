/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "record/recording-disks.h"

#define SIZE_DEFAULT (UINT64_C (512) << 20)
#define DISK_BLOCK 4096

/* Words of a row of filesystem/filesystem.h, with the disk called NAME for {}; to free, or NULL after a message. */
static char *
name_disk (const char *words, const char *name)
{
  const char *place = strstr (words, "{}");

  return place ? text_format ("%.*s{%s}%s", (int) (place - words), words, name, place + 2) : text_format ("%s", words);
}

static const char *
journal_disk_name (const struct recording *recording)
{
  return recording->disks.list[recording->log_disk].name;
}

/* The disk called NAME is the journal's: mount with it. */
static int
take_log_disk (struct recording *recording, const char *name)
{
  const struct filesystem_log_disk *row = &filesystem_find (recording->filesystem)->log_disk;

  recording->log_disk = disks_find (&recording->disks, name);
  if (row->mount == NULL)
    error_message ("--log-device=%s: %s has no journal on a disk of its own: ext3, ext4 and xfs can", name,
                   recording->filesystem);
  else if (recording->log_disk == -1)
    error_message ("--log-device=%s: no disk is called so: add --disk=%s:SIZE", name, name);
  else if (recording->log_disk == 0)
    error_message ("--log-device=%s: the first disk has the file system: name another", name);
  if (row->mount == NULL || recording->log_disk <= 0)
    return -1;
  CLEANUP_FREE char *option = name_disk (row->mount, name);
  const char *others = recording->mount_options;
  recording->mount_options = option ? text_format ("%s%s%s", others, *others ? "," : "", option) : NULL;
  return recording->mount_options ? 0 : -1;
}

/* Whether COMMAND, which OPTION gave, or nothing if it is NULL, makes something of disks. */
static int
check_command (const struct recording *recording, const char *option, const char *command)
{
  CLEANUP_FREE char *expanded = command ? disks_expand (&recording->disks, option, command) : NULL;

  if (command && expanded && strcmp (command, expanded) == 0)
    error_message ("%s=%s: names no disk: {%s} stands for where one is", option, command,
                   recording->disks.list[0].name);
  return command && (expanded == NULL || strcmp (command, expanded) == 0) ? -1 : 0;
}

/* Whether the disks can be made something of. */
static int
check_assembly (const struct recording *recording)
{
  if (recording->create && recording->assemble == NULL) {
    error_message ("--create=%s: is for --assemble, which makes the same of disks that are not empty",
                   recording->create);
    return -1;
  }
  return check_command (recording, "--create", recording->create) == -1 ? -1
    : check_command (recording, "--assemble", recording->assemble);
}

/* Whether mkfs and mount, and what comes before, are given names of disks alone. */
static int
check_names (const struct recording *recording)
{
  const char *arguments = recording->mkfs_arguments ? recording->mkfs_arguments : "";
  CLEANUP_FREE char *mkfs = disks_expand (&recording->disks, "--mkfs", arguments);
  CLEANUP_FREE char *mount = mkfs ? recording_mount_options (recording) : NULL;

  return mount ? check_assembly (recording) : -1;
}

int
recording_take_disks (struct recording *recording, const struct option_texts *texts, uint64_t size_bytes,
                      const char *log_disk)
{
  recording->log_disk = -1;
  if (texts->count > 0 && size_bytes > 0) {
    error_message ("--size=%ju: excludes --disk, which says how large each disk is", (uintmax_t) size_bytes);
    return -1;
  }
  if (size_bytes % DISK_BLOCK != 0) {
    error_message ("--size=%ju: must be a multiple of %d bytes", (uintmax_t) size_bytes, DISK_BLOCK);
    return -1;
  }
  if (disks_parse (texts, size_bytes ? size_bytes : SIZE_DEFAULT, &recording->disks) == -1)
    return -1;
  disks_place (&recording->disks, recording->virtio);
  if (check_names (recording) == -1)
    return -1;
  if (log_disk)
    return take_log_disk (recording, log_disk);
  recording->mount_options = text_format ("%s", recording->mount_options);
  return recording->mount_options ? 0 : -1;
}

bool
recording_makes_journal (const struct recording *recording)
{
  return recording->log_disk > 0 && filesystem_find (recording->filesystem)->log_disk.make;
}

/* All, if the file system can be on several, else the first one. */
char *
recording_places (const struct recording *recording, const char *places)
{
  const bool all = filesystem_find (recording->filesystem)->spans_disks;

  return text_format ("%.*s", (int) (all ? strlen (places) : strcspn (places, ",")), places);
}

/* Arguments with names of disks still in them. */
static char *
join_arguments (const struct recording *recording)
{
  const struct filesystem_log_disk *row = &filesystem_find (recording->filesystem)->log_disk;
  const char *arguments = recording->mkfs_arguments ? recording->mkfs_arguments : "";
  CLEANUP_FREE char *log = recording->log_disk > 0 ? name_disk (row->mkfs, journal_disk_name (recording))
    : text_format ("%s", "");

  return log ? text_format ("%s %s", log, arguments) : NULL;
}

/* ARGUMENTS, with names of disks, and PLACES after them, which are taken over. */
static char *
expand_arguments (const struct recording *recording, const char *arguments, char *places)
{
  CLEANUP_FREE char *devices = places;
  CLEANUP_FREE char *expanded = devices ? disks_expand (&recording->disks, "--mkfs", arguments) : NULL;

  for (char *comma = devices; comma && (comma = strchr (comma, ',')) != NULL; )
    *comma = ' ';
  return expanded ? text_format ("%s %s", expanded, devices) : NULL;
}

char *
recording_mkfs_arguments (const struct recording *recording, const char *places)
{
  if (places == NULL)
    return expand_arguments (recording, filesystem_find (recording->filesystem)->log_disk.make,
                             text_format ("%s", recording->disks.list[recording->log_disk].place));
  CLEANUP_FREE char *arguments = join_arguments (recording);
  return arguments ? expand_arguments (recording, arguments, recording_places (recording, places)) : NULL;
}

char *
recording_mount_options (const struct recording *recording)
{
  return disks_expand (&recording->disks, "--mount", recording->mount_options);
}
