/* SPDX-License-Identifier: BSD-3-Clause */
/* The texts KEY=VALUE in the header of a log (log/format.h).  These are the keys that powercut writes and reads; what
 * they mean is said in powercut-log(5).  Anybody may add others.
 */
#ifndef POWERCUT_LOG_INFO_H
#define POWERCUT_LOG_INFO_H

#include <stdbool.h>

#include "log/reader.h"

#define LOG_KEY_FILESYSTEM "filesystem"
#define LOG_KEY_MOUNT "mount"
#define LOG_KEY_DISK "disk"             /* once for each, in order: its name */
#define LOG_KEY_ASSEMBLE "assemble"
#define LOG_KEY_KERNEL "kernel"
#define LOG_KEY_KERNEL_IMAGE "kernel-image"
#define LOG_KEY_BUS "bus"
#define LOG_KEY_DEVICE "device"
#define LOG_KEY_PATHS "paths"
#define LOG_KEY_BACKGROUND "background"
#define LOG_KEY_MEMORY "memory"
#define LOG_KEY_TIMEOUT "timeout"
#define LOG_KEY_CHECK "check"
#define LOG_KEY_INCLUDE "include"       /* once for each file */
#define LOG_KEY_STEP "step"             /* once for each step */
#define LOG_KEY_STEPS "steps"
#define LOG_KEY_WORKLOAD "workload"
#define LOG_KEY_WATCH "watch"           /* once for each path */
#define LOG_KEY_PAGES "pages"
#define LOG_KEY_IMPORTED "imported"
#define LOG_KEY_ORDER "order"
#define LOG_KEY_COMMAND "command"       /* once for each word */

#define LOG_DISK_NAME_MAX 15    /* bytes */

/* Whether NAME can be that of a disk: small letters, digits and _. */
extern bool log_is_disk_name (const char *name);

/* What DEVICE of LOG is called, into NAME: by the header if that has a name for it, else disk0, disk1 and so on. */
extern void log_disk_name (const struct write_log *log, unsigned device, char name[LOG_DISK_NAME_MAX + 1]);

/* The text of KEY with VALUE, to free, or NULL with errno ENOMEM. */
extern char *log_info_text (const char *key, const char *value);

/* The value in TEXT, a text of the header, if it is one of KEY, else NULL. */
extern const char *log_info_value (const char *text, const char *key);

/* The text in the header that comes after PREVIOUS, which this gave before (NULL: the first of all), or NULL. */
extern const char *log_info_next (const struct write_log *log, const char *previous);

/* The value of the first text of KEY in the header that comes after PREVIOUS, a value that this gave before (NULL: the
 * first of all), or NULL.
 */
extern const char *log_info_after (const struct write_log *log, const char *key, const char *previous);

/* The value of the first text of KEY in the header, or NULL. */
extern const char *log_info (const struct write_log *log, const char *key);

#endif
