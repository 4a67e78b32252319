/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of trees, and judging trees. */
#ifndef POWERCUT_TESTS_UNIT_CHECKER_JUDGED_H
#define POWERCUT_TESTS_UNIT_CHECKER_JUDGED_H

#include "checker/judge.h"

#define HASH_1 "1111111111111111aaaaaaaaaaaaaaaa"
#define HASH_2 "2222222222222222aaaaaaaaaaaaaaaa"
#define HASH_3 "3333333333333333aaaaaaaaaaaaaaaa"

#define FILE_1(path) "f 0644 0 0 10 " HASH_1 " - " path "\n"
#define FILE_2(path) "f 0644 0 0 20 " HASH_2 " - " path "\n"
#define FILE_3(path) "f 0644 0 0 30 " HASH_3 " - " path "\n"
#define EMPTY(path) "f 0644 0 0 0 empty - " path "\n"
#define FOLDER(path) "d 0755 0 0 - - - " path "\n"

/* Judge three texts that are well formed. */
extern struct judgement judge_well (const char *seen, const char *old, const char *new, enum expectation expectation);

extern void assert_detail (const char *seen, const char *old, const char *new, enum expectation expectation,
                           const char *detail);

#endif
