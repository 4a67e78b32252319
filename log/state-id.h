/* SPDX-License-Identifier: BSD-3-Clause */
/* State ids: text that rebuilds a crash state anywhere.
 *
 *     ID     = POINT [":" [CHOICE *("," CHOICE)]]
 *     CHOICE = ("+" | "-") WRITE
 *
 * POINT is the position of the crash point and WRITE the position of a write's issue, both as `replay --list` shows them; `+` says that the write is
 * there and `-` that it is not.  Writes that are not named are there.
 */
#ifndef POWERCUT_STATE_ID_H
#define POWERCUT_STATE_ID_H

#include <stddef.h>
#include <stdint.h>

#include "log/crash-state.h"

/* Parse TEXT as an id of a state of LOG.  Returns 0 with the choices in *choices, to free, or -1 after a message (not an id, a
 * position that the log does not have, a write that is none or is issued after the point).  Whether the writes are pending is
 * not checked here.
 */
extern int state_id_parse (const char *text, const struct write_log *log, uint32_t *point, struct choice **choices,
                           size_t *count);

/* The id of a state, to free: decided choices are named, undecided ones left out.  NULL with errno ENOMEM. */
extern char *state_id_format (const struct write_log *log, uint32_t point, const struct choice *choices, size_t count);

#endif
