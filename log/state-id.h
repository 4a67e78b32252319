/* SPDX-License-Identifier: BSD-3-Clause */
/* State ids: text that rebuilds a crash state anywhere.
 *
 *     ID     = POINT [":" [CHOICE *("," CHOICE)]]
 *     CHOICE = ("+" | "-") WRITE ["/" FIRST ["-" [LAST]]] | WRITE ">" WRITE
 *
 * POINT is the position of the crash point and WRITE the position of a write's issue, both as `replay --list` shows
 * them; `+` says that the write is there and `-` that it is not.  FIRST to LAST are sectors of 512 bytes, counted from
 * the write's start, when it is torn: `-98/3-` says that its first three sectors are there at most.  Of two choices
 * that overlap, the later counts.  What is not named is there.
 *
 * `41>43` says that write 41 lies over write 43; they must overlap and have been in flight together (log/orders.h).  Of
 * what is not named, the later write lies over the earlier one, as far as what is named lets it.
 *
 * A state has many ids, and one that is canonical, which is the only one that is ever printed: it names what is missing
 * and, after that, which write lies over a later one, and nothing else, in the order of the writes and of their
 * sectors, in as few ranges as can be, with LAST only where the write goes on after it and FIRST is another sector.
 * `53:+51,-40/0-` is `53:-40`, and `53:+51` is `53`.
 */
#ifndef POWERCUT_LOG_STATE_ID_H
#define POWERCUT_LOG_STATE_ID_H

#include <stddef.h>
#include <stdint.h>

#include "log/choice.h"

/* Between the id of a state and that of one which the next crash left, during its recovery: replay(1) has these. */
#define STATE_ID_AGAIN ";"

/* Parse TEXT as an id of a state of LOG.  Returns 0 with the choices in *choices, to free, or -1 after a message (not
 * an id, a position that the log does not have, a write that is none or is issued after the point).  Whether the writes
 * are pending is not checked here.
 */
extern int state_id_parse (const char *text, const struct write_log *log, uint32_t *point, struct choice **choices,
                           size_t *count);

/* The canonical id of a state, to free; what is undecided counts as there.  NULL with errno ENOMEM. */
extern char *state_id_format (const struct write_log *log, uint32_t point, const struct choice *choices, size_t count);

/* Likewise, of what is chosen of the writes that were issued at FIRST or after it alone. */
extern char *state_id_format_from (const struct write_log *log, uint32_t point, const struct choice *choices,
                                   size_t count, uint32_t first);

#endif
