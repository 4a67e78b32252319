/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be said of a recording before a guest is booted for it. */
#ifndef POWERCUT_RECORD_RECORDING_CHECK_H
#define POWERCUT_RECORD_RECORDING_CHECK_H

#include "record/record.h"

/* Can what is asked for be done, as far as that can be told by now?  Programs, kernel and file system are left to those
 * who take them into the guest.  Returns 0, or -1 after a message.
 */
extern int recording_check (const struct recording *recording);

/* Can a log be written to LOG?  Returns 0, or -1 after a message. */
extern int recording_check_log (const char *log);

#define DEVICE_DEFAULT "late"

/* Row of a table of options; TEXT is where its argument goes, which --help calls ARGUMENT. */
#define DEVICE_OPTION(TEXT, ARGUMENT) \
  OPT_TEXT ("device", (TEXT), (ARGUMENT), "how the device that is recorded answers [" DEVICE_DEFAULT "]")

/* Is DEVICE an argument for it?  Returns 0, or -1 after a message. */
extern int recording_check_device (const char *device);

/* What --settle=TEXT means, into RECORDING.  Returns 0, or -1 after a message. */
extern int recording_parse_settle (const char *text, struct recording *recording);

#endif
