/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that hold a workload (checker/workload/language.h), ours or J-lang. */
#ifndef POWERCUT_RECORD_WORKLOAD_FILE_H
#define POWERCUT_RECORD_WORKLOAD_FILE_H

/* The text of the workload in the file PATH, converted if it is J-lang, to free.  Everything about it has been checked
 * that can be without a guest.  NULL after a message.
 */
extern char *workload_file_load (const char *path);

#endif
