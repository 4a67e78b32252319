/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/stop.h"
#include "record/pool.h"

#define GRACE_MS 10000          /* for a run to end its guests */
#define LOG "log.bin"           /* files of a slot */
#define JSON "json"
#define EXIT_VIOLATION 1        /* replay's exit statuses, with all results in its report */
#define EXIT_UNFINISHED 3

/* A job that is being run. */
struct slot {
  struct pool_job *job;         /* NULL: the slot is free */
  pid_t pid;
  int messages;                 /* reads what the run says; at its end the run has ended */
  size_t length;                /* of the job's text */
  double started;
};

struct pool {
  const struct pool_config *config;
  struct pool_job *jobs;
  size_t job_count, next_job;
  char *powercut;               /* the program */
  struct slot *slots;
};

static int
out_of_memory (void)
{
  error_message ("out of memory");
  return -1;
}

/* The file NAME of SLOT, to free. */
static char *
slot_file (const struct pool *pool, const struct slot *slot, const char *name)
{
  char *path;

  if (asprintf (&path, "%s/%td-%s", pool->config->folder, slot - pool->slots, name) == -1)
    return NULL;
  return path;
}

/* Start the run of JOB, with both its outputs on PIPE.  Returns its pid, or -1 after a message. */
static pid_t
start_run (const struct pool *pool, const struct slot *slot, const struct pool_job *job, int pipe)
{
  CLEANUP_FREE char *log = slot_file (pool, slot, LOG), *json = slot_file (pool, slot, JSON);
  const struct process_io io = { .stdout_fd = pipe, .stderr_fd = pipe, .inherit_fd = -1 };
  const char *const head[] = {
    pool->powercut, job->log ? "replay" : "run", "--quiet", "--jobs=1", "--json", json, job->log ? job->log : "--output",
    job->log ? NULL : log
  };
  const size_t head_count = sizeof head / sizeof head[0] - (job->log != NULL);
  CLEANUP_FREE const char **words = NULL;
  size_t count = 0;

  while (job->words[count])
    count++;
  words = calloc (head_count + count + 1, sizeof *words);
  if (words == NULL || log == NULL || json == NULL)
    return out_of_memory ();
  memcpy (words, head, head_count * sizeof *words);
  memcpy (words + head_count, job->words, count * sizeof *words);
  return process_start (words, &io);
}

static int
start_job (const struct pool *pool, struct slot *slot, struct pool_job *job)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) == -1) {
    error_message ("cannot start a run: %m");
    return -1;
  }
  slot->started = clock_seconds (CLOCK_MONOTONIC);
  slot->pid = start_run (pool, slot, job, ends[1]);
  close (ends[1]);
  if (slot->pid == -1) {
    close (ends[0]);
    return -1;
  }
  slot->job = job;
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

/* Take in what a run has left; it has ended with STATUS. */
static void
finish_job (const struct pool *pool, struct slot *slot, int status)
{
  CLEANUP_FREE char *log = slot_file (pool, slot, LOG), *json = slot_file (pool, slot, JSON);
  const int code = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  struct pool_job *job = slot->job;

  job->status = status;
  if (code == EXIT_SUCCESS || code == EXIT_VIOLATION || code == EXIT_UNFINISHED)
    job->result = read_report (json);
  job->seconds = clock_seconds (CLOCK_MONOTONIC) - slot->started;
  job->ended = true;
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
  *slot = (struct slot) { .job = NULL };
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
  char *larger = realloc (slot->job->text, slot->length + (size_t) count + 1);
  if (larger == NULL)
    return out_of_memory ();
  memcpy (larger + slot->length, buffer, (size_t) count);
  slot->job->text = larger;
  slot->length += (size_t) count;
  larger[slot->length] = '\0';
  return 0;
}

/* Give every free slot a job. */
static int
fill_slots (struct pool *pool)
{
  for (size_t i = 0; i < pool->config->jobs; i++)
    if (pool->slots[i].job == NULL && pool->next_job < pool->job_count
        && start_job (pool, &pool->slots[i], &pool->jobs[pool->next_job++]) == -1)
      return -1;
  return 0;
}

/* Wait for something to happen to the slots, and see to it.  Returns 0, or -1 after a message or a stop. */
static int
serve_slots (struct pool *pool)
{
  const size_t slot_count = pool->config->jobs;
  CLEANUP_FREE struct pollfd *pollers = calloc (slot_count + 1, sizeof *pollers);

  if (pollers == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < slot_count; i++)
    pollers[i] = (struct pollfd) { .fd = pool->slots[i].job ? pool->slots[i].messages : -1, .events = POLLIN };
  pollers[slot_count] = (struct pollfd) { .fd = stop_fd (), .events = POLLIN };
  if (poll (pollers, slot_count + 1, -1) == -1 && errno != EINTR) {
    error_message ("poll: %m");
    return -1;
  }
  if (stop_requested ())
    return -1;
  for (size_t i = 0; i < slot_count; i++) {
    struct slot *slot = &pool->slots[i];
    int ended = slot->job && pollers[i].revents ? read_messages (slot) : 0;

    if (ended == -1)
      return -1;
    if (ended) {
      int status;

      if (process_wait (slot->pid, -1, &status) == -1) {
        error_message ("cannot wait for a run: %m");
        return -1;
      }
      finish_job (pool, slot, status);
      clear_slot (slot);
    }
  }
  return 0;
}

/* End what still runs: all are asked at once, then waited for. */
static void
end_slots (struct pool *pool)
{
  for (size_t i = 0; i < pool->config->jobs; i++)
    if (pool->slots[i].job)
      kill (pool->slots[i].pid, SIGTERM);
  for (size_t i = 0; i < pool->config->jobs; i++)
    if (pool->slots[i].job) {
      process_end (pool->slots[i].pid, GRACE_MS);
      clear_slot (&pool->slots[i]);
    }
}

static int
run_all (struct pool *pool, pool_job_ended *ended)
{
  for (size_t told = 0; told < pool->job_count;) {
    if (fill_slots (pool) == -1 || serve_slots (pool) == -1)
      return -1;
    while (told < pool->job_count && pool->jobs[told].ended)
      ended (pool->config, &pool->jobs[told++]);
  }
  return 0;
}

int
pool_run (const struct pool_config *config, struct pool_job *jobs, size_t count, pool_job_ended *ended)
{
  struct pool pool = {
    .config = config, .jobs = jobs, .job_count = count, .powercut = part_path (PART_POWERCUT),
    .slots = calloc (config->jobs, sizeof *pool.slots)
  };
  int r = -1;

  if (pool.slots == NULL)
    out_of_memory ();
  else if (pool.powercut) {
    r = run_all (&pool, ended);
    end_slots (&pool);
  }
  free (pool.powercut);
  free (pool.slots);
  return r;
}

void
pool_free_jobs (struct pool_job *jobs, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    free (jobs[i].text);
    cJSON_Delete (jobs[i].result);
  }
}

/* The last line of what a run said, without the name of the program that said it; to free, or NULL. */
static char *
last_message (const char *text)
{
  size_t length = strlen (text);
  const char *line, *name;

  while (length > 0 && text[length - 1] == '\n')
    length--;
  line = memrchr (text, '\n', length);
  line = line ? line + 1 : text;
  length -= (size_t) (line - text);
  name = memmem (line, length, ": ", 2);
  if (name && strcspn (line, " ") == (size_t) (name - line) + 1) {
    length -= (size_t) (name + 2 - line);
    line = name + 2;
  }
  return strndup (line, length);
}

char *
pool_describe_end (const struct pool_job *job)
{
  CLEANUP_FREE char *message = last_message (job->text ? job->text : "");
  const int status = job->status;
  char *other;

  if (message && *message)
    return safe_text (message);
  if (asprintf (&other, "the run ended with %s %d", WIFSIGNALED (status) ? "signal" : "exit status",
                WIFSIGNALED (status) ? WTERMSIG (status) : WEXITSTATUS (status)) == -1)
    return NULL;
  return other;
}
