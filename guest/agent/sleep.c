/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest sleeps while the state of its machine is saved, and awakes each time that the machine is restored from it. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/random.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define CACHES "/proc/sys/vm/drop_caches"
#define KEPT_BYTES (8 << 20)    /* of free memory: the kernel shall not run out of it */
#define BLOCKS "/sys/block"
#define SEED_BYTES_MAX 256

/* What was loaded is needed no more. */
static void
remove_modules (void)
{
  DIR *folder = opendir (AGENT_MODULES);
  const struct dirent *entry;

  while (folder && (entry = readdir (folder)) != NULL)
    unlinkat (dirfd (folder), entry->d_name, 0);
  if (folder)
    closedir (folder);
}

/* Let the kernel forget what it can read again. */
static void
drop_caches (void)
{
  CLEANUP_CLOSE int fd = open (CACHES, O_WRONLY | O_CLOEXEC);

  sync ();
  if (fd == -1 || write (fd, "3", 1) != 1)
    error_message (CACHES ": %m");
}

/* Fill free memory with zeros, which take no room in what is saved: the kernel zeroes the pages that it gives. */
static void
zero_free_memory (void)
{
  struct sysinfo info;

  if (sysinfo (&info) == -1 || info.freeram * info.mem_unit <= KEPT_BYTES)
    return;
  const size_t length = info.freeram * info.mem_unit - KEPT_BYTES;
  void *memory = mmap (NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory != MAP_FAILED)
    munmap (memory, length);
}

int
guest_sleep (struct agent *agent, char **words, FILE *payload)
{
  (void) payload;
  for (; *words; words++)
    baseline_load_modules (agent, *words);
  remove_modules ();
  if (disks_release () == -1)
    return -1;
  drop_caches ();
  zero_free_memory ();
  return 0;
}

/* The host's time, in nanoseconds since 1970. */
static int
set_clock (const char *text)
{
  uint64_t now;

  if (parse_unsigned (text, INT64_MAX, &now) == -1) {
    error_message ("%s: no time", text);
    return -1;
  }
  const struct timespec time = { (time_t) (now / 1000000000), (long) (now % 1000000000) };
  if (clock_settime (CLOCK_REALTIME, &time) == 0)
    return 0;
  error_message ("cannot set the clock: %m");
  return -1;
}

/* What the kernel's generator would give out is the same in each guest that awakes: mix SEED in, and begin anew. */
static int
seed_random (const char *seed)
{
  alignas (struct rand_pool_info) char bytes[sizeof (struct rand_pool_info) + SEED_BYTES_MAX] = "";
  struct rand_pool_info *pool = (void *) bytes;
  const size_t length = strlen (seed) < SEED_BYTES_MAX ? strlen (seed) : SEED_BYTES_MAX;
  CLEANUP_CLOSE int fd = open ("/dev/random", O_RDWR | O_CLOEXEC);

  pool->buf_size = (int) length;
  pool->entropy_count = (int) length * 4;       /* bits: it is in hexadecimal */
  memcpy (bytes + sizeof *pool, seed, length);
  if (fd >= 0 && ioctl (fd, RNDADDENTROPY, pool) == 0 && ioctl (fd, RNDRESEEDCRNG) == 0)
    return 0;
  error_message ("cannot seed the random numbers: %m");
  return -1;
}

/* Whether the disk NAME is the one with what the guest needs. */
static bool
has_extras (const char *name)
{
  CLEANUP_FREE char *path = NULL;
  char serial[sizeof AGENT_EXTRAS_SERIAL + 1] = "";

  if (asprintf (&path, BLOCKS "/%s/serial", name) == -1) {
    path = NULL;
    return false;
  }
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  return fd >= 0 && read (fd, serial, sizeof serial - 1) > 0
    && strncmp (serial, AGENT_EXTRAS_SERIAL, strlen (AGENT_EXTRAS_SERIAL)) == 0;
}

/* The disk that has the archive of what the guest needs, to free, or NULL. */
static char *
find_extras (void)
{
  DIR *folder = opendir (BLOCKS);
  const struct dirent *entry;
  char *path = NULL;

  while (folder && path == NULL && (entry = readdir (folder)) != NULL)
    if (has_extras (entry->d_name) && asprintf (&path, "/dev/%s", entry->d_name) == -1)
      path = NULL;
  if (folder)
    closedir (folder);
  return path;
}

static int
take_extras (void)
{
  CLEANUP_FREE char *disk = find_extras ();

  if (disk == NULL) {
    error_message ("no disk has the serial number " AGENT_EXTRAS_SERIAL);
    return -1;
  }
  return unpack (disk) == -1 ? -1 : disks_release_last ();
}

int
guest_awake (struct agent *agent, char **words, FILE *payload)
{
  struct utsname name;
  uint64_t disks;

  if (parse_unsigned (words[2], INT_MAX, &disks) == -1) {
    error_message ("awake: %s: no number of disks", words[2]);
    return -1;
  }
  if (seed_random (words[0]) == -1 || set_clock (words[1]) == -1 || disks_take (disks) == -1 || take_extras () == -1)
    return -1;
  environment_read (AGENT_ENVIRONMENT);
  agent->boot_environment = NULL;       /* that of the machine that was saved */
  log_begin (agent);
  baseline_note (agent);
  uname (&name);
  fputs (name.release, payload);
  return 0;
}
