/* SPDX-License-Identifier: BSD-3-Clause */
/* LOG.part: the log LOG until it is complete, written by one recorder alone. */
#ifndef POWERCUT_RECORD_LOG_PART_H
#define POWERCUT_RECORD_LOG_PART_H

/* The path of LOG.part, to free, or NULL after a message. */
extern char *log_part_name (const char *log);

/* Make LOG.part, empty, its path in *part, to free.  One that a killed recorder left is replaced; one that another
 * recorder is writing, and a file that is no log, are left alone.  Returns a descriptor, to close as soon as the file
 * has another name or is removed: until then no other recorder takes it.  Or -1 after a message, with *part NULL.
 */
extern int log_part_make (const char *log, char **part);

#endif
