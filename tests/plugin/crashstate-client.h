/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the plugin crashstate have in common: a log, what its states hold, selections and reports. */
#ifndef POWERCUT_TESTS_PLUGIN_CRASHSTATE_CLIENT_H
#define POWERCUT_TESTS_PLUGIN_CRASHSTATE_CLIENT_H

#include "log/crash-state.h"
#include "log/writer.h"
#include "nbd-plugin/crashstate-control.h"
#include "tests/plugin/server.h"

/* The log of most tests.  Positions are those of the issues; all writes behind the flush are in flight in the end. */
enum {
  BEGIN = 0,                    /* mark */
  WRITE_OLD = 1,                /* write 0: 4 KiB at 0, durable */
  FLUSHED = 4,                  /* completion of the flush */
  WRITE_NEW = 5,                /* write 1: 4 KiB at 0 */
  WRITE_NEXT = 6,               /* write 2: 4 KiB at 4 KiB */
  WRITE_SECTOR = 7,             /* write 3: sector 1 */
  TRIM_SECTOR = 8,              /* write 4: sector 2 */
  WRITE_DISK1 = 9,              /* write 5: 512 bytes at 0 of disk1 */
  EVENTS = 10,
};
enum { OLD, NEW, NEXT, SECTOR, TRIM, DISK1, WRITES };

/* Issue an operation whose data, if it has any, depend on SEED.  Returns its position. */
extern uint32_t issue (struct log_writer *writer, enum log_kind kind, uint16_t device, uint64_t offset, uint32_t length,
                       uint64_t seed);

/* Make that log as log.bin. */
extern void make_log (void);

/* What the first 8 KiB of disk0 hold if just the writes of PRESENT (a bit for each) are there. */
extern void make_content (char *content, unsigned present);

/* That they are what CLIENT reads. */
extern void check_present (struct nbd_handle *client, unsigned present);

#define ALL ((1u << WRITES) - 1)

extern struct decision_rule rule_of (enum tear_mode mode, uint32_t atomic_bytes, enum preference preference,
                                     uint64_t seed);
/* The rule of writes that are not torn. */
extern struct decision_rule whole (enum preference preference);

extern void select_choices (struct nbd_handle *client, uint32_t point, const struct choice *choices, size_t count,
                            struct decision_rule rule);

/* Select the end of the log with the writes of UNDECIDED (a bit for each) undecided and those of ABSENT absent. */
extern void select_writes (struct nbd_handle *client, unsigned undecided, unsigned absent, enum preference preference);

/* The head of the report. */
extern struct control_report read_report (struct nbd_handle *client);

/* The lists of a report: its decisions must be these DECISION_COUNT, what it says was seen these SEEN_COUNT; NULL is
 * any.
 */
extern void check_lists (const char *bytes, const struct choice *decisions, size_t decision_count,
                         const struct control_seen *seen, size_t seen_count);

/* The report's decisions must be these, or these whole writes, each of this KIND; or this must have been seen. */
extern void check_torn_decisions (struct nbd_handle *client, const struct choice *expected, size_t count);
extern void check_decisions (struct nbd_handle *client, const uint32_t *writes, size_t count, enum choice_kind kind);
extern void check_seen (struct nbd_handle *client, const struct control_seen *expected, size_t count);

#define CHECK_DECISIONS(control, kind, ...)                                                             \
  check_decisions ((control), (const uint32_t[]) { __VA_ARGS__ },                                       \
                   sizeof ((const uint32_t[]) { __VA_ARGS__ }) / sizeof (uint32_t), (kind))

#define CHECK_TORN_DECISIONS(control, ...)                                                              \
  check_torn_decisions ((control), (const struct choice[]) { __VA_ARGS__ },                             \
                        sizeof ((const struct choice[]) { __VA_ARGS__ }) / sizeof (struct choice))

#define CHECK_SEEN(control, ...)                                                                        \
  check_seen ((control), (const struct control_seen[]) { __VA_ARGS__ },                                 \
              sizeof ((const struct control_seen[]) { __VA_ARGS__ }) / sizeof (struct control_seen))

/* What the run has done with the disks must be EXPECTED: `0 write 2048+512 fua` and so on, each with a newline. */
extern void check_tape (struct nbd_handle *client, const char *expected);

/* Read a range, whatever it holds. */
extern void read_range (struct nbd_handle *client, uint64_t offset, size_t count);

/* The clients of most tests, while the log is served. */
extern struct nbd_handle *control, *disk;
extern void serve_log (void);
extern void stop_serving (void);

#endif
