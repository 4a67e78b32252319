/* SPDX-License-Identifier: BSD-3-Clause */
/* The moment of a crash, as far as what is right depends on it: what the marks before it say. */
#ifndef POWERCUT_CHECKER_MOMENT_H
#define POWERCUT_CHECKER_MOMENT_H

#include <stdint.h>

#include "checker/workload/progress.h"

/* An update is one step or several, each from a mark `begin` to the next mark `commit`. */
enum phase {
  PHASE_UNKNOWN,                /* no mark `begin` yet: nothing is known of contents */
  PHASE_UPDATE,                 /* between `begin` and `commit`: as before the step or as after it */
  PHASE_COMMITTED,              /* after `commit`: as after the step */
};

struct moment {
  enum phase phase;
  uint32_t step;                /* that the phase is about, from 1; 0 in PHASE_UNKNOWN */
  struct workload_progress progress;    /* of the log's workload, if it has one */
};

#endif
