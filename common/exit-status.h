/* SPDX-License-Identifier: BSD-3-Clause */
/* Exit statuses of the programs: see EXIT STATUS in powercut(1) and replay(1). */
#ifndef POWERCUT_COMMON_EXIT_STATUS_H
#define POWERCUT_COMMON_EXIT_STATUS_H

#include <stdlib.h>             /* EXIT_SUCCESS: nothing is wrong */

#define EXIT_VIOLATION 1        /* or a case of the corpus that came out as nobody expects */
#define EXIT_UNUSABLE 2         /* bad usage, bad input, a missing part or a failure of this machine */
#define EXIT_UNFINISHED 3       /* the limit came first, and no violation so far */
#define EXIT_SIGNALLED 128      /* + the signal that stopped it */

#endif
