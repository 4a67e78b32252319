/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to other programs about a kernel, each asked once: a batch of thousand updates has the same ones each time.
 */
#ifndef POWERCUT_GUEST_KERNEL_ASKED_H
#define POWERCUT_GUEST_KERNEL_ASKED_H

#include "common/capture.h"

/* As capture_run, but what this process has been answered already it is answered again, as long as FILE, by which the
 * answer is made, is the same.  Threads may call it, one waits for another.
 */
extern int asked_run (const char *const *argv, const char *file, struct capture *capture);

#endif
