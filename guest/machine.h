/* SPDX-License-Identifier: BSD-3-Clause */
/* A kind of machine: how one is started and ended, and what its end means.  What is said to the agent in it is the same
 * for all (guest/vm.c, which alone uses this).
 */
#ifndef POWERCUT_GUEST_MACHINE_H
#define POWERCUT_GUEST_MACHINE_H

#include <sys/types.h>

#include "guest/accel.h"
#include "guest/vm.h"

#define MACHINE_CONSOLE_MAX (64 << 20)  /* bytes that a guest may print */

struct machine {
  const char *name;             /* in messages */

  /* Start one as CONFIG says, with ACCEL, which is not ACCEL_AUTO, the agent's port on the connected socket PORT, and
   * what it prints itself going to ERRORS.  Returns the pid of a child that ends when the machine does, or -1 after a
   * message.
   */
  pid_t (*start) (const struct vm_config *config, enum accel accel, int port, int errors);

  /* End it at once, and reap the child: nothing of the machine is left on return. */
  void (*end) (pid_t pid);

  /* Its child ended with STATUS, of wait, after it had printed LINE last: VM_DIED if that is the guest's doing, else
   * VM_BROKEN, and what to tell the user.
   */
  struct vm_answer (*explain_end) (int status, const char *line);
};

extern const struct machine qemu_machine, uml_machine;

/* What to tell the user of a machine called NAME that ended with STATUS of its own accord, or was killed. */
extern struct vm_answer machine_broken (const char *name, int status, const char *line);

/* An answer that is made here; it ends this program if memory is short. */
extern struct vm_answer vm_answer_make (enum vm_failure failure, const char *format, ...)
  __attribute__ ((format (printf, 2, 3)));

#endif
