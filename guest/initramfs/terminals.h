/* SPDX-License-Identifier: BSD-3-Clause */
/* What the host knows of terminals. */
#ifndef POWERCUT_GUEST_INITRAMFS_TERMINALS_H
#define POWERCUT_GUEST_INITRAMFS_TERMINALS_H

#include "guest/initramfs/entry.h"

/* Add what the host knows of the terminals that programs may be on in the guest.  Returns 0, or -1 after a message. */
extern int initramfs_add_terminals (struct initramfs *initramfs);

#endif
