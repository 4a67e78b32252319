/* SPDX-License-Identifier: BSD-3-Clause */
/* A runner whose guest and device are played here, in the place of guest/vm.c and replay/device.c.  Long because it
 * takes all functions of these to play them.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/observe/tree.h"
#include "guest/vm.h"
#include "replay/runner.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

#define TREE "seen\n"
#define FAULT "BUG: unable to handle page fault"

/* What the guest answers to `recover`, one after the other: the first `%` is the digest of TREE. */
static struct vm_answer answers[4];
static size_t next_answer;
static unsigned boots;
static bool guest_is_up;
static const char *failing_copy;        /* strdup has no memory for this text */

char *
strdup (const char *text)
{
  size_t size = strlen (text) + 1;
  char *copy = failing_copy && strcmp (text, failing_copy) == 0 ? NULL : malloc (size);

  return copy ? memcpy (copy, text, size) : NULL;
}

struct vm *
vm_start (const struct vm_config *config)
{
  static char vm;

  ck_assert_str_eq (config->disks[0].export_name, "disk0");
  ck_assert (!guest_is_up);
  guest_is_up = true;
  boots++;
  return (struct vm *) &vm;
}

void
vm_end (struct vm *vm)
{
  guest_is_up = guest_is_up && vm == NULL;
}

const char *
vm_release (const struct vm *vm)
{
  (void) vm;
  return "played";
}

static const struct kernel kernel = { .image = (char *) "image", .release = (char *) "6.1" };
static struct runner_config config = {
  .log = "log.bin", .kernel = &kernel, .filesystem = "ext4", .mount_options = "", .places = "/dev/vda",
  .disk_count = 1, .observe = true, .run_timeout_ms = 20000
};

struct vm_answer
vm_call (struct vm *vm, int timeout_ms, const char *const *words)
{
  struct vm_answer answer = { .text = strdup (TREE) };
  char digest[TREE_DIGEST_LENGTH + 1];

  (void) vm;
  (void) timeout_ms;
  if (strcmp (words[0], "tree") == 0)
    return answer;
  ck_assert_str_eq (words[0], config.taped && next_answer % 2 == 1 ? "try" : "recover");
  ck_assert_uint_lt (next_answer, sizeof answers / sizeof answers[0]);
  free (answer.text);
  answer = answers[next_answer++];
  tree_digest (TREE, digest);
  const char *text = answer.text ? answer.text : "", *place = strchr (text, '%');
  ck_assert_int_ne (asprintf (&answer.text, "%.*s%s%s", place ? (int) (place - text) : (int) strlen (text), text,
                              place ? digest : "", place ? place + 1 : ""), -1);
  return answer;
}

char *
console_reason (const char *console, size_t lines)
{
  (void) console;
  (void) lines;
  return strdup ("Kernel panic");
}

struct device *
device_start (const char *log, const char *directory, size_t direct)
{
  static char device;

  (void) log;
  (void) directory;
  (void) direct;
  return (struct device *) &device;
}

const char *
device_direct (const struct device *device, size_t number)
{
  (void) device, (void) number;
  return NULL;
}

void
device_stop (struct device *device)
{
  (void) device;
}

int
device_change (struct device *device, const char *log)
{
  (void) device;
  (void) log;
  return 0;
}

const char *
device_socket (const struct device *device)
{
  (void) device;
  return "socket";
}

pid_t
device_server (const struct device *device)
{
  (void) device;
  return 0;
}

double
device_cpu_seconds (const struct device *device)
{
  (void) device;
  return 0;
}

int
device_select (struct device *device, const struct selection *selection)
{
  (void) device;
  (void) selection;
  return 0;
}

int
device_report (struct device *device, struct device_report *report)
{
  (void) device;
  *report = (struct device_report) { .head.behaviour = 7 };
  return 0;
}

int
device_tape (struct device *device, struct log_tape *tape)
{
  (void) device;
  *tape = (struct log_tape) { .bytes = NULL };
  return 0;
}

int
device_written (struct device *device, const struct control_seen **written, size_t *count)
{
  (void) device;
  *written = NULL;
  *count = 0;
  return 0;
}

int
device_read (struct device *device, void *buffer, size_t count, uint64_t offset)
{
  (void) device, (void) buffer, (void) count, (void) offset;
  return -1;
}

static struct runner *runner;
static struct outcome outcome;

static void
setup (void)
{
  memset (answers, 0, sizeof answers);
  config.taped = config.usable = false;
  next_answer = 0;
  boots = 0;
  runner = runner_start (&config, ".");
  ck_assert_ptr_nonnull (runner);
  forget_messages ();
}

static void
teardown (void)
{
  failing_copy = NULL;
  outcome_free (&outcome);
  runner_stop (runner);
  ck_assert (!guest_is_up);
}

/* Make a run, which returns WANTED. */
static void
make_run (int wanted)
{
  const struct selection selection = { .point = 1 };
  struct device_report report;

  ck_assert_int_eq (runner_run (runner, &selection, "", &outcome, &report), wanted);
}

#define GOOD "mount ok\nobserve %\nunmount ok\ntaint 0\n"
#define FAULTY "mount ok\nobserve %\nunmount ok\ntaint 512\nlog " FAULT "\n"

START_TEST (a_good_run_is_made_once)
{
  answers[0].text = (char *) GOOD;
  make_run (0);
  ck_assert_int_eq (outcome.kind, OUTCOME_TREE);
  ck_assert_ptr_null (outcome.fault);
  ck_assert_uint_eq (outcome.behaviour, 7);
  ck_assert (!outcome.repeated);
  ck_assert_uint_eq (next_answer, 1);
  ck_assert_uint_eq (boots, 1);
}
END_TEST

#define FOUR_MESSAGES "mount EIO\ntaint 0\nlog one\nlog two\nlog three\nlog four\n"

/* A kernel that has said much says no more for a while, of any disk: the next run has a guest that has said nothing. */
START_TEST (a_guest_whose_kernel_may_be_silent_is_not_asked)
{
  const char *const types[] = { "ext4", "btrfs" };

  config.filesystem = types[_i];
  answers[0].text = answers[1].text = answers[2].text = (char *) FOUR_MESSAGES;
  for (unsigned run = 0; run < 3; run++) {
    make_run (0);
    ck_assert_str_eq (outcome.detail, "mount: EIO: four");
    outcome_free (&outcome);
  }
  outcome = (struct outcome) { .detail = NULL };
  config.filesystem = "ext4";
  ck_assert_uint_eq (boots, 1 + (unsigned) _i);         /* the third run of btrfs */
}
END_TEST

START_TEST (what_comes_after_a_taped_recovery_is_asked_for_later)
{
  config.taped = config.usable = true;
  answers[0].text = (char *) GOOD;
  answers[1].text = (char *) "usable it is full\nunmount ok\ntaint 0\n";
  make_run (0);
  ck_assert_uint_eq (next_answer, 2);
  ck_assert_int_eq (outcome.kind, OUTCOME_TREE);
  ck_assert_str_eq (outcome.usable, "it is full");
}
END_TEST

/* There is nothing to try. */
START_TEST (what_cannot_be_mounted_is_taped_and_not_tried)
{
  config.taped = config.usable = true;
  answers[0].text = (char *) "mount EIO\ntaint 0\n";
  make_run (0);
  ck_assert_uint_eq (next_answer, 1);
  ck_assert_int_eq (outcome.kind, OUTCOME_UNMOUNTABLE);
}
END_TEST

START_TEST (a_fault_is_tried_again_on_a_fresh_boot)
{
  answers[0].text = answers[1].text = (char *) FAULTY;
  make_run (0);
  ck_assert_str_eq (outcome.fault, FAULT);
  ck_assert (outcome.repeated);
  ck_assert_uint_eq (boots, 2);
  char *tree = runner_tree (runner);
  ck_assert_str_eq (tree, TREE);
  free (tree);
}
END_TEST

START_TEST (what_the_second_run_does_not_see_is_noted)
{
  answers[0].text = (char *) FAULTY;
  answers[1].text = (char *) GOOD;
  make_run (0);
  ck_assert_ptr_null (outcome.fault);
  ck_assert (!outcome.repeated);
  ck_assert_int_eq (outcome.unrepeated_kind, VIOLATION_KERNEL);
  ck_assert_str_eq (outcome.unrepeated, FAULT);
}
END_TEST

START_TEST (a_guest_that_hangs_or_dies_is_an_outcome)
{
  answers[0].failure = answers[1].failure = VM_HUNG;
  make_run (0);
  ck_assert_int_eq (outcome.kind, OUTCOME_HUNG);
  ck_assert_str_eq (outcome.detail, "no answer within 20 s");
  outcome_free (&outcome);
  /* The agent ends a command that takes 20 s, and says so, before that is a hang. */
  next_answer = 0;
  config.assemble = "true";
  make_run (0);
  config.assemble = NULL;
  ck_assert_str_eq (outcome.detail, "no answer within 50 s");
  outcome_free (&outcome);
  answers[2].failure = answers[3].failure = VM_DIED;
  make_run (0);
  ck_assert_int_eq (outcome.kind, OUTCOME_DIED);
  ck_assert_str_eq (outcome.detail, "Kernel panic");
}
END_TEST

START_TEST (a_mount_that_fails_is_an_outcome)
{
  answers[0].text = (char *) "mount EIO\ntaint 0\nlog bad superblock\n";
  make_run (0);
  ck_assert_int_eq (outcome.kind, OUTCOME_UNMOUNTABLE);
  ck_assert_str_eq (outcome.detail, "mount: EIO: bad superblock");
}
END_TEST

/* No fault that is lost for lack of memory is no fault. */
START_TEST (without_memory_there_is_no_outcome)
{
  answers[0].text = (char *) FAULTY;
  failing_copy = FAULT;
  make_run (-1);
  ck_assert_str_eq (message, "out of memory");
  answers[1].text = (char *) "repair beyond repair\ntaint 0\n";
  failing_copy = "beyond repair";
  make_run (-1);
  ck_assert_uint_eq (message_count, 2);
}
END_TEST

/* Neither is a reason to boot another guest. */
START_TEST (what_fsck_and_use_said_is_kept)
{
  answers[0].text = (char *) "mount ok\nobserve %\nfsck e2fsck: Inode 12\nusable rmdir a: EIO\nunmount ok\ntaint 0\n";
  make_run (0);
  ck_assert_int_eq (outcome.kind, OUTCOME_TREE);
  ck_assert_str_eq (outcome.fsck, "e2fsck: Inode 12");
  ck_assert_str_eq (outcome.usable, "rmdir a: EIO");
  ck_assert_ptr_null (outcome.fault);
  ck_assert_uint_eq (next_answer, 1);
}
END_TEST

/* What nobody has recovered may be broken, but a bug is one. */
START_TEST (what_a_read_only_device_shows_is_a_fault_where_it_is_no_corruption)
{
  answers[0].text = (char *) "unrecovered EXT4-fs error (device vda): broken\n"
    "mount ok\nobserve %\nunmount ok\ntaint 0\n";
  make_run (0);
  ck_assert_ptr_null (outcome.fault);
  outcome_free (&outcome);
  answers[1].text = (char *) "readonly on a read-only device: 8 sectors were written\nmount ok\nobserve %\nunmount ok\n"
    "taint 0\n";
  make_run (0);
  ck_assert_str_eq (outcome.fault, "on a read-only device: 8 sectors were written");
}
END_TEST

#define CHECKED(ending) "mount ok\nobserve %\ncheck " ending "\noutput first%0Alast%0A\nunmount EBUSY\ntaint 0\n"

static const struct {
  const char *answer;
  enum check_result check;
  const char *detail;
} endings[] = {
  { CHECKED ("exit 0"), CHECK_RIGHT, NULL },
  { CHECKED ("exit 1"), CHECK_WRONG, "last" },
  { CHECKED ("exit 2"), CHECK_BROKEN, "exit 2: last" },
  { CHECKED ("signal 9"), CHECK_BROKEN, "signal 9: last" },
  { CHECKED ("timeout"), CHECK_HUNG, "the checker does not end within 20 s: last" },
};

/* A file system that is still held is a fault, but if it is held by a checker that hangs. */
START_TEST (what_a_checker_said_is_kept)
{
  answers[0].text = answers[1].text = (char *) endings[_i].answer;
  make_run (0);
  ck_assert_int_eq (outcome.check, endings[_i].check);
  ck_assert_pstr_eq (outcome.check_detail, endings[_i].detail);
  ck_assert_str_eq (outcome.check_output, "first\nlast\n");
  ck_assert_pstr_eq (outcome.fault, endings[_i].check == CHECK_HUNG ? NULL : "unmount: EBUSY");
  ck_assert (outcome.repeated);
}
END_TEST

START_TEST (what_a_checker_said_is_not_lost_for_lack_of_memory)
{
  answers[0].text = (char *) CHECKED ("exit 1");
  failing_copy = "first\nlast\n";
  make_run (-1);
  ck_assert_str_eq (message, "out of memory");
  ck_assert_uint_eq (message_count, 1);
}
END_TEST

static const struct {
  const char *first, *second, *message;
  enum vm_failure failure;      /* of the second */
} second_runs[] = {
  { FAULTY, "cannot", "the guest cannot make a run: cannot", VM_REFUSED },
  { CHECKED ("timeout"), "QEMU ended", "no run can be made: QEMU ended", VM_BROKEN },
  { CHECKED ("exit 1"), "mount ENODEV\ntaint 0\n", "the guest cannot mount anything: ENODEV: "
    "does its kernel have the file system, and is --memory enough?", VM_OK },
  { FAULTY, "", NULL, VM_STOPPED },
};

/* Nothing of the first one stays then. */
START_TEST (a_second_run_that_cannot_be_made_is_an_error)
{
  answers[0].text = (char *) second_runs[_i].first;
  answers[1] = (struct vm_answer) { .failure = second_runs[_i].failure, .text = (char *) second_runs[_i].second };
  make_run (-1);
  ck_assert_uint_eq (message_count, second_runs[_i].message != NULL);
  if (second_runs[_i].message)
    ck_assert_str_eq (message, second_runs[_i].message);
}
END_TEST

static const char *const senseless[] = {
  "", "taint 0\n", "mount ok\nobserve 12\nunmount ok\n", "mount ok\nunmount ok\n", "mount ok\nobserve %\n"
};

START_TEST (an_answer_that_makes_no_sense_is_an_error)
{
  answers[0].text = (char *) senseless[_i];
  make_run (-1);
  ck_assert_str_eq (message, "the guest's agent gave an answer that makes no sense");
  ck_assert_uint_eq (message_count, 1);
}
END_TEST

START_TEST (without_memory_for_its_release_there_is_no_runner)
{
  runner_stop (runner);
  runner = NULL;
  failing_copy = "played";
  ck_assert_ptr_null (runner_start (&config, "."));
  ck_assert_str_eq (message, "out of memory");
  ck_assert_uint_eq (message_count, 1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("runner", setup, teardown, a_good_run_is_made_once,
                     unit_loop (a_guest_whose_kernel_may_be_silent_is_not_asked, 2),
                     what_comes_after_a_taped_recovery_is_asked_for_later,
                     what_cannot_be_mounted_is_taped_and_not_tried,
                     a_fault_is_tried_again_on_a_fresh_boot,
                     what_the_second_run_does_not_see_is_noted, a_guest_that_hangs_or_dies_is_an_outcome,
                     a_mount_that_fails_is_an_outcome, without_memory_there_is_no_outcome,
                     what_a_read_only_device_shows_is_a_fault_where_it_is_no_corruption,
                     what_fsck_and_use_said_is_kept, LOOP_OVER (what_a_checker_said_is_kept, endings),
                     what_a_checker_said_is_not_lost_for_lack_of_memory,
                     LOOP_OVER (a_second_run_that_cannot_be_made_is_an_error, second_runs),
                     LOOP_OVER (an_answer_that_makes_no_sense_is_an_error, senseless),
                     without_memory_for_its_release_there_is_no_runner)
