/* SPDX-License-Identifier: BSD-3-Clause */
/* What the agent's answer to `recover` means. */
#ifndef POWERCUT_REPLAY_RECOVERY_H
#define POWERCUT_REPLAY_RECOVERY_H

#include <stdbool.h>

#include "checker/outcome.h"

/* Whether ANSWER says that what was recovered was mounted, and unmounted again. */
extern bool recovery_has_ended (const char *answer);

/* What an answer says of the guest. */
struct recovery_guest {
  bool renew;                   /* it is not to be trusted any more */
  unsigned messages;            /* of its kernel */
};

/* Turn ANSWER, which is changed, into *outcome, which is all zeros before, and *guest; a checker may run for TIMEOUT_S.
 * Returns 0, or -1 after a message; *outcome is to be freed in any case.
 */
extern int recovery_read (char *answer, int timeout_s, struct outcome *outcome, struct recovery_guest *guest);

#endif
