/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/number.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"
#include "guest/agent/protocol.h"

#define OUTPUT_MAX (64 << 10)
#define OUTPUT_LOOK_MS 10       /* how often it is looked at how much there is: a guest writes some 10 MiB meanwhile */
#define CHECK_MARKS_FILE "/tmp/powercut-marks"
#define CHECK_MARKS_MAX (64 << 10)
#define FROZEN_NOTE "\nthe file system was frozen: who writes to it waits until it is thawed\n"
#define TEXT_MAX (OUTPUT_MAX + sizeof FROZEN_NOTE)
#define TIMEOUT_MAX_S (INT32_MAX / 1000)

int
reap_children (const struct agent *agent, pid_t awaited, int *status)
{
  struct signalfd_siginfo ignored;
  int ended_status, found = 0;
  pid_t ended;

  /* First of all, so that who ends from now on makes it readable again. */
  while (read (agent->children, &ignored, sizeof ignored) > 0)
    ;
  while ((ended = waitpid (-1, &ended_status, WNOHANG)) > 0)
    if (ended == awaited) {
      *status = ended_status;
      found = 1;
    }
  return found;
}

/* Let the file OUTPUT, of which the first *forgotten bytes take no memory, forget all but the last of it: a program
 * that writes for ever must not take all that there is.
 */
static void
forget_output (int output, off_t *forgotten)
{
  struct stat st;

  if (fstat (output, &st) == -1 || st.st_size - *forgotten < 2 * OUTPUT_MAX)
    return;
  const off_t until = st.st_size - OUTPUT_MAX;
  if (fallocate (output, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, *forgotten, until - *forgotten) == 0)
    *forgotten = until;
}

/* Wait for PID, which writes to OUTPUT, and reap whoever else ends meanwhile: a program may wait for the end of a
 * daemon of its own, which is init's to reap.  Returns 1, or 0 on time-out.
 */
static int
wait_for (const struct agent *agent, pid_t pid, int output, int64_t timeout_ms, int *status)
{
  int64_t deadline_ms = clock_ms () + timeout_ms;
  off_t forgotten = 0;

  while (!reap_children (agent, pid, status)) {
    int64_t left_ms = deadline_ms - clock_ms ();
    struct pollfd poller = { .fd = agent->children, .events = POLLIN };

    if (left_ms <= 0)
      return 0;
    poll (&poller, 1, (int) (left_ms < OUTPUT_LOOK_MS ? left_ms : OUTPUT_LOOK_MS));
    forget_output (output, &forgotten);
  }
  return 1;
}

/* Start ARGV, which is to be followed. */
static pid_t
start_followed (const char *const *argv, const struct process_io *io)
{
  size_t count = 0;

  while (argv[count])
    count++;
  CLEANUP_FREE const char **words = calloc (count + 2, sizeof *words);
  if (words == NULL)
    return out_of_memory ();
  words[0] = AGENT_TRACE_TOOL;
  memcpy (words + 1, argv, count * sizeof *words);
  return process_start (words, io);
}

/* Whether what the environment says of the rest of the system is for NAME: a workload does that by itself. */
static bool
is_followed (const char *name)
{
  const char *background = getenv (AGENT_BACKGROUND_VARIABLE);

  return background && strcmp (name, AGENT_WORKLOAD_TOOL) != 0;
}

/* Start ARGV in the mount point below ROOT. */
static pid_t
start_in_mount_point (const char *root, const char *const *argv, int output)
{
  struct process_io io = { .stdout_fd = output, .stderr_fd = output };
  CLEANUP_CLOSE int own_root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (chroot (root) == -1 || chdir (AGENT_MOUNT_POINT) == -1) {
    error_message ("%s in %s: %m", AGENT_MOUNT_POINT, root);
    return -1;
  }
  CLEANUP_FREE char *file = process_find (argv[0]);
  pid_t pid = -1;
  if (file == NULL)
    error_message ("%s: no such program in the guest: take it in with --include", argv[0]);
  else
    pid = is_followed (argv[0]) ? start_followed (argv, &io) : process_start (argv, &io);
  if (fchdir (own_root) == -1 || chroot (".") == -1)
    error_message ("cannot leave %s: %m", AGENT_MOUNT_POINT);
  return pid;
}

/* The last OUTPUT_MAX bytes of the file OUTPUT into TEXT.  Returns their number, or -1. */
static ssize_t
read_output (int output, char *text)
{
  struct stat st;
  ssize_t length = -1;

  if (fstat (output, &st) != -1)
    length = pread (output, text, OUTPUT_MAX, st.st_size > OUTPUT_MAX ? st.st_size - OUTPUT_MAX : 0);
  if (length == -1)
    error_message ("cannot read the program's output: %m");
  return length;
}

/* Run ARGV in the mount point below ROOT and write how it ended to PAYLOAD.  With ALONE, whoever it left behind in its
 * process group is killed then.  The last of its output goes into TEXT, which has room for TEXT_MAX bytes.  Returns
 * their number, or -1.
 */
static ssize_t
run_to_end (const struct agent *agent, const char *root, const char *const *argv, uint64_t timeout_s, bool alone,
            char *text, FILE *payload)
{
  int status = 0;
  /* O_APPEND: whoever opens /dev/stdout anew must not write over what is there. */
  CLEANUP_CLOSE int output = memfd_create ("output", MFD_CLOEXEC);

  if (output == -1 || fcntl (output, F_SETFL, O_APPEND) == -1) {
    error_message ("cannot make a file for the program's output: %m");
    return -1;
  }
  pid_t pid = start_in_mount_point (root, argv, output);
  if (pid == -1)
    return -1;
  int ended = wait_for (agent, pid, output, (int64_t) timeout_s * 1000, &status);
  int frozen = 0;
  if (!ended) {
    kill (-pid, SIGKILL);
    /* Who waits to write to a frozen file system cannot be killed. */
    frozen = thaw_all (AGENT_MOUNT_POINT);
    waitpid (pid, &status, 0);
  }
  else if (alone)
    kill (-pid, SIGKILL);
  answer_write_ending (ended, status, payload);
  ssize_t length = read_output (output, text);
  if (length >= 0 && frozen > 0) {
    memcpy (text + length, FROZEN_NOTE, sizeof FROZEN_NOTE - 1);
    length += (ssize_t) sizeof FROZEN_NOTE - 1;
  }
  return length;
}

static int
parse_timeout (const char *verb, const char *word, uint64_t *timeout_s)
{
  if (parse_unsigned (word, TIMEOUT_MAX_S, timeout_s) == 0)
    return 0;
  error_message ("%s: %s: %m", verb, word);
  return -1;
}

int
run_program (struct agent *agent, char **words, FILE *payload)
{
  CLEANUP_FREE char *text = malloc (TEXT_MAX);
  uint64_t timeout_s;
  ssize_t length;

  if (text == NULL || settings_note (agent) == -1 || parse_timeout ("run", words[0], &timeout_s) == -1)
    return -1;
  length = run_to_end (agent, "/", (const char *const *) words + 1, timeout_s, false, text, payload);
  if (length > 0)
    fwrite (text, 1, (size_t) length, payload);
  return length == -1 ? -1 : 0;
}

/* What the checker below ROOT is told: a file, and as an environment may not be large, a variable with the last of it.
 */
static int
publish_marks (const char *root, const char *marks)
{
  size_t length = strlen (marks);
  char path[64];

  snprintf (path, sizeof path, "%s%s", root, CHECK_MARKS_FILE);
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  if (fd == -1 || write (fd, marks, length) != (ssize_t) length) {
    error_message ("%s: %m", path);
    return -1;
  }
  setenv ("POWERCUT_MARKS", marks + (length > CHECK_MARKS_MAX ? length - CHECK_MARKS_MAX : 0), 1);
  setenv ("POWERCUT_MARKS_FILE", CHECK_MARKS_FILE, 1);
  return 0;
}

/* Let programs below ROOT, which is not this one's, find the environment that came with them. */
static void
take_environment (const char *root)
{
  CLEANUP_FREE char *path = strcmp (root, "/") == 0 ? NULL : text_format ("%s" AGENT_ENVIRONMENT, root);

  if (path)
    environment_read (path);
}

int
run_shell (struct agent *agent, const char *root, const char *command, const char *timeout, char **why)
{
  const char *const argv[] = { "/bin/sh", "-c", command, NULL };
  CLEANUP_FREE char *text = malloc (TEXT_MAX + 1), *ending = NULL;
  struct text_stream stream;
  uint64_t timeout_s;
  size_t first_length, last_length;

  if (text == NULL || parse_timeout ("run", timeout, &timeout_s) == -1 || !text_begin (&stream))
    return -1;
  take_environment (root);
  const ssize_t length = run_to_end (agent, root, argv, timeout_s, false, text, stream.file);
  ending = text_end (&stream);
  if (length == -1 || ending == NULL)
    return -1;
  text[length] = '\0';
  ending[strcspn (ending, "\n")] = '\0';
  if (answer_exit_status (ending) == 0)
    return 0;
  const char *first = text_first_line (text, &first_length), *last = text_last_line (text, &last_length);
  if (first == last)
    last_length = 0;
  *why = text_format ("%s%s%.*s%s%.*s", ending, first_length > 0 ? ": " : "", (int) first_length, first,
                      last_length > 0 ? " ... " : "", (int) last_length, last);
  return *why ? 1 : -1;
}

int
run_checker (struct agent *agent, const char *command, const char *timeout, const char *marks, FILE *payload)
{
  const char *const argv[] = { "/bin/sh", "-c", command, NULL };
  const char *root = access (AGENT_CHECKER_ROOT, F_OK) == 0 ? AGENT_CHECKER_ROOT : "/";
  CLEANUP_FREE char *text = malloc (TEXT_MAX);
  uint64_t timeout_s;
  ssize_t length;

  if (text == NULL || parse_timeout ("recover", timeout, &timeout_s) == -1 || publish_marks (root, marks) == -1)
    return -1;
  take_environment (root);      /* its programs are where they were when it was recorded */
  answer_begin_line (ANSWER_CHECK, payload);
  /* A file that is still open would keep the file system from being unmounted. */
  length = run_to_end (agent, root, argv, timeout_s, true, text, payload);
  if (length == -1)
    return -1;
  answer_begin_line (ANSWER_OUTPUT, payload);
  escape_word (text, (size_t) length, payload);
  putc ('\n', payload);
  return 0;
}
