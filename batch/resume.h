/* SPDX-License-Identifier: BSD-3-Clause */
/* What came of the jobs of a batch, in a file (common/journal.h), so that one that was killed goes on where it was.
 *
 * A job is known by all that is asked of it: its words, what is in the files that they name and in those of its
 * directory, its guest, and the version of powercut.  One that came to no result is done again, and so is one of which
 * a file was changed meanwhile.
 */
#ifndef POWERCUT_BATCH_RESUME_H
#define POWERCUT_BATCH_RESUME_H

#include "batch/pool.h"
#include "common/options.h"

struct batch_resume;

/* Read the files PATHS; to the first of them, which need not be there, is added.  NULL after a message. */
extern struct batch_resume *batch_resume_open (const struct option_texts *paths);

/* Returns 0, or -1 after a message: not all is in the file. */
extern int batch_resume_close (struct batch_resume *resume);

/* Let JOB, which is planned, be as it was when it ended, if it is known: 1; 0 if it is not; -1 after a message. */
extern int batch_resume_find (struct batch_resume *resume, struct pool_job *job);

/* Let JOB, which was known, be as if it was not: it is to be done again, and what comes of it counts from then on. */
extern void batch_resume_forget (struct pool_job *job);

/* Keep what came of JOB, which was not known.  Returns 0, or -1 after a message. */
extern int batch_resume_add (struct batch_resume *resume, struct pool_job *job);

#endif
