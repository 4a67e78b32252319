/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs of the agent's own, not the user's. */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/original.h"

#define KEPT_MAX 2              /* what repairs a file system, and what checks it */

/* The programs that were run, to be run again. */
static struct kept_program {
  char *command;                /* its words; NULL: there is none */
  int output;
  struct original original;
} kept[KEPT_MAX];

static void
forget (struct kept_program *program)
{
  close (program->output);
  free (program->command);
  program->command = NULL;
}

/* Keep a new one in place of PROGRAM, which is free.  False: it cannot be kept. */
static bool
keep (struct kept_program *program, const char *const *argv, const char *command)
{
  program->command = strdup (command);
  program->output = open ("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  if (program->command && program->output >= 0 && original_start (&program->original, argv, program->output))
    return true;
  forget (program);
  return false;
}

/* That which has COMMAND, to run ARGV; NULL: there is none, and none can be kept. */
static struct kept_program *
find (const char *const *argv, const char *command)
{
  struct kept_program *unused = NULL;

  for (size_t i = 0; i < KEPT_MAX; i++)
    if (kept[i].command == NULL)
      unused = &kept[i];
    else if (strcmp (kept[i].command, command) == 0)
      return &kept[i];
  return unused && keep (unused, argv, command) ? unused : NULL;
}

void
program_forget_all (void)
{
  for (size_t i = 0; i < KEPT_MAX; i++)
    if (kept[i].command) {
      original_end (&kept[i].original);
      forget (&kept[i]);
    }
}

/* Run ARGV as one that is kept, if that can be done. */
static bool
run_kept (const char *const *argv, int *output, int *status)
{
  struct text_stream command;

  if (!text_begin (&command))
    return false;
  for (size_t i = 0; argv[i]; i++)
    fprintf (command.file, "%s\n", argv[i]);
  char *text = text_end (&command);
  struct kept_program *program = text ? find (argv, text) : NULL;
  free (text);
  if (program == NULL || ftruncate (program->output, 0) == -1)
    return false;
  if (!original_run (&program->original, status)) {
    forget (program);
    return false;
  }
  *output = fcntl (program->output, F_DUPFD_CLOEXEC, 0);
  return *output != -1;
}

int
program_run (const char *const *argv, int *output, int *status)
{
  if (run_kept (argv, output, status))
    return 0;
  *output = open ("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  const struct process_io io = { .stdout_fd = *output, .stderr_fd = *output };
  pid_t pid = *output == -1 ? -1 : process_start (argv, &io);

  if (pid != -1 && process_wait (pid, -1, status) != -1)
    return 0;
  error_message ("cannot run %s: %m", argv[0]);
  return -1;
}
