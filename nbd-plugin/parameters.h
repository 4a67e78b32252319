/* SPDX-License-Identifier: BSD-3-Clause */
/* The parameters KEY=VALUE of the plugins, and the exports that they have besides the first disk.  What they mean is
 * said in nbdkit-writelog-plugin(1) and nbdkit-crashstate-plugin(1).
 */
#ifndef POWERCUT_NBD_PLUGIN_PARAMETERS_H
#define POWERCUT_NBD_PLUGIN_PARAMETERS_H

#include <stddef.h>

#include "common/text-list.h"

/* Of both. */
#define PARAMETER_LOG "log"
#define PARAMETER_DIRECTORY "directory"

/* Of writelog. */
#define PARAMETER_SIZE "size"
#define PARAMETER_BASE "base"
#define PARAMETER_INFO "info"
#define PARAMETER_FILES "files"
#define PARAMETER_DEVICE "device"
#define PARAMETER_HOLD "hold"
#define PARAMETER_HOLD_LIMIT "hold-limit"
#define PARAMETER_PATHS "paths"
#define PARAMETER_PATH_DOWN_AT "path-down-at"

/* Of crashstate. */
#define PARAMETER_STATE "state"
#define PARAMETER_MEMORY "memory"
#define PARAMETER_VHOST "vhost"

#define DISK_EXPORTS "disk"     /* and a number, from 0 */
#define DISK_EXPORT DISK_EXPORTS "0"
#define DISK_EXPORT_SIZE 32     /* of the name of one */
#define CONTROL_EXPORT "control"
#define MARK_EXPORT "mark"      /* of writelog */

/* What DEVICE is called by its PATH: `disk3`, or `disk3.path1` by the second one. */
extern void disk_export_name (size_t device, unsigned path, char name[DISK_EXPORT_SIZE]);

/* Add KEY=VALUE to a list of parameters to give to a plugin.  Returns 0, or -1 after a message. */
extern int parameters_add (struct text_list *parameters, const char *key, const char *value);

#endif
