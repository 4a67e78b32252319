/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "guest/kernel/unpack.h"
#include "guest/machine.h"
#include "guest/qemu.h"

#define ENDED_BY_SIGNAL "terminating on signal "        /* words of QEMU's */

/* Whether some disk is a file, which QEMU then writes to. */
static bool
has_file (const struct vm_config *config)
{
  for (size_t i = 0; i < config->disk_count; i++)
    if (config->disks[i].export_name == NULL)
      return true;
  return false;
}

static pid_t
start (const struct vm_config *config, enum accel accel, int port, int errors)
{
  struct process_io io = {
    .stdout_fd = errors, .stderr_fd = errors, .inherit_fds = { port, config->state_fd },
    .file_bytes_max = has_file (config) ? 0 : MACHINE_CONSOLE_MAX       /* it writes to no other file */
  };
  CLEANUP_FREE char *unpacked = accel == ACCEL_TCG ? kernel_unpacked (config->kernel->image) : NULL;
  char **words = qemu_command (config, unpacked ? unpacked : config->kernel->image, accel, port);

  if (words == NULL) {
    error_message ("cannot start QEMU: %m");
    return -1;
  }
  pid_t pid = process_start ((const char *const *) words, &io);
  qemu_command_free (words);
  return pid;
}

static void
end (pid_t pid)
{
  int status;

  kill (pid, SIGKILL);
  process_wait (pid, -1, &status);
}

/* A guest that goes down, however badly, makes it exit with 0 (-no-reboot); but so does a signal that asks it to end,
 * of which it says so.
 */
static struct vm_answer
explain_end (int status, const char *line)
{
  if (status != 0)
    return machine_broken ("QEMU", status, line);
  if (strstr (line, ENDED_BY_SIGNAL))
    return vm_answer_make (VM_BROKEN, "QEMU was told to end: %s", line);
  return vm_answer_make (VM_DIED, "the guest went down");
}

const struct machine qemu_machine = { .name = "QEMU", .start = start, .end = end, .explain_end = explain_end };
