/* SPDX-License-Identifier: BSD-3-Clause */
/* What a recording asks of its guest.  Of what is wrong, the recorder's own trouble is said first. */
#ifndef POWERCUT_RECORD_ASK_H
#define POWERCUT_RECORD_ASK_H

#include "guest/vm.h"
#include "record/recorder.h"

/* What a recording holds while it goes on. */
struct recording_run {
  const struct recording *recording;
  struct recorder *recorder;
  bool begun;
  bool died;                    /* the guest died or hung: the log up to there is worth keeping */
  bool not_supported;           /* a command ended with RECORD_NOT_SUPPORTED */
};

/* Ask the agent for something that it does itself.  Returns the payload, to free, or NULL after a message that begins
 * with WHAT (none after a stop).
 */
extern char *ask_guest (struct recording_run *run, const char *what, const char *const *words);

/* The same for what may take SECONDS by itself. */
extern char *ask_guest_within (struct recording_run *run, const char *what, uint64_t seconds, const char *const *words);

/* Ask for something that has no payload of interest.  Returns 0, or -1 after such a message. */
extern int tell_guest (struct recording_run *run, const char *what, const char *const *words);

/* Ask for something that the agent may be unable to do.  Returns 0, 1 without a message if it is, or -1 after one. */
extern int try_guest (struct recording_run *run, const char *what, const char *const *words);

/* Run COMMAND in the guest.  Returns how it ended, and what it printed (guest/agent/protocol.h), to free; or NULL after
 * a message.
 */
extern char *run_in_guest (struct recording_run *run, const char *what, const char *const *command);

/* Run a program in the guest.  *output is what it printed, to free.  Returns 0 if it exited with 0, or -1 after a
 * message.
 */
extern int run_program (struct recording_run *run, const char *what, const char *const *command, char **output);

#endif
