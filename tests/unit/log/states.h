/* SPDX-License-Identifier: BSD-3-Clause */
/* Crash states as texts, for the tests of log/crash-state.h: what is selected, what is read, what that decides. */
#ifndef POWERCUT_TESTS_UNIT_LOG_STATES_H
#define POWERCUT_TESTS_UNIT_LOG_STATES_H

#include "log/crash-state.h"
#include "tests/unit/make-log.h"

/* Of a device, at most. */
#define STATE_SECTORS 24

/* A log of one device of 8 sectors with writes of the given letters at sector 0, in order; NULL ends them. */
extern struct write_log *log_of (const char *letters, ...);
extern struct crash_state *new_state (const struct write_log *log);
extern struct decision_rule rule_of (enum tear_mode mode, uint32_t atomic_bytes, enum preference preference);

/* crash_state_select with these, and what it returns. */
extern int select_point (struct crash_state *state, uint32_t point, const struct choice *choices, size_t count,
                         struct decision_rule rule);

/* Select CHOICES at the end of LOG: `+1-0` is write 1 there and write 0 not, `?1` write 1 undecided, `+1/0-3` sectors 0
 * to 3 of write 1.
 */
extern void select_text (struct crash_state *state, const struct write_log *log, const char *choices,
                         struct decision_rule rule);

/* The first SECTORS sectors of a device as letters. */
extern void assert_content (struct crash_state *state, unsigned device, uint32_t sectors, const char *expected);
/* One sector of the first device. */
extern void assert_sector (struct crash_state *state, uint32_t sector, char expected);
/* The decisions as a text like select_text's. */
extern void assert_decisions (const struct crash_state *state, const char *expected);

/* What is done with a state, and what comes of it. */
struct step {
  const char *choices;          /* to select, with writes that are not torn; NULL: none, the last ones go on */
  enum preference preference;
  const char *content;          /* what is read from the first device's start on */
  const char *decisions;        /* after that */
};

/* Take COUNT STEPS one after the other with one state of LOG, which is closed. */
extern void assert_steps (struct write_log *log, const struct step *steps, size_t count);
#define ASSERT_STEPS(log, ...) \
  assert_steps (log, (const struct step[]) { __VA_ARGS__ }, \
                sizeof (struct step[]) { __VA_ARGS__ } / sizeof (struct step))

#endif
