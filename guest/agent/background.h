/* SPDX-License-Identifier: BSD-3-Clause */
/* What the rest of the system does while an update is recorded. */
#ifndef POWERCUT_GUEST_AGENT_BACKGROUND_H
#define POWERCUT_GUEST_AGENT_BACKGROUND_H

enum background {
  BACKGROUND_NONE,              /* nothing */
  BACKGROUND_COMMIT,            /* after each change of the update's, another process syncs a file of its own */
  BACKGROUND_WRITEBACK,         /* after each, the file system is synced */
};

#define BACKGROUND_COUNT 3

/* Its name, static: in options, in the log's header and in the guest's environment. */
extern const char *background_name (enum background background);

/* What NAME is the name of, in *background.  Returns 0, or -1 without a message if it is none. */
extern int background_parse (const char *name, enum background *background);

#endif
