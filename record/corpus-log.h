/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs of the corpus are kept compressed. */
#ifndef POWERCUT_CORPUS_LOG_H
#define POWERCUT_CORPUS_LOG_H

/* Unpack the log FROM into the new file TO.  FROM may be compressed by zstd, gzip or xz, or not at all, or be an
 * archive with a member log.bin.  What unpacks to more than a log of its size can is refused.  Returns 0, or -1 after
 * a message; TO is then removed.
 */
extern int log_unpack (const char *from, const char *to);

/* Compress the log FROM into the new file TO (zstd).  Returns 0, or -1 after a message; TO is then removed. */
extern int log_pack (const char *from, const char *to);

#endif
