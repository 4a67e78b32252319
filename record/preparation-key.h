/* SPDX-License-Identifier: BSD-3-Clause */
/* What prepared disks depend on. */
#ifndef POWERCUT_RECORD_PREPARATION_KEY_H
#define POWERCUT_RECORD_PREPARATION_KEY_H

#include "record/recorder.h"

/* All that the disks of RECORDER's recording depend on when they are brought to PREPARATION, as lines, to free: two
 * recordings with this text prepare their disks in the same way.  Files that are taken into the guest count by what is
 * in them.  NULL after a message.
 */
extern char *preparation_key (struct recorder *recorder, enum preparation preparation);

/* Whether the files of the host are still those that the key was made of. */
extern bool preparation_is_current (struct recorder *recorder, enum preparation preparation);

#endif
