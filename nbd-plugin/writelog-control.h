/* SPDX-License-Identifier: BSD-3-Clause */
/* The `control` export of the writelog plugin, by which who records ends a log and begins the next.
 *
 * One write is texts, each with a NUL after it, of which the first is a request:
 *   end     the log is complete: what is done from now on works as before, but is not in it
 *   close   finish the file of the log; until the next `open`, requests are refused
 *   open    begin a new log, with the texts after it as parameters log=, base=, info= and files=; the devices keep
 *           their sizes
 *   save    put what the devices hold into new files, images that can be bases; the texts after it are their names
 * Names are of files in the directory that was given at the start, or of links there.  More NULs at the end fill up a
 * sector.
 */
#ifndef POWERCUT_NBD_PLUGIN_WRITELOG_CONTROL_H
#define POWERCUT_NBD_PLUGIN_WRITELOG_CONTROL_H

#include <stddef.h>

enum writelog_request {
  WRITELOG_END,
  WRITELOG_CLOSE,
  WRITELOG_OPEN,
  WRITELOG_SAVE,
  WRITELOG_UNKNOWN,             /* the first text is none of these words */
};

/* What to write for REQUEST with COUNT TEXTS: *size bytes, to free, or NULL with errno ENOMEM. */
extern char *writelog_encode (enum writelog_request request, char *const *texts, size_t count, size_t *size);

/* The request that SIZE BYTES make.  Its texts begin at *texts, each with its NUL, and end at *end.  -1 with errno
 * EINVAL if a text does not end.
 */
extern int writelog_decode (const char *bytes, size_t size, const char **texts, const char **end);

#endif
