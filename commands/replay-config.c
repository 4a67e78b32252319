/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "commands/replay-config.h"
#include "common/text.h"
#include "guest/image.h"
#include "log/info.h"
#include "replay/guest-cache.h"
#include "replay/trust.h"

#define BOOT_TIMEOUT_MS 120000

/* The guest's initramfs, with what the checker needs, if there is one, and perhaps a shell for a person.  NULL after a
 * message.
 */
static struct initramfs *
make_initramfs (const struct replay_options *options, const struct write_log *log, const struct kernel *kernel)
{
  const struct trust trust = replay_options_trust (options);
  const struct kept *kept = options->kept;
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM);
  struct initramfs *initramfs = kept ? guest_image_new_for_many (kernel, filesystem, kept_filesystems (kept), false)
    : guest_image_new (kernel, filesystem, false);

  if (initramfs == NULL)
    return NULL;
  int r = trust_add_checker (&trust, log, initramfs);
  if (r == 0 && options->shell)
    r = guest_image_add_shell (initramfs, filesystem);
  if (r == 0)
    return initramfs;
  initramfs_free (initramfs);
  return NULL;
}

int
guest_prepare (const struct replay_options *options, const struct write_log *log, const struct kernel *kernel,
               const char *directory, struct replay_guest *guest)
{
  struct kept *kept = options->kept;
  struct initramfs *initramfs = make_initramfs (options, log, kernel);
  int r = -1;

  *guest = (struct replay_guest) { .kernel = kernel, .memory_bytes = options->guest.memory_bytes };
  if (initramfs == NULL || initramfs_fit (initramfs, &guest->memory_bytes) == -1
      || (options->guest.verbose && initramfs_list (initramfs, stderr) == -1))
    r = -1;
  else if (kept)
    r = kept_image (kept, initramfs, kernel, guest->memory_bytes, log->device_sizes[0], &guest->initramfs);
  else if ((guest->initramfs = text_format ("%s/initramfs", directory)) != NULL)
    r = initramfs_write (initramfs, guest->initramfs);
  initramfs_free (initramfs);
  return r;
}

void
guest_release (struct replay_guest *guest)
{
  free (guest->initramfs);
}

/* But for the checker, and what is observed. */
static struct session_config
configure (const struct replay_options *options, const struct write_log *log, const struct replay_guest *guest,
           const struct expected *expected, const char *directory)
{
  const char *mount_options = log_info (log, LOG_KEY_MOUNT);
  const bool paged = expected->paged;

  return (struct session_config) {
    .log = log, .folder = directory, .persistence = expected->persistence,
    .jobs = (unsigned) options->jobs,
    .tear = { options->tear_mode, (uint32_t) options->atomic_bytes }, .limit = options->limit,
    .seconds = options->seconds, .seed = options->seed, .audit_percent = options->audit_percent,
    .prefixes_only = options->prefixes_only, .no_reduction = options->no_reduction, .minimize = options->minimize,
    .progress = !options->guest.quiet, .kept = options->kept, .pages = paged ? &expected->pages : NULL,
    .runner = {
      .log = log->path, .image = guest->kernel->image, .initramfs = guest->initramfs,
      .memory_mib = (unsigned) (guest->memory_bytes >> 20), .filesystem = log_info (log, LOG_KEY_FILESYSTEM),
      .mount_options = mount_options ? mount_options : "",
      .watch = expected->watch, .watch_count = expected->watch_count,
      .pages = paged ? expected->pages.paths : (const char *const *) expected->ranged,
      .pages_count = paged ? expected->pages.file_count : expected->ranged_count,
      .boot_timeout_ms = BOOT_TIMEOUT_MS, .run_timeout_ms = (int) (options->guest.timeout_seconds * 1000),
      .accel = guest_options_accel (&options->guest), .quiet = options->guest.quiet,
    },
  };
}

int
session_configure (const struct replay_options *options, const struct write_log *log, const struct replay_guest *guest,
                   const struct expected *expected, const char *directory, struct session_config *config)
{
  const struct trust trust = replay_options_trust (options);

  *config = configure (options, log, guest, expected, directory);
  if (trust_find_checker (&trust, log, &config->runner.check) == -1)
    return -1;
  /* A checker knows better what is right than a comparison of the whole tree, which may be asked for with --watch. */
  const bool judged = config->runner.check == NULL || expected->watch_count > 0 || expected->persistence;
  if (judged)
    config->trees = expected->trees;
  config->runner.observe = judged || expected->paged;
  return 0;
}
