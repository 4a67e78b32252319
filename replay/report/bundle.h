/* SPDX-License-Identifier: BSD-3-Clause */
/* One violation, packed so that anybody can see it again: log, state, and what was expected and seen, as one archive.
 */
#ifndef POWERCUT_REPLAY_REPORT_BUNDLE_H
#define POWERCUT_REPLAY_REPORT_BUNDLE_H

#include "replay/explain/minimal.h"
#include "replay/session.h"

struct bundle {
  const struct write_log *log;  /* cut at the crash point */
  const char *state;            /* id */
  const struct trees *trees;
  const struct seen_state *seen;
  const struct runner_config *runner;   /* that saw it */
  const char *release;          /* of the kernel that was used */
  const char *recovered;        /* as of struct session_config, as is recovery_from */
  uint32_t recovery_from;
  const struct minimal *missing;        /* the state's writes that are missing, described */
};

/* Write BUNDLE to FILE, a .tar.zst, under a temporary name first.  Returns 0, or -1 after a message. */
extern int bundle_write (const struct bundle *bundle, const char *file);

#endif
