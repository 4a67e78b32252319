/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "common/exit-status.h"
#include "common/message.h"
#include "common/standard-output.h"

int
standard_output_end (int status)
{
  errno = 0;
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  if (errno == EPIPE)
    return EXIT_SIGNALLED + SIGPIPE;
  if (errno)
    error_message ("standard output: %m");
  else
    error_message ("standard output: not all could be written");
  return EXIT_UNUSABLE;
}
