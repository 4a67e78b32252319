/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that are one log: data are written once, into the log, and reads are answered from there.
 *
 * From any number of threads: logged_issue, logged_complete, logged_record, logged_refuse, logged_mark, logged_read.
 * All else changes which log there is and must be alone.
 */
#ifndef POWERCUT_NBD_PLUGIN_LOGGED_DEVICES_H
#define POWERCUT_NBD_PLUGIN_LOGGED_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "log/writer.h"
#include "nbd-plugin/sector-map.h"

#define LOGGED_INFO_MAX 4096

struct logged_devices {
  struct logged_device {
    uint64_t size_bytes;
    char *base;                 /* file whose content the device has at first, or NULL */
    struct sector_map map;
  } devices[LOG_DEVICES_MAX];
  size_t device_count, base_count;
  char *log;                    /* path, or NULL */
  char *files;                  /* an archive that the log is to carry, or NULL */
  char *info[LOGGED_INFO_MAX];  /* KEY=VALUE texts for its header */
  size_t info_count;
  struct log_writer *writer;    /* NULL: the log was closed, and there is no new one yet */
};

/* A device whose size was not given becomes as large as its base.  Returns 0, or -1 after a message. */
extern int logged_size_by_base (struct logged_devices *logged);

/* Add the note KEY=VALUE to the header of the log that is to be made.  Returns 0, or -1 after a message. */
extern int logged_note (struct logged_devices *logged, const char *key, const char *value);

/* Make the log, with the bases in it.  Returns 0, or -1 after a message, and no log is left. */
extern int logged_begin (struct logged_devices *logged);

/* Record the issue of OPERATION, with its DATA if it is a write, and apply it; its *position is for logged_complete.
 * Returns 0, or -1 with errno, ESHUTDOWN if there is no log; that the log cannot take more is told once.
 */
extern int logged_issue (struct logged_devices *logged, const struct log_operation *operation, const void *data,
                         uint32_t *position);

/* Record its completion, with ERROR 0 or an errno.  Returns likewise. */
extern int logged_complete (struct logged_devices *logged, const struct log_operation *operation, uint32_t position,
                            int error);

/* Both at once. */
extern int logged_record (struct logged_devices *logged, const struct log_operation *operation, const void *data);

/* Record that OPERATION failed with ERROR before it was done: it is not applied. */
extern int logged_refuse (struct logged_devices *logged, const struct log_operation *operation, const void *data,
                          int error);

/* Record a mark of LENGTH bytes of TEXT.  Returns likewise. */
extern int logged_mark (struct logged_devices *logged, const char *text, size_t length);

/* Read COUNT bytes at OFFSET, both whole sectors, of a device.  Returns 0, or -1 with errno, after a message unless it
 * is ESHUTDOWN.
 */
extern int logged_read (struct logged_devices *logged, uint16_t device, void *buffer, uint32_t count, uint64_t offset);

/* Put what DEVICE holds into the new file PATH.  Returns 0, or -1 with errno, after a message unless it is
 * ESHUTDOWN.
 */
extern int logged_save (struct logged_devices *logged, size_t device, const char *path);

/* Finish the file of the log, if there is one.  Returns 0, or -1 after a message. */
extern int logged_close (struct logged_devices *logged);

/* Forget what belongs to one log, which is closed; the devices stay as large as they are. */
extern void logged_forget (struct logged_devices *logged);

#endif
