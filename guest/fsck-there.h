/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether what checks a file system can be found before a guest is booted for it. */
#ifndef POWERCUT_GUEST_FSCK_THERE_H
#define POWERCUT_GUEST_FSCK_THERE_H

/* Is there a program that checks FILESYSTEM without changing it, and does this host have it?  Returns 0, or -1 after a
 * message.
 */
extern int fsck_there (const char *filesystem);

#endif
