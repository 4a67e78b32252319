/* SPDX-License-Identifier: BSD-3-Clause */
/* A tape: what was done with the devices of a log in a time of which there is no log, in its order and with its data.
 *
 * It is one piece of memory, so that it can be sent: each operation is a struct log_record, its data, and zeros up to a
 * multiple of LOG_ALIGN, as in a log, but without checksum and time.  There are no completions: an operation was
 * complete, without error, when the next one began.
 */
#ifndef POWERCUT_LOG_TAPE_H
#define POWERCUT_LOG_TAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "log/format.h"
#include "log/writer.h"

struct log_tape {
  char *bytes;                  /* NULL while there are none */
  size_t size, room;
};

/* Append OPERATION, with its data if it is a write.  Returns 0, or -1 with errno ENOMEM. */
extern int log_tape_add (struct log_tape *tape, const struct log_operation *operation, const void *data);

/* The bytes that OPERATION takes on a tape. */
extern size_t log_tape_bytes (const struct log_operation *operation);

/* The operation at *at, 0 at first, in host order, and its data; *at is that of the next one then.  False at the end,
 * and before what is cut off.
 */
extern bool log_tape_next (const struct log_tape *tape, size_t *at, struct log_record *record, const char **data);

#endif
