/* SPDX-License-Identifier: BSD-3-Clause */
/* How a run that a search asks for is answered: from memory if an earlier run read the same, else by a guest. */
#ifndef POWERCUT_REPLAY_ANSWER_H
#define POWERCUT_REPLAY_ANSWER_H

#include "replay/expand.h"
#include "replay/worker.h"

/* The inputs of a run that locates data, which read sets know it by: there is no checker then. */
#define INPUTS_LOCATED UINT64_MAX

/* What a run of the worker's selection saw. */
struct reply {
  struct expansion seen;        /* in the states that the run stands for */
  struct choice *decisions;     /* of the run */
  size_t decision_count;
  double seconds;               /* that the answer took */
  bool remembered;
  bool unknown;                 /* memory has no answer, and there is no guest: nothing else is there */
  struct log_tape tape;         /* what recovery did to the disks, if it was asked for; its bytes are NULL if not, or if
                                   it is too long */
};

/* Answer the worker's selection, TAPED if its tape is wanted, too.  Returns 0 and fills *reply, to free with
 * reply_free; or -1 after a message, or silently after a stop.
 */
extern int answer_run (struct worker *worker, bool taped, struct reply *reply);
extern void reply_free (struct reply *reply);

#endif
