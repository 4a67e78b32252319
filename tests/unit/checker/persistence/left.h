/* SPDX-License-Identifier: BSD-3-Clause */
/* What a workload leaves, and what the persistence oracle says of it. */
#ifndef POWERCUT_TESTS_UNIT_CHECKER_PERSISTENCE_LEFT_H
#define POWERCUT_TESTS_UNIT_CHECKER_PERSISTENCE_LEFT_H

#include <stddef.h>
#include <stdint.h>

#include "checker/persistence/persistence.h"

/* What is observed after the first COUNT operations of TEXT (SIZE_MAX: after all), to free. */
extern char *tree_after (const char *text, size_t count);

/* Hold the tree SEEN against TEXT when operation NUMBER has returned, on FILESYSTEM: the detail, to free, or NULL. */
extern char *judge_on (const char *filesystem, const char *options, const char *text, uint32_t number,
                       const char *seen);

/* The same on one that was made with FEATURES. */
extern char *judge_made (const char *filesystem, const char *options, uint32_t features, const char *text,
                         uint32_t number, const char *seen);

/* The same when operations of two processes have returned. */
extern char *judge_at (const char *filesystem, const char *options, uint32_t features, const char *text,
                       struct workload_progress progress, const char *seen);

/* The same on ext4: EXPECTED is how the detail begins; NULL: nothing is wrong. */
extern void assert_seen (const char *text, uint32_t number, const char *seen, const char *expected);

/* A workload, the last of its operations that returned, what is left (by another workload: operations of the same
 * numbers write the same data), and the beginning of the verdict.
 */
struct left {
  const char *text;
  uint32_t number;
  const char *other, *expected;
};

extern void assert_all_left (const struct left *cases, size_t count);
#define ASSERT_ALL_LEFT(cases) assert_all_left (cases, sizeof cases / sizeof cases[0])

#endif
