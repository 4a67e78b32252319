/* SPDX-License-Identifier: BSD-3-Clause */
/* Program `replay`. */
#include <config.h>

#include "replay/replay.h"

int
main (int argc, char **argv)
{
  return replay_command (argc, argv, NULL);
}
