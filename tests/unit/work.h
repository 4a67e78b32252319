/* SPDX-License-Identifier: BSD-3-Clause */
/* Files for the tests: a directory of its own for each, in which it stands. */
#ifndef POWERCUT_TESTS_UNIT_WORK_H
#define POWERCUT_TESTS_UNIT_WORK_H

#include <sys/types.h>

/* The running test's. */
extern char *work;

/* What goes before and after each test. */
extern void enter_work (void);
extern void leave_work (void);

/* Make the file PATH with MODE and SIZE bytes, and the directories above it if missing. */
extern void put_file (const char *path, mode_t mode, const void *data, size_t size);
extern void put_text (const char *path, mode_t mode, const char *text);

#endif
