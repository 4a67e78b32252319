/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's end of a guest, against this same program as QEMU: under the name qemu-system-x86_64 it plays that. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/workdir.h"
#include "guest/agent/protocol.h"
#include "guest/vm.h"
#include "tests/unit/guest/play-qemu.h"
#include "tests/unit/unit.h"

static char *folder, *console;
static pid_t server;            /* of the guest's disks; 0: there is none */
static int kvm_error;           /* errno of opening /dev/kvm; 0: it can be opened */

/* In place of the C library's: nobody knows whether there is a /dev/kvm where this runs. */
int
access (const char *path, int mode)
{
  if (strcmp (path, "/dev/kvm") != 0)
    return faccessat (AT_FDCWD, path, mode, 0);
  errno = kvm_error;
  return kvm_error ? -1 : 0;
}

/* In place of the real one: the agent, which nobody runs, is any file. */
char *
part_path (enum part part)
{
  ck_assert_int_eq (part, PART_AGENT);
  return strdup ("/proc/self/exe");
}

static struct vm *
start_with (const char *part, enum accel accel)
{
  struct kernel kernel = { .image = (char *) "image", .release = (char *) "6.1" };
  struct vm_config config = { .kernel = &kernel, .console = console, .memory_mib = 64,
                              .boot_timeout_ms = 5000, .accel = accel, .nbd_server = server };

  setenv ("FAKE_QEMU", part, 1);
  return vm_start (&config);
}

static struct vm *
start (const char *part)
{
  return start_with (part, ACCEL_TCG);
}

/* Which guests were started since the last call, to free. */
static char *
starts (void)
{
  char text[16] = "";
  CLEANUP_CLOSE int fd = open ("starts", O_RDONLY | O_CLOEXEC);

  if (fd != -1 && read (fd, text, sizeof text - 1) == -1)
    ck_abort_msg ("starts: %m");
  unlink ("starts");
  return strdup (text);
}

/* What is remembered between processes, without what it is about, to free. */
static char *
remembered (void)
{
  char line[2048] = "";
  CLEANUP_FCLOSE FILE *file = fopen ("powercut/accel", "r");

  if (file && fgets (line, sizeof line, file) == NULL)
    ck_abort_msg ("powercut/accel: %m");
  line[strcspn (line, "\n")] = '\0';
  return strdup (line + strcspn (line, " "));
}

/* How often KVM was tried since the last call. */
static size_t
kvm_starts (void)
{
  CLEANUP_FREE char *all = starts ();
  size_t count = 0;

  for (const char *letter = all; *letter; letter++)
    count += *letter == 'k';
  return count;
}

/* Boot as a process does that knows only what is remembered between processes: the guest must say RELEASE, and KVM be
 * tried TRIES times.
 */
static void
expect_boot (const char *part, const char *release, size_t tries)
{
  int status;

  kvm_starts ();
  pid_t pid = fork ();
  if (pid == 0) {
    struct vm *vm = start_with (part, ACCEL_AUTO);
    const bool right = vm && strcmp (vm_release (vm), release) == 0;

    vm_end (vm);
    _exit (right ? 0 : 1);
  }
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert_int_eq (status, 0);
  ck_assert_uint_eq (kvm_starts (), tries);
}

static struct vm_answer
ask (struct vm *vm, const char *word)
{
  return vm_call (vm, 2000, (const char *const[]) { "verb", word, NULL });
}

/* The outcome of one request to a guest that plays PART, whose text must have EXPECTED in it. */
static void
expect (const char *part, enum vm_failure failure, const char *expected)
{
  struct vm *vm = start (part);

  ck_assert_ptr_nonnull (vm);
  struct vm_answer answer = ask (vm, "word");
  ck_assert_int_eq (answer.failure, failure);
  ck_assert_ptr_nonnull (answer.text);
  ck_assert_msg (strstr (answer.text, expected) != NULL, "%s: %s", part, answer.text);
  ck_assert_uint_eq (answer.length, strlen (answer.text));
  free (answer.text);
  vm_end (vm);
}

static void
begin (void)
{
  unlink ("starts");
  unlink ("powercut/accel");
  unsetenv ("FAKE_KVM");
  kvm_error = 0;
}

START_TEST (kvm_that_works_is_found_out_once)
{
  setenv ("FAKE_KVM", "works", 1);
  struct vm *vm = start_with ("never", ACCEL_AUTO);

  ck_assert_ptr_nonnull (vm);
  ck_assert_str_eq (vm_release (vm), "kvm");
  vm_end (vm);
  CLEANUP_FREE char *verdict = remembered ();
  ck_assert_str_eq (verdict, " kvm untold ");
  expect_boot ("never", "kvm", 1);
}
END_TEST

START_TEST (kvm_that_does_not_work_is_found_out_once)
{
  static const char *const parts[] = { "crashes", "hangs" }, *const reasons[] = { "signal 6", "sooner" };

  setenv ("FAKE_KVM", parts[_i], 1);
  struct vm *vm = start_with (_i == 0 ? "late" : "right", ACCEL_AUTO);
  ck_assert_ptr_nonnull (vm);
  ck_assert_str_eq (vm_release (vm), "6.1");
  vm_end (vm);
  CLEANUP_FREE char *verdict = remembered ();
  ck_assert_int_eq (strncmp (verdict, " tcg told ", strlen (" tcg told ")), 0);
  ck_assert_ptr_nonnull (strstr (verdict, reasons[_i]));
  expect_boot ("right", "6.1", 0);
}
END_TEST

START_TEST (kvm_that_works_no_more_is_forgotten)
{
  setenv ("FAKE_KVM", "works", 1);
  expect_boot ("never", "kvm", 2);
  setenv ("FAKE_KVM", "crashes", 1);
  expect_boot ("right", "6.1", 1);
  expect_boot ("right", "6.1", 0);
}
END_TEST

START_TEST (what_was_found_out_before_another_boot_counts_no_more)
{
  setenv ("FAKE_KVM", "works", 1);
  expect_boot ("never", "kvm", 2);
  CLEANUP_FCLOSE FILE *file = fopen ("powercut/accel", "r+");
  ck_assert_int_ne (fputs ("00000000-0000", file), EOF);
  ck_assert_int_eq (fflush (file), 0);
  setenv ("FAKE_KVM", "crashes", 1);
  kvm_error = EACCES;
  expect_boot ("right", "6.1", 0);
  CLEANUP_FREE char *verdict = remembered ();
  ck_assert_ptr_nonnull (strstr (verdict, " tcg told /dev/kvm: Permission denied"));
  kvm_error = 0;                /* somebody joined the group: that is to be found out */
  setenv ("FAKE_KVM", "works", 1);
  expect_boot ("never", "kvm", 2);
}
END_TEST

START_TEST (who_asks_for_kvm_gets_nothing_else)
{
  setenv ("FAKE_KVM", "crashes", 1);
  ck_assert_ptr_null (start_with ("right", ACCEL_KVM));
  CLEANUP_FREE char *crashed = starts ();
  ck_assert_str_eq (crashed, "k");
  setenv ("FAKE_KVM", "works", 1);
  struct vm *vm = start_with ("right", ACCEL_KVM);
  ck_assert_str_eq (vm_release (vm), "kvm");
  vm_end (vm);
  CLEANUP_FREE char *worked = starts ();
  kvm_error = ENOENT;
  ck_assert_ptr_null (start_with ("right", ACCEL_KVM));
  CLEANUP_FREE char *none = starts (), *verdict = remembered ();
  ck_assert_str_eq (none, "");
  ck_assert_str_eq (verdict, "");
}
END_TEST

static const struct {
  const char *part;
  enum vm_failure failure;
  const char *text;
} answers[] = {
  { "right", VM_OK, "hello" }, { "empty", VM_OK, "" }, { "refuses", VM_REFUSED, "nope" },
  /* Malformed answers end the conversation. */
  { "malformed", VM_BROKEN, "malformed" }, { "negative", VM_BROKEN, "malformed" }, { "huge", VM_BROKEN, "malformed" },
  { "endless", VM_BROKEN, "malformed" },
  /* A guest that dies within an answer is dead. */
  { "half", VM_DIED, "went down" },
  /* The end of QEMU is not that of a guest. */
  { "killed", VM_BROKEN, "QEMU was killed by signal 9 (out of memory?)" },
  { "aborts", VM_BROKEN, "QEMU was killed by signal 6: bad machine" },
  { "gives up", VM_BROKEN, "QEMU failed with exit status 1: bad machine" },
  { "obeys", VM_BROKEN, "terminating on signal 15" }, { "goes down", VM_DIED, "the guest went down" },
};

START_TEST (answers_refusals_and_ends_are_told_apart)
{
  expect (answers[_i].part, answers[_i].failure, answers[_i].text);
}
END_TEST

START_TEST (the_end_of_the_server_ends_the_waiting)
{
  server = process_start ((const char *const[]) { "/bin/sleep", "60", NULL }, NULL);
  struct vm *vm = start ("silent");

  ck_assert_ptr_nonnull (vm);
  ck_assert_int_eq (kill (server, SIGKILL), 0);
  struct vm_answer answer = vm_call (vm, 30000, (const char *const[]) { "verb", NULL });
  ck_assert_int_eq (answer.failure, VM_BROKEN);
  ck_assert_str_eq (answer.text, "nbdkit, which served the disk, was killed by signal 9");
  free (answer.text);
  vm_end (vm);
  process_end (server, 0);
  server = 0;
}
END_TEST

START_TEST (after_a_lost_answer_no_other_is_taken_for_it)
{
  struct vm *vm = start ("silent");
  struct vm_answer first = vm_call (vm, 50, (const char *const[]) { "verb", NULL });
  struct vm_answer second = vm_call (vm, 50, (const char *const[]) { "verb", NULL });

  ck_assert_int_eq (first.failure, VM_HUNG);
  ck_assert_int_eq (second.failure, VM_DIED);
  free (first.text);
  free (second.text);
  vm_end (vm);
}
END_TEST

START_TEST (words_are_escaped_and_answers_put_together)
{
  struct vm *vm = start ("echo");
  struct vm_answer answer = ask (vm, "two words\n");

  ck_assert_int_eq (answer.failure, VM_OK);
  ck_assert_str_eq (answer.text, "verb two%20words%0a\n");
  free (answer.text);
  vm_end (vm);
}
END_TEST

START_TEST (a_request_that_is_too_long_is_not_sent)
{
  struct vm *vm = start ("right");
  CLEANUP_FREE char *word = malloc (AGENT_REQUEST_MAX + 1);

  memset (word, 'x', AGENT_REQUEST_MAX);
  word[AGENT_REQUEST_MAX] = '\0';
  struct vm_answer refused = ask (vm, word);
  ck_assert_int_eq (refused.failure, VM_REFUSED);
  struct vm_answer answer = ask (vm, "word");
  ck_assert_int_eq (answer.failure, VM_OK);
  free (refused.text);
  free (answer.text);
  vm_end (vm);
}
END_TEST

START_TEST (a_guest_that_does_not_boot_is_no_guest)
{
  ck_assert_ptr_null (start ("fails"));
  ck_assert_ptr_null (start ("panics"));
}
END_TEST

START_TEST (the_console_says_why)
{
  FILE *file = fopen (console, "w");

  fputs ("one\r\n[ 1.0] Spectre: WARNING: advice\n[ 2.0] BUG: bad\n[ 2.1] at x\n[ 2.2] Kernel panic\n", file);
  fclose (file);
  CLEANUP_FREE char *reason = console_reason (console, 2);
  ck_assert_str_eq (reason, "BUG: bad | at x");
  file = fopen (console, "w");
  fputs ("one\r\n\ntwo\nthree", file);
  fclose (file);
  CLEANUP_FREE char *last = console_reason (console, 2);
  ck_assert_str_eq (last, "two | three");
  CLEANUP_FREE char *none = console_reason ("/nonexistent/console", 2);
  ck_assert_str_eq (none, "");
}
END_TEST

int
main (int argc, char **argv)
{
  (void) argc;
  CLEANUP_FREE char *qemu = NULL;
  char self[4096];
  ssize_t length = readlink ("/proc/self/exe", self, sizeof self - 1);

  if (strcmp (program_invocation_short_name, "qemu-system-x86_64") == 0)
    return play_qemu (argv);
  folder = workdir_create ();
  if (folder == NULL || length == -1 || asprintf (&qemu, "%s/qemu-system-x86_64", folder) == -1
      || asprintf (&console, "%s/console", folder) == -1)
    return EXIT_FAILURE;
  self[length] = '\0';
  if (symlink (self, qemu) == -1)
    return EXIT_FAILURE;
  setenv ("PATH", folder, 1);
  setenv ("XDG_CACHE_HOME", folder, 1);
  if (chdir (folder) == -1)
    return EXIT_FAILURE;
  const TTest *const tests[] = {
    kvm_that_works_is_found_out_once, unit_loop (kvm_that_does_not_work_is_found_out_once, 2),
    kvm_that_works_no_more_is_forgotten, what_was_found_out_before_another_boot_counts_no_more,
    who_asks_for_kvm_gets_nothing_else, LOOP_OVER (answers_refusals_and_ends_are_told_apart, answers),
    the_end_of_the_server_ends_the_waiting, after_a_lost_answer_no_other_is_taken_for_it,
    words_are_escaped_and_answers_put_together, a_request_that_is_too_long_is_not_sent,
    a_guest_that_does_not_boot_is_no_guest, the_console_says_why
  };
  int status = run_unit_tests ("vm", begin, NULL, tests, sizeof tests / sizeof *tests);
  workdir_remove (folder);
  free (folder);
  free (console);
  return status;
}
