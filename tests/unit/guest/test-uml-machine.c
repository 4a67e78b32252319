/* SPDX-License-Identifier: BSD-3-Clause */
/* What the keeper of a guest of User Mode Linux is told, which a script plays that writes it down. */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/agent/protocol.h"
#include "guest/kernel/program.h"
#include "guest/machine.h"
#include "guest/uml.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

/* Names that no kernel's command line could have in it. */
#define PLACE "a b,c\"d:e/"
#define CONSOLE PLACE "console"
#define DIRECTORY CONSOLE "-uml"
#define PROGRAM PLACE "bin/linux"
#define ARCHIVE PLACE "archive"
#define SERVED PLACE "served"
#define WORDS_BYTES 4096

static char words[WORDS_BYTES]; /* that the keeper was told, each in a line */

/* In place of the real one. */
char *
part_path (enum part part)
{
  ck_assert_int_eq (part, PART_UML_KEEPER);
  return text_format ("%s/keeper", work);
}

static void
begin (void)
{
  enter_work ();
  forget_messages ();
  put_text ("keeper", 0755, "#!/bin/sh\nprintf '%s\\n' \"$@\" > words; echo printed; echo said >&2\n");
  put_text (PROGRAM, 0755, "the kernel");
  put_text (ARCHIVE, 0600, "the archive");
}

/* Start a guest as CONFIG says, but for what all have in common, with the agent's port on the descriptor PORT: what its
 * keeper was told is in `words` then.
 */
static void
start (struct vm_config config, int port)
{
  static struct kernel kernel = { .image = (char *) PROGRAM, .release = (char *) "6.1.176-uml" };
  int status;

  if (config.kernel == NULL)
    config.kernel = &kernel;
  config.initramfs = ARCHIVE;
  config.memory_mib = 77;
  config.console = CONSOLE;
  CLEANUP_FCLOSE FILE *errors = fopen ("errors", "we");
  const pid_t pid = uml_machine.start (&config, ACCEL_TCG, port, fileno (errors));
  ck_assert_msg (pid > 0, "%s", message);
  ck_assert_int_eq (process_wait (pid, -1, &status), 1);
  ck_assert_int_eq (status, 0);
  CLEANUP_FCLOSE FILE *file = fopen ("words", "re");
  ck_assert_ptr_nonnull (file);
  words[fread (words, 1, sizeof words - 1, file)] = '\0';
  ck_assert_uint_eq (message_count, 0);
}

/* Whether WORD is one of the words; the first or second part of them, before or after the `--` alone. */
static bool
has_word (const char *word, bool in_first)
{
  char *between = strstr (words, "\n--\n");

  ck_assert_ptr_nonnull (between);
  *between = '\0';
  const bool has = text_lists (in_first ? words : between + strlen ("\n--\n"), '\n', word);
  *between = '\n';
  return has;
}

/* The link NAME in the guest's directory leads to the file TARGET. */
static void
expect_link (const char *name, const char *target)
{
  CLEANUP_FREE char *path = text_format (DIRECTORY "/%s", name), *whole = text_format ("%s/%s", work, target);
  char found[512] = "";

  ck_assert_int_gt (readlink (path, found, sizeof found - 1), 0);
  ck_assert_str_eq (found, whole);
}

static void
expect_text (const char *path, const char *expected)
{
  char text[16] = "";
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");

  ck_assert_ptr_nonnull (file);
  ck_assert_uint_gt (fread (text, 1, sizeof text - 1, file), 0);
  ck_assert_str_eq (text, expected);
}

START_TEST (the_keeper_is_told_where_and_what_to_run)
{
  CLEANUP_FREE char *first = text_format (DIRECTORY "\n77\n50\n--\n%s/" PROGRAM "\nmem=77M\ninitrd=initrd\n", work);
  struct stat status;

  ck_assert_int_eq (dup2 (STDERR_FILENO, 50), 50);       /* nobody else has that one, where tests share a process */
  put_text (CONSOLE, 0600, "of another guest");
  start ((struct vm_config) { .disk_count = 0 }, 50);
  close (50);
  ck_assert_msg (strncmp (words, first, strlen (first)) == 0, "%s", words);
  /* What panics is to end, and the only port is the agent's. */
  ck_assert (has_word ("panic=-1", false));
  ck_assert (has_word ("virtio_uml.device=" UML_PORTS ":3", false));
  ck_assert_uint_eq (count_text (words, "virtio_uml.device="), 1);
  ck_assert_ptr_null (strstr (strstr (words, "mem=77M"), "b,c"));
  expect_link (UML_ARCHIVE, ARCHIVE);
  expect_text (CONSOLE, "printed\n");
  expect_text ("errors", "said\n");
  ck_assert_int_eq (stat (DIRECTORY, &status), 0);
  ck_assert_uint_eq (status.st_mode & 07777, 0700);
}
END_TEST

START_TEST (disks_are_served_to_the_machine_or_over_a_port)
{
  const struct vm_disk disks[] = {
    { .export_name = "disk0", .vhost_socket = SERVED }, { .export_name = "disk1", .guest_port = "10809" },
    { .export_name = "disk2", .vhost_socket = SERVED "2" }
  };

  put_text (SERVED, 0600, "");
  put_text (SERVED "2", 0600, "");
  start ((struct vm_config) { .disks = disks, .disk_count = 3, .nbd_socket = PLACE "nbd", .terminal = PLACE "tty" }, 2);
  ck_assert (has_word (AGENT_NBD_PORT "10809=" PLACE "nbd", true));
  ck_assert (has_word (UML_TERMINAL "=" PLACE "tty", true));
  ck_assert (has_word ("virtio_uml.device=" UML_DISK "0:2", false));
  ck_assert (has_word ("virtio_uml.device=" UML_DISK "2:2", false));
  ck_assert_uint_eq (count_text (words, "virtio_uml.device="), 3);
  /* In the order of their names in the guest. */
  ck_assert (strstr (words, UML_DISK "0:2") < strstr (words, UML_DISK "2:2"));
  expect_link (UML_DISK "0", SERVED);
  expect_link (UML_DISK "2", SERVED "2");
  ck_assert_int_eq (access (DIRECTORY "/" UML_DISK "1", F_OK), -1);
}
END_TEST

START_TEST (what_another_guest_left_is_replaced)
{
  put_text (DIRECTORY "/" UML_ARCHIVE, 0600, "old");
  start ((struct vm_config) { .disk_count = 0 }, 2);
  expect_link (UML_ARCHIVE, ARCHIVE);
  start ((struct vm_config) { .disk_count = 0 }, 2);
  expect_link (UML_ARCHIVE, ARCHIVE);
}
END_TEST

START_TEST (libraries_that_came_with_the_kernel_come_along)
{
  put_text (PLACE KERNEL_LIBRARIES "/ld.so", 0755, "");
  start ((struct vm_config) { .disk_count = 0 }, 2);
  expect_link (KERNEL_LIBRARIES, PLACE KERNEL_LIBRARIES);
}
END_TEST

/* They are another kernel's, which was a guest in the same directory before. */
START_TEST (libraries_of_another_kernel_do_not_stay)
{
  put_text (DIRECTORY "/" UML_ARCHIVE, 0600, "old");
  ck_assert_int_eq (symlink ("/elsewhere", DIRECTORY "/" KERNEL_LIBRARIES), 0);
  start ((struct vm_config) { .disk_count = 0 }, 2);
  ck_assert_int_eq (access (DIRECTORY "/" KERNEL_LIBRARIES, F_OK), -1);
  char found[8];
  ck_assert_int_eq (readlink (DIRECTORY "/" KERNEL_LIBRARIES, found, sizeof found), -1);
}
END_TEST

static const struct {
  const char *release;
  bool knows;
} releases[] = {
  { "6.1.176-uml", false }, { "6.2-uml", false }, { "6.15.11-uml", false }, { "6.16-uml", true },
  { "6.16.0-rc1-uml", true }, { "6.100-uml", true }, { "7.0-uml", true }, { "7-uml", true }, { "10.1-uml", true },
  { "5.19-uml", false }, { "6-uml", false }, { "", false }, { "x7.1", false },
};

START_TEST (a_kernel_is_told_of_seccomp_if_it_knows_that)
{
  struct kernel kernel = { .image = (char *) PROGRAM, .release = (char *) releases[_i].release };

  start ((struct vm_config) { .kernel = &kernel }, 2);
  ck_assert_int_eq (has_word ("seccomp=auto", false), releases[_i].knows);
}
END_TEST

static const char *const needed[] = { PROGRAM, ARCHIVE, SERVED };

START_TEST (what_is_missing_is_named)
{
  const struct kernel kernel = { .image = (char *) PROGRAM, .release = (char *) "6.1" };
  const struct vm_disk disk = { .export_name = "disk0", .vhost_socket = SERVED };
  const struct vm_config config = { .kernel = &kernel, .initramfs = ARCHIVE, .console = CONSOLE, .disks = &disk,
                                    .disk_count = 1 };

  put_text (SERVED, 0600, "");
  ck_assert_int_eq (unlink (needed[_i]), 0);
  ck_assert_int_eq (uml_machine.start (&config, ACCEL_TCG, 2, 2), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strncmp (message, needed[_i], strlen (needed[_i])) == 0, "%s", message);
}
END_TEST

static const struct {
  int status;
  const char *line;             /* that it printed last */
  enum vm_failure failure;
  const char *text;
} ends[] = {
  { 0, "", VM_DIED, "the guest went down" }, { SIGABRT, "Aborted", VM_DIED, "the guest went down" },
  { SIGKILL, "", VM_BROKEN, "User Mode Linux was killed by signal 9 (out of memory?)" },
  { SIGSEGV, "bad", VM_BROKEN, "User Mode Linux was killed by signal 11: bad" },
  { 1 << 8, "no memory", VM_BROKEN, "User Mode Linux failed with exit status 1: no memory" },
  { 1 << 8, "Checking that ptrace can change system call numbers...OK", VM_BROKEN,
    "User Mode Linux failed with exit status 1" },
};

START_TEST (an_end_is_the_guests_or_the_machines)
{
  struct vm_answer answer = uml_machine.explain_end (ends[_i].status, ends[_i].line);

  ck_assert_int_eq (answer.failure, ends[_i].failure);
  ck_assert_str_eq (answer.text, ends[_i].text);
  free (answer.text);
}
END_TEST

UNIT_TEST_MAIN_WITH ("uml-machine", begin, leave_work, the_keeper_is_told_where_and_what_to_run,
                     disks_are_served_to_the_machine_or_over_a_port, what_another_guest_left_is_replaced,
                     libraries_that_came_with_the_kernel_come_along, libraries_of_another_kernel_do_not_stay,
                     LOOP_OVER (a_kernel_is_told_of_seccomp_if_it_knows_that, releases),
                     LOOP_OVER (what_is_missing_is_named, needed),
                     LOOP_OVER (an_end_is_the_guests_or_the_machines, ends))
