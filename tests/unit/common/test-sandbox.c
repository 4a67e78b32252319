/* SPDX-License-Identifier: BSD-3-Clause */
/* Work that misbehaves in every way that it can: this process goes on. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/sandbox.h"
#include "tests/unit/unit.h"

#define FORBIDDEN "it asked for what it may not have"

static void
answer_well (void *argument, FILE *answer)
{
  const char *text = argument;
  CLEANUP_FREE char *copy = malloc (1 << 20);

  memset (copy, 'x', 1 << 20);
  fprintf (answer, "%s %c", text, copy[100]);
}

/* As a library does before it believes the environment. */
static void
ask_who (void *argument, FILE *answer)
{
  (void) argument;
  bool same = getuid () == geteuid () && getgid () == getegid ();

  fprintf (answer, "%d %d", same, prctl (PR_GET_DUMPABLE, 0, 0, 0, 0) != -1);
}

static void
open_file (void *argument, FILE *answer)
{
  fprintf (answer, "%d", open (argument, O_RDONLY | O_CLOEXEC));
}

static void
make_file (void *argument, FILE *answer)
{
  fprintf (answer, "%d", open (argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void
run_program (void *argument, FILE *answer)
{
  (void) argument;
  fprintf (answer, "%d", execl ("/bin/true", "true", NULL));
}

static void
fork_once (void *argument, FILE *answer)
{
  (void) argument;
  fprintf (answer, "%d", (int) fork ());
}

static void
connect_out (void *argument, FILE *answer)
{
  (void) argument;
  fprintf (answer, "%d", socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static void
kill_parent (void *argument, FILE *answer)
{
  (void) argument;
  fprintf (answer, "%d", kill (getppid (), SIGKILL));
}

static void
write_elsewhere (void *argument, FILE *answer)
{
  fprintf (answer, "%zd", write (*(const int *) argument, "x", 1));
}

static void
make_code (void *argument, FILE *answer)
{
  (void) argument;
  fprintf (answer, "%p", mmap (NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void
crash (void *argument, FILE *answer)
{
  (void) argument, (void) answer;
  raise (SIGSEGV);
  __builtin_trap ();
}

static void
never_end (void *argument, FILE *answer)
{
  (void) answer;
  for (;;)
    ++*(volatile unsigned *) argument;
}

static void
take_memory (void *argument, FILE *answer)
{
  (void) argument;
  for (int i = 0; i < 1024; i++) {
    char *more = malloc (1 << 20);

    if (more == NULL) {
      fputs ("no more", answer);
      return;
    }
    memset (more, 1, 1 << 20);
  }
}

static void
talk (void *argument, FILE *answer)
{
  (void) argument;
  for (int i = 0; i <= SANDBOX_ANSWER_MAX; i++)
    putc ('x', answer);
}

/* It needs files and calls of its own in each process: there is a limit on time, and no other. */
static bool
is_under_valgrind (void)
{
  const char *preloaded = getenv ("LD_PRELOAD");

  return preloaded && strstr (preloaded, "/vgpreload_");
}

/* Let WORK be done.  Returns the answer, or how it ended, to free. */
static char *
run (void (*work) (void *argument, FILE *answer), void *argument)
{
  char *why = NULL, *answer = sandbox_run (&(struct sandbox) { work, argument, 64 << 20, 1 }, &why);

  ck_assert (answer || why);
  ck_assert (answer == NULL || why == NULL);
  return answer ? answer : why;
}

static void
check (void (*work) (void *argument, FILE *answer), void *argument, const char *expected)
{
  CLEANUP_FREE char *said = run (work, argument);

  ck_assert_str_eq (said, expected);
}

START_TEST (an_answer_comes_back)
{
  check (answer_well, (void *) "well", "well x");
  check (answer_well, (void *) "again", "again x");
  check (ask_who, NULL, "1 1");
}
END_TEST

START_TEST (nothing_is_reached_from_there)
{
  CLEANUP_CLOSE int fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  if (is_under_valgrind ())
    return;
  check (open_file, (void *) "/etc/passwd", FORBIDDEN);
  check (make_file, (void *) "made", FORBIDDEN);
  check (run_program, NULL, FORBIDDEN);
  check (fork_once, NULL, FORBIDDEN);
  check (connect_out, NULL, FORBIDDEN);
  check (kill_parent, NULL, FORBIDDEN);
  check (write_elsewhere, &fd, FORBIDDEN);
  check (make_code, NULL, FORBIDDEN);
  ck_assert_int_eq (access ("made", F_OK), -1);
}
END_TEST

START_TEST (who_crashes_crashes_alone)
{
  CLEANUP_FREE char *said = run (crash, NULL);

  ck_assert_ptr_nonnull (strstr (said, "it "));
}
END_TEST

START_TEST (who_does_not_end_is_ended)
{
  unsigned number = 0;

  check (never_end, &number, "it ended with signal 9");
  ck_assert_uint_eq (number, 0);
}
END_TEST

START_TEST (memory_is_bounded)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  return;
#endif
  if (!is_under_valgrind ())
    check (take_memory, NULL, "no more");
}
END_TEST

START_TEST (an_answer_is_bounded)
{
  check (talk, NULL, "it took too long, or said too much");
}
END_TEST

UNIT_TEST_MAIN ("sandbox",
  an_answer_comes_back,
  nothing_is_reached_from_there,
  who_crashes_crashes_alone,
  who_does_not_end_is_ended,
  memory_is_bounded,
  an_answer_is_bounded)
