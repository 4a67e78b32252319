/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of replay/search/model.h hold its answers against. */
#ifndef POWERCUT_TESTS_UNIT_REPLAY_SEARCH_POINTS_H
#define POWERCUT_TESTS_UNIT_REPLAY_SEARCH_POINTS_H

#include "replay/search/crash-points.h"
#include "tests/unit/make-log.h"

/* Just the writes with the COUNT numbers of EXPECTED, in order, are pending at POSITION. */
extern void assert_pending (const struct write_log *log, uint32_t position, const uint32_t *expected, size_t count);

/* The crash points, with those of PREFIXES, are at these POSITIONS. */
extern void assert_points (const struct write_log *log, unsigned which, const uint32_t *positions, size_t count);

#endif
