/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether guests are virtualized by the host's kernel (KVM) or emulated by QEMU (TCG).
 *
 * /dev/kvm may be there and be of no use: where it is itself emulated, QEMU ends at once, or the guest hangs or takes
 * minutes.  Only a guest that comes up shows that it works.  That is found out once (guest/boot.c), and remembered in
 * the cache for as long as the machine is not booted anew, and QEMU and /dev/kvm are the same.
 */
#ifndef POWERCUT_GUEST_ACCEL_H
#define POWERCUT_GUEST_ACCEL_H

#include <stdbool.h>

#include "common/options.h"

enum accel {
  ACCEL_AUTO,                   /* KVM where it works, else TCG */
  ACCEL_KVM,
  ACCEL_TCG,
};

/* Row of a table of options; TEXT is where its argument goes, which --help calls ARGUMENT. */
#define ACCEL_OPTION(TEXT, ARGUMENT) \
  OPT_TEXT ("accel", (TEXT), (ARGUMENT), "virtualize guests, or emulate them [auto: what works]")

/* The same; FLAG is whether it is given. */
#define NO_SNAPSHOT_OPTION(FLAG) \
  OPT_FLAG ("no-snapshot", (FLAG), "boot each guest, and neither use nor keep a saved machine")

/* What --accel=WORD says; NULL is auto.  Returns 0, or -1 after a message. */
extern int accel_parse (const char *word, enum accel *accel);

/* The value of --accel, which is QEMU's word for the last two. */
extern const char *accel_name (enum accel accel);

/* Whether /dev/kvm can be opened; false with errno. */
extern bool accel_has_kvm (void);

/* What is known to work here: ACCEL_KVM or ACCEL_TCG, or ACCEL_AUTO if that was not found out yet. */
extern enum accel accel_known (void);

/* Note that ACCEL, which is not ACCEL_AUTO, is what works, and WHY it is not KVM, for this process and, where there is
 * a cache that can be written, for others.
 */
extern void accel_remember (enum accel accel, const char *why);

/* Say that guests are emulated and why, if they are and nobody has been told since the machine was booted.  WORD is
 * that of --accel, or NULL: who asked for one need not be told.
 */
extern void accel_tell (const char *word);

#endif
