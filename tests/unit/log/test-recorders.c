/* SPDX-License-Identifier: BSD-3-Clause */
/* What recorders leave that are killed, that do not close the log, or that have many threads. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/unit/log/given.h"

/* The recorder's stream of events in the tests that kill it: what each one is depends on its position alone. */
struct stream {
  struct log_writer *writer;
  struct dice dice;
  char data[16 * LOG_SECTOR];
};

static struct given
stream_event (struct stream *stream, uint32_t position)
{
  struct given given = { .operation = { .kind = LOG_WRITE } };

  stream->dice.state = position;
  if (position % 16 == 15) {
    given.operation.kind = LOG_FLUSH;
  } else if (position % 4 == 1) {
    given.operation = (struct log_operation) { .kind = LOG_COMPLETION, .offset_bytes = position - 1 };
  } else if (position % 16 == 6) {
    given = (struct given) { .operation = { .kind = LOG_MARK }, .data = "a mark", .data_size = 6 };
  } else {
    given.operation.length_bytes = (1 + roll (&stream->dice, 16)) * LOG_SECTOR;
    given.operation.offset_bytes = roll (&stream->dice, 48) * LOG_SECTOR;
    fill_random (&stream->dice, stream->data, 16);
    given.data = stream->data;
    given.data_size = given.operation.length_bytes;
  }
  return given;
}

/* Write events until the process dies or LIMIT is reached, and tell PIPE the position of every completion and mark once
 * it is logged.  Returns the exit status.
 */
static int
run_recorder (const char *path, uint32_t limit, int pipe)
{
  static struct stream stream;  /* static, as the writer that it holds is never closed and is no leak */

  stream.writer = log_writer_create (path, (uint64_t[]) { SIZE_0 }, 1, NULL, 0);
  if (stream.writer == NULL)
    return EXIT_FAILURE;
  for (uint32_t position = 0; position < limit; position++) {
    struct given given = stream_event (&stream, position);

    bool is_promise = given.operation.kind == LOG_COMPLETION || given.operation.kind == LOG_MARK;
    if (give (stream.writer, &given) == -1
        || (is_promise && write (pipe, &position, sizeof position) != sizeof position))
      return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

/* Check that the log is a prefix of the stream, with the event at PROMISED. */
static void
assert_prefix_of_stream (const char *path, uint32_t promised)
{
  struct stream stream = { .writer = NULL };
  struct write_log *log = open_well (path);
  struct log_cursor cursor;
  struct log_event event;

  ck_assert_int_eq (log->end, LOG_END_CUT);
  ck_assert_uint_gt (log->event_count, promised);
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event)) {
    struct given given = stream_event (&stream, event.position);

    assert_event_is (&event, &given);
  }
  assert_loss (log, log->event_count, cursor.file_offset, "cut off");
  write_log_close (log);
}

/* Run a recorder in a process of its own and kill it after it reported so many REPORTS and NAP_US microseconds more. */
static void
kill_recorder (uint32_t limit, unsigned reports, unsigned nap_us)
{
  CLEANUP_FREE char *path = new_path ();
  uint32_t promised = 0;
  int pipes[2], status;

  ck_assert_int_eq (pipe (pipes), 0);
  pid_t pid = fork ();
  ck_assert_int_ge (pid, 0);
  if (pid == 0) {
    close (pipes[0]);
    status = run_recorder (path, limit, pipes[1]);
    free (path);
    _exit (status);
  }
  close (pipes[1]);
  while (reports-- > 0 && read (pipes[0], &promised, sizeof promised) == sizeof promised)
    ;
  usleep (nap_us);
  kill (pid, SIGKILL);
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert (WIFSIGNALED (status) || WEXITSTATUS (status) == 0);
  close (pipes[0]);
  assert_prefix_of_stream (path, promised);
  unlink (path);
}

START_TEST (a_recorder_that_is_killed_leaves_a_valid_prefix)
{
  struct dice dice = { 14 };

  for (unsigned round = 0; round < unit_rounds (25); round++)
    kill_recorder (UINT32_MAX, 1 + roll (&dice, 100), roll (&dice, 3000));
}
END_TEST

START_TEST (a_recorder_that_does_not_close_leaves_what_it_had_flushed)
{
  struct dice dice = { 15 };

  for (unsigned round = 0; round < unit_rounds (10); round++) {
    uint32_t limit = 16 + roll (&dice, 400);

    kill_recorder (limit, UINT32_MAX, 0);
  }
}
END_TEST

#define THREADS 4
#define THREAD_OPERATIONS 500

struct thread {
  pthread_t id;
  struct log_writer *writer;
  unsigned number;
  struct log_issue issues[THREAD_OPERATIONS];
  int errors[THREAD_OPERATIONS];        /* of the completion; -1: never completed */
};

/* Operation NUMBER of a thread: it writes to a device of its own. */
static struct given
thread_operation (unsigned thread, unsigned number, char *data)
{
  struct dice dice = { thread * 100000 + number };
  struct given given = { .operation = { .device = (uint16_t) thread }, .data = data };
  uint32_t length = (1 + roll (&dice, roll (&dice, 16) == 0 ? 80 : 8)) * LOG_SECTOR;

  given.operation.kind = roll (&dice, 8) == 0 ? LOG_FLUSH : roll (&dice, 8) == 0 ? LOG_ZERO : LOG_WRITE;
  if (given.operation.kind == LOG_FLUSH)
    return given;
  given.operation.length_bytes = length;
  given.operation.offset_bytes = roll (&dice, 16) * LOG_SECTOR;
  given.operation.flags = roll (&dice, 4) == 0 ? LOG_FLAG_FUA : 0;
  if (given.operation.kind == LOG_WRITE) {
    memset (data, 'a' + (int) thread, length);
    fill_random (&dice, data, 32);
    given.data_size = length;
  }
  return given;
}

/* Sets issues[i].data_offset to 0 where something went wrong: an assertion in a thread could not be reported. */
static void *
run_thread (void *opaque)
{
  struct thread *thread = opaque;
  CLEANUP_FREE char *data = malloc (96 * LOG_SECTOR), *seen = malloc (96 * LOG_SECTOR);

  for (unsigned i = 0; i < THREAD_OPERATIONS; i++) {
    struct given given = thread_operation (thread->number, i, data);
    struct log_issue *issue = &thread->issues[i];

    if (log_writer_issue (thread->writer, &given.operation, data, issue) == -1)
      break;
    if (given.data_size > 0 && (log_writer_read (thread->writer, seen, given.data_size, issue->data_offset) == -1
                                || memcmp (seen, data, given.data_size) != 0))
      issue->data_offset = 0;
    thread->errors[i] = i % 5 == 4 ? -1 : i % 7 == 3 ? EIO : 0;
    if (thread->errors[i] >= 0
        && log_writer_complete (thread->writer, issue->position, (uint16_t) thread->number, thread->errors[i],
                                false) == -1)
      issue->data_offset = 0;
  }
  return NULL;
}

/* Hold the events of LOG against what a thread wrote. */
static void
assert_thread_logged (const struct log_event *events, uint32_t event_count, const uint32_t *completions,
                      const struct thread *thread)
{
  CLEANUP_FREE char *data = malloc (96 * LOG_SECTOR);

  for (unsigned i = 0; i < THREAD_OPERATIONS; i++) {
    struct given given = thread_operation (thread->number, i, data);
    const struct log_issue *issue = &thread->issues[i];

    ck_assert_uint_ne (issue->data_offset, 0);
    ck_assert_uint_lt (issue->position, event_count);
    ck_assert (i == 0 || issue->position > thread->issues[i - 1].position);
    const struct log_event *event = &events[issue->position];
    assert_event_is (event, &given);
    ck_assert_uint_eq (issue->data_offset, event->file_offset + (given.data_size ? sizeof event->record : 0));
    uint32_t completion = completions[issue->position];
    ck_assert_int_eq (completion == LOG_NEVER, thread->errors[i] == -1);
    if (completion != LOG_NEVER)
      ck_assert_uint_eq (events[completion].record.length, (uint32_t) thread->errors[i]);
  }
}

START_TEST (operations_of_many_threads_are_whole)
{
  CLEANUP_FREE char *path = new_path ();
  static struct thread threads[THREADS];
  static struct log_event events[2 * THREADS * THREAD_OPERATIONS];
  static uint32_t completions[2 * THREADS * THREAD_OPERATIONS];
  const uint64_t sizes[THREADS] = { 1 << 20, 1 << 20, 1 << 20, 1 << 20 };
  struct log_writer *writer = log_writer_create (path, sizes, THREADS, NULL, 0);
  struct log_cursor cursor;
  uint64_t time = 0;

  ck_assert_ptr_nonnull (writer);
  for (unsigned i = 0; i < THREADS; i++) {
    threads[i].writer = writer;
    threads[i].number = i;
    ck_assert_int_eq (pthread_create (&threads[i].id, NULL, run_thread, &threads[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++)
    ck_assert_int_eq (pthread_join (threads[i].id, NULL), 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
  struct write_log *log = open_well (path);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_uint_eq (log->event_count, THREADS * (THREAD_OPERATIONS + THREAD_OPERATIONS * 4 / 5));
  log_cursor_begin (&cursor, log);
  for (uint32_t i = 0; i < log->event_count; i++) {
    completions[i] = LOG_NEVER;
    ck_assert (log_cursor_next (&cursor, &events[i]));
    if (events[i].record.kind == LOG_COMPLETION)
      completions[events[i].record.offset] = i;
    ck_assert_uint_ge (events[i].record.time, time);
    time = events[i].record.time;
  }
  for (unsigned i = 0; i < THREADS; i++)
    assert_thread_logged (events, log->event_count, completions, &threads[i]);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("recorders", a_recorder_that_is_killed_leaves_a_valid_prefix,
                a_recorder_that_does_not_close_leaves_what_it_had_flushed, operations_of_many_threads_are_whole)
