/* SPDX-License-Identifier: BSD-3-Clause */
/* The paths by which the devices of a log were reached, numbered from 0: key `paths`, marks `powercut:path` and flag
 * path 1 of powercut-log(5).
 */
#ifndef POWERCUT_LOG_PATHS_H
#define POWERCUT_LOG_PATHS_H

#include "log/reader.h"

#define LOG_PATHS_MAX 2
#define LOG_MARK_PATH "powercut:path"
#define LOG_PATH_DOWN "down"
#define LOG_PATH_UP "up"

/* How many there are, as the header has it; 1 if it says nothing, or nonsense. */
extern unsigned log_paths (const struct write_log *log);

/* By which of them a request with FLAGS came. */
extern unsigned log_path_of (uint8_t flags);

/* Whether MARK says that a path went down or up; then which. */
extern bool log_path_change (const struct log_mark *mark, bool *down, unsigned *path);

/* The first mark that says that a path went down, or NULL. */
extern const struct log_mark *log_path_cut (const struct write_log *log);

/* How many there are and what became of them, in words, to free: empty if there is one.  NULL with errno ENOMEM. */
extern char *log_paths_describe (const struct write_log *log);

#endif
