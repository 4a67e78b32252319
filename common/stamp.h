/* SPDX-License-Identifier: BSD-3-Clause */
/* What tells a file from another one that takes its place, without reading it. */
#ifndef POWERCUT_COMMON_STAMP_H
#define POWERCUT_COMMON_STAMP_H

/* Where the file PATH is, its mode, how large it is and when it was changed, in one word: another word as soon as the
 * file is written to or replaced, or can be run (a linker has written a program before it says that of it).  To free;
 * NULL with errno if it is not there, or memory is short.
 */
extern char *file_stamp (const char *path);

#endif
