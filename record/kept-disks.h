/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of prepared disks that are kept (guest/saved.h): the key, which is all that they depend on; the line
 * `marks`, and those that were written meanwhile; a line that says whether there are any disks; an empty line; and,
 * each at a multiple of KEPT_DISKS_ALIGN bytes, the disks, with holes.
 */
#ifndef POWERCUT_RECORD_KEPT_DISKS_H
#define POWERCUT_RECORD_KEPT_DISKS_H

#include <stdbool.h>

#include "guest/disks.h"

#define KEPT_DISKS_FIRST_LINE "powercut prepared 1\n"
#define KEPT_DISKS_ALIGN 65536
#define KEPT_DISKS_HEAD_MAX (1 << 20)   /* bytes before the disks; longer ones are not kept */

enum kept_disks {
  KEPT_DISKS_NONE,              /* there is no such file, or none that is whole */
  KEPT_DISKS_LIVE,              /* it is known that they cannot be kept: what prepares them leaves more than that */
  KEPT_DISKS_THERE,
};

/* Copy the disks that the file PATH keeps for KEY into the new files that IMAGES name, one for each of DISKS.  Returns
 * what is there, with the text *marks, to free, if these are disks, and *shared whether no blocks had to be copied; or
 * -1 after a message.
 */
extern int kept_disks_take (const char *path, const char *key, const struct disks *disks, char *const *images,
                            char **marks, bool *shared);

/* Keep the disks of which IMAGES are files, and MARKS, as PATH or, with IMAGES NULL, that they cannot be kept.  What is
 * there after a power cut is whole.  A failure costs time and is nothing to complain of.
 */
extern void kept_disks_put (const char *path, const char *key, const struct disks *disks, char *const *images,
                            const char *marks);

#endif
