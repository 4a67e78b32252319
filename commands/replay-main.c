/* SPDX-License-Identifier: BSD-3-Clause */
/* Program `replay`. */
#include <config.h>

#include "commands/replay.h"
#include "common/standard-output.h"

int
main (int argc, char **argv)
{
  return standard_output_end (replay_command (argc, argv, NULL));
}
