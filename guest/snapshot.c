/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/base.h"
#include "guest/launch.h"
#include "guest/machine-state.h"
#include "guest/saved.h"
#include "guest/snapshot.h"
#include "guest/snapshot-key.h"

#define RESTORE_MS 20000
#define LOCK_MS 180000          /* while another one is made */
#define USELESS_S 3600

#define KIND "snapshot"

/* One start of a guest. */
struct start {
  const struct vm_config *config;
  struct guest_base base;
  char *key;                    /* all that the snapshot depends on, and what its file begins with */
  char *path;                   /* of the file */
};

/* What became of looking for a snapshot. */
enum found {
  FOUND_NONE,
  FOUND_USELESS,                /* it is known not to be restored, or there can be none */
  FOUND_BROKEN,                 /* it was not restored now */
  FOUND_GUEST,
  FOUND_FAILED,                 /* the guest could not be started, or is not wanted any more */
};

/* How many disks CONFIG's guest has of its machine, and not from a server that it reaches itself. */
static size_t
count_disks (const struct vm_config *config)
{
  size_t count = 0;

  for (size_t i = 0; i < config->disk_count; i++)
    count += config->disks[i].guest_port == NULL;
  return count;
}

/* Whether a machine of this form can be saved, and be CONFIG's guest. */
static bool
is_possible (const struct vm_config *config)
{
  return !config->no_snapshot && !config->host_root && config->extras && count_disks (config) <= VM_DISKS_SAVED_MOST;
}

/* How many disks a saved machine has that can be CONFIG's guest. */
static unsigned
disks_saved (const struct vm_config *config)
{
  return count_disks (config) <= VM_DISKS_SAVED_FEW ? VM_DISKS_SAVED_FEW : VM_DISKS_SAVED_MOST;
}

/* Find out what START's snapshot is, where guests are of ACCEL.  Returns 0, or -1: there can be none. */
static int
name_snapshot (struct start *start, enum accel accel)
{
  free_all (start->key, start->path);
  start->path = NULL;
  start->key = snapshot_key (start->config, accel, start->base.identity);
  CLEANUP_FREE char *name = start->key ? snapshot_name (start->key) : NULL;
  start->path = name ? saved_path (name, KIND) : NULL;
  return start->path ? 0 : -1;
}

/* Open START's snapshot where the state of the machine begins.  Returns the descriptor, or -1. */
static int
open_snapshot (const struct start *start)
{
  const size_t length = strlen (start->key);
  CLEANUP_FREE char *head = malloc (length);
  int fd = saved_open (start->path);

  if (fd >= 0 && head && read (fd, head, length) == (ssize_t) length && memcmp (head, start->key, length) == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Of a snapshot that was not restored when it was new the key remains, so that it is not tried each time.  What the
 * open file FD says of that: FOUND_USELESS, FOUND_NONE for one that may be tried again, or else FOUND_GUEST.
 */
static enum found
look_into (int fd)
{
  struct stat status;

  if (fstat (fd, &status) == -1)
    return FOUND_NONE;
  if (lseek (fd, 0, SEEK_CUR) < status.st_size)
    return FOUND_GUEST;
  return time (NULL) - status.st_mtim.tv_sec < USELESS_S ? FOUND_USELESS : FOUND_NONE;
}

/* Random hexadecimal digits, to free, or NULL. */
static char *
make_seed (void)
{
  uint64_t random[4];

  if (getrandom (random, sizeof random, 0) != sizeof random)
    return NULL;
  return text_format ("%016jx%016jx%016jx%016jx", (uintmax_t) random[0], (uintmax_t) random[1], (uintmax_t) random[2],
                      (uintmax_t) random[3]);
}

/* Nanoseconds since 1970, to free, or NULL. */
static char *
make_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return text_format ("%jd%09ld", (intmax_t) now.tv_sec, now.tv_nsec);
}

/* Make VM, whose machine is restored, the guest that CONFIG says. */
static struct vm_answer
awake (struct vm *vm, const struct vm_config *config)
{
  CLEANUP_FREE char *seed = make_seed (), *now = make_time ();
  CLEANUP_FREE char *disks = text_format ("%zu", count_disks (config));

  if (seed && now && disks)
    return vm_await_ready (vm, RESTORE_MS, (const char *const[]) { "awake", seed, now, disks, NULL });
  return (struct vm_answer) { .failure = VM_BROKEN };
}

/* Restore the machine whose state is read from FD. */
static enum found
restore (const struct vm_config *config, enum accel accel, int fd, struct vm **vm)
{
  struct vm_config restored = *config;
  struct vm_answer answer = { .failure = VM_BROKEN };

  restored.role = ROLE_RESTORED;
  *vm = vm_launch (&restored, accel);
  if (*vm == NULL)
    return FOUND_FAILED;
  if (machine_load (vm_state (*vm), fd, RESTORE_MS) == 0)
    answer = awake (*vm, config);
  free (answer.text);
  if (answer.failure == VM_OK) {
    saved_touch (fd);
    return FOUND_GUEST;
  }
  vm_end (*vm);
  *vm = NULL;
  return stop_requested () ? FOUND_FAILED : FOUND_BROKEN;
}

/* Start the guest from START's snapshot, if there is one for ACCEL, and it is known what that is. */
static enum found
look (struct start *start, enum accel accel, struct vm **vm)
{
  if (accel == ACCEL_AUTO)
    return FOUND_NONE;
  if (name_snapshot (start, accel) == -1)
    return FOUND_USELESS;
  CLEANUP_CLOSE int fd = open_snapshot (start);
  enum found found = fd == -1 ? FOUND_NONE : look_into (fd);
  if (found == FOUND_GUEST)
    found = restore (start->config, accel, fd, vm);
  if (found == FOUND_BROKEN)
    unlink (start->path);
  return found;
}

/* Save the machine of VM as START's snapshot, unless that is there: which one it is shows now that it is known what
 * accelerates guests.
 */
static void
save (struct start *start, struct vm *vm)
{
  const enum accel accel = boot_accel (start->config);

  if (accel == ACCEL_AUTO || name_snapshot (start, accel) == -1)
    return;
  CLEANUP_CLOSE int fd = open_snapshot (start);
  if ((fd == -1 || look_into (fd) != FOUND_GUEST) && machine_sleep (vm) == 0
      && machine_save (vm_state (vm), start->path, start->key) == 0)
    saved_sweep ();
}

/* Boot a machine and save it.  Returns FOUND_NONE; FOUND_USELESS if QEMU cannot do that; or FOUND_FAILED. */
static enum found
make (struct start *start)
{
  struct vm_config config = {
    .kernel = start->config->kernel, .memory_mib = start->config->memory_mib, .console = start->config->console,
    .boot_timeout_ms = start->config->boot_timeout_ms, .accel = start->config->accel, .quiet = start->config->quiet,
    .role = ROLE_SAVED, .disks_saved = start->config->disks_saved
  };
  bool broken = false;
  struct vm *vm = boot_guest (&config, &broken);

  if (vm == NULL)
    return broken ? FOUND_USELESS : FOUND_FAILED;
  save (start, vm);
  vm_end (vm);
  return stop_requested () ? FOUND_FAILED : FOUND_NONE;
}

/* Make START's snapshot, which nobody else makes meanwhile, and start the guest from it. */
static enum found
make_and_look (struct start *start, struct vm **vm)
{
  enum found found = look (start, boot_accel (start->config), vm);

  if (found == FOUND_NONE && (found = make (start)) == FOUND_NONE) {
    found = look (start, boot_accel (start->config), vm);
    if (found == FOUND_BROKEN)
      saved_text (start->path, start->key);
  }
  return found;
}

static enum found
look_or_make (struct start *start, struct vm **vm)
{
  enum accel accel = boot_accel (start->config);
  enum found found = look (start, accel, vm);

  if (found != FOUND_NONE || (accel == ACCEL_AUTO && name_snapshot (start, ACCEL_TCG) == -1))
    return found == FOUND_NONE ? FOUND_USELESS : found;
  CLEANUP_CLOSE int lock = saved_lock (start->path, LOCK_MS);
  if (lock == -1)
    return stop_requested () ? FOUND_FAILED : FOUND_USELESS;
  return make_and_look (start, vm);
}

bool
snapshot_start (const struct vm_config *config, struct vm **vm)
{
  struct vm_config wanted = *config;
  struct start start = { .config = &wanted };
  enum found found;

  *vm = NULL;
  if (!is_possible (config))
    return false;
  wanted.disks_saved = disks_saved (config);
  found = guest_base_open (config->kernel, &start.base) == -1 ? FOUND_FAILED : look_or_make (&start, vm);
  guest_base_release (&start.base);
  free_all (start.key, start.path);
  return found == FOUND_GUEST || found == FOUND_FAILED;
}
