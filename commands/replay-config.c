/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "commands/replay-config.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/disks.h"
#include "guest/identity.h"
#include "guest/image.h"
#include "log/info.h"
#include "replay/guest-cache.h"
#include "replay/made.h"
#include "replay/trust.h"

#define BOOT_TIMEOUT_MS 120000

/* The guest's extras, with what the checker needs, if there is one, and perhaps a shell for a person.  NULL after a
 * message.
 */
static struct initramfs *
make_extras (const struct replay_options *options, const struct write_log *log, const struct kernel *kernel)
{
  const struct trust trust = replay_options_trust (options);
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM);
  uint32_t features;

  if (made_features (log, &features) == -1)
    return NULL;
  struct initramfs *extras = guest_extras_new (kernel, filesystem, features, false);
  if (extras == NULL)
    return NULL;
  int r = trust_add_checker (&trust, log, extras);
  if (r == 0)
    r = trust_add_assembly (&trust, log, extras);
  if (r == 0 && log_info (log, LOG_KEY_ASSEMBLE))
    r = guest_image_add_assembly (extras, kernel);
  if (r == 0 && options->fsck)
    r = guest_image_add_fsck (extras, filesystem);
  if (r == 0 && options->shell)
    r = guest_image_add_shell (extras, filesystem);
  if (r == 0)
    return extras;
  initramfs_free (extras);
  return NULL;
}

/* What the file system of LOG is mounted with, and MORE, or NULL; to free, or NULL after a message. */
static char *
mount_options (const struct write_log *log, const struct disks *disks, const char *more)
{
  const char *recorded = log_info (log, LOG_KEY_MOUNT), *options = recorded ? recorded : "";
  CLEANUP_FREE char *all = text_format ("%s%s%s", options, more && *options ? "," : "", more ? more : "");
  CLEANUP_FREE char *what = text_format ("%s: its mount options", log->path);

  return all && what ? disks_expand (disks, what, all) : NULL;
}

/* By which command something is made of DISKS but for the one of number LOST, which is nowhere: *command, to free, or
 * NULL.
 */
static int
find_assembly (const struct write_log *log, const struct disks *disks, int lost, char **command)
{
  const char *recorded = log_info (log, LOG_KEY_ASSEMBLE);
  CLEANUP_FREE char *what = text_format ("%s: how its disks are assembled", log->path);
  struct disks there = *disks;

  if (lost != -1)
    there.list[lost].place[0] = '\0';
  *command = recorded && what ? disks_expand (&there, what, recorded) : NULL;
  return what && (recorded == NULL || *command) ? 0 : -1;
}

/* Whether the file system of LOG does without the disk of number LOST; with *more, a mount option, or NULL. */
static int
do_without (const struct write_log *log, const struct disks *disks, int lost, const char **more)
{
  const char *type = log_info (log, LOG_KEY_FILESYSTEM);
  const bool assembled = log_info (log, LOG_KEY_ASSEMBLE) != NULL;

  *more = assembled ? NULL : filesystem_find (type)->degraded;
  if (disks->count > 1 && (assembled || *more))
    return 0;
  error_message ("--lose=%s: %s on %zu disk%s cannot do without: btrfs on several can, and what --assemble makes of "
                 "them", disks->list[lost].name, type, disks->count, disks->count == 1 ? "" : "s");
  return -1;
}

int
placement_make (const struct write_log *log, int lost, struct placement *placement)
{
  const struct filesystem *filesystem = filesystem_find (log_info (log, LOG_KEY_FILESYSTEM));
  struct disks *disks = &placement->disks;
  const char *more = NULL;

  *placement = (struct placement) { .places = NULL };
  if (disks_of_log (log, disks) == -1 || (lost != -1 && do_without (log, disks, lost, &more) == -1))
    return -1;
  disks_place (disks, true);
  placement->mount_options = mount_options (log, disks, more);
  if (find_assembly (log, disks, lost, &placement->assemble) == -1)
    return -1;
  placement->places = filesystem->spans_disks || placement->assemble ? disks_places (disks, lost)
    : text_format ("%s", disks->list[0].place);
  if (lost != -1)
    placement->lost = text_format ("%s", disks->list[lost].name);
  return placement->mount_options && placement->places && (lost == -1 || placement->lost) ? 0 : -1;
}

void
placement_release (struct placement *placement)
{
  free_all (placement->places, placement->mount_options, placement->assemble, placement->lost);
}

int
guest_prepare (const struct replay_options *options, const struct write_log *log, const struct kernel *kernel,
               const char *directory, struct replay_guest *guest)
{
  struct kept *kept = options->kept;
  struct initramfs *extras = make_extras (options, log, kernel);
  int r = -1;

  *guest = (struct replay_guest) { .kernel = kernel, .memory_bytes = options->guest.memory_bytes };
  if (extras == NULL || initramfs_fit (extras, &guest->memory_bytes) == -1
      || (options->guest.verbose && initramfs_list (extras, stderr) == -1))
    r = -1;
  else if (kept)
    r = kept_extras (kept, extras, kernel, guest->memory_bytes, log, &guest->extras);
  else if ((guest->extras = text_format ("%s/extras", directory)) != NULL)
    r = initramfs_write (extras, guest->extras);
  initramfs_free (extras);
  if (r == 0 && options->resume
      && (guest->identity = guest_identity (kernel, guest->extras, guest->memory_bytes)) == NULL)
    r = -1;
  return r;
}

void
guest_release (struct replay_guest *guest)
{
  free_all (guest->extras, guest->identity);
}

/* But for the checker, and what is observed. */
static struct session_config
configure (const struct replay_options *options, const struct write_log *log, const struct replay_guest *guest,
           const struct placement *placement, const struct expected *expected, const char *directory)
{
  const bool paged = expected->paged;

  return (struct session_config) {
    .log = log, .folder = directory, .persistence = expected->persistence,
    .jobs = (unsigned) options->jobs,
    .tear = { options->tear_mode, (uint32_t) options->atomic_bytes }, .limit = options->limit,
    .seconds = options->seconds, .chosen = options->chosen, .share = options->share,
    .joined = options->joined != NULL, .seed = options->seed,
    .audit_percent = options->growing ? 0 : options->audit_percent,
    .nested = (unsigned) options->nested, .nested_limit = options->nested_limit,
    .prefixes_only = options->prefixes_only, .no_reduction = options->no_reduction, .minimize = options->minimize,
    .growing = options->growing, .by_header = options->growing || options->learnt, .live = options->live,
    .recovered = options->recovered, .recovery_from = options->recovery_from,
    .progress = !options->guest.quiet, .kept = options->kept, .pages = paged ? &expected->pages : NULL,
    .runner = {
      .log = log->file, .kernel = guest->kernel, .extras = guest->extras, .identity = guest->identity,
      .memory_mib = (unsigned) (guest->memory_bytes >> 20), .filesystem = log_info (log, LOG_KEY_FILESYSTEM),
      .mount_options = placement->mount_options, .places = placement->places, .lost = placement->lost,
      .assemble = placement->assemble, .disk_count = log->device_count, .disks = &placement->disks,
      .watch = expected->watch, .watch_count = expected->watch_count,
      .pages = paged ? expected->pages.paths : (const char *const *) expected->ranged,
      .facts = expected->persistence ? persistence_facts (expected->persistence) : 0,
      .pages_count = paged ? expected->pages.file_count : expected->ranged_count,
      .boot_timeout_ms = BOOT_TIMEOUT_MS, .run_timeout_ms = (int) (options->guest.timeout_seconds * 1000),
      .accel = guest_options_accel (&options->guest), .quiet = options->guest.quiet,
      .no_snapshot = options->guest.no_snapshot, .fsck = options->fsck, .usable = options->usable,
      .taped = options->nested > 0,
      .readonly_device = options->readonly_device,
    },
  };
}

int
session_configure (const struct replay_options *options, const struct write_log *log, const struct replay_guest *guest,
                   const struct placement *placement, const struct expected *expected, const char *directory,
                   struct session_config *config)
{
  const struct trust trust = replay_options_trust (options);

  *config = configure (options, log, guest, placement, expected, directory);
  if (trust_find_checker (&trust, log, &config->runner.check) == -1)
    return -1;
  /* A checker knows better what is right than a comparison of the whole tree, which may be asked for with --watch. */
  const bool judged = config->runner.check == NULL || expected->watch_count > 0 || expected->persistence;
  if (judged)
    config->trees = expected->trees;
  config->runner.observe = judged || expected->paged;
  return 0;
}
