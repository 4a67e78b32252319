/* SPDX-License-Identifier: BSD-3-Clause */
/* The initramfs of a test, and what the archive says that is made of it. */
#ifndef POWERCUT_TESTS_UNIT_GUEST_INITRAMFS_ARCHIVE_H
#define POWERCUT_TESTS_UNIT_GUEST_INITRAMFS_ARCHIVE_H

#include <sys/types.h>

#include "guest/initramfs/initramfs.h"

/* The running test's. */
extern struct initramfs *initramfs;

/* What goes before and after each test, with a directory of its own (tests/unit/work.h). */
extern void begin_initramfs (void);
extern void end_initramfs (void);

/* What the archive says of PATH. */
struct found {
  int count;                    /* entries of that path */
  mode_t mode;
  dev_t device;
  char text[512];               /* contents or link target */
  int position;                 /* among all entries */
};

extern struct found find (const char *path);

/* How many entries there are where the host has PATH, below the symbolic links that its top directories may be. */
extern int count_host_path (const char *path);

#endif
