/* SPDX-License-Identifier: BSD-3-Clause */
/* The replay of one log, or of several recordings of one update: what is known of each, and what its session is to do.
 */
#ifndef POWERCUT_COMMANDS_REPLAY_PLAN_H
#define POWERCUT_COMMANDS_REPLAY_PLAN_H

#include "commands/replay-config.h"

/* One log, what the device did wrong, and the disks that come back. */
struct planned {
  const struct write_log *log, *recording;      /* the same, unless the device did something wrong */
  struct write_log *faulty;     /* the recording with a fault, which LOG is then; or NULL */
  char *fault;                  /* as --fault has it */
  int lost;                     /* the number of the disk that does not, or -1 */
  struct placement placement;
  struct expected expected;
  struct session_config config;
  char *schedule;               /* what it is called among several, or NULL */
};

struct plan {
  const struct replay_options *options;
  char *directory;              /* for all files, private */
  struct kernel kernel;
  struct replay_guest guest;
  const struct write_log *const *given; /* the logs that are replayed, without those that come later */
  struct planned **list;
  const struct write_log **logs;        /* of each */
  size_t count;
  size_t fault_files;           /* made so far; each has a name of its own, as a log is mapped while it is in use */
  bool needed[DISKS_MAX];       /* disks that the file system cannot do without */
};

/* Plan the replay of the COUNT logs, 1 or more, which with the options must outlive the plan.  Returns 0, or -1 after a
 * message: there is nothing to free then.
 */
extern int plan_begin (struct plan *plan, const struct replay_options *options, const struct write_log *const *logs,
                       size_t count);
extern void plan_free (struct plan *plan);

/* Plan that of LOG, too, another recording of the update.  Returns 0, or -1 after a message. */
extern int plan_add (struct plan *plan, const struct write_log *log);

/* Plan that of LOG alone, in place of all that was planned: another recording of the update, or more of the one that
 * was.  Returns 0, or -1 after a message.
 */
extern int plan_renew (struct plan *plan, const struct write_log *log);

/* Plan nothing without the disk of number LOST: what is planned for that, from number FIRST on, is left out. */
extern void plan_keep_disk (struct plan *plan, int lost, size_t first);

/* Say what each log is called among those that there are now.  Returns 0, or -1 after a message. */
extern int plan_name (struct plan *plan);

#endif
