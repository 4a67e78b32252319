/* SPDX-License-Identifier: BSD-3-Clause */
/* The disks of a recording or of a run: what they are called, and where they are in the guest.
 *
 * The name is the user's; in what mkfs and mount are given, {NAME} stands for where that disk is, which is one place in
 * the guest that is recorded and another in one that recovers.
 */
#ifndef POWERCUT_GUEST_DISKS_H
#define POWERCUT_GUEST_DISKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options.h"
#include "log/info.h"

#define DISKS_MAX 8
#define DISK_PLACE_SIZE 16      /* of the path of a device in the guest */

struct disks {
  size_t count;
  struct disk {
    char name[LOG_DISK_NAME_MAX + 1];
    uint64_t size_bytes;
    char place[DISK_PLACE_SIZE];        /* its device in the guest, or empty */
  } list[DISKS_MAX];
};

/* The disks that TEXTS, arguments NAME:SIZE of --disk, ask for; none: one of SIZE_BYTES.  Returns 0, or -1 after a
 * message.
 */
extern int disks_parse (const struct option_texts *texts, uint64_t size_bytes, struct disks *disks);

/* The disks of LOG.  Returns 0, or -1 after a message: they are more than a guest can have. */
extern int disks_of_log (const struct write_log *log, struct disks *disks);

/* The number of the disk called NAME, or -1. */
extern int disks_find (const struct disks *disks, const char *name);

/* Whether LOSE, of --lose, is `any` or the name of one of DISKS.  Returns 0, or -1 after a message. */
extern int disks_check_lose (const struct disks *disks, const char *lose);

/* Where in the guest the device of NUMBER, below 10, is: with VIRTIO a disk of virtio, else one of NBD. */
extern void disk_place (bool virtio, size_t number, char place[DISK_PLACE_SIZE]);

/* They are the guest's first ones of these. */
extern void disks_place (struct disks *disks, bool virtio);

/* Where they are, with commas between them, but for the disk of number WITHOUT (-1: all); to free, or NULL after a
 * message.
 */
extern char *disks_places (const struct disks *disks, int without);

/* TEXT, which the option OPTION gave, with the place of each disk for its {NAME}; to free, or NULL after a message.  A
 * shell's ${NAME} and { COMMAND; } stay as they are.
 */
extern char *disks_expand (const struct disks *disks, const char *option, const char *text);

/* TEXT, which the guest said, with {NAME} for the place of each disk; to free, or NULL after a message. */
extern char *disks_name (const struct disks *disks, const char *text);

#endif
