/* SPDX-License-Identifier: BSD-3-Clause */
/* The tool powercut-workload: does what a workload (checker/workload/language.h) says, in the mount point. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checker/workload/language.h"
#include "checker/workload/progress.h"
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

/* What the processes of a block tell each other, in memory that they share. */
struct block_memory {
  sem_t marking;                /* to be had while a mark is written */
  uint16_t returned[WORKLOAD_PROCESSES_MAX];    /* the last persistence operation of each that has returned, or 0 */
};

struct doer {
  const struct workload *workload;
  const char *text;             /* of the workload */
  const char *mark_device;      /* NULL: no marks */
  struct disturbance disturbance;       /* if there are marks */
  struct pace pace;
  bool told;                    /* that the rest of the system cannot do what it does */
  struct open_files files;
  struct block_memory *block;   /* NULL: there is one process */
};

/* Mark that operation NUMBER of a block has returned, together with how far the other processes have come. */
static int
mark_in_block (const struct doer *doer, unsigned process, uint32_t number)
{
  struct block_memory *block = doer->block;
  struct workload_progress progress = { { 0 } };
  char words[PROGRESS_TEXT_SIZE], text[sizeof "op " + PROGRESS_TEXT_SIZE];
  size_t count = 0;

  while (sem_wait (&block->marking) == -1)
    ;
  block->returned[process] = (uint16_t) number;
  for (size_t i = WORKLOAD_PROCESSES_MAX; i > 0; i--)
    if (block->returned[i - 1] > 0)
      progress.returned[count++] = block->returned[i - 1];
  progress_print (progress, words);
  snprintf (text, sizeof text, "op %s", words);
  const int r = mark_write (doer->mark_device, text);
  sem_post (&block->marking);
  return r;
}

/* The mark that an operation has after it. */
static int
mark_operation (const struct doer *doer, const struct workload_operation *operation, uint32_t number)
{
  CLEANUP_FREE char *text = NULL;

  if (doer->mark_device == NULL)
    return 0;
  if (operation->verb == WORKLOAD_CHECKPOINT)
    text = text_format ("checkpoint%s%s", *operation->other ? " " : "", operation->other);
  else if (!workload_is_persistence (operation))
    return 0;
  else if (operation->block)
    return mark_in_block (doer, operation->process, number);
  else
    text = text_format ("op %u", number);
  return text ? mark_write (doer->mark_device, text) : -1;
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
run_operation (struct doer *doer, size_t index)
{
  const struct workload_operation *operation = &doer->workload->operations[index];
  const uint32_t number = (uint32_t) index + 1;

  if (workload_operation_do (&doer->files, operation, number) == -1) {
    const int error = errno;

    error_message ("%s:%u: %s%s%s: %s", doer->workload->name, operation->line, workload_verb_name (operation->verb),
                   operation->path ? " " : "", operation->path ? operation->path : "",
                   workload_is_of_subvolumes (operation) && error == ENOTTY ? "only btrfs has subvolumes"
                   : strerror (error));
    return is_not_supported (operation, error) ? STATUS_NOT_SUPPORTED : STATUS_FAILED;
  }
  return mark_operation (doer, operation, number) == -1 || disturb_operation (doer, operation, number) == -1
    ? STATUS_FAILED : STATUS_DONE;
}

/* Let a new process do what of the operations from FIRST up to END is PROCESS's.  Returns its number, or -1. */
static pid_t
start_process (struct doer *doer, size_t first, size_t end, unsigned process)
{
  const pid_t pid = fork ();
  int status = STATUS_DONE;

  if (pid != 0)
    return pid;
  for (size_t i = first; i < end && status == STATUS_DONE; i++)
    if (doer->workload->operations[i].process == process)
      status = run_operation (doer, i);
  _exit (status);
}

/* What became of PID, which may be -1: there is none. */
static int
wait_for (pid_t pid)
{
  int status;

  if (pid == -1 || waitpid (pid, &status, 0) == -1) {
    error_message ("cannot have several processes: %m");
    return STATUS_FAILED;
  }
  return WIFEXITED (status) ? WEXITSTATUS (status) : STATUS_FAILED;
}

/* Do a block, the operations from FIRST up to END. */
static int
run_block (struct doer *doer, size_t first, size_t end)
{
  struct block_memory *memory = mmap (NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const unsigned count = doer->workload->operations[end - 1].process + 1;
  pid_t pids[WORKLOAD_PROCESSES_MAX];
  int status = STATUS_DONE;

  if (memory == MAP_FAILED || sem_init (&memory->marking, 1, 1) == -1) {
    error_message ("cannot have several processes: %m");
    return STATUS_FAILED;
  }
  doer->block = memory;
  for (unsigned i = 0; i < count; i++)
    pids[i] = start_process (doer, first, end, i);
  for (unsigned i = 0; i < count; i++) {
    const int one = wait_for (pids[i]);

    status = status == STATUS_DONE ? one : status;
  }
  doer->block = NULL;
  munmap (memory, sizeof *memory);
  return status;
}

static int
run_operations (struct doer *doer, size_t first, size_t end)
{
  const struct workload_operation *operations = doer->workload->operations;
  size_t next;
  int status = STATUS_DONE;

  for (size_t i = first; i < end && status == STATUS_DONE; i = next) {
    next = workload_block_end (doer->workload, i);
    status = operations[i].block ? run_block (doer, i, next) : run_operation (doer, i);
  }
  return status;
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
