/* SPDX-License-Identifier: BSD-3-Clause */
/* One recording from start to end. */
#ifndef POWERCUT_RECORD_RECORD_H
#define POWERCUT_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options.h"
#include "guest/agent/background.h"
#include "guest/disks.h"
#include "guest/options.h"

enum settle {
  SETTLE_SYNC,                  /* after `commit`, sync */
  SETTLE_NONE,                  /* stop recording at `commit` */
  SETTLE_SECONDS,               /* leave the kernel to its own writeback for a while, then sync */
};

struct recording {
  struct guest_options guest;   /* complete: page_bytes is 0 unless pages are to be tabulated */
  const char *filesystem;
  struct disks disks;           /* with their places in the guest that is recorded */
  int log_disk;                 /* the number of the one that has the file system's journal, or -1 */
  const char *mkfs_arguments;   /* words for mkfs, with names of disks (guest/disks.h), or NULL */
  const char *mount_options;    /* likewise; never NULL */
  const char *assemble;         /* likewise: the shell command that makes of the disks what is mounted, or NULL */
  const char *create;           /* likewise, the one that does so first, of empty disks, if it is another; or NULL */
  bool virtio;                  /* --bus=virtio */
  uint64_t path_count;          /* by how many paths the guest reaches its disk: 1, or 2 that it joins */
  const char *path_down_at;     /* the mark or position in the log after which a path goes down; or NULL */
  const char *device;           /* how it answers: late, fast or random:SEED */
  uint64_t hold_limit_seconds;  /* a device that is not fast holds requests for so long at most, all in all */
  const char *initial;          /* directory whose content the file system has at first, or NULL */
  bool host_root;               /* --root=host */
  struct option_texts setup;    /* shell commands to run before `begin` */
  struct option_texts step;     /* shell commands, each a step of the update; none: command is the only one */
  char *workload;               /* text of one (checker/workload/language.h) that is the update, or NULL */
  struct option_texts watch;    /* paths; none: the whole tree */
  const char *freeze_at;        /* the file system is frozen for a while at this mark; or NULL */
  enum background background;   /* what the rest of the system does between `begin` and `commit` */
  enum settle settle;
  uint64_t settle_seconds;
  const char *log;              /* the file to make */
  bool no_cache;                /* prepare the disks anew, and do not keep them */
  bool compress;                /* the log is packed once it is complete (log/packed.h) */
  bool output_dropped;          /* what commands print is shown nowhere */
  bool output_aside;            /* what commands print goes to standard error: standard output is a report's */
  const char *const *command;   /* NULL at the end; empty if there are steps or a workload */
};

#define RECORD_NOT_SUPPORTED 77
#define RECORD_ENOUGH 78

/* Row of a table of options; FLAG is whether it is given. */
#define NO_CACHE_OPTION(FLAG) OPT_FLAG ("no-cache", (FLAG), "prepare the disks anew, and do not keep them")

/* What serves one recording after another: the guest, and the server of its devices. */
struct recorder;

/* A recorder without a guest: the first recording boots one.  FILESYSTEMS (names with commas between them) are what its
 * guests can mount besides what they are booted for.  NULL after a message.
 */
extern struct recorder *recorder_new (const char *filesystems);
extern void recorder_free (struct recorder *recorder);

#define RECORD_DIED_SUFFIX ".died"

/* Record.  With RECORDER not NULL the guest of the recording before is used if it is what this one needs, and kept if
 * all went well: programs of an earlier recording then have left nothing behind that could be seen.  Returns 0 when the
 * log is complete under its name, or -1 after a message.  What was there under that name is then as it was, and what
 * was recorded is removed, except where the guest died or hung after `begin`: what led there is in LOG.died.
 * RECORD_ENOUGH: a stop that can be taken back (common/stop.h) was asked for after `begin`, and was taken back: the log
 * is complete under its name as far as it goes.  RECORD_NOT_SUPPORTED in place of -1: a command in the guest ended with
 * that exit status, by which it says that what it needs is not to be had there.
 */
extern int record (struct recorder *recorder, const struct recording *recording);

#endif
