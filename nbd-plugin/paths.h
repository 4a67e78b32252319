/* SPDX-License-Identifier: BSD-3-Clause */
/* The paths by which clients reach the devices, and which of them are down.
 *
 * Paths are numbered from 0, and each leads to all devices.  By one that is down nothing reaches them: a request on it
 * fails with EIO, and so does one that was in flight there when it went down.  Nobody who waits for an answer can know
 * whether such a request was done: the log says that it was issued and failed, so that it may be there after a crash.
 * As long as there is no crash, what was in flight is there and what came later is not.
 *
 * From any number of threads: all from path_state on.
 */
#ifndef POWERCUT_NBD_PLUGIN_PATHS_H
#define POWERCUT_NBD_PLUGIN_PATHS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/paths.h"
#include "nbd-plugin/logged-devices.h"

struct device_paths {
  unsigned count;
  atomic_uint states[LOG_PATHS_MAX];    /* odd while it is down; a change is 1 more */
  char *down_at;                        /* the mark or position at which one goes down, or NULL */
  atomic_uint_fast64_t down_from;       /* the first request from this position on takes its path down with it */
};

/* Take the parameter KEY with VALUE.  Returns 1, 0 if it is none for this, or -1 after a message. */
extern int paths_config (struct device_paths *paths, const char *key, const char *value);

/* Forget what belongs to one recording; there are as many paths as before. */
extern void paths_forget (struct device_paths *paths);

/* Be ready for a new recording in LOGGED, with all paths up, and say in its notes how many there are if it is not one.
 * Returns 0, or -1 after a message.
 */
extern int paths_reset (struct device_paths *paths, struct logged_devices *logged);

/* The state of PATH: as long as it stays the same nothing has become of it. */
extern unsigned path_state (struct device_paths *paths, unsigned path);
extern bool path_state_is_down (unsigned state);

/* A request on PATH was issued at POSITION: whether its path goes down with it, as was asked for. */
extern bool path_goes_down (struct device_paths *paths, unsigned path, uint32_t position);

/* A mark of LENGTH bytes of TEXT is to be put into the log: do what it asks for.  Returns 0, or -1 after a message with
 * errno EINVAL: it asks for nonsense.
 */
extern int paths_obey_mark (struct device_paths *paths, const char *text, size_t length);

#endif
