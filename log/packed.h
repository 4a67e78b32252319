/* SPDX-License-Identifier: BSD-3-Clause */
/* A log that is kept compressed.  In its place stands a file of zstd's seekable format:
 *
 *     PACKED = FRAME+ FILLER? TABLE
 *     FRAME  = a zstd frame with its content's size in its header; it can be unpacked by itself
 *     FILLER = a skippable frame of zeros
 *     TABLE  = a skippable frame: what each frame takes, packed and unpacked
 *
 * All frames together unpack to the log.  Each but the last holds the same number of bytes, a power of 2 from
 * LOG_FRAME_MIN to LOG_FRAME_MAX, the last no more.  The file unpacks to at most LOG_UNPACKED_RATIO times its size
 * beside LOG_UNPACKED_SPARE: the filler sees to that.
 *
 * The table is for other programs.  Here frames are found by going from one to the next, which needs a look at each
 * block's header: so there is no table that has to be believed, and one that is cut off is not missed.
 */
#ifndef POWERCUT_LOG_PACKED_H
#define POWERCUT_LOG_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_FRAME_MIN (64u << 10)
#define LOG_FRAME_MAX (16u << 20)

#define LOG_PACKED_FOOTER 0x8F92EAB1u   /* the last 4 bytes of the table, little-endian */

/* Logs have a checksum in every record: hardly any is packed as well as this. */
#define LOG_UNPACKED_RATIO 1000
#define LOG_UNPACKED_SPARE (UINT64_C (64) << 20)

struct log_packed;

/* Whether a file that begins with the SIZE BYTES is one. */
extern bool log_is_packed (const void *bytes, size_t size);

/* The log that is packed in the file PATH, SIZE bytes which are mapped at FILE, and are the result's from now on.
 * Returns NULL after a message.  Free with log_packed_close.
 */
extern struct log_packed *log_packed_open (const char *path, const void *file, uint64_t size);
extern void log_packed_close (struct log_packed *packed);

/* Where its bytes are, once log_packed_need was asked for them, and how many there are. */
extern const char *log_packed_bytes (const struct log_packed *packed);
extern uint64_t log_packed_size (const struct log_packed *packed);

/* Whether the file has its table, and so is not cut off, but a frame is damaged such that it and all after it are not
 * found.
 */
extern bool log_packed_is_damaged (const struct log_packed *packed);

/* Unpack SIZE bytes of the log at OFFSET, which it has.  They stay where they are until it is closed.  What cannot be
 * unpacked is zeros.  Any thread may ask.
 */
extern void log_packed_need (struct log_packed *packed, uint64_t offset, uint64_t size);

/* For who walks over the log, alone: the bytes before END stay where they are, and all that log_packed_pass has let go
 * of before; and those before END are let go of, but for the last frame with one of them, until they are needed again.
 */
extern void log_packed_stay (struct log_packed *packed, uint64_t end);
extern void log_packed_pass (struct log_packed *packed, uint64_t end);

/* Pack the log FROM into the file TO, which is replaced if it is there.  Returns 0, or -1 after a message. */
extern int log_pack (const char *from, const char *to);

#endif
