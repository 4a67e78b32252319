/* SPDX-License-Identifier: BSD-3-Clause */
/* The place of a recording, of use to record.c alone: a guest, the server of its devices, and their files.  It can be kept for
 * the next recording.
 */
#ifndef POWERCUT_RECORDER_H
#define POWERCUT_RECORDER_H

#include <libnbd.h>
#include <stdbool.h>

#include "common/nbdkit.h"
#include "common/progress.h"
#include "guest/kernel.h"
#include "guest/vm.h"
#include "record/record.h"

#define RECORDER_INITIAL_TREE "/initial"        /* where --initial is in the guest */

struct recorder {
  const char *filesystems;      /* that its guests can mount besides those they are booted for, or NULL: it is not kept */
  char *folder;
  char *files;                  /* what the checker needs, packed for the log to carry */
  char *initramfs, *image, *console;
  char *key;                    /* what a recording must need to be served by the guest, or NULL */
  struct nbdkit nbdkit;
  struct nbd_handle *marks, *control;
  struct vm *vm;
  bool attached;                /* the guest has its NBD devices */

  /* For the recording that it is at: */
  const struct recording *recording;
  struct kernel kernel;
  char *part;                   /* the log until it is complete */
  uint64_t memory_bytes;        /* of the guest */
  char *program;                /* the command's path in the guest */
  const char *disk, *mark_device;       /* in the guest */
  struct progress *progress;            /* is told what goes on; or NULL */
};

/* Have a guest for RECORDING, whose disk is a new file system and recorded from now on: the one that is there if it will do, or
 * a new one.  Returns 0, or -1 after a message.
 */
extern int recorder_begin (struct recorder *recorder, const struct recording *recording);

/* Of a recorder that is kept, after a recording that went well: complete the log, and make the guest ready for another
 * recording.  A guest that cannot be made so is ended, and nothing is lost but a boot.  Returns 0, or -1 after a message.
 */
extern int recorder_recycle (struct recorder *recorder);

/* End guest and server, if there are any: the log is closed then. */
extern void recorder_end_guest (struct recorder *recorder);

/* Forget the recording. */
extern void recorder_forget (struct recorder *recorder);

/* Release all that it has, but not the structure itself. */
extern void recorder_release (struct recorder *recorder);

#endif
