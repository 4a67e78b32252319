/* SPDX-License-Identifier: BSD-3-Clause */
/* Workloads that come one after another through a pipe, so that millions are never stored: an archive, made as tar, in
 * which each is a file.  What reads it takes any archive that libarchive does, compressed or not.
 */
#ifndef POWERCUT_BATCH_CORPUS_WORKLOAD_STREAM_H
#define POWERCUT_BATCH_CORPUS_WORKLOAD_STREAM_H

struct workload_stream;

/* Begin to write to FD, or to read from it; FD stays the caller's, and NAME, which must outlive the stream, is what
 * messages call it.  NULL after a message.
 */
extern struct workload_stream *workload_stream_writer (int fd, const char *name);
extern struct workload_stream *workload_stream_reader (int fd, const char *name);

/* Add the workload TEXT, and a newline, as the file NAME.  Returns 0, or -1 after a message. */
extern int workload_stream_add (struct workload_stream *stream, const char *name, const char *text);

/* The next workload: the name of its file, without directories, and its text, both to free.  Directories are passed
 * over, links and the like refused.  Returns 1, 0 at the end of the stream, or -1 after a message.
 */
extern int workload_stream_next (struct workload_stream *stream, char **name, char **text);

/* End and free STREAM; what was written is complete only now.  Returns 0, or -1 after a message.  NULL is ignored. */
extern int workload_stream_end (struct workload_stream *stream);

#endif
