/* SPDX-License-Identifier: BSD-3-Clause */
/* What powercut knows of each file system: one row, in filesystem/filesystem.c.  To add a file system is to add a row.
 *
 * A file system without a row can be recorded and replayed all the same, if there are a mkfs.NAME and a module NAME: it
 * is treated as the row of the unknown one says, which has no name.
 */
#ifndef POWERCUT_FILESYSTEM_FILESYSTEM_H
#define POWERCUT_FILESYSTEM_FILESYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILESYSTEM_WORDS_MAX 4
#define FILESYSTEM_IDLE_MAX 7
#define FILESYSTEM_MODULES_MAX 3
#define FILESYSTEM_QUIET_MAX 2
#define FILESYSTEM_FAULTS_MAX 5
#define FILESYSTEM_LAZY_MAX 2
#define FILESYSTEM_MODES_MAX 5

/* Layouts on the disk of which replay/explain/blame.c can tell what a write wrote; each has a function there. */
enum filesystem_layout {
  FILESYSTEM_LAYOUT_UNKNOWN, FILESYSTEM_LAYOUT_EXT, FILESYSTEM_LAYOUT_XFS, FILESYSTEM_LAYOUT_BTRFS,
  FILESYSTEM_LAYOUT_COUNT
};

/* What one can be made with, a bit each, that changes what it promises and how it is recovered. */
enum filesystem_feature {
  FILESYSTEM_NO_JOURNAL = 1,    /* of those that can have one */
};

/* What can be done on one, a bit each, that cannot be done on all. */
enum filesystem_ability {
  FILESYSTEM_CAN_LINK = 1,      /* names beside the first, symbolic links, FIFOs and devices, owners and modes */
  FILESYSTEM_CAN_XATTRS = 2,
  FILESYSTEM_CAN_ACLS = 4,
  FILESYSTEM_CAN_TMPFILE = 8,
  FILESYSTEM_CAN_EXCHANGE = 16, /* and leave whiteouts */
  FILESYSTEM_CAN_FALLOC = 32,   /* allocate, also behind the end, zero and punch */
  FILESYSTEM_CAN_SHIFT = 64,    /* take a range out of a file, or put one in */
  FILESYSTEM_CAN_FLAGS = 128,
  FILESYSTEM_CAN_SHARE = 256,   /* blocks between files */
  FILESYSTEM_CAN_PROJECTS = 512,        /* without anything said to mkfs */
  FILESYSTEM_CAN_SUBVOLUMES = 1024,
  FILESYSTEM_CAN_NOCOW = 2048,  /* write over data in place or elsewhere, as a file's flag C says */
};
#define FILESYSTEM_CAN_USUALLY (FILESYSTEM_CAN_PROJECTS - 1)
#define FILESYSTEM_FLAGS_USUAL "ASadi"

#define FILESYSTEM_START_BYTES 4096     /* of a device: they have all features */

struct filesystem {
  const char *name;             /* as mount(2) and --fs have it; NULL: the unknown one */

  /* Making one, as `mkfs.NAME WORDS... DEVICE`.  The words let it take a whole disk and ask no questions, but not hide
   * errors.  What the kernel would initialise later, it has to initialise at once: that would be recorded as if it were
   * the update's.
   */
  struct filesystem_mkfs {
    const char *words[FILESYSTEM_WORDS_MAX + 1];        /* NULL after the last */
    const char *package;        /* of Debian, with the program; NULL: not known */
    const char *configuration;  /* the file of the host that it reads, or NULL */
  } mkfs;

  /* Whether it can be made on several disks, as `mkfs.NAME WORDS... DEVICE...`. */
  bool spans_disks;

  /* What the kernel says of it is limited for all mounts together, not for each: it may be silent about one because of
   * what it has said of others before.
   */
  bool limits_messages;

  /* The mount option with which it does without a disk that is gone; NULL: it cannot. */
  const char *degraded;

  /* How its journal is put on a disk of its own: words to make that disk one, as of mkfs, if it has to be; further
   * words to make the file system; and what to mount it with.  {} stands for the disk.  NULL: it cannot be.  And by
   * which option its checker is told where that is.
   */
  struct filesystem_log_disk {
    const char *make, *mkfs, *mount, *fsck;
  } log_disk;

  /* The least that mkfs is content with and that leaves room for a journal, as --size has it: for many short runs. */
  const char *small_size;

  /* What can be done on it as mkfs makes it: enum filesystem_ability; and the flags of chattr(1) that it keeps: D of
   * directories, C of these and of files that are empty, others of any file.
   */
  uint32_t abilities;
  const char *flags;

  /* The module that mounts it; NULL: one of its name.  And modules that it asks for only when it mounts, so that
   * nothing depends on them; one whose name has a question mark after it may be missing.
   */
  const char *driver;
  const char *asked_for[FILESYSTEM_MODULES_MAX + 1];    /* NULL after the last */

  /* What is run on it after a crash and before it is mounted, as `PROGRAM OPTION DEVICE`; nothing where the kernel
   * recovers it at the mount.  One without a journal the kernel mounts as it is, and finds out later what is wrong.
   * The option repairs all that can be repaired, as a system does that boots with fsck.repair=yes.  It may be needed
   * only with a feature.
   */
  struct filesystem_repair {
    const char *program, *option;
    uint32_t feature;           /* 0: always */
  } repair;

  /* What says whether an unmounted one is right and changes nothing, as `WORDS... DEVICE`; no words: nothing does.  It
   * exits with 0 if it is right.  Lines that it prints then, too, match a pattern of `idle`, as of fnmatch(3).  It is
   * in the package of mkfs.  One that is greedy reads blocks that it does not look at, of files perhaps: then each
   * choice of what is pending there takes a run.
   */
  struct filesystem_fsck {
    const char *words[FILESYSTEM_WORDS_MAX + 1];        /* NULL after the last */
    const char *idle[FILESYSTEM_IDLE_MAX + 1];          /* likewise */
    bool greedy;
  } fsck;

  /* Programs that take it apart, for a person in the guest; those that the host has are taken along. */
  const char *tools;

  /* Mount options with which it reads no more than recovery and observation need, neither ahead nor from a thread in
   * the background: what a run reads must not depend on time.  Each is for Linux MAJOR.MINOR and later.
   */
  struct filesystem_quiet {
    const char *option;
    unsigned major, minor;
  } quiet[FILESYSTEM_QUIET_MAX];

  /* The mount option with which, read-only, it is mounted as it is, without recovery; NULL: there is none. */
  const char *norecovery;

  /* The files with a setting of its own for reading ahead, which are there only while it is mounted, as a pattern of
   * glob(3); or NULL.
   */
  const char *readahead;

  /* Whether its driver remembers devices that it has seen, and their generation, even after an unmount, until an ioctl
   * of btrfs makes it forget them.
   */
  bool remembers_devices;

  /* What its driver says when it finds the file system corrupted, or gives up: a line of the kernel's log with both
   * texts.
   */
  struct filesystem_fault {
    const char *texts[2];       /* NULL: there are no more */
  } faults[FILESYSTEM_FAULTS_MAX];

  /* Where blocks are, in bytes from the start, that it writes last and without a flush, because something durable
   * stands for them.
   */
  uint64_t lazy_blocks[FILESYSTEM_LAZY_MAX];
  size_t lazy_block_count;

  /* Whether the data of files are on the device as they are read, neither transformed nor checked against a checksum,
   * so that a run need not read them (checker/observe/layout.h).  Not with the mount option JOURNALED; OPTIONS_FILE, a
   * pattern of glob(3), has all options, also those that the file system has in itself, a line each.
   */
  bool plain_data;
  const char *journaled, *options_file;         /* or NULL */

  enum filesystem_layout layout;

  /* The rules of filesystem/rules.h, a bit each, that it promises to hold; and those that it promises instead when it
   * is mounted with an option, or was made with a feature.  The first mode that it is in counts.
   */
  uint32_t promises;
  struct filesystem_mode {
    const char *mount_option;   /* or NULL */
    uint32_t feature;           /* or 0; if both are, there are no more modes */
    uint32_t promises;
  } modes[FILESYSTEM_MODES_MAX];
};

/* The row of the file system NAME, or that of the unknown one. */
extern const struct filesystem *filesystem_find (const char *name);

/* The rows by number, those with a name, or NULL after the last. */
extern const struct filesystem *filesystem_at (size_t index);

/* Whether a write at OFFSET_BYTES is of a block that FILESYSTEM writes lazily. */
extern bool filesystem_is_lazy (const struct filesystem *filesystem, uint64_t offset_bytes);

/* Whether its data are plain when it is mounted with OPTIONS, which have a BETWEEN between each two. */
extern bool filesystem_has_plain_data (const struct filesystem *filesystem, const char *options, char between);

/* Where OPTIONS, of mounting FILESYSTEM, with commas between them, say that its journal's device is: the beginning of a
 * path of *length bytes, or NULL.
 */
extern const char *filesystem_log_device (const struct filesystem *filesystem, const char *options, size_t *length);

/* The features with which the FILESYSTEM was made that is on the device whose first bytes are START. */
extern uint32_t filesystem_features (const struct filesystem *filesystem, const uint8_t start[FILESYSTEM_START_BYTES]);

/* What is run before FILESYSTEM, made with FEATURES, is mounted; NULL: nothing. */
extern const struct filesystem_repair *filesystem_repair (const struct filesystem *filesystem, uint32_t features);

/* What FILESYSTEM, made with FEATURES, promises when it is mounted with MOUNT_OPTIONS, which have commas between them.
 */
extern uint32_t filesystem_promises (const struct filesystem *filesystem, const char *mount_options,
                                     uint32_t features);

#endif
