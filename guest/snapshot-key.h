/* SPDX-License-Identifier: BSD-3-Clause */
/* What a saved machine depends on. */
#ifndef POWERCUT_GUEST_SNAPSHOT_KEY_H
#define POWERCUT_GUEST_SNAPSHOT_KEY_H

#include "guest/accel.h"
#include "guest/vm.h"

/* All that the machine depends on that CONFIG's guest starts from, where it is of ACCEL and its base has IDENTITY
 * (guest/base.h): lines, then an empty one.  To free; NULL without a message if it cannot be told.
 */
extern char *snapshot_key (const struct vm_config *config, enum accel accel, const char *identity);

/* What a file is called for KEY, to free, or NULL. */
extern char *snapshot_name (const char *key);

#endif
