/* SPDX-License-Identifier: BSD-3-Clause */
/* The schedule of a recording: how the device answered, and what the rest of the system did meanwhile.  Recordings of
 * one update under several schedules are replayed together.
 */
#ifndef POWERCUT_REPLAY_SCHEDULE_H
#define POWERCUT_REPLAY_SCHEDULE_H

#include "log/reader.h"

/* What the rest of the system did while LOG was recorded: `none`, `commit` or `writeback`. */
extern const char *schedule_background (const struct write_log *log);

/* What the schedule of LOG, one of the COUNT logs, is called among them, to free: its background and, where their
 * devices differ, its device: `commit`, `none on random:7`.  NULL after a message.
 */
extern char *schedule_name (const struct write_log *const *logs, size_t count, const struct write_log *log);

/* Whether the COUNT logs are recordings of one update, which differ in nothing but their schedules.  Returns 0, or -1
 * after a message.
 */
extern int schedules_agree (const struct write_log *const *logs, size_t count);

#endif
