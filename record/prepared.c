/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/stop.h"
#include "common/text.h"
#include "common/text-list.h"
#include "guest/saved.h"
#include "record/kept-disks.h"
#include "record/preparation-key.h"
#include "record/prepared.h"
#include "record/server.h"
#include "record/setup-marks.h"

#define WAIT_MS 120000          /* for another process, besides what its commands may take */
#define WAIT_MS_MAX (24 * 3600 * 1000)

/* What the recording wants its disks to be brought to before its log begins. */
static enum preparation
find_wanted (const struct recording *recording)
{
  return recording->initial || recording->setup.count > 0 ? PREPARED_TREE : PREPARED_FILESYSTEM;
}

/* Whether TEXT has to do with what is the kernel's, and on no disk. */
static bool
names_settings (const char *text)
{
  return strstr (text, "/proc/") || strstr (text, "/sys/") || strstr (text, "sysctl");
}

/* Whether it may depend on the disks alone what the recording finds after it was prepared: with the host's root it is
 * unknown what is run.
 */
static bool
can_be_kept (const struct recording *recording, enum preparation preparation)
{
  for (size_t i = 0; i < recording->setup.count && preparation == PREPARED_TREE; i++)
    if (names_settings (recording->setup.texts[i]))
      return false;
  return !recording->host_root;
}

/* The paths of the images of what was prepared.  Returns 0, or -1 after a message. */
static int
list_images (const struct recorder *recorder, enum preparation preparation, struct text_list *paths)
{
  for (size_t i = 0; i < recorder->recording->disks.count; i++) {
    CLEANUP_FREE char *name = server_image_name (preparation, i);
    CLEANUP_FREE char *path = name ? text_format ("%s/%s", recorder->directory, name) : NULL;

    if (path == NULL || text_list_add (paths, path, strlen (path)) == -1)
      return -1;
  }
  return 0;
}

/* Where what was prepared for KEY is kept, to free, or NULL. */
static char *
name_kept (const char *key)
{
  const XXH128_hash_t hash = XXH3_128bits (key, strlen (key));
  CLEANUP_FREE char *name = text_format ("%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);

  return name ? saved_path (name, SAVED_PREPARED) : NULL;
}

/* There are no images that can be used again. */
static void
forget_images (struct recorder_images *images)
{
  free_all (images->key, images->marks);
  images->key = images->marks = NULL;
  images->live = false;
}

static void
release_lock (struct recorder_images *images)
{
  if (images->making)
    close (images->lock);
  images->making = false;
}

/* Copy what is kept of PREPARATION. */
static int
take (struct recorder *recorder, enum preparation preparation)
{
  struct recorder_images *images = &recorder->images[preparation];
  struct text_list paths = { NULL, 0 };
  bool shared = false;
  int r = list_images (recorder, preparation, &paths);

  if (r == 0)
    r = kept_disks_take (images->path, images->wanted, &recorder->recording->disks, paths.texts, &images->marks,
                         &shared);
  text_list_free (&paths);
  if (r == KEPT_DISKS_THERE && recorder->recording->guest.verbose && !shared)
    error_message ("note: prepared disks are copied from %s: where it and TMPDIR are on one file system that can "
                   "share blocks (btrfs, xfs) they need not be", images->path);
  return r;
}

/* For how long another process may prepare the same. */
static int
wait_ms (const struct recording *recording)
{
  const uint64_t commands = recording->setup.count + 1;
  const uint64_t most = WAIT_MS_MAX / 1000 / commands;
  const uint64_t seconds = recording->guest.timeout_seconds;

  return (int) (WAIT_MS + commands * (seconds < most ? seconds : most) * 1000);
}

/* Wait for whoever prepares the same, and lock it, as ALONE says.  Returns the lock, or -1: after a message, unless a
 * stop was asked for, or nothing can be locked.
 */
static int
await_lock (struct recorder *recorder, const char *path, bool alone)
{
  int (*lock) (const char *path, int timeout_ms) = alone ? saved_lock : saved_share;
  int fd = lock (path, 0);

  if (fd != -1 || errno != EWOULDBLOCK)
    return fd;
  progress_stage (recorder->progress, "waiting for process %jd, which prepares the same disks",
                  (intmax_t) saved_maker (path));
  fd = lock (path, wait_ms (recorder->recording));
  if (fd == -1 && errno == EWOULDBLOCK)
    error_message ("note: process %jd has been preparing the same disks for too long: they are prepared anew, and not "
                   "kept", (intmax_t) saved_maker (path));
  return fd;
}

/* Nobody has kept it: prepare it, and see to it that no other does, who may have come first. */
static int
make_or_take (struct recorder *recorder, enum preparation preparation)
{
  struct recorder_images *images = &recorder->images[preparation];

  saved_sweep ();
  images->lock = await_lock (recorder, images->path, true);
  images->making = images->lock != -1;
  if (!images->making)
    return KEPT_DISKS_NONE;
  const int there = take (recorder, preparation);
  if (there != KEPT_DISKS_NONE)
    release_lock (images);
  return there;
}

/* Take what others have kept of PREPARATION, once they have, if there is something; if not, it is this one's to make.
 */
static int
take_kept (struct recorder *recorder, enum preparation preparation)
{
  struct recorder_images *images = &recorder->images[preparation];
  int lock = await_lock (recorder, images->path, false), there = KEPT_DISKS_NONE;

  if (lock != -1) {
    there = take (recorder, preparation);
    close (lock);
    if (there == KEPT_DISKS_NONE)
      there = make_or_take (recorder, preparation);
  }
  return stop_requested () ? -1 : there;
}

/* Look for PREPARATION.  Returns 1 if the images are of that, 0, or -1 after a message. */
static int
look_for (struct recorder *recorder, enum preparation preparation)
{
  struct recorder_images *images = &recorder->images[preparation];
  const struct recording *recording = recorder->recording;

  if (!can_be_kept (recording, preparation) || (recording->no_cache && recorder->filesystems == NULL))
    return 0;
  images->wanted = preparation_key (recorder, preparation);
  if (images->wanted == NULL)
    return -1;
  if (images->key && strcmp (images->key, images->wanted) == 0)
    return !images->live;
  forget_images (images);
  images->path = recording->no_cache ? NULL : name_kept (images->wanted);
  const int there = images->path ? take_kept (recorder, preparation) : KEPT_DISKS_NONE;
  if (there > KEPT_DISKS_NONE) {
    images->live = there == KEPT_DISKS_LIVE;
    images->key = text_format ("%s", images->wanted);
  }
  return there == -1 ? -1 : there == KEPT_DISKS_THERE;
}

bool
prepared_is_live (const struct recorder *recorder)
{
  return !can_be_kept (recorder->recording, PREPARED_TREE) || recorder->images[PREPARED_TREE].live;
}

/* With what the disks are prepared to, begin the log of the recording, or what comes before it. */
static int
begin_log (struct recorder *recorder)
{
  const char *marks = recorder->images[recorder->prepared].marks;

  if (recorder->prepared < recorder->wanted)
    return server_open_aside (recorder);
  return server_open_log (recorder) == -1 || (marks && setup_marks_write (recorder, marks) == -1) ? -1 : 0;
}

int
prepared_find (struct recorder *recorder)
{
  int found = 0;

  recorder->wanted = find_wanted (recorder->recording);
  recorder->prepared = PREPARED_NOTHING;
  for (enum preparation at = recorder->wanted; at > PREPARED_NOTHING && found == 0; at--) {
    found = look_for (recorder, at);
    if (found == 1)
      recorder->prepared = at;
  }
  if (found == -1)
    return -1;
  return recorder->prepared == PREPARED_NOTHING ? 0 : begin_log (recorder);
}

/* Keep the images of PREPARATION, or that there can be none. */
static int
keep (struct recorder *recorder, enum preparation preparation, bool live)
{
  struct recorder_images *images = &recorder->images[preparation];
  struct text_list paths = { NULL, 0 };
  int r = list_images (recorder, preparation, &paths);

  if (r == 0 && preparation_is_current (recorder, preparation)) {
    kept_disks_put (images->path, images->wanted, &recorder->recording->disks, live ? NULL : paths.texts,
                    images->marks);
    saved_sweep ();
  }
  text_list_free (&paths);
  return r;
}

/* The marks that were written while the tree was made, to free, or NULL after a message. */
static char *
read_marks (const struct recorder *recorder, enum preparation preparation)
{
  CLEANUP_FREE char *path = text_format ("/proc/self/fd/%d", recorder->aside_fd);

  return preparation != PREPARED_TREE ? text_format ("%s", "") : path ? setup_marks_read (path) : NULL;
}

int
prepared_reached (struct recorder *recorder, enum preparation preparation, bool live)
{
  struct recorder_images *images = &recorder->images[preparation];

  forget_images (images);       /* what the files are of changes now */
  recorder->prepared = preparation;
  images->marks = read_marks (recorder, preparation);
  if (images->marks == NULL || server_save_images (recorder) == -1
      || (images->making && keep (recorder, preparation, live) == -1) || begin_log (recorder) == -1)
    return -1;
  release_lock (images);
  images->live = live;
  images->key = images->wanted;
  images->wanted = NULL;
  return 0;
}

void
prepared_give_up (struct recorder *recorder)
{
  server_close_aside (recorder);
  for (enum preparation at = PREPARED_NOTHING; at < PREPARED_COUNT; at++) {
    struct recorder_images *images = &recorder->images[at];

    release_lock (images);
    free_all (images->path, images->wanted);
    images->path = images->wanted = NULL;
  }
}

void
prepared_forget (struct recorder *recorder)
{
  prepared_give_up (recorder);
  for (enum preparation at = PREPARED_NOTHING; at < PREPARED_COUNT; at++) {
    struct recorder_images *images = &recorder->images[at];

    forget_images (images);
    free_all (images->signature, images->digest);
    images->signature = images->digest = NULL;
  }
}
