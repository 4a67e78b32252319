/* SPDX-License-Identifier: BSD-3-Clause */
/* Many `powercut run`s, shared out among workers, which keep their guests from one to the next.
 *
 * A worker has one guest for recording and one for recovering.  Each is used again for a run that needs the same of it:
 * kernel, memory, size of the device, bus, and what is taken in (COMMAND, --initial, --setup, --step, --include,
 * --check).  So let runs of one kernel stand together.  A guest is booted anew when it is another one that is needed,
 * when a recording failed in it, when a program left something behind, and wherever a single `powercut run` boots one
 * while it replays.
 */
#ifndef POWERCUT_BATCH_POOL_H
#define POWERCUT_BATCH_POOL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool_job {
  const char **words;           /* arguments of `powercut run`: all but those for its output files, which are the
                                   pool's.  Quiet is it in any case.  To free */
  size_t word_count;
  const char *log;              /* replay this log in place of recording one: the words are then those of `replay`;
                                   or NULL */
  const char *folder;           /* what it may take into the guest is in here, or NULL */
  const char *guest;            /* what tells its kernel and agent from others (guest/identity.h), or NULL */
  uint64_t key;                 /* what it is known by, if that is asked (batch/resume.h) */
  void *data;                   /* the caller's */

  /* Once it has ended: */
  bool ended;
  bool noted;                   /* the pool's: its caller knows */
  int status;                   /* as wait(2) gives it */
  char *text;                   /* what it said, or NULL; to free */
  char *directory;              /* its logs are there until it has been told that it has ended; to free */
  cJSON *result;                /* what replay --json says, or NULL if it did not come to that; to free with
                                   cJSON_Delete */
  double seconds;
};

#define POOL_LOG "log.bin"      /* the first of them; of the others the names have more before the extension */

struct pool_config {
  uint64_t jobs;                /* workers */
  bool settle;                  /* each keeps to a processor (guest/jobs.h): all their guests are programs */
  const char *folder;           /* directory for temporary files */
  const char *filesystems;      /* names with commas between them: runs of these need the same guests; or NULL */
  void *data;                   /* the caller's */

  /* Called for each job as soon as it has ended, unless NULL.  Returns 0, or -1 after a message, which ends all. */
  int (*note) (const struct pool_config *config, struct pool_job *job);
};

typedef void pool_job_ended (const struct pool_config *config, struct pool_job *job);

/* Add WORD, which must outlive it, to the arguments of JOB; or the option NAME and its VALUE, unless that is NULL.
 * Returns 0, or -1 after a message.
 */
extern int pool_add_word (struct pool_job *job, const char *word);
extern int pool_add_option (struct pool_job *job, const char *name, const char *value);

/* Run all JOBS, but for those that have ended already.
 * ENDED is called for each in order, as soon as it and all before it have ended.  A job that fails says
 * why and stops no other.  Returns 0, or -1 after a message or after a stop; in any case what is to be freed in the
 * jobs is the caller's to free.
 */
extern int pool_run (const struct pool_config *config, struct pool_job *jobs, size_t count, pool_job_ended *ended);

/* Free what jobs hold. */
extern void pool_free_jobs (struct pool_job *jobs, size_t count);

/* Why JOB has no result, in one line that is safe to print, to free, or NULL if memory is short: what it said last
 * without the name of the program that said it, or how it ended.
 */
extern char *pool_describe_end (const struct pool_job *job);

#endif
