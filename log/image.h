/* SPDX-License-Identifier: BSD-3-Clause */
/* A crash state as an image. */
#ifndef POWERCUT_LOG_IMAGE_H
#define POWERCUT_LOG_IMAGE_H

#include "log/crash-state.h"

/* Write device DEVICE of STATE, a state of LOG, to FD, an empty file: what is zeros stays a hole.  Returns 0, or -1
 * with errno, or with the image unfinished when a stop was asked for.
 */
extern int export_device (struct crash_state *state, const struct write_log *log, unsigned device, int fd);

#endif
