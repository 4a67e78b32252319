/* SPDX-License-Identifier: BSD-3-Clause */
/* What is taken into the guest of a recording. */
#ifndef POWERCUT_RECORD_GUEST_FILES_H
#define POWERCUT_RECORD_GUEST_FILES_H

#include "record/recorder.h"

/* The extras for RECORDER's recording: programs, mkfs, --include and --initial.  Sets where the command and mkfs are
 * in the guest.  NULL after a message.
 */
extern struct initramfs *guest_files_make (struct recorder *recorder);

/* What of that RECORDER's recording needs to bring its disks to PREPARATION.  NULL after a message. */
extern struct initramfs *guest_files_preparing (const struct recorder *recorder, enum preparation preparation);

#endif
