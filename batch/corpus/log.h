/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs of the corpus are kept compressed, by log_pack (log/packed.h) or in another way. */
#ifndef POWERCUT_BATCH_CORPUS_LOG_H
#define POWERCUT_BATCH_CORPUS_LOG_H

#include <stdint.h>

#include "log/packed.h"

/* What logs may unpack to, all together, beside a thousand times their packed size. */
#define LOG_SPARE_BYTES LOG_UNPACKED_SPARE

/* Unpack the log FROM into the new file TO.  FROM may be compressed by zstd, gzip or xz, or not at all, or be an
 * archive with a member log.bin.  What unpacks to more than a log of its size can, and than *SPARE_BYTES, is refused;
 * *SPARE_BYTES, at first LOG_SPARE_BYTES, becomes less by what it takes of these.  Returns 0, or -1 after a message; TO
 * is then removed.
 */
extern int log_unpack (const char *from, const char *to, uint64_t *spare_bytes);

#endif
