/* SPDX-License-Identifier: BSD-3-Clause */
/* What tells guests from others in which the same may end otherwise. */
#ifndef POWERCUT_GUEST_IDENTITY_H
#define POWERCUT_GUEST_IDENTITY_H

#include <stdint.h>

#include "guest/kernel/kernel.h"

/* A word that guests on any machine have in common if kernel, modules, agent, the archive EXTRAS (a path) and memory
 * are the same: by what the files hold, as a kernel that is built again may keep its release, and a checker its name.
 * EXTRAS is NULL where they are told apart in another way.  To free, or NULL after a message.
 */
extern char *guest_identity (const struct kernel *kernel, const char *extras, uint64_t memory_bytes);

#endif
