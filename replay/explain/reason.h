/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a write may be missing after a crash, in words: the crash model (replay/search/model.h) told of one write. */
#ifndef POWERCUT_REPLAY_EXPLAIN_REASON_H
#define POWERCUT_REPLAY_EXPLAIN_REASON_H

#include "log/choice.h"

/* The word for a kind of write: `write`, `zero` or `trim`. */
extern const char *reason_kind_name (const struct log_write *write);

/* `write 57 (4096 bytes at 0x1234000, WHAT)`, to free: 57 is the position of the issue; WHAT may be NULL.  If
 * CHOICES, COUNT of them, drop only sectors of write number WRITE, they are named.  NULL with errno ENOMEM.
 */
extern char *reason_describe (const struct write_log *log, uint32_t write, const char *what,
                              const struct choice *choices, size_t count);

/* Why write number WRITE, which is pending at POSITION, may be missing there: the end of a sentence that begins with
 * its description, to free.  NULL with errno ENOMEM.
 */
extern char *reason_pending (const struct write_log *log, uint32_t write, uint32_t position);

/* Why CHOICE, of CHOICE_ABSENT or CHOICE_OVER, may be at POSITION: as above. */
extern char *reason_of_choice (const struct write_log *log, const struct choice *choice, uint32_t position);

#endif
