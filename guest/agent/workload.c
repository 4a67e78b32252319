/* SPDX-License-Identifier: BSD-3-Clause */
/* The tool powercut-workload: does what a workload (checker/workload/language.h) says, in the mount point. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checker/workload/language.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/disturb.h"
#include "guest/agent/pace.h"
#include "guest/agent/workload.h"

#define TEXT_SHOWN_MAX 1024     /* bytes of an operation in a mark */

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_MISUSED = 2, STATUS_NOT_SUPPORTED = 77 };

struct doer {
  const struct workload *workload;
  const char *text;             /* of the workload */
  const char *mark_device;      /* NULL: no marks */
  struct disturbance disturbance;       /* if there are marks */
  struct pace pace;
  bool told;                    /* that the rest of the system cannot do what it does */
  struct open_files files;
};

/* The mark that an operation has after it. */
static int
mark_operation (const struct doer *doer, const struct workload_operation *operation, uint32_t number)
{
  CLEANUP_FREE char *text = NULL;
  int length;

  if (doer->mark_device == NULL)
    return 0;
  if (operation->verb == WORKLOAD_CHECKPOINT)
    length = asprintf (&text, "checkpoint%s%s", *operation->other ? " " : "", operation->other);
  else if (workload_is_persistence (operation))
    length = asprintf (&text, "op %u", number);
  else
    return 0;
  if (length != -1)
    return mark_write (doer->mark_device, text);
  text = NULL;
  return out_of_memory ();
}

/* The line of the workload's text that says OPERATION, to free, or NULL after a message. */
static char *
operation_text (const struct doer *doer, const struct workload_operation *operation)
{
  const char *line = doer->text;

  for (uint32_t i = 1; i < operation->line; i++)
    line += strcspn (line, "\n") + 1;
  line += strspn (line, " \t");
  size_t length = strcspn (line, "#\n");
  while (length > 0 && isspace ((unsigned char) line[length - 1]))
    length--;
  return text_format ("%.*s", (int) (length > TEXT_SHOWN_MAX ? TEXT_SHOWN_MAX : length), line);
}

/* Let the rest of the system do what it does after an operation that changed something. */
static int
disturb_operation (struct doer *doer, const struct workload_operation *operation, uint32_t number)
{
  if (doer->disturbance.background == BACKGROUND_NONE || operation->verb == WORKLOAD_CHECKPOINT
      || operation->verb == WORKLOAD_DROPCACHES || workload_is_persistence (operation))
    return 0;
  const enum pace_step step = pace_next (&doer->pace);
  if (step != PACE_ACT)
    return step == PACE_TELL ? disturb_less (&doer->disturbance, number) : 0;
  CLEANUP_FREE char *text = operation_text (doer, operation);
  if (text == NULL)
    return -1;
  const int64_t start_ms = clock_ms ();
  const int error = disturb (&doer->disturbance, number, text, true);
  doer->pace.spent_ms += clock_ms () - start_ms;
  if (error > 0 && !doer->told) {
    error_message ("the rest of the system cannot write: %s", strerror (error));
    doer->told = true;
  }
  return error == -1 ? -1 : 0;
}

/* Whether ERROR says that a file system cannot do OPERATION at all, as far as errors tell. */
static bool
is_not_supported (const struct workload_operation *operation, int error)
{
  switch (operation->verb) {
  case WORKLOAD_CHOWN:
  case WORKLOAD_LINK:
  case WORKLOAD_MKFIFO:
  case WORKLOAD_MKNOD:
  case WORKLOAD_SYMLINK:
    if (error == EPERM)
      return true;
    break;
  case WORKLOAD_PROJECT:
    if (error == ESRCH)         /* it counts for each project, in a way that the kernel has no module for */
      return true;
    break;
  case WORKLOAD_EXCHANGE:
  case WORKLOAD_DWRITE:
  case WORKLOAD_RENAME:
    if (error == EINVAL)
      return true;
    break;
  default:
    break;
  }
  return error == EOPNOTSUPP || error == ENOTTY || error == ENOSYS;
}

static int
run_operations (struct doer *doer, size_t first, size_t end)
{
  for (size_t i = first; i < end; i++) {
    const struct workload_operation *operation = &doer->workload->operations[i];

    if (workload_operation_do (&doer->files, operation, (uint32_t) i + 1) == -1) {
      const int error = errno;

      error_message ("%s:%u: %s%s%s: %m", doer->workload->name, operation->line, workload_verb_name (operation->verb),
                     operation->path ? " " : "", operation->path ? operation->path : "");
      return is_not_supported (operation, error) ? STATUS_NOT_SUPPORTED : STATUS_FAILED;
    }
    if (mark_operation (doer, operation, (uint32_t) i + 1) == -1
        || disturb_operation (doer, operation, (uint32_t) i + 1) == -1)
      return STATUS_FAILED;
  }
  return STATUS_DONE;
}

int
tool_workload (char **words)
{
  bool setup = words[0] && strcmp (words[0], "--setup") == 0;
  struct doer doer = { .mark_device = NULL };
  struct workload workload;
  int status = STATUS_MISUSED;

  words += setup;
  if (words[0] == NULL || words[1]) {
    error_message ("usage: powercut-workload [--setup] TEXT");
    return STATUS_MISUSED;
  }
  umask (0777 & ~WORKLOAD_FOLDER_MODE);
  doer.workload = &workload;
  doer.text = words[0];
  if (workload_parse (words[0], "workload", &workload) == 0) {
    if (!setup && ((doer.mark_device = mark_device ()) == NULL || disturbance_read (&doer.disturbance) == -1))
      status = STATUS_FAILED;
    else
      status = run_operations (&doer, setup ? 0 : workload.setup_count,
                               setup ? workload.setup_count : workload.count);
  }
  free (doer.files.list);
  workload_free (&workload);
  return status;
}
