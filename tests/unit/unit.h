/* SPDX-License-Identifier: BSD-3-Clause */
/* Every unit test program is one suite of libcheck, printed as TAP for automake's driver.  Each of its tests is a
 * process of its own.
 */
#ifndef POWERCUT_TESTS_UNIT_UNIT_H
#define POWERCUT_TESTS_UNIT_UNIT_H

#include <check.h>
#include <stdlib.h>

/* Run SUITE with a directory for new_path, which is removed with all that is in it, and free SUITE.  Returns the
 * program's exit status.
 */
extern int run_suite (Suite *suite);

/* That directory. */
extern const char *unit_directory (void);

/* A new path in it, to free. */
extern char *new_path (void);

/* How often WANTED, which is not empty, stands in TEXT. */
extern size_t count_text (const char *text, const char *wanted);

/* How many rounds of random inputs to go: of ROUNDS as many percent as $UNIT_ROUNDS_PERCENT says, at least one; all if
 * it says nothing.  Few will do under valgrind, which takes fifty times as long, and with sanitizers: which bits come
 * out is not asked there.
 */
extern unsigned unit_rounds (unsigned rounds);

/* In the list of UNIT_TEST_MAIN: run TEST, whose _i is the case, for the cases 0 to COUNT - 1.  Returns TEST. */
extern const TTest *unit_loop (const TTest *test, size_t count);
/* The same with a case for each element of TABLE. */
#define LOOP_OVER(test, table) unit_loop (test, sizeof (table) / sizeof (table)[0])

/* Run COUNT TESTS, each between SETUP and TEARDOWN, which may be NULL, in its own process.  Returns the program's exit
 * status.
 */
extern int run_unit_tests (const char *name, SFun setup, SFun teardown, const TTest *const *tests, size_t count);

/* The same, without the last OPTIONAL of them where PROGRAM is not in PATH. */
extern int run_unit_tests_with (const char *program, size_t optional, const char *name, SFun setup, SFun teardown,
                                const TTest *const *tests, size_t count);

/* The whole program: a suite of NAME with these tests, and what goes before and after each. */
#define UNIT_TEST_MAIN_WITH(name, setup, teardown, ...)                                       \
  int                                                                                         \
  main (void)                                                                                 \
  {                                                                                           \
    const TTest *const tests[] = { __VA_ARGS__ };                                             \
                                                                                              \
    return run_unit_tests (name, setup, teardown, tests, sizeof tests / sizeof *tests);       \
  }

/* The whole program: a suite of NAME with these tests. */
#define UNIT_TEST_MAIN(name, ...) UNIT_TEST_MAIN_WITH (name, NULL, NULL, __VA_ARGS__)

#endif
