/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/image.h"
#include "record/guest-files.h"
#include "record/mkfs.h"

static int
add_shell_commands (struct initramfs *extras, const struct option_texts *commands)
{
  for (size_t i = 0; i < commands->count; i++)
    if (initramfs_add_shell_command (extras, commands->texts[i]) == -1)
      return -1;
  return 0;
}

/* Add what makes of the disks what is mounted. */
static int
add_assembly (const struct recording *recording, struct initramfs *extras)
{
  return (recording->assemble && initramfs_add_shell_command (extras, recording->assemble) == -1)
    || (recording->create && initramfs_add_shell_command (extras, recording->create) == -1) ? -1 : 0;
}

/* In the host's root, COMMAND is where it is here. */
static int
find_command (struct recorder *recorder)
{
  const char *word = recorder->recording->command[0];
  CLEANUP_FREE char *file = word ? process_find (word) : NULL;
  CLEANUP_FREE char *current = getcwd (NULL, 0);

  if (word == NULL)
    return 0;
  if (file && (*file == '/' || current)) {
    recorder->program = *file == '/' ? text_format ("%s", file) : text_format ("%s/%s", current, file);
    return recorder->program ? 0 : -1;
  }
  error_message ("%s: %s", word, strchr (word, '/') ? "is no program that can be run" : "no such program in PATH");
  return -1;
}

static int
add_programs (struct recorder *recorder, struct initramfs *extras)
{
  const struct recording *recording = recorder->recording;

  if (recording->host_root)
    return find_command (recorder);
  /* Programs run others through it, as script(1), system(3) and editors do. */
  if (initramfs_add_program (extras, "/bin/sh", NULL) == -1)
    return -1;
  if (recording->command[0] && initramfs_add_program (extras, recording->command[0], &recorder->program) == -1)
    return -1;
  if (recording->command[0] && initramfs_add_arguments (extras, recording->command) == -1)
    return -1;
  return add_assembly (recording, extras) == -1 || add_shell_commands (extras, &recording->setup) == -1 ? -1
    : add_shell_commands (extras, &recording->step);
}

static int
add_included (const struct recording *recording, struct initramfs *extras)
{
  for (size_t i = 0; i < recording->guest.include.count && !recording->host_root; i++)
    if (initramfs_add_included (extras, recording->guest.include.texts[i]) == -1)
      return -1;
  return 0;
}

static int
add_initial (const struct recording *recording, struct initramfs *extras)
{
  return recording->initial ? initramfs_add_tree (extras, recording->initial, RECORDER_INITIAL_TREE) : 0;
}

struct initramfs *
guest_files_make (struct recorder *recorder)
{
  const struct recording *recording = recorder->recording;
  const char *filesystems = recorder->filesystems;
  struct initramfs *extras = guest_extras_new (&recorder->kernel, recording->filesystem, 0, !recording->virtio);
  int r;

  if (extras == NULL)
    return NULL;
  initramfs_ask_interpreters (extras);
  /* Before it is confined: it is this command's own program. */
  r = mkfs_add (extras, recording->filesystem, &recorder->mkfs);
  if (r == 0 && filesystems)
    r = mkfs_add_all (extras, filesystems);
  if (r == 0 && recording->assemble)
    r = guest_image_add_assembly (extras, &recorder->kernel);
  if (r == 0 && recording->path_count > 1)
    r = guest_image_add_multipath (extras, &recorder->kernel);
  if (r == 0 && recording->host_root)
    r = guest_image_add_host_root (extras, &recorder->kernel);
  if (r == 0 && recording->guest.confine)
    r = initramfs_confine (extras, recording->guest.confine);
  if (r == 0)
    r = add_programs (recorder, extras);
  if (r == 0)
    r = add_included (recording, extras);
  if (r == 0)
    r = add_initial (recording, extras);
  if (r == 0)
    return extras;
  initramfs_free (extras);
  return NULL;
}

/* Add to EXTRAS what makes the tree. */
static int
add_tree (const struct recording *recording, struct initramfs *extras)
{
  return initramfs_add_program (extras, "/bin/sh", NULL) == -1 || add_shell_commands (extras, &recording->setup) == -1
    ? -1 : add_initial (recording, extras);
}

/* Whether what is brought to PREPARATION may have to do with --include: so may what mkfs, or what assembles the disks,
 * is told.
 */
static bool
may_need_included (const struct recording *recording, enum preparation preparation)
{
  return preparation == PREPARED_TREE || recording->mkfs_arguments || recording->assemble || recording->create;
}

struct initramfs *
guest_files_preparing (const struct recorder *recorder, enum preparation preparation)
{
  const struct recording *recording = recorder->recording;
  struct initramfs *extras = guest_extras_new (&recorder->kernel, recording->filesystem, 0, !recording->virtio);
  int r;

  if (extras == NULL)
    return NULL;
  initramfs_ask_interpreters (extras);
  r = mkfs_add (extras, recording->filesystem, NULL);
  if (r == 0 && recording->guest.confine)
    r = initramfs_confine (extras, recording->guest.confine);
  if (r == 0)
    r = add_assembly (recording, extras);
  if (r == 0 && may_need_included (recording, preparation))
    r = add_included (recording, extras);
  if (r == 0 && preparation == PREPARED_TREE)
    r = add_tree (recording, extras);
  if (r == 0)
    return extras;
  initramfs_free (extras);
  return NULL;
}
