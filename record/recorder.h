/* SPDX-License-Identifier: BSD-3-Clause */
/* The place of a recording, of use to record.c alone: a guest, the server of its devices, and their files.  It can be
 * kept for the next recording.
 */
#ifndef POWERCUT_RECORD_RECORDER_H
#define POWERCUT_RECORD_RECORDER_H

#include <libnbd.h>
#include <stdbool.h>

#include "common/nbdkit.h"
#include "common/progress.h"
#include "guest/kernel/kernel.h"
#include "guest/vm.h"
#include "nbd-plugin/parameters.h"
#include "record/record.h"

#define RECORDER_INITIAL_TREE "/initial"        /* where --initial is in the guest */

/* What the disks hold: each is made of the one before. */
enum preparation {
  PREPARED_NOTHING,
  PREPARED_FILESYSTEM,          /* what mkfs makes */
  PREPARED_TREE,                /* and what --initial and --setup make in it */
  PREPARED_COUNT
};

struct recorder {
  const char *filesystems;      /* that its guests can mount besides what they are booted for; NULL: it is not kept */
  char *directory;
  char *files;                  /* what the checker needs, packed for the log to carry */
  char *extras, *blank, *link, *aside, *console;

  /* Of disks brought to a preparation: files of the directory (record/prepared.h). */
  struct recorder_images {
    char *key;                  /* all that they depend on; or NULL: there are none that can be used again */
    char *marks;                /* of it, that were written meanwhile (record/setup-marks.h) */
    bool live;                  /* that is known of the key, and there are none: more than them was prepared */
    char *signature, *digest;   /* of the files of the host that were taken into the guest for it */

    /* For the recording that it is at: */
    char *wanted;               /* the key of what it wants, or NULL */
    char *path;                 /* where that is kept, or NULL */
    bool making;                /* by this one, which has the lock */
    int lock;
  } images[PREPARED_COUNT];
  char *key;                    /* what a recording must need to be served by the guest, or NULL */
  struct nbdkit nbdkit;
  struct nbd_handle *marks, *control;
  struct vm *vm;
  bool attached;                /* the guest has its NBD devices */
  enum preparation prepared;    /* what the disks hold */
  bool has_aside;
  int aside_fd;                 /* the log of no interest that they are recorded in while they are prepared */

  /* For the recording that it is at: */
  const struct recording *recording;
  enum preparation wanted;      /* what the disks are to hold when its log begins */
  struct kernel kernel;
  char *part;                   /* the log until it is complete, made by this recorder; or NULL */
  int part_fd;                  /* keeps others from it, while there is one */
  uint64_t memory_bytes;        /* of the guest */
  char *program, *mkfs;         /* the command's path in the guest, and that of the mkfs */
  struct recorder_export {
    char name[DISK_EXPORT_SIZE];        /* on the server: the disks in their order, by all paths, then the marks */
    char place[DISK_PLACE_SIZE];        /* in the guest */
    char port[24];              /* by which the guest reaches it, if it does so itself */
  } exports[DISKS_MAX + 1];
  size_t export_count;
  char *all_disks;              /* where the disks are, as the agent has it */
  char *all_paths;              /* likewise the paths that are joined to the only one; or NULL */
  const char *mark_device;      /* in the guest */
  struct progress *progress;            /* is told what goes on; or NULL */
};

/* Have a guest for RECORDING: the one that is there if it will do, or a new one.  Its disks hold what was `prepared`
 * before of what is `wanted`; if that is all, they are recorded from now on.  Returns 0, or -1 after a message.
 */
extern int recorder_begin (struct recorder *recorder, const struct recording *recording);

/* Of a recorder that is kept, after a recording that went well: complete the log, and make the guest ready for another
 * recording.  A guest that cannot be made so is ended, and nothing is lost but a boot.  Returns 0, or -1 after a
 * message.
 */
extern int recorder_recycle (struct recorder *recorder);

/* End guest and server, if there are any: the log is closed then. */
extern void recorder_end_guest (struct recorder *recorder);

/* Forget the recording. */
extern void recorder_forget (struct recorder *recorder);

/* Release all that it has, but not the structure itself. */
extern void recorder_release (struct recorder *recorder);

#endif
