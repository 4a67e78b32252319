/* SPDX-License-Identifier: BSD-3-Clause */
/* A place to make runs: one crashstate device and one guest that recovers from it, again and again. */
#ifndef POWERCUT_REPLAY_RUNNER_H
#define POWERCUT_REPLAY_RUNNER_H

#include <stdbool.h>

#include "checker/observe/tree.h"
#include "guest/accel.h"
#include "replay/device.h"

struct runner;

struct runner_config {
  const char *log;
  const char *image;            /* kernel */
  const char *initramfs;
  const char *filesystem;
  const char *mount_options;    /* never NULL */
  const char *const *watch;     /* paths to observe; none: the whole tree */
  size_t watch_count;
  bool observe;                 /* look at the tree at all */
  const char *const *pages;     /* the files whose sectors are observed, too, as in an observation and sorted */
  size_t pages_count;
  const char *check;            /* shell command to run on the recovered tree, or NULL */
  unsigned memory_mib;
  enum accel accel;
  bool quiet;                   /* say nothing but errors */
  int boot_timeout_ms;
  int run_timeout_ms;           /* a run that takes longer is a hang; a checker has as much again for itself */
};

enum outcome_kind {
  OUTCOME_TREE,                 /* mounted, observed, unmounted */
  OUTCOME_UNMOUNTABLE,          /* mount failed */
  OUTCOME_DIED,                 /* the guest ended */
  OUTCOME_HUNG,                 /* no answer in time */
};

/* What an external checker said: it exits with 0, with 1, or otherwise. */
enum check_result {
  CHECK_NONE,                   /* there is no checker, or the mount failed */
  CHECK_RIGHT,
  CHECK_WRONG,
  CHECK_HUNG,                   /* it did not end in time */
  CHECK_BROKEN,                 /* it said nothing about the state: it failed or was killed */
};

/* That in a word: `right`, `wrong`, `hung`, `broken`, or nothing if there is none. */
extern const char *check_name (enum check_result result);

/* What one run saw. */
struct outcome {
  enum outcome_kind kind;
  char digest[TREE_DIGEST_LENGTH + 1];  /* OUTCOME_TREE: of the observation, of nothing if there was none */
  char *detail;                 /* else: why, in one line; to free */
  enum check_result check;
  char *check_detail;           /* last line of the checker's output, or how it ended, if not CHECK_RIGHT; to free */
  char *check_output;           /* the last of what it printed, or NULL; to free */
  char *fault;                  /* first kernel message that is a fault, or NULL; to free */
  const char *unrepeated_kind;  /* `kernel` or `hang`: what a first run saw and this second one, on a fresh boot, did not; or NULL */
  char *unrepeated;             /* its detail; to free */
  bool repeated;                /* a first run saw the same, and this is the second one, on a fresh boot */
  struct device_report report;  /* its lists are valid until the next run */
};

/* Start device and guest; their files go into FOLDER, which must exist.  CONFIG must outlive the runner.  NULL after a message. */
extern struct runner *runner_start (const struct runner_config *config, const char *folder);
extern void runner_stop (struct runner *runner);

/* Make runs of another CONFIG from now on, with the guest that is there: kernel, image, memory and the size of the disk must be
 * the same, the rest may differ.  Returns 0, or -1 after a message: the runner can only be stopped.
 */
extern int runner_change (struct runner *runner, const struct runner_config *config);

/* The kernel release of the guest. */
extern const char *runner_release (const struct runner *runner);

/* The processor time that serving the device has used for this configuration, in seconds. */
extern double runner_cpu_seconds (const struct runner *runner);

/* Make one run of SELECTION; MARKS are those that were passed, for the checker.  A run that kills the guest, hangs or taints it
 * is made a second time on a fresh boot, and the second one counts.  Returns 0 and fills *outcome, to be freed with
 * outcome_free; or -1 after a message (or silently after a stop): no run can be made any more.
 */
extern int runner_run (struct runner *runner, const struct selection *selection, const char *marks, struct outcome *outcome);

/* Let the next run boot a new guest. */
extern void runner_renew (struct runner *runner);

/* Whether two runs saw the same: the kind of outcome, the tree, what the checker said, and whether there was a fault. */
extern bool outcome_same (const struct outcome *a, const struct outcome *b);

/* Copy what a run saw, without its lists.  Returns 0, or -1 with errno ENOMEM. */
extern int outcome_copy (struct outcome *to, const struct outcome *from);
extern void outcome_free (struct outcome *outcome);

/* The text of the last run's observation, to free; NULL after a message. */
extern char *runner_tree (struct runner *runner);

#endif
