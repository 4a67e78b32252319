/* SPDX-License-Identifier: BSD-3-Clause */
/* What the rest of the system does between the system calls of an update (guest/agent/background.h). */
#ifndef POWERCUT_GUEST_AGENT_DISTURB_H
#define POWERCUT_GUEST_AGENT_DISTURB_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/agent/background.h"

struct disturbance {
  enum background background;
  const char *mark_device;
};

/* What the environment says, in *disturbance.  Returns 0, or -1 after a message. */
extern int disturbance_read (struct disturbance *disturbance);

/* Make the file that another process syncs (AGENT_BACKGROUND_FILE).  Returns 0, or -1 after a message. */
extern int disturb_make_file (void);

/* After call NUMBER, which is TEXT: mark it, and then, if it CHANGED the file system, let the rest of the system do
 * what it does.  Returns 0; an errno if that could not be done, which is no fault of the update's; or -1 after a
 * message if the mark could not be written.
 */
extern int disturb (const struct disturbance *disturbance, uint64_t number, const char *text, bool changed);

/* Mark that from call NUMBER on not each is followed by it.  Returns 0, or -1 after a message. */
extern int disturb_less (const struct disturbance *disturbance, uint64_t number);

#endif
