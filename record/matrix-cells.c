/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/stop.h"
#include "record/matrix-cells.h"
#include "record/record.h"

#define WORDS_MAX 32
#define GRACE_MS 10000          /* for a run to end its guests */
#define UPDATED_FILE "file"
#define LOG "log.bin"           /* files of a slot */
#define JSON "json"
#define NOT_SUPPORTED "exit 77: "       /* before what a program says that ends so; see RECORD_NOT_SUPPORTED */
#define EXIT_VIOLATION 1        /* replay's exit statuses, with all results in its report */
#define EXIT_UNFINISHED 3

/* A cell that is being run. */
struct slot {
  struct cell *cell;            /* NULL: the slot is free */
  pid_t pid;
  int messages;                 /* reads what the run says; at its end the run has ended */
  char *text;                   /* what it said so far, to free */
  size_t length;
  double started;
};

/* What all cells share. */
struct runner {
  struct matrix *matrix;
  const char *folder;
  char *initial;                /* folder in it: the tree before the update */
  char *powercut, *protocols;   /* programs */
  struct slot *slots;
  size_t slot_count, next_cell;
};

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static int
out_of_memory (void)
{
  error_message ("out of memory");
  return -1;
}

/* The file NAME of SLOT, to free. */
static char *
slot_file (const struct runner *runner, const struct slot *slot, const char *name)
{
  char *path;

  if (asprintf (&path, "%s/%td-%s", runner->folder, slot - runner->slots, name) == -1)
    return NULL;
  return path;
}

/* Start the run of a cell, with both its outputs on PIPE.  Returns its pid, or -1 after a message. */
static pid_t
start_run (const struct runner *runner, const struct slot *slot, const struct cell *cell, int pipe)
{
  const struct environment *environment = cell->environment;
  CLEANUP_FREE char *log = slot_file (runner, slot, LOG), *json = slot_file (runner, slot, JSON);
  const struct process_io io = { .stdout_fd = pipe, .stderr_fd = pipe, .inherit_fd = -1 };
  const char *words[WORDS_MAX] = {
    runner->powercut, "run", "--quiet", "--jobs=1", "--fs", environment->filesystem, "--mount", environment->mount_options,
    "--initial", runner->initial, "--settle", runner->matrix->settle, "--output", log, "--json", json,
  };
  size_t count = 0;

  if (log == NULL || json == NULL)
    return out_of_memory ();
  while (words[count])
    count++;
  if (environment->kernel) {
    words[count++] = "--kernel";
    words[count++] = environment->kernel;
  }
  words[count++] = "--";
  words[count++] = runner->protocols;
  words[count++] = cell->protocol->name;
  words[count++] = UPDATED_FILE;
  return process_start (words, &io);
}

static int
start_cell (const struct runner *runner, struct slot *slot, struct cell *cell)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) == -1) {
    error_message ("cannot start a run: %m");
    return -1;
  }
  slot->started = now ();
  slot->pid = start_run (runner, slot, cell, ends[1]);
  close (ends[1]);
  if (slot->pid == -1) {
    close (ends[0]);
    return -1;
  }
  slot->cell = cell;
  slot->messages = ends[0];
  return 0;
}

/* Read FILE, which is replay's report.  NULL if there is none. */
static cJSON *
read_report (const char *path)
{
  CLEANUP_FCLOSE FILE *file = path ? fopen (path, "re") : NULL;
  CLEANUP_FREE char *text = NULL;
  size_t room = 0;

  if (file == NULL || getdelim (&text, &room, '\0', file) == -1)
    return NULL;
  return cJSON_Parse (text);
}

/* The last line of what a run said, without the name of the program that said it. */
static const char *
last_message (char *text)
{
  char *end = text + strlen (text), *line, *name;

  while (end > text && end[-1] == '\n')
    *--end = '\0';
  line = strrchr (text, '\n');
  line = line ? line + 1 : text;
  name = strstr (line, ": ");
  return name && strcspn (line, " ") == (size_t) (name - line) + 1 ? name + 2 : line;
}

/* Why a cell has no result, to free: what the run said last or, where something is not supported, the update. */
static char *
describe_end (int status, char *text)
{
  const char *message = text ? last_message (text) : "", *update = strstr (message, NOT_SUPPORTED);
  char *other;

  if (*message)
    return safe_text (update ? update + strlen (NOT_SUPPORTED) : message);
  if (asprintf (&other, "the run ended with %s %d", WIFSIGNALED (status) ? "signal" : "exit status",
                WIFSIGNALED (status) ? WTERMSIG (status) : WEXITSTATUS (status)) == -1)
    return NULL;
  return other;
}

/* Take in what a run has left; it has ended with STATUS. */
static void
finish_cell (const struct runner *runner, struct slot *slot, int status)
{
  CLEANUP_FREE char *log = slot_file (runner, slot, LOG), *json = slot_file (runner, slot, JSON);
  const int code = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  struct cell *cell = slot->cell;

  cell->outcome = code == RECORD_NOT_SUPPORTED ? CELL_NOT_SUPPORTED : CELL_FAILED;
  if (code == EXIT_SUCCESS || code == EXIT_VIOLATION || code == EXIT_UNFINISHED)
    cell->result = read_report (json);
  if (cell->result)
    cell->outcome = CELL_DONE;
  else
    cell->reason = describe_end (status, slot->text);
  cell->seconds = now () - slot->started;
  cell->ended = true;
  if (log)
    unlink (log);
  if (json)
    unlink (json);
}

/* Make SLOT free again. */
static void
clear_slot (struct slot *slot)
{
  close (slot->messages);
  free (slot->text);
  *slot = (struct slot) { .cell = NULL };
}

/* Read what the run of SLOT says.  Returns 1 at its end, 0 before, -1 after a message. */
static int
read_messages (struct slot *slot)
{
  char buffer[4096];
  ssize_t count = read (slot->messages, buffer, sizeof buffer);

  if (count == -1 && errno != EINTR)
    error_message ("cannot read what a run says: %m");
  if (count <= 0)
    return count == 0 ? 1 : errno == EINTR ? 0 : -1;
  char *larger = realloc (slot->text, slot->length + (size_t) count + 1);
  if (larger == NULL)
    return out_of_memory ();
  memcpy (larger + slot->length, buffer, (size_t) count);
  slot->text = larger;
  slot->length += (size_t) count;
  larger[slot->length] = '\0';
  return 0;
}

/* Give every free slot a cell. */
static int
fill_slots (struct runner *runner)
{
  struct matrix *matrix = runner->matrix;

  for (size_t i = 0; i < runner->slot_count; i++)
    if (runner->slots[i].cell == NULL && runner->next_cell < matrix->cell_count
        && start_cell (runner, &runner->slots[i], &matrix->cells[runner->next_cell++]) == -1)
      return -1;
  return 0;
}

/* Wait for something to happen to the slots, and see to it.  Returns 0, or -1 after a message or a stop. */
static int
serve_slots (struct runner *runner)
{
  CLEANUP_FREE struct pollfd *pollers = calloc (runner->slot_count + 1, sizeof *pollers);

  if (pollers == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < runner->slot_count; i++)
    pollers[i] = (struct pollfd) { .fd = runner->slots[i].cell ? runner->slots[i].messages : -1, .events = POLLIN };
  pollers[runner->slot_count] = (struct pollfd) { .fd = stop_fd (), .events = POLLIN };
  if (poll (pollers, runner->slot_count + 1, -1) == -1 && errno != EINTR) {
    error_message ("poll: %m");
    return -1;
  }
  if (stop_requested ())
    return -1;
  for (size_t i = 0; i < runner->slot_count; i++) {
    struct slot *slot = &runner->slots[i];
    int ended = slot->cell && pollers[i].revents ? read_messages (slot) : 0;

    if (ended == -1)
      return -1;
    if (ended) {
      int status;

      if (process_wait (slot->pid, -1, &status) == -1) {
        error_message ("cannot wait for a run: %m");
        return -1;
      }
      finish_cell (runner, slot, status);
      clear_slot (slot);
    }
  }
  return 0;
}

/* End what still runs: all are asked at once, then waited for. */
static void
end_slots (struct runner *runner)
{
  for (size_t i = 0; i < runner->slot_count; i++)
    if (runner->slots[i].cell)
      kill (runner->slots[i].pid, SIGTERM);
  for (size_t i = 0; i < runner->slot_count; i++)
    if (runner->slots[i].cell) {
      process_end (runner->slots[i].pid, GRACE_MS);
      clear_slot (&runner->slots[i]);
    }
}

/* Make the tree that the updates start from. */
static int
make_initial (struct runner *runner)
{
  CLEANUP_FREE char *file = NULL, *failure = NULL;

  if (asprintf (&runner->initial, "%s/initial", runner->folder) == -1
      || asprintf (&file, "%s/" UPDATED_FILE, runner->initial) == -1)
    return out_of_memory ();
  if (mkdir (runner->initial, 0755) == -1) {
    error_message ("%s: %m", runner->initial);
    return -1;
  }
  failure = process_run ((const char *const[]) { runner->protocols, "old", file, NULL });
  if (failure && *failure)
    error_message ("%s", failure);
  return failure ? -1 : 0;
}

static int
run_all (struct runner *runner, matrix_cell_ended *ended)
{
  const struct matrix *matrix = runner->matrix;

  for (size_t told = 0; told < matrix->cell_count;) {
    if (fill_slots (runner) == -1 || serve_slots (runner) == -1)
      return -1;
    while (told < matrix->cell_count && matrix->cells[told].ended)
      ended (matrix, &matrix->cells[told++]);
  }
  return 0;
}

int
matrix_run_cells (struct matrix *matrix, uint64_t jobs, const char *folder, matrix_cell_ended *ended)
{
  struct runner runner = {
    .matrix = matrix, .folder = folder, .powercut = part_path (PART_POWERCUT), .protocols = part_path (PART_PROTOCOLS),
    .slots = calloc (jobs, sizeof *runner.slots), .slot_count = jobs,
  };
  double started = now ();
  int r = -1;

  if (runner.slots == NULL)
    out_of_memory ();
  else if (runner.powercut && runner.protocols && make_initial (&runner) == 0)
    r = run_all (&runner, ended);
  if (runner.slots)
    end_slots (&runner);
  matrix->seconds = now () - started;
  free (runner.initial);
  free (runner.powercut);
  free (runner.protocols);
  free (runner.slots);
  return r;
}
