/* SPDX-License-Identifier: BSD-3-Clause */
/* The log that an import makes: a walk over the file of another recorder hands over its operations. */
#ifndef POWERCUT_LOG_FOREIGN_IMPORTER_H
#define POWERCUT_LOG_FOREIGN_IMPORTER_H

#include "log/foreign/import.h"
#include "log/writer.h"

/* No device that is larger is imported, unless somebody says that it is: a damaged length of a discard could fill the
 * disk.
 */
#define DEVICE_MAX (UINT64_C (1) << 46)

/* There are two walks: the first checks the file and measures the device, the second writes the log. */
struct importer {
  const struct import_options *options;
  struct import_result *result; /* of this walk */
  const char *path;             /* of the log */
  struct log_writer *writer;    /* NULL in the first walk */
  uint64_t size_bytes;          /* of the device; in the first walk, if it is not known, DEVICE_MAX */
  uint64_t reach_bytes;         /* where the farthest operation ends */
  bool begun, committed;        /* the marks of the options were seen */
  bool based;                   /* a mark `base` was seen */
};

struct import_operation {
  enum log_kind kind;           /* LOG_WRITE, LOG_ZERO, LOG_TRIM or LOG_FLUSH */
  uint8_t flags;
  uint64_t offset_bytes;
  uint64_t length_bytes;        /* of any size */
  const char *data;             /* of LOG_WRITE */
};

/* An operation of the file is one in the log, or several one behind the other. */
struct import_issued {
  uint32_t first, count;        /* positions */
  bool promise;
};

/* Whether a range lies on the device. */
extern bool importer_fits (const struct importer *importer, uint64_t offset_bytes, uint64_t length_bytes);

/* Note that the device reaches to the end of a range. */
extern void importer_reach (struct importer *importer, uint64_t offset_bytes, uint64_t length_bytes);

/* Issue an operation, which fits.  Returns 0, or -1 after a message. */
extern int importer_issue (struct importer *importer, const struct import_operation *operation,
                           struct import_issued *issued);

/* Complete what was issued, with ERROR 0 or an errno.  Returns 0, or -1 after a message. */
extern int importer_complete (struct importer *importer, const struct import_issued *issued, int error);

/* Add a mark that stands at FILE_OFFSET.  Returns 0, or -1 after a message. */
extern int importer_mark (struct importer *importer, uint64_t file_offset, const char *text, uint32_t length);

/* Say that the log cannot be written, with errno.  Returns -1. */
extern int importer_log_error (const struct importer *importer);

#endif
