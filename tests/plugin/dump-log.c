/* SPDX-License-Identifier: BSD-3-Clause */
/* Print a log as the text of log-text.h. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/plugin/log-text.h"

int
main (int argc, char **argv)
{
  if (argc != 2) {
    fprintf (stderr, "usage: dump-log LOG\n");
    return 2;
  }
  struct write_log *log = write_log_open (argv[1]);
  if (log == NULL)
    return 2;
  log_text_write (log, stdout);
  write_log_close (log);
  return fflush (stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}
