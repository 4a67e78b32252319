/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that a log carries for its checker: an archive in pieces, each a mark LOG_FILES_MARK with the bytes behind
 * a space.
 */
#ifndef POWERCUT_LOG_FILES_H
#define POWERCUT_LOG_FILES_H

#include "log/reader.h"
#include "log/writer.h"

#define LOG_FILES_MARK "powercut:files"

/* The piece that MARK holds: its bytes in *data (in the mapped file) and their number.  0: it is another mark. */
extern size_t log_files_piece (const struct log_mark *mark, const void **data);

/* Takes the text of a mark.  Returns 0, or -1 with errno. */
typedef int log_files_put (void *opaque, const char *text, size_t length);

/* Give the archive in the file PATH to PUT, as the texts of marks.  Returns 0, or -1 with errno. */
extern int log_files_read (const char *path, log_files_put *put, void *opaque);

/* Append the archive in the file PATH to a log.  Returns 0, or -1 with errno. */
extern int log_files_write (struct log_writer *writer, const char *path);

#endif
