/* SPDX-License-Identifier: BSD-3-Clause */
/* Following programs, which are functions here, from call to call.  What is done after each call is written to a file.
 */
#include <config.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/text.h"
#include "guest/agent/pace.h"
#include "guest/agent/system-calls.h"
#include "guest/agent/tracer.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define WAIT_STEPS 1000         /* of 10 ms */

static char *acts;              /* the file, outside of the directory that is looked at */
static int ends[2];             /* of the pipe at which the program waits to be followed */
static const char *awaited;     /* an act ends only once this file is there; or NULL */

static void
let_go (void *context)
{
  if (write (ends[1], "", 1) != 1)
    _exit (1);
  (void) context;
}

/* Whether there is something in PATH, or it is a directory, in time. */
static bool
appears (const char *path)
{
  struct stat status;

  for (int i = 0; i < WAIT_STEPS; i++) {
    if (stat (path, &status) == 0 && (S_ISDIR (status.st_mode) || status.st_size > 0))
      return true;
    usleep (10000);
  }
  return false;
}

/* Add the line TEXT, with START before it, to what is noted. */
static bool
append (const char *start, const char *text)
{
  FILE *file = fopen (acts, "ae");

  return file && fprintf (file, "%s%s\n", start, text) > 0 && fclose (file) == 0;
}

static int
note (void *context, const struct traced_call *call)
{
  (void) context;
  return append (call->changed ? "" : "synced: ", call->text ? call->text : "less")
    && (awaited == NULL || appears (awaited)) ? 0 : -1;
}

/* Follow PROGRAM, which returns its exit status; it must be STATUS, as in wait(2).  Returns what was noted, to free. */
static char *
follow (int (*program) (void), int status)
{
  struct place place;
  int ended;
  char byte;

  acts = new_path ();
  ck_assert_int_eq (pipe (ends), 0);
  ck_assert_int_eq (place_of (".", &place), 0);
  pid_t pid = fork ();
  if (pid == 0)         /* without an assertion: libcheck notes those in a file */
    _exit (read (ends[0], &byte, 1) == 1 ? program () : 99);
  pid_t tracer = fork ();
  if (tracer == 0) {
    const int r = trace (pid, let_go, &place, note, NULL);

    _exit (r == 0 && (*message == '\0' || append ("", message)) ? 0 : 1);
  }
  ck_assert_int_eq (waitpid (pid, &ended, 0), pid);
  ck_assert_int_eq (ended, status);
  ck_assert_int_eq (waitpid (tracer, &ended, 0), tracer);
  ck_assert_int_eq (ended, 0);
  FILE *file = fopen (acts, "ae+");
  char *text = calloc (1, 65536);
  ck_assert_ptr_nonnull (file);
  rewind (file);
  ck_assert_uint_lt (fread (text, 1, 65535, file), 65535);
  fclose (file);
  free (acts);
  return text;
}

static int
change_files (void)
{
  const struct open_how how = { .flags = O_WRONLY | O_CREAT, .mode = 0600 };
  static const char data[4096];

  syscall (SYS_close_range, ends[1] + 1, ~0U, 0);       /* so that the next two have the numbers after it */
  int fd = (int) syscall (SYS_openat, AT_FDCWD, "t", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  int other = (int) syscall (SYS_openat2, AT_FDCWD, "o\n\"", &how, sizeof how);

  return dup2 (fd, 100) == 100 && dup2 (other, 101) == 101 && write (100, data, sizeof data) == sizeof data
    && fsync (100) == 0 && syscall (SYS_renameat2, AT_FDCWD, "t", AT_FDCWD, "f", 1) == 0
    && syscall (SYS_symlinkat, "f", AT_FDCWD, "l") == 0 && syscall (SYS_unlinkat, AT_FDCWD, "l", 0) == 0
    && syscall (SYS_mkdirat, AT_FDCWD, "d", 0755) == 0 && syscall (SYS_unlinkat, AT_FDCWD, "d", AT_REMOVEDIR) == 0
    && fchmod (101, 0640) == 0 && ftruncate (101, 9) == 0 && syscall (SYS_utimensat, 101, NULL, NULL, 0) == 0
    ? 7 : 1;
}

START_TEST (calls_are_written_as_strace_does)
{
  char *found = follow (change_files, 7 << 8);
  char *expected = text_format (
    "openat(AT_FDCWD, \"t\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = %d\n"
    "openat2(AT_FDCWD, \"o\\n\\\"\", {flags=O_WRONLY|O_CREAT, mode=0600}, 24) = %d\n"
    "write(100<%s/t>, ..., 4096) = 4096\n"
    "synced: fsync(100<%s/t>)\n"
    "renameat2(AT_FDCWD, \"t\", AT_FDCWD, \"f\", RENAME_NOREPLACE)\n"
    "symlinkat(\"f\", AT_FDCWD, \"l\")\n"
    "unlinkat(AT_FDCWD, \"l\", 0)\n"
    "mkdirat(AT_FDCWD, \"d\", 0755)\n"
    "unlinkat(AT_FDCWD, \"d\", AT_REMOVEDIR)\n"
    "fchmod(101<%s/o\\012\">, 0640)\n"
    "ftruncate(101<%s/o\\012\">, 9)\n"
    "utimensat(101<%s/o\\012\">, NULL, ..., 0)\n", ends[1] + 1, ends[1] + 2, work, work, work, work, work);

  ck_assert_str_eq (found, expected);
  free (expected);
  free (found);
}
END_TEST

/* What succeeds and changes nothing there, and what fails. */
static int
change_nothing (void)
{
  int pipe_ends[2], elsewhere = open ("/dev/shm", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
  int here = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat status;

  return elsewhere != -1 && here != -1 && pipe (pipe_ends) == 0 && write (pipe_ends[1], "x", 1) == 1
    && write (elsewhere, "x", 1) == 1 && fsync (elsewhere) == 0 && fstat (here, &status) == 0
    && rename ("none", "other") == -1 && chdir ("/dev/shm") == 0 && mkdir ("/proc/none", 0755) == -1
    && rename ("none", "/proc/self/other") == -1 ? 0 : 1;
}

START_TEST (calls_that_change_nothing_there_are_left)
{
  char *found = follow (change_nothing, 0);

  ck_assert_str_eq (found, "");
  free (found);
}
END_TEST

static void *
make_directory (void *path)
{
  syscall (SYS_mkdirat, AT_FDCWD, path, 0700);
  return NULL;
}

static int
change_in_others (void)
{
  pthread_t thread;
  int status;

  if (vfork () == 0) {
    execl ("/bin/sh", "sh", "-c", "(exit 3); kill -0 $$ && : > executed", NULL);
    _exit (1);
  }
  if (wait (&status) == -1 || status != 0)
    return 1;
  if (fork () == 0) {
    make_directory ((void *) "forked");
    _exit (5);
  }
  if (wait (&status) == -1 || status != 5 << 8
      || pthread_create (&thread, NULL, make_directory, (void *) "thread") != 0)
    return 1;
  pthread_join (thread, NULL);
  make_directory ((void *) "own");
  return 0;
}

START_TEST (all_that_the_program_starts_is_followed)
{
  char *found = follow (change_in_others, 0), *line = found;
  static const char *const names[] = { "executed", "forked", "thread", "own" };

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *text = strsep (&line, "\n");

    ck_assert_msg (text && strstr (text, names[i]), "%s: not found in order", names[i]);
  }
  ck_assert_str_eq (line, "");
  free (found);
}
END_TEST

/* A program sees that what is done after its call is done before it goes on. */
static int
look_for_act (void)
{
  struct stat status;

  make_directory ((void *) "d");
  return stat (acts, &status) == 0 && status.st_size > 0 ? 0 : 1;
}

START_TEST (act_ends_before_the_caller_goes_on)
{
  char *found = follow (look_for_act, 0);

  ck_assert_str_eq (found, "mkdirat(AT_FDCWD, \"d\", 0700)\n");
  free (found);
}
END_TEST

/* The act after the child's call waits for a directory elsewhere, which the program makes once it has seen the act. */
static int
let_child_wait (void)
{
  if (fork () == 0) {
    make_directory ((void *) "d");
    _exit (0);
  }
  if (!appears (acts) || mkdir (awaited, 0700) == -1 || wait (NULL) == -1)
    return 1;
  return 0;
}

START_TEST (others_go_on_while_one_waits)
{
  char *path = text_format ("/dev/shm/powercut-test-%d", (int) getpid ());

  awaited = path;
  char *found = follow (let_child_wait, 0);
  awaited = NULL;
  ck_assert_int_eq (rmdir (path), 0);
  ck_assert_str_eq (found, "mkdirat(AT_FDCWD, \"d\", 0700)\n");
  free (found);
  free (path);
}
END_TEST

static volatile sig_atomic_t caught;

static void
catch (int signal)
{
  caught = signal;
}

/* A child stops, goes on and dies of a signal, as without anybody who follows. */
static int
use_signals (void)
{
  int status;
  pid_t pid;

  signal (SIGUSR1, catch);
  if (raise (SIGUSR1) != 0 || caught != SIGUSR1)
    return 1;
  pid = fork ();
  if (pid == 0) {
    raise (SIGSTOP);
    raise (SIGUSR2);
    _exit (0);
  }
  if (waitpid (pid, &status, WUNTRACED) != pid || !WIFSTOPPED (status) || WSTOPSIG (status) != SIGSTOP)
    return 2;
  kill (pid, SIGCONT);
  if (waitpid (pid, &status, 0) != pid || !WIFSIGNALED (status) || WTERMSIG (status) != SIGUSR2)
    return 3;
  raise (SIGKILL);
  return 4;
}

START_TEST (signals_are_as_without)
{
  free (follow (use_signals, SIGKILL));
}
END_TEST

static int
use_memory_and_socket (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "s" };
  int fd = open ("m", O_RDWR | O_CREAT | O_CLOEXEC, 0600), s = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char *map = MAP_FAILED;

  if (ftruncate (fd, 4096) == 0)
    map = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED || bind (s, (struct sockaddr *) &address, sizeof address) == -1)
    return 1;
  *map = 'x';
  return msync (map, 4096, MS_SYNC) == 0 && munmap (map, 4096) == 0 ? 0 : 1;
}

START_TEST (mapped_files_and_sockets_count)
{
  char *found = follow (use_memory_and_socket, 0);

  ck_assert_ptr_nonnull (strstr (found, ", \"s\", 110)\n"));
  if (geteuid () == 0) {        /* others may not see what is mapped */
    ck_assert_ptr_nonnull (strstr (found, "\nmsync("));
    ck_assert_ptr_nonnull (strstr (found, "\nmunmap("));
  }
  free (found);
}
END_TEST

static int
trace_oneself (void)
{
  return ptrace (PTRACE_TRACEME, 0, 0, 0) == -1 ? 0 : 1;
}

START_TEST (who_wants_to_trace_is_told)
{
  char *found = follow (trace_oneself, 0);

  ck_assert_msg (strstr (found, "--background=none"), "%s", found);
  free (found);
}
END_TEST

static int
make_many (void)
{
  char name[32];

  for (int i = 0; i < 200; i++) {
    snprintf (name, sizeof name, "%d", i);
    make_directory (name);
  }
  return 0;
}

START_TEST (very_many_are_followed_by_fewer)
{
  char *found = follow (make_many, 0), *line = found, *text;
  unsigned lines = 0, less = 0;

  while (text = strsep (&line, "\n"), line) {
    lines++;
    less += strcmp (text, "less") == 0;
  }
  /* All of 64, about half of 64, about a quarter of the rest. */
  ck_assert_uint_ge (lines, 64 + 32 + 16 + 1);
  ck_assert_uint_le (lines, 64 + 32 + 20 + 1);
  ck_assert_uint_eq (less, 1);
  free (found);
}
END_TEST

/* Of calls that come in turn, none is left more often than the others. */
START_TEST (calls_in_turn_are_all_met)
{
  struct pace pace = { .calls = 0 };
  unsigned met[4] = { 0 };

  for (unsigned i = 0; i < 4000; i++)
    met[i % 4] += pace_next (&pace) == PACE_ACT;
  for (unsigned i = 0; i < 4; i++) {
    ck_assert_uint_ge (met[i], 50);
    ck_assert_uint_le (met[i], 90);
  }
}
END_TEST

START_TEST (no_more_after_a_time)
{
  struct pace pace = { .spent_ms = PACE_SPENT_MAX_MS - 1 };

  ck_assert_int_eq (pace_next (&pace), PACE_ACT);
  pace.spent_ms++;
  ck_assert_int_eq (pace_next (&pace), PACE_TELL);
  ck_assert_int_eq (pace_next (&pace), PACE_LEAVE);
}
END_TEST

UNIT_TEST_MAIN_WITH ("tracer", enter_work, leave_work, calls_are_written_as_strace_does,
                     calls_that_change_nothing_there_are_left, all_that_the_program_starts_is_followed,
                     act_ends_before_the_caller_goes_on, others_go_on_while_one_waits, signals_are_as_without,
                     mapped_files_and_sockets_count, who_wants_to_trace_is_told, very_many_are_followed_by_fewer,
                     calls_in_turn_are_all_met, no_more_after_a_time)
