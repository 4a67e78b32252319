/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_RECORD_UPDATE_H
#define POWERCUT_RECORD_UPDATE_H

#include "record/ask.h"

/* The update itself, from the tree before it to the mark `end`.  Returns 0, or -1 after a message. */
extern int record_update (struct recording_run *run);

#endif
