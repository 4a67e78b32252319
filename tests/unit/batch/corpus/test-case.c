/* SPDX-License-Identifier: BSD-3-Clause */
/* It brings its own error_message, to see the messages. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "batch/corpus/case.h"
#include "batch/corpus/log.h"
#include "common/ini.h"
#include "common/message.h"
#include "common/workdir.h"
#include "tests/unit/unit.h"

static char message[1024];      /* the last one */
static int messages;
static char *folder;
static struct corpus_case corpus_case;

void
error_message (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (message, sizeof message, format, args);
  va_end (args);
  messages++;
}

static void
begin (void)
{
  folder = workdir_create ();
  ck_assert_ptr_nonnull (folder);
  messages = 0;
}

static void
end (void)
{
  case_free (&corpus_case);
  workdir_remove (folder);
  free (folder);
}

/* Put LENGTH bytes of TEXT into the file NAME of the case. */
static void
put_bytes (const char *name, const char *text, size_t length)
{
  char path[256];
  FILE *file;

  snprintf (path, sizeof path, "%s/%s", folder, name);
  file = fopen (path, "w");
  ck_assert_ptr_nonnull (file);
  ck_assert_uint_eq (fwrite (text, 1, length, file), length);
  ck_assert_int_eq (fclose (file), 0);
}

static void
put (const char *name, const char *text)
{
  put_bytes (name, text, strlen (text));
}

/* Read a case.ini with TEXT beside a workload. */
static int
read_text (const char *text)
{
  case_free (&corpus_case);
  put ("case.ini", text);
  put ("workload", "sync\n");
  return case_read (&corpus_case, folder, "a case");
}

/* TEXT is refused with one message that has WHAT in it. */
static void
assert_refused (const char *text, const char *what)
{
  messages = 0;
  ck_assert_int_eq (read_text (text), -1);
  ck_assert_int_eq (messages, 1);
  ck_assert_msg (strstr (message, what) != NULL, "%s: not in: %s", what, message);
}

START_TEST (all_keys_are_read)
{
  const struct case_settings *settings;

  ck_assert_int_eq (read_text ("# comment\n; another\n\n title =  a = b \norigin = o\nreference=r\n"
                               "filesystems = ext4  btrfs\n"
                               "readonly-device = yes\nnested = 2\nsettle = 35\n"
                               "check = test -e $CASE/x\n[btrfs]\nsize = 256M\nmkfs = -n 4096\n"
                               "mount = flushoncommit\n"),
                    0);
  ck_assert_str_eq (corpus_case.name, "a case");
  ck_assert_str_eq (corpus_case.title, "a = b");
  ck_assert_str_eq (corpus_case.origin, "o");
  ck_assert_str_eq (corpus_case.reference, "r");
  ck_assert_str_eq (corpus_case.settle, "35");
  ck_assert (corpus_case.readonly_device);
  ck_assert_str_eq (corpus_case.nested, "2");
  ck_assert_ptr_null (corpus_case.command);
  ck_assert_ptr_null (corpus_case.log);
  ck_assert (strncmp (corpus_case.workload, folder, strlen (folder)) == 0);
  ck_assert (strstr (corpus_case.check, folder) != NULL && strstr (corpus_case.check, "$CASE") == NULL);
  ck_assert (case_applies (&corpus_case, "ext4") && case_applies (&corpus_case, "btrfs"));
  ck_assert (!case_applies (&corpus_case, "xfs") && !case_applies (&corpus_case, "ext"));
  ck_assert_ptr_null (case_find_settings (&corpus_case, "ext4"));
  settings = case_find_settings (&corpus_case, "btrfs");
  ck_assert_str_eq (settings->size, "256M");
  ck_assert_str_eq (settings->mkfs, "-n 4096");
  ck_assert_str_eq (settings->mount, "flushoncommit");
  ck_assert_uint_eq (settings->disks.count, 0);
  ck_assert_ptr_null (settings->log_device);
  ck_assert_int_eq (messages, 0);
}
END_TEST

START_TEST (what_is_missing_is_found)
{
  ck_assert_int_eq (read_text ("title = t\nneeds = sh  /bin/sh\nneeds = /etc/passwd\n"), 0);
  ck_assert_ptr_null (case_find_missing (&corpus_case));
  ck_assert_int_eq (read_text ("title = t\nneeds = sh no-such-program /no/such/file\n"), 0);
  ck_assert_str_eq (case_find_missing (&corpus_case), "no-such-program");
  ck_assert_int_eq (read_text ("title = t\nneeds = /bin/sh\nneeds = /no/such/file\n"), 0);
  ck_assert_str_eq (case_find_missing (&corpus_case), "/no/such/file");
  ck_assert_int_eq (read_text ("title = t\n"), 0);
  ck_assert_ptr_null (case_find_missing (&corpus_case));
}
END_TEST

START_TEST (a_file_system_may_have_several_disks)
{
  ck_assert_int_eq (read_text ("title = t\n[ext4]\ndisk = main:64M\nmount = noatime\ndisk = log:16M\n"
                               "log-device = log\n"), 0);
  const struct case_settings *settings = case_find_settings (&corpus_case, "ext4");
  ck_assert_uint_eq (settings->disks.count, 2);
  ck_assert_str_eq (settings->disks.list[0], "main:64M");
  ck_assert_str_eq (settings->disks.list[1], "log:16M");
  ck_assert_str_eq (settings->log_device, "log");
  ck_assert_ptr_null (settings->size);
}
END_TEST

START_TEST (disks_may_be_put_together_and_lost)
{
  ck_assert_int_eq (read_text ("title = t\n[ext4]\ndisk = a:64M\ndisk = b:64M\nlose = any\n"
                               "create = $CASE/make {a} {b}\nassemble = mdadm {a} {b} ${CASES}\n"
                               "[xfs]\nsize = 300M\n"), 0);
  const struct case_settings *settings = case_find_settings (&corpus_case, "ext4");
  ck_assert_str_eq (settings->lose, "any");
  ck_assert (strncmp (settings->create, folder, strlen (folder)) == 0);
  ck_assert_str_eq (settings->create + strlen (folder), "/make {a} {b}");
  ck_assert_str_eq (settings->assemble, "mdadm {a} {b} ${CASES}");
  settings = case_find_settings (&corpus_case, "xfs");
  ck_assert (settings->create == NULL && settings->assemble == NULL && settings->lose == NULL);
}
END_TEST

START_TEST (a_command_has_setup_and_initial)
{
  put ("case.ini", "title = t\ncommand = $CASE/update $CASES$CASE\nsetup = echo 1\nsetup = echo 2\n"
                   "initial = $CASE/initial\n");
  ck_assert_int_eq (case_read (&corpus_case, folder, "c"), 0);
  ck_assert_ptr_null (corpus_case.workload);
  ck_assert_uint_eq (corpus_case.setup.count, 2);
  ck_assert_str_eq (corpus_case.setup.list[1], "echo 2");
  ck_assert (strncmp (corpus_case.initial, folder, strlen (folder)) == 0);
  const char *other = strstr (corpus_case.command, "/update $CASES");
  ck_assert_ptr_nonnull (other);
  ck_assert (strncmp (corpus_case.command, folder, strlen (folder)) == 0);
  ck_assert_str_eq (other + strlen ("/update $CASES"), folder);
}
END_TEST

START_TEST (a_log_is_found)
{
  put ("log.zst", "");
  put ("case.ini", "title = t\n");
  ck_assert_int_eq (case_read (&corpus_case, folder, "c"), 0);
  ck_assert_ptr_nonnull (corpus_case.log);
  ck_assert_ptr_null (corpus_case.workload);
}
END_TEST

START_TEST (a_workload_file_is_a_case)
{
  char path[256];

  put ("x.workload", "sync\n");
  snprintf (path, sizeof path, "%s/x.workload", folder);
  ck_assert_int_eq (case_read (&corpus_case, path, "x"), 0);
  ck_assert_str_eq (corpus_case.workload, path);
  ck_assert_str_eq (corpus_case.title, "x");
  ck_assert (case_applies (&corpus_case, "ext4"));
  ck_assert_ptr_null (case_find_failure (&corpus_case, "ext4", "6.1.0"));
}
END_TEST

START_TEST (failures_are_those_of_file_system_and_kernel)
{
  const struct case_failure *failure;

  ck_assert_int_eq (read_text ("title = t\n[fails btrfs 6.1 6.12.117]\nfinding = durability\n"
                               "finding = atomicity: is empty\nwhy = w\n"
                               "[fails xfs]\nnested-finding = kernel\nwhy = everywhere\n"), 0);
  failure = case_find_failure (&corpus_case, "btrfs", "6.1.0-56-amd64");
  ck_assert_ptr_nonnull (failure);
  ck_assert_str_eq (failure->why, "w");
  ck_assert_uint_eq (failure->findings.count, 2);
  ck_assert_str_eq (failure->findings.list[1], "atomicity: is empty");
  ck_assert_ptr_eq (case_find_failure (&corpus_case, "btrfs", "6.12.117+deb12-amd64"), failure);
  ck_assert_ptr_null (case_find_failure (&corpus_case, "btrfs", "6.12.1-amd64"));
  ck_assert_ptr_null (case_find_failure (&corpus_case, "btrfs", "6.10.1"));
  ck_assert_ptr_null (case_find_failure (&corpus_case, "ext4", "6.1.0"));
  ck_assert_str_eq (case_find_failure (&corpus_case, "xfs", "7.0")->why, "everywhere");
  ck_assert_uint_eq (case_find_failure (&corpus_case, "xfs", "7.0")->nested_findings.count, 1);
  ck_assert (!failure->by_luck);
}
END_TEST

START_TEST (a_failure_by_luck_is_a_section_of_its_own)
{
  ck_assert_int_eq (read_text ("title = t\n[may-fail f2fs 6.1]\nfinding = durability\nwhy = w\n"), 0);
  ck_assert (case_find_failure (&corpus_case, "f2fs", "6.1.0")->by_luck);
  ck_assert_ptr_null (case_find_failure (&corpus_case, "f2fs", "6.12.0"));
}
END_TEST

START_TEST (what_is_not_understood_is_refused_with_its_line)
{
  static const char *const refused[][2] = {
    { "title = t\nnothing\n", "case.ini:2: nothing: is neither" },
    { "title = t\n= x\n", "case.ini:2: = x: is neither" },
    { "title = t\n\n# c\ncolour = red\n", "case.ini:4: colour: no such key" },
    { "title = t\ntitle = u\n", "case.ini:2: title: is given twice" },
    { "title =\n", "case.ini:1: title: has no value" },
    { "title = t\nreadonly-device = 1\n", "case.ini:2: readonly-device: 1: give yes or no" },
    { "title = t\nnested = 3\n", "case.ini:2: nested: 3: give how often" },
    { "title = t\nsettle = never\n", "case.ini:2: settle: never" },
    { "title = t\nfilesystems = ext4,xfs\n", "case.ini:2: filesystems: ext4,xfs" },
    { "title = t\nfilesystems = ext4\nfilesystems = xfs\n", "case.ini:3: filesystems: is given twice" },
    { "title = t\n[btrfs\n", "case.ini:2: [btrfs: a section" },
    { "title = t\n[]\n", "case.ini:2: []: a section" },
    { "title = t\n[no such thing]\n", "case.ini:2: [no such thing]: no such section" },
    { "title = t\n[btrfs]\nsize = big\n", "case.ini:3: size: big" },
    { "title = t\n[btrfs]\ndisk = 64M\n", "case.ini:3: disk: 64M: give NAME:SIZE" },
    { "title = t\n[btrfs]\ndisk = a:b\n", "case.ini:3: disk: a:b: give NAME:SIZE" },
    { "title = t\n[btrfs]\nsize = 64M\ndisk = a:64M\n", "case.ini:4: disk: there is a size" },
    { "title = t\n[btrfs]\ndisk = a:64M\nsize = 64M\n", "case.ini:4: size: there are disks" },
    { "title = t\n[btrfs]\nlog-device = a\nlog-device = b\n", "case.ini:4: log-device: is given twice" },
    { "title = t\n[btrfs]\nassemble = a\nassemble = b\n", "case.ini:4: assemble: is given twice" },
    { "title = t\nassemble = a\n", "case.ini:2: assemble: no such key" },
    { "title = t\n[btrfs]\ntitle = u\n", "case.ini:3: title: no such key here" },
    { "title = t\n[btrfs]\n[btrfs]\n", "case.ini:3: [btrfs]: is given twice" },
    { "title = t\n[fails]\n", "case.ini:2: [fails]: on which file system" },
    { "title = t\nfilesystems = ext4\n[fails xfs]\n", "case.ini:3: [fails xfs]: is not among" },
    { "title = t\n[fails xfs]\nfinding = bug\n", "case.ini:3: finding: bug: no such kind" },
    { "title = t\n[fails xfs]\nfinding = kernelx: y\n", "case.ini:3: finding: kernelx: y: no such kind" },
    { "title = t\n[fails xfs]\nkernel = 6.1\n", "case.ini:3: kernel: no such key here" },
    { "title = t\n[fails xfs]\nwhy = w\n", "case.ini: [fails xfs]: say which finding" },
    { "title = t\n[fails xfs]\nfinding = kernel\n", "case.ini: [fails xfs]: say which finding" },
    { "title = t\n[fails xfs]\n", "case.ini: [fails xfs]: say which finding" },
    { "title = t\n[may-fail]\n", "case.ini:2: [may-fail]: on which file system" },
    { "title = t\n[may-fail xfs]\n", "case.ini: [may-fail xfs]: say which finding" },
    { "origin = o\n", "case.ini: has no title" },
    { "title = t\ncommand = c\n", "exclude one another" },
    { "title = t\nsetup = s\n", "for a `command` alone" },
    { "title = t\n\033[2J = x\n", "case.ini:2: ?[2J: no such key" },
  };

  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    assert_refused (refused[i][0], refused[i][1]);
}
END_TEST

START_TEST (a_case_without_anything_to_do_is_refused)
{
  put ("case.ini", "title = t\n");
  ck_assert_int_eq (case_read (&corpus_case, folder, "c"), -1);
  ck_assert_int_eq (messages, 1);
  ck_assert (strstr (message, "nothing to do") != NULL);
}
END_TEST

START_TEST (nul_bytes_and_long_lines)
{
  static char text[100000] = "title = ";

  put ("workload", "sync\n");
  put_bytes ("case.ini", "title = a\0b\n", 12);
  ck_assert_int_eq (case_read (&corpus_case, folder, "c"), -1);
  ck_assert (strstr (message, "case.ini:1: has a NUL byte") != NULL);
  memset (text + strlen (text), 'x', sizeof text - strlen (text) - 1);
  ck_assert_int_eq (read_text (text), 0);
  ck_assert_uint_eq (strlen (corpus_case.title), strlen (text) - strlen ("title = "));
}
END_TEST

START_TEST (files_that_are_not_there)
{
  ck_assert_int_eq (case_read (&corpus_case, folder, "c"), -1);
  ck_assert_int_eq (messages, 1);
  case_free (&corpus_case);
  ck_assert_int_eq (case_read (&corpus_case, "/nothing/there", "c"), -1);
  ck_assert_int_eq (messages, 2);
}
END_TEST

/* Counts its calls, and fails at the second one. */
static int
refuse_second (void *data, const struct ini_place *place, const char *section, const char *key, const char *value)
{
  int *calls = data;

  (void) section;
  (void) value;
  return ++*calls == 2 ? ini_fault (place, "%s: no", key) : 0;
}

START_TEST (logs_unpack_to_a_limit_together)
{
  static char text[1 << 20];
  char log[256], packed[256], unpacked[256];
  uint64_t spare_bytes = sizeof text * 3 / 2;

  memset (text, 'x', sizeof text);
  put_bytes ("log.bin", text, sizeof text);
  snprintf (log, sizeof log, "%s/log.bin", folder);
  snprintf (packed, sizeof packed, "%s/log.zst", folder);
  snprintf (unpacked, sizeof unpacked, "%s/unpacked", folder);
  ck_assert_int_eq (log_pack (log, packed), 0);
  ck_assert_int_eq (log_unpack (packed, unpacked, &spare_bytes), 0);
  ck_assert_int_eq (remove (unpacked), 0);
  ck_assert_int_eq (log_unpack (packed, unpacked, &spare_bytes), -1);
  ck_assert (strstr (message, "log.zst: unpacks to more than") != NULL);
  ck_assert_int_eq (remove (unpacked), -1);
  /* What is packed as little as logs are takes nothing of it. */
  spare_bytes = 1;
  ck_assert_int_eq (log_unpack (log, unpacked, &spare_bytes), 0);
  ck_assert_uint_eq (spare_bytes, 1);
}
END_TEST

START_TEST (nothing_is_read_after_a_fault)
{
  char path[256];
  int calls = 0;

  put ("x.ini", "a = 1\nb = 2\nc = 3\n");
  snprintf (path, sizeof path, "%s/x.ini", folder);
  ck_assert_int_eq (ini_read (path, refuse_second, &calls), -1);
  ck_assert_int_eq (calls, 2);
  ck_assert_int_eq (messages, 1);
  ck_assert (strstr (message, "x.ini:2: b: no") != NULL);
}
END_TEST

UNIT_TEST_MAIN_WITH ("corpus-case", begin, end, all_keys_are_read, what_is_missing_is_found,
                     a_file_system_may_have_several_disks, disks_may_be_put_together_and_lost,
                     a_command_has_setup_and_initial, a_log_is_found,
                     a_workload_file_is_a_case, failures_are_those_of_file_system_and_kernel,
                     a_failure_by_luck_is_a_section_of_its_own, what_is_not_understood_is_refused_with_its_line,
                     a_case_without_anything_to_do_is_refused, nul_bytes_and_long_lines, files_that_are_not_there,
                     logs_unpack_to_a_limit_together, nothing_is_read_after_a_fault)
