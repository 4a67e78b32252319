/* SPDX-License-Identifier: BSD-3-Clause */
/* The bare loop that runs are held against: mount, read every file at the top, unmount, and nothing else, with the
 * readahead that is usual.  Prints the median of the rounds in milliseconds.
 *
 *     mount-loop DEVICE TYPE OPTIONS DIRECTORY ROUNDS
 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* After linux/fs.h, whose MS_ macros it declares as an enum. */
#include <sys/mount.h>

#include "bench/median.h"
#include "common/clock.h"

#define ROUNDS_MAX 1000
#define PIECE (64 << 10)
#define READAHEAD_SECTORS 256ul

/* An agent may have taken it away. */
static int
set_readahead (const char *device)
{
  int fd = open (device, O_RDONLY | O_CLOEXEC);
  int r = fd == -1 ? -1 : ioctl (fd, BLKRASET, READAHEAD_SECTORS);

  close (fd);
  return r;
}

/* Read the regular files of PATH. */
static int
read_files (const char *path)
{
  DIR *directory = opendir (path);
  struct dirent *entry;

  if (directory == NULL)
    return -1;
  while ((entry = readdir (directory)) != NULL)
    if (entry->d_type == DT_REG) {
      static char piece[PIECE];
      int fd = openat (dirfd (directory), entry->d_name, O_RDONLY | O_CLOEXEC);

      while (fd >= 0 && read (fd, piece, sizeof piece) > 0) {
        /* to its end */
      }
      close (fd);
    }
  closedir (directory);
  return 0;
}

int
main (int argc, char **argv)
{
  static double ms[ROUNDS_MAX];
  int rounds = argc == 6 ? atoi (argv[5]) : 0;

  if (rounds < 1 || rounds > ROUNDS_MAX) {
    fprintf (stderr, "usage: mount-loop DEVICE TYPE OPTIONS DIRECTORY ROUNDS\n");
    return 2;
  }
  if (set_readahead (argv[1]) == -1) {
    perror (argv[1]);
    return 1;
  }
  for (int i = 0; i < rounds; i++) {
    double start = clock_seconds (CLOCK_MONOTONIC);

    if (mount (argv[1], argv[4], argv[2], 0, argv[3]) == -1 || read_files (argv[4]) == -1
        || umount2 (argv[4], 0) == -1) {
      perror (argv[1]);
      return 1;
    }
    ms[i] = (clock_seconds (CLOCK_MONOTONIC) - start) * 1e3;
  }
  printf ("%.2f\n", median (ms, (size_t) rounds));
  return 0;
}
