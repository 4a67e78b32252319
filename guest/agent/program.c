/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs of the agent's own, not the user's. */
#include <config.h>

#include <fcntl.h>

#include "common/message.h"
#include "common/process.h"
#include "guest/agent/agent.h"

int
program_run (const char *const *argv, int *output, int *status)
{
  *output = open ("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  const struct process_io io = { .stdout_fd = *output, .stderr_fd = *output };
  pid_t pid = *output == -1 ? -1 : process_start (argv, &io);

  if (pid != -1 && process_wait (pid, -1, status) != -1)
    return 0;
  error_message ("cannot run %s: %m", argv[0]);
  return -1;
}
