/* SPDX-License-Identifier: BSD-3-Clause */
/* Observations with the sectors of files, each sector a letter: `.` zeros, `!` unreadable, any other one data. */
#ifndef POWERCUT_TESTS_UNIT_CHECKER_SEEN_PAGES_H
#define POWERCUT_TESTS_UNIT_CHECKER_SEEN_PAGES_H

/* Of a page, in the tests of pages. */
#define PAGE_SECTORS 4

/* The line of the file PATH, to free. */
extern char *make_line (const char *path, const char *sectors);

/* A whole observation: PATH SECTORS PATH SECTORS... NULL; to free. */
extern char *make_text (const char *path, ...);

#endif
