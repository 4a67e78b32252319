/* SPDX-License-Identifier: BSD-3-Clause */
/* A place to make runs: one crashstate device and one guest that recovers from it, again and again. */
#ifndef POWERCUT_REPLAY_RUNNER_H
#define POWERCUT_REPLAY_RUNNER_H

#include <stdbool.h>
#include <stdio.h>

#include "checker/outcome.h"
#include "guest/accel.h"
#include "guest/kernel/kernel.h"
#include "replay/device.h"

struct runner;

struct runner_config {
  const char *log;
  const struct kernel *kernel;
  const char *extras;           /* as in struct vm_config */
  const char *identity;         /* what tells its guests from others (guest/identity.h), for a ledger; or NULL */
  const char *filesystem;
  const char *mount_options;    /* as the guest needs them; never NULL */
  const char *places;           /* where the disks of the file system are, as the agent has it (guest/disks.h) */
  const char *assemble;         /* shell command that makes of these what is mounted, or NULL */
  size_t disk_count;            /* all that the log has */
  const struct disks *disks;    /* they, for a checker, or NULL */
  const char *lost;             /* the name of the disk that is not among them, or NULL */
  const char *fault;            /* what the device has done wrong in the log (replay/fault.h), or NULL */
  const char *const *watch;     /* paths to observe; none: the whole tree */
  size_t watch_count;
  bool observe;                 /* look at the tree at all */
  const char *const *pages;     /* the files whose sectors are observed, too, as in an observation and sorted */
  size_t pages_count;
  unsigned facts;               /* that are observed, too: enum tree_fact (checker/observe/tree.h) */
  const char *check;            /* shell command to run on the recovered tree, or NULL */
  bool readonly_device;         /* before recovery, mount it while the device refuses writes */
  bool fsck;                    /* run the file system's checker, which there is, after the unmount */
  bool taped;                   /* what recovery does to the disks is asked for: these are told of flushes */
  bool usable;                  /* then use it: empty it, write to it, mount it again */
  unsigned memory_mib;
  enum accel accel;
  bool quiet;                   /* say nothing but errors */
  bool no_snapshot;             /* boot each guest */
  int boot_timeout_ms;
  int run_timeout_ms;           /* a run that takes longer is a hang; what assembles the disks, a checker, fsck
                                   and use have as much again for themselves, each */
};

/* Write what CONFIG needs or does besides recovery and observation into FILE, as options of `replay`: each after a
 * space.
 */
extern void runner_put_options (const struct runner_config *config, FILE *file);

/* Likewise, but for what it does. */
extern void runner_put_guest_options (const struct runner_config *config, FILE *file);

/* Boot a guest of CONFIG, whose disks are DEVICE's.  Its console goes to the file CONSOLE; at TERMINAL is the socket of
 * its user, or NULL.  NULL after a message.
 */
extern struct vm *runner_boot (const struct runner_config *config, const struct device *device, const char *console,
                               const char *terminal);

/* Start device and guest; their files go into FOLDER, which must exist.  CONFIG must outlive the runner.  NULL after a
 * message.
 */
extern struct runner *runner_start (const struct runner_config *config, const char *folder);
extern void runner_stop (struct runner *runner);

/* Make runs of another CONFIG from now on, with the guest that is there: kernel, image, memory and the sizes of the
 * disks must be the same, the rest may differ.  Returns 0, or -1 after a message: the runner can only be stopped.
 */
extern int runner_change (struct runner *runner, const struct runner_config *config);

/* The kernel release of the guest. */
extern const char *runner_release (const struct runner *runner);

/* The processor time that serving the device has used for this configuration, in seconds. */
extern double runner_cpu_seconds (const struct runner *runner);

/* Make one run of SELECTION; MARKS are those that were passed, for the checker.  A run that kills the guest, hangs or
 * taints it is made a second time on a fresh boot, and the second one counts.  Returns 0 and fills *outcome, to be
 * freed with outcome_free, and *report, whose lists are valid until the next run; or -1 after a message (or silently
 * after a stop): no run can be made any more.
 */
extern int runner_run (struct runner *runner, const struct selection *selection, const char *marks,
                       struct outcome *outcome, struct device_report *report);

/* The same run, but data are located, and not read, where the file system allows it: *outcome's digest is that of a
 * located tree's text, as runner_tree gives it.
 */
extern int runner_run_located (struct runner *runner, const struct selection *selection, struct outcome *outcome,
                               struct device_report *report);

/* Serve the log PATH from the next run on: that of the configuration, or an aftermath of it (log/aftermath.h).  Returns
 * 0, or -1 after a message.
 */
extern int runner_serve (struct runner *runner, const char *path);

/* What recovery did to the disks in the last run, which was taped, in its order, as device_tape gives it
 * (replay/device.h).  It is given once.
 */
extern struct log_tape runner_tape (struct runner *runner);

/* What the last run wrote, and the bytes of whole sectors of that (replay/device.h). */
extern int runner_written (struct runner *runner, const struct control_seen **written, size_t *count);
extern int runner_read_written (struct runner *runner, void *buffer, size_t count, uint64_t offset);

/* Let the next run boot a new guest. */
extern void runner_renew (struct runner *runner);

/* The text of the last run's observation, to free; NULL after a message. */
extern char *runner_tree (struct runner *runner);

#endif
