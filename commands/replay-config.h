/* SPDX-License-Identifier: BSD-3-Clause */
/* What a session is to do, from the command line and the log. */
#ifndef POWERCUT_COMMANDS_REPLAY_CONFIG_H
#define POWERCUT_COMMANDS_REPLAY_CONFIG_H

#include "commands/replay-options.h"
#include "guest/kernel/kernel.h"
#include "replay/expected.h"
#include "replay/session.h"

/* What guests have: the same for all recordings of one update. */
struct replay_guest {
  const struct kernel *kernel;
  char *extras;                 /* path (guest/image.h) */
  char *identity;               /* what tells them from others (guest/identity.h), if runs are remembered; or NULL */
  uint64_t memory_bytes;
};

/* Where the disks of a log are in the guests. */
struct placement {
  struct disks disks;
  char *places;                 /* of those of the file system, as the agent has it */
  char *mount_options;          /* as the agent needs them */
  char *assemble;               /* the shell command that makes of them what is mounted, or NULL */
  char *lost;                   /* the name of the disk that is gone, or NULL */
};

/* Place the disks of LOG, but for the one of number LOST (-1: all).  Returns 0, or -1 after a message: its file system
 * cannot do without.  Release *placement in any case.
 */
extern int placement_make (const struct write_log *log, int lost, struct placement *placement);
extern void placement_release (struct placement *placement);

/* Make the extras of guests that replay LOG as OPTIONS say, in DIRECTORY or with the guest that is kept.  KERNEL
 * must outlive *guest.  Returns 0, or -1 after a message.  Release *guest in any case.
 */
extern int guest_prepare (const struct replay_options *options, const struct write_log *log,
                          const struct kernel *kernel, const char *directory, struct replay_guest *guest);
extern void guest_release (struct replay_guest *guest);

/* Have *config for visiting the states of LOG as OPTIONS say.  All that is given must outlive the session.  Returns 0,
 * or -1 after a message.
 */
extern int session_configure (const struct replay_options *options, const struct write_log *log,
                              const struct replay_guest *guest, const struct placement *placement,
                              const struct expected *expected, const char *directory, struct session_config *config);

#endif
