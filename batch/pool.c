/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batch/pool.h"
#include "batch/worker.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/escape.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/number.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/stop.h"
#include "common/text.h"
#include "common/workdir.h"

#define GRACE_MS 10000          /* for a run to end its guests */
#define JSON "json"             /* a job's file */
#define ANSWER_MAX 16

/* A worker (batch/worker.h) with the job that it is at. */
struct slot {
  struct pool_job *job;         /* NULL: the slot is free */
  pid_t pid;                    /* 0: there is no worker yet, or not any more */
  int requests;                 /* socket to it */
  int messages;                 /* reads what it says */
  size_t length;                /* of the job's text */
  char answer[ANSWER_MAX];      /* what has come of the exit status */
  size_t answer_length;
  double started;
};

struct pool {
  const struct pool_config *config;
  struct pool_job *jobs;
  size_t job_count, next_job;
  char *powercut;               /* the program */
  struct slot *slots;
};

int
pool_add_word (struct pool_job *job, const char *word)
{
  const char **added = array_add (job->words, job->word_count);

  if (added == NULL)
    return out_of_memory ();
  *added = word;
  return 0;
}

int
pool_add_option (struct pool_job *job, const char *name, const char *value)
{
  return value == NULL ? 0 : pool_add_word (job, name) == -1 ? -1 : pool_add_word (job, value);
}

/* Make the directory of JOB, for all files of its run.  Returns 0, or -1 after a message. */
static int
make_directory (const struct pool *pool, struct pool_job *job)
{
  job->directory = text_format ("%s/job-%td", pool->config->folder, job - pool->jobs);
  if (job->directory == NULL)
    return -1;
  if (mkdir (job->directory, 0700) == 0)
    return 0;
  error_message ("%s: %m", job->directory);
  return -1;
}

/* Start the worker of SLOT, its outputs on MESSAGES, its requests on REQUESTS.  Returns its pid, or -1 after a message.
 */
static pid_t
start_process (const struct pool *pool, const struct slot *slot, int messages, int requests)
{
  const struct process_io io = { .stdout_fd = messages, .stderr_fd = messages, .inherit_fds = { requests } };
  const char *filesystems = pool->config->filesystems ? pool->config->filesystems : "";
  char fd[16], number[32], jobs[32];

  snprintf (fd, sizeof fd, "%d", requests);
  snprintf (number, sizeof number, "%td", slot - pool->slots);
  snprintf (jobs, sizeof jobs, "%ju", (uintmax_t) (pool->config->settle ? pool->config->jobs : 0));
  const char *const words[] = { pool->powercut, WORKER_COMMAND, fd, filesystems, number, jobs, NULL };
  return process_start (words, &io);
}

/* Have a worker in SLOT. */
static int
start_worker (const struct pool *pool, struct slot *slot)
{
  int ends[2], sockets[2];

  if (slot->pid > 0)
    return 0;
  if (pipe2 (ends, O_CLOEXEC) == -1) {
    error_message ("cannot start a worker: %m");
    return -1;
  }
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == -1) {
    error_message ("cannot start a worker: %m");
    close (ends[0]);
    close (ends[1]);
    return -1;
  }
  slot->pid = start_process (pool, slot, ends[1], sockets[1]);
  close (ends[1]);
  close (sockets[1]);
  if (slot->pid == -1) {
    close (ends[0]);
    close (sockets[0]);
    slot->pid = 0;
    return -1;
  }
  fcntl (ends[0], F_SETFL, O_NONBLOCK);
  slot->messages = ends[0];
  slot->requests = sockets[0];
  return 0;
}

/* JOB as a request to a worker, to free; NULL after a message. */
static char *
make_request (const struct pool_job *job, size_t *length)
{
  CLEANUP_FREE char *log = text_format ("%s/" POOL_LOG, job->directory);
  CLEANUP_FREE char *json = text_format ("%s/" JSON, job->directory);
  const char *const head[] = {
    job->log ? "replay" : "run", "--quiet", "--jobs=1", "--json", json,
    job->log ? job->log : "--output", job->log ? NULL : log
  };
  const size_t head_count = sizeof head / sizeof head[0] - (job->log != NULL);
  CLEANUP_FREE const char **words = calloc (head_count + job->word_count + 1, sizeof *words);
  char *request = NULL;

  if (words && log && json) {
    memcpy (words, head, head_count * sizeof *words);
    memcpy (words + head_count, job->words, job->word_count * sizeof *words);
    request = escape_words (words, length);
  }
  if (request == NULL)
    out_of_memory ();
  return request;
}

/* A worker takes its request at once, or has ended, which serve_slots sees. */
static int
start_job (const struct pool *pool, struct slot *slot, struct pool_job *job)
{
  CLEANUP_FREE char *request = NULL;
  size_t length;

  if (start_worker (pool, slot) == -1 || make_directory (pool, job) == -1)
    return -1;
  request = make_request (job, &length);
  if (request == NULL)
    return -1;
  slot->job = job;
  slot->length = slot->answer_length = 0;
  slot->started = clock_seconds (CLOCK_MONOTONIC);
  for (size_t sent = 0; sent < length;) {
    ssize_t count = send (slot->requests, request + sent, length - sent, MSG_NOSIGNAL);

    if (count == -1 && errno != EINTR)
      break;
    sent += count > 0 ? (size_t) count : 0;
  }
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

/* Take in what a run has left; it has ended with STATUS.  The slot is free then. */
static void
finish_job (struct slot *slot, int status)
{
  CLEANUP_FREE char *json = text_format ("%s/" JSON, slot->job->directory);
  const int code = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  struct pool_job *job = slot->job;

  job->status = status;
  if (code == EXIT_SUCCESS || code == EXIT_VIOLATION || code == EXIT_UNFINISHED)
    job->result = read_report (json);
  job->seconds = clock_seconds (CLOCK_MONOTONIC) - slot->started;
  job->ended = true;
  slot->job = NULL;
}

/* Forget the worker of SLOT, which has ended. */
static void
clear_worker (struct slot *slot)
{
  close (slot->messages);
  close (slot->requests);
  *slot = (struct slot) { .pid = 0 };
}

/* Read some of what the run of SLOT says.  Returns the number of bytes, 0 at the end of the worker, or -1: with errno
 * EAGAIN if there is nothing now, else after a message.
 */
static ssize_t
read_messages (struct slot *slot)
{
  char buffer[4096];
  ssize_t count;

  do
    count = read (slot->messages, buffer, sizeof buffer);
  while (count == -1 && errno == EINTR);
  if (count == -1 && errno != EAGAIN)
    error_message ("cannot read what a run says: %m");
  if (count <= 0)
    return count;
  char *larger = realloc (slot->job->text, slot->length + (size_t) count + 1);
  if (larger == NULL)
    return out_of_memory ();
  memcpy (larger + slot->length, buffer, (size_t) count);
  slot->job->text = larger;
  slot->length += (size_t) count;
  larger[slot->length] = '\0';
  return count;
}

/* Read what there is of it.  Returns 1 at the end of the worker, 0 before, -1 after a message. */
static int
drain_messages (struct slot *slot)
{
  ssize_t count;

  do
    count = read_messages (slot);
  while (count > 0);
  return count == 0 ? 1 : errno == EAGAIN ? 0 : -1;
}

/* Read what there is of the answer.  Returns 1 and *status when it is complete, 0 before.  An answer that is none is
 * taken for the end of the worker, which is shown by its messages.
 */
static int
read_answer (struct slot *slot, int *status)
{
  uint64_t code;
  size_t room = sizeof slot->answer - slot->answer_length;
  ssize_t count = recv (slot->requests, slot->answer + slot->answer_length, room, MSG_DONTWAIT);

  if (count <= 0)
    return 0;
  slot->answer_length += (size_t) count;
  if (slot->answer[slot->answer_length - 1] != '\n')
    return 0;
  slot->answer[slot->answer_length - 1] = '\0';
  if (parse_unsigned (slot->answer, UINT8_MAX, &code) == -1)
    return 0;
  *status = W_EXITCODE ((int) code, 0);
  return 1;
}

/* Give every free slot a job. */
static int
fill_slots (struct pool *pool)
{
  for (size_t i = 0; i < pool->config->jobs; i++) {
    while (pool->next_job < pool->job_count && pool->jobs[pool->next_job].ended)
      pool->next_job++;
    if (pool->slots[i].job == NULL && pool->next_job < pool->job_count
        && start_job (pool, &pool->slots[i], &pool->jobs[pool->next_job++]) == -1)
      return -1;
  }
  return 0;
}

/* See to what has happened to SLOT.  Returns 0, or -1 after a message. */
static int
serve_slot (struct slot *slot)
{
  int status, answered = read_answer (slot, &status), end_status;
  /* After the answer: all that was said before it is there now. */
  int ended = drain_messages (slot);

  if (ended == -1)
    return -1;
  if (ended && process_wait (slot->pid, -1, answered ? &end_status : &status) == -1) {
    error_message ("cannot wait for a worker: %m");
    return -1;
  }
  if (ended || answered)
    finish_job (slot, status);
  if (ended)
    clear_worker (slot);
  return 0;
}

/* Wait for something to happen to the slots, and see to it.  Returns 0, or -1 after a message or a stop. */
static int
serve_slots (struct pool *pool)
{
  const size_t slot_count = pool->config->jobs;
  CLEANUP_FREE struct pollfd *pollers = calloc (2 * slot_count + 1, sizeof *pollers);

  if (pollers == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < slot_count; i++) {
    const struct slot *slot = &pool->slots[i];

    pollers[2 * i] = (struct pollfd) { .fd = slot->job ? slot->messages : -1, .events = POLLIN };
    pollers[2 * i + 1] = (struct pollfd) { .fd = slot->job ? slot->requests : -1, .events = POLLIN };
  }
  pollers[2 * slot_count] = (struct pollfd) { .fd = stop_fd (), .events = POLLIN };
  if (poll (pollers, 2 * slot_count + 1, -1) == -1 && errno != EINTR) {
    error_message ("poll: %m");
    return -1;
  }
  if (stop_requested ())
    return -1;
  for (size_t i = 0; i < slot_count; i++) {
    const bool said = pollers[2 * i].revents || pollers[2 * i + 1].revents;

    if (pool->slots[i].job && said && serve_slot (&pool->slots[i]) == -1)
      return -1;
  }
  return 0;
}

/* End the workers: all are asked at once, then waited for. */
static void
end_workers (struct pool *pool)
{
  for (size_t i = 0; i < pool->config->jobs; i++)
    if (pool->slots[i].pid > 0)
      kill (pool->slots[i].pid, SIGTERM);
  for (size_t i = 0; i < pool->config->jobs; i++)
    if (pool->slots[i].pid > 0) {
      process_end (pool->slots[i].pid, GRACE_MS);
      clear_worker (&pool->slots[i]);
    }
}

/* Note the jobs from FIRST on that have ended and have not been noted. */
static int
note_jobs (struct pool *pool, size_t first)
{
  for (size_t i = first; pool->config->note && i < pool->next_job; i++) {
    struct pool_job *job = &pool->jobs[i];
    const bool news = job->ended && !job->noted;

    job->noted |= news;
    if (news && pool->config->note (pool->config, job) == -1)
      return -1;
  }
  return 0;
}

static int
run_all (struct pool *pool, pool_job_ended *ended)
{
  for (size_t told = 0;;) {
    if (note_jobs (pool, told) == -1)
      return -1;
    for (; told < pool->job_count && pool->jobs[told].ended; told++) {
      ended (pool->config, &pool->jobs[told]);
      if (pool->jobs[told].directory)
        workdir_remove (pool->jobs[told].directory);
    }
    if (told == pool->job_count)
      return 0;
    if (fill_slots (pool) == -1 || serve_slots (pool) == -1)
      return -1;
  }
}

int
pool_run (const struct pool_config *config, struct pool_job *jobs, size_t count, pool_job_ended *ended)
{
  struct pool pool = {
    .config = config, .jobs = jobs, .job_count = count, .powercut = part_path (PART_POWERCUT),
    .slots = calloc (config->jobs, sizeof *pool.slots)
  };
  int r = pool.slots == NULL ? out_of_memory () : -1;

  if (pool.slots && pool.powercut) {
    r = run_all (&pool, ended);
    end_workers (&pool);
  }
  free (pool.powercut);
  free (pool.slots);
  return r;
}

void
pool_free_jobs (struct pool_job *jobs, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    free (jobs[i].words);
    free (jobs[i].text);
    free (jobs[i].directory);
    cJSON_Delete (jobs[i].result);
  }
}

/* The last line of what a run said, without the name of the program that said it; to free, or NULL. */
static char *
last_message (const char *text)
{
  size_t length;
  const char *line = text_last_line (text, &length), *name = memmem (line, length, ": ", 2);

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
