/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_RECORD_PREPARE_H
#define POWERCUT_RECORD_PREPARE_H

#include "record/ask.h"

/* Attach and mount the disk, with a new file system if it is empty, and bring the tree to what is to be updated.
 * Returns 0, or -1 after a message.
 */
extern int prepare_tree (struct recording_run *run);

#endif
