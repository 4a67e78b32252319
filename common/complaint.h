/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program that failed has said about it. */
#ifndef POWERCUT_COMMON_COMPLAINT_H
#define POWERCUT_COMMON_COMPLAINT_H

/* The complaint in TEXT, all that a program printed, as one line to free, or NULL if memory is short: the last lines
 * before the usage text that many programs print after their error, with semicolons between them.  Empty if nothing was
 * said.
 */
extern char *complaint_in (const char *text);

#endif
