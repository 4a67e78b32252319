/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <linux/fs.h>
#include <stdio.h>
#include <string.h>

#include "checker/workload/language.h"
#include "checker/workload/pattern.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static void
assert_refused (const char *text, const char *expected)
{
  struct workload workload;

  forget_messages ();
  ck_assert_msg (workload_parse (text, "file", &workload) == -1, "accepted: %s", text);
  ck_assert_msg (strncmp (message, expected, strlen (expected)) == 0, "%s: %s", text, message);
  workload_free (&workload);
}

START_TEST (every_operation_is_understood)
{
  static const char text[] =
    "mkdir A\n" "creat A/foo\n" "write A/foo 0 4K\n" "dwrite A/foo 512 1024\n" "append A/foo 1\n"
    "mmapwrite A/foo 1 2\n" "msync A/foo 0 4096\n" "falloc A/foo alloc 0 1M\n" "truncate A/foo 0\n"
    "link A/foo A/bar\n" "symlink ../x A/link\n"
    "rename A/foo B\n" "exchange B A/bar\n" "unlink B\n" "rmdir A\n" "tmpfile t\n" "write t 0 1\n" "linktmp t C\n"
    "setxattr . user.a v\n" "removexattr . user.a\n" "fsync .\n" "fdatasync C\n" "sync\n" "syncfs\n" "reflink C D\n"
    "checkpoint\n" "chmod . 0750\n" "mkfifo E\n" "dropcaches\n" "mknod F b 7 1048575\n" "utimes . 0 1700000000\n"
    "sync_file_range C 0 4096\n" "rename C D noreplace\n" "rename D C whiteout\n" "chown C 0 65534\n"
    "write C 0 1 sync\n" "append C 1 dsync\n" "chattr . +ai\n" "chattr C -ACDScd\n" "project C 0\n"
    "remount ro,x=1\n" "subvolume S\n" "snapshot S T\n" "snapshot . U ro\n" "delete-subvolume S\n";
  struct workload workload = parse_well (text);
  const struct workload_operation *operations = workload.operations;

  ck_assert_uint_eq (workload.count, 45);
  ck_assert_str_eq (operations[40].other, "ro,x=1");
  ck_assert_uint_eq (operations[37].set, FS_APPEND_FL | FS_IMMUTABLE_FL);
  ck_assert_uint_eq (operations[37].clear, 0);
  ck_assert_uint_eq (operations[38].set, 0);
  ck_assert_uint_ne (operations[38].clear, 0);
  ck_assert_uint_eq (workload.setup_count, 0);
  for (size_t i = 0; i < workload.count; i++) {
    const char *name = workload_verb_name (operations[i].verb), *line = text;

    ck_assert_uint_eq (operations[i].line, i + 1);
    for (size_t j = 0; j < i; j++)
      line = strchr (line, '\n') + 1;
    ck_assert_uint_eq (strncmp (line, name, strlen (name)), 0);
  }
  ck_assert_str_eq (operations[2].path, "A/foo");
  ck_assert_uint_eq (operations[2].length, 4096);
  ck_assert_uint_eq (operations[3].offset, 512);
  ck_assert_uint_eq (operations[7].length, 1 << 20);
  ck_assert_str_eq (operations[10].other, "../x");
  ck_assert_str_eq (operations[10].path, "A/link");
  ck_assert_str_eq (operations[11].other, "B");
  ck_assert_str_eq (operations[18].path, ".");
  ck_assert_str_eq (operations[18].other, "user.a");
  ck_assert_uint_eq (operations[18].value_length, 1);
  ck_assert_uint_eq (operations[26].length, 0750);
  ck_assert_int_eq (operations[29].device, 'b');
  ck_assert_uint_eq (operations[29].numbers[0], 7);
  ck_assert_uint_eq (operations[29].numbers[1], 1048575);
  ck_assert_uint_eq (operations[30].numbers[1], 1700000000);
  ck_assert_int_eq (operations[11].rename, RENAME_PLAIN);
  ck_assert_int_eq (operations[32].rename, RENAME_NOT_OVER);
  ck_assert_int_eq (operations[33].rename, RENAME_LEAVING_WHITEOUT);
  ck_assert_uint_eq (operations[34].numbers[1], 65534);
  ck_assert_str_eq (operations[42].path, "S");
  ck_assert_str_eq (operations[42].other, "T");
  ck_assert (!operations[42].read_only && operations[43].read_only && workload_is_persistence (&operations[42]));
  ck_assert (!workload_is_persistence (&operations[41]) && !workload_is_persistence (&operations[44]));
  ck_assert (operations[2].sync == SYNC_NOTHING && !workload_is_persistence (&operations[2]));
  ck_assert (operations[35].sync == SYNC_ALL && workload_is_persistence (&operations[35]));
  ck_assert (operations[36].sync == SYNC_DATA && workload_is_persistence (&operations[36]));
  workload_free (&workload);
}
END_TEST

START_TEST (comments_blanks_and_begin_are_no_operations)
{
  struct workload workload = parse_well ("# setup\n\n  \tmkdir   A  # a folder\r\nbegin\nrule -object\n"
                                         "creat\tA/b\nrule +fsync-gone\n");

  ck_assert_uint_eq (workload.count, 2);
  ck_assert_uint_eq (workload.setup_count, 1);
  ck_assert_uint_eq (workload.operations[0].line, 3);
  ck_assert_uint_eq (workload.operations[1].line, 6);
  ck_assert_uint_eq (workload.rule_count, 2);
  ck_assert (!workload.rules[0].on && workload.rules[1].on);
  ck_assert_str_eq (workload.rules[1].name, "fsync-gone");
  workload_free (&workload);
}
END_TEST

START_TEST (words_are_unescaped)
{
  struct workload workload = parse_well ("creat a%20b%25%c3%bc\nsetxattr a%20b%25%c3%bc user.a 1%0023\n"
                                         "checkpoint half  way # no\n");

  ck_assert_str_eq (workload.operations[0].path, "a b%\xc3\xbc");
  ck_assert_uint_eq (workload.operations[1].value_length, 4);
  ck_assert_int_eq (memcmp (workload.operations[1].value, "1\00023", 4), 0);
  ck_assert_str_eq (workload.operations[2].other, "half  way");
  workload_free (&workload);
}
END_TEST

START_TEST (an_operation_may_be_done_many_times)
{
  struct workload workload = parse_well ("creat a$\nbegin\n3x link a%24 b$-$   # thrice\n0002x sync\nsync\n");
  const struct workload_operation *operations = workload.operations;

  ck_assert_uint_eq (workload.count, 7);
  ck_assert_uint_eq (workload.setup_count, 1);
  ck_assert_str_eq (operations[0].path, "a$");
  ck_assert_str_eq (operations[1].path, "a$");
  ck_assert_str_eq (operations[1].other, "b1-1");
  ck_assert_str_eq (operations[3].other, "b3-3");
  ck_assert_uint_eq (operations[3].line, 3);
  ck_assert_uint_eq (operations[5].line, 4);
  ck_assert_uint_eq (operations[6].line, 5);
  workload_free (&workload);
  assert_refused ("0x sync\n", "file:1: 0x: no such operation");
  assert_refused ("2x\n", "file:1: 2x: give an operation after it");
  assert_refused ("2x 2x sync\n", "file:1: 2x: stands in what is repeated already");
  assert_refused ("sync\n1x begin\nsync\n", "file:2: begin: stands in no block");
  assert_refused ("2x frob a$\n", "file:1: frob: no such operation");
  assert_refused ("9999x sync\n2x sync\n", "file:2: a workload has at most 10000 operations");
  assert_refused ("99999999999999999999999x sync\n", "file:1: a workload has at most 10000 operations");
}
END_TEST

START_TEST (several_operations_may_be_done_many_times)
{
  struct workload workload = parse_well ("2x {\nwrite a$ 0 4K ; fsync a$   # and so on\n\nunlink a$ } 3x { sync }\n"
                                         "setxattr ; user.; }\n");
  const struct workload_operation *operations = workload.operations;

  ck_assert_uint_eq (workload.count, 10);
  ck_assert_str_eq (operations[0].path, "a1");
  ck_assert_uint_eq (operations[0].line, 2);
  ck_assert_int_eq (operations[1].verb, WORKLOAD_FSYNC);
  ck_assert_uint_eq (operations[2].line, 4);
  ck_assert_str_eq (operations[3].path, "a2");
  ck_assert_str_eq (operations[5].path, "a2");
  ck_assert_uint_eq (operations[8].line, 4);
  ck_assert_str_eq (operations[9].path, ";");
  ck_assert_str_eq (operations[9].value, "}");
  workload_free (&workload);
  assert_refused ("2x {\nsync\n", "file:1: `{' has no `}'");
  assert_refused ("2x { }\n", "file:1: 2x: give an operation after it");
  assert_refused ("2x { ; }\n", "file:1: 2x: give an operation after it");
  assert_refused ("2x {\nsync\n2x sync\n}\n", "file:3: 2x: stands in what is repeated already");
  assert_refused ("2x {\nsync\n2x {\nsync\n}\n}\n", "file:3: 2x: stands in what is repeated already");
  assert_refused ("2x {\nsync\nfrob\n}\n", "file:3: frob: no such operation");
  assert_refused ("2x { rule +object }\n", "file:1: rule: stands in no block");
  assert_refused ("sync\n}\n", "file:2: }: is in no block");
  assert_refused ("5000x { sync ; sync }\nsync\n", "file:2: a workload has at most 10000 operations");
  assert_refused ("99999999999999999999999x { sync }\n", "file:1: a workload has at most 10000 operations");
}
END_TEST

START_TEST (modes_of_falloc)
{
  static const struct {
    const char *word;
    unsigned flags;
  } modes[] = {
    { "alloc", 0 }, { "keep", FALLOC_KEEP }, { "punch", FALLOC_PUNCH }, { "punch+keep", FALLOC_PUNCH | FALLOC_KEEP },
    { "keep+zero", FALLOC_KEEP | FALLOC_ZERO }, { "collapse", FALLOC_COLLAPSE }, { "insert", FALLOC_INSERT },
  };

  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    char text[64];

    snprintf (text, sizeof text, "falloc a %s 0 1", modes[i].word);
    struct workload workload = parse_well (text);
    ck_assert_uint_eq (workload.operations[0].falloc, modes[i].flags);
    workload_free (&workload);
  }
  assert_refused ("falloc a zero+punch 0 1", "file:1: zero+punch: the kernel does not allow");
  assert_refused ("falloc a keep+collapse 0 1", "file:1: keep+collapse: the kernel does not allow");
  assert_refused ("falloc a some 0 1", "file:1: some: give alloc");
  assert_refused ("falloc a keep+ 0 1", "file:1: keep+: give alloc");
}
END_TEST

START_TEST (what_is_wrong_is_said_with_its_line)
{
  assert_refused ("", "file: has no operation: see");
  assert_refused ("creat a\nbegin\n", "file: has no operation behind `begin'");
  assert_refused ("begin\ncreat a\nbegin\ncreat b\n", "file:3: `begin' is there already");
  assert_refused ("begin now\n", "file:1: too many words");
  assert_refused ("sync\ntouch a\n", "file:2: touch: no such operation");
  assert_refused ("write a 0\n", "file:1: too few words: give `write PATH OFFSET LENGTH [sync|dsync]'");
  assert_refused ("sync a\n", "file:1: too many words: give `sync'");
  assert_refused ("write a b c d e f g h i j k l\n", "file:1: too many words");
  assert_refused ("write a -1 4096\n", "file:1: -1: give a number of bytes");
  assert_refused ("write a 0 4X\n", "file:1: 4X: give a number of bytes");
  assert_refused ("write a 0 0\n", "file:1: 0: give a length of at least");
  assert_refused ("write a 0 2G\n", "file:1: 2G: files have at most 1G");
  assert_refused ("write a 1023M 2M\n", "file:1: write: ends behind 1G");
  assert_refused ("write a 0 33M\n", "file:1: write: one operation writes at most 32M");
  assert_refused ("dwrite a 100 512\n", "file:1: dwrite: give OFFSET and LENGTH in multiples of 512");
  assert_refused ("rename a b exchange\n", "file:1: exchange: give noreplace, whiteout or nothing");
  assert_refused ("rename a b whiteout noreplace\n", "file:1: too many words: give `rename OLD NEW [");
  assert_refused ("write a 0 1 fsync\n", "file:1: fsync: give sync, dsync or nothing");
  assert_refused ("mknod a p 0 0\n", "file:1: p: give b or c");
  assert_refused ("mknod a c 4096 0\n", "file:1: mknod: MAJOR is at most 4095");
  assert_refused ("mknod a c 0 1048576\n", "file:1: mknod: MAJOR is at most 4095, MINOR");
  assert_refused ("utimes a 1 1K\n", "file:1: 1K: give a number up to 2147483647");
  assert_refused ("chattr a i\n", "file:1: i: give + or - and some of the letters A, C, D, S, a, c, d, i");
  assert_refused ("chattr a +\n", "file:1: +: give + or -");
  assert_refused ("snapshot . a rw\n", "file:1: rw: give ro, for a read-only snapshot, or nothing");
  assert_refused ("subvolume .\n", "file:1: .: the root cannot be used here");
  assert_refused ("delete-subvolume a b\n", "file:1: too many words: give `delete-subvolume PATH'");
  assert_refused ("chattr a -ie\n", "file:1: -ie: give + or -");
  assert_refused ("project a -1\n", "file:1: -1: give a number up to 2147483647");
  assert_refused ("rule object\n", "file:1: give `rule +NAME'");
  assert_refused ("rule +\n", "file:1: give `rule +NAME'");
  assert_refused ("creat \x01\x02%zz\n", "file:1: ??%zz: write % as %25");
}
END_TEST

START_TEST (paths_stay_below_the_root)
{
  static const char *const bad[] = { "/a", "a//b", "a/", "..", "a/../b", "./a", "a/.", "%00", "a%00b", "." };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char text[64];

    snprintf (text, sizeof text, "creat %s\n", bad[i]);
    assert_refused (text, "file:1: ");
  }
  char name[300] = "creat ";
  memset (name + 6, 'n', 256);
  assert_refused (name, "file:1: nnn");
}
END_TEST

/* BEFORE, LENGTH times the digit 0, and AFTER: refused as EXPECTED says. */
static void
assert_long_refused (const char *before, int length, const char *after, const char *expected)
{
  CLEANUP_FREE char *text = text_format ("%s%0*d%s", before, length, 0, after);

  ck_assert_ptr_nonnull (text);
  assert_refused (text, expected);
}

START_TEST (long_texts_are_refused_also_where_they_are_repeated)
{
  assert_long_refused ("symlink ", 4096, " l\n", "file:1: a target of 4096 bytes: a symbolic link has at most 4095");
  assert_long_refused ("creat a\n300x setxattr a user.a ", 60000, "\n",
                       "file:2: what is repeated is more than 16777216 bytes of text");
  assert_long_refused ("creat a\n200x setxattr a user.a ", 60000, "\n200x setxattr a user.a 1234567890\nfrob\n",
                       "file:4: frob: no such operation");
}
END_TEST

START_TEST (tmpfiles_are_known_by_their_names)
{
  assert_refused ("linktmp t a\n", "file:1: t: no such tmpfile");
  assert_refused ("tmpfile t\ntmpfile t\n", "file:2: t: is open already");
  assert_refused ("tmpfile a/t\n", "file:1: a/t: the name of an open file or tmpfile");
  assert_refused ("tmpfile t\nrename t a\n", "file:2: t: is the name of a tmpfile");
  assert_refused ("tmpfile t\nbegin\nlinktmp t a\n", "file:3: t: no such tmpfile since `begin'");
  struct workload workload = parse_well ("tmpfile t\nbegin\ntmpfile t\nlinktmp t a\n");
  workload_free (&workload);
}
END_TEST

START_TEST (open_files_are_known_by_their_names)
{
  struct workload workload = parse_well ("creat a\nopen d a\nwrite @d 0 4K\nfsync @d\nclose d\nopen d .\nsync\n"
                                         "setxattr @d user.a 1\ntmpfile t\nfsync @t\nbegin\nopen d a\nsync\n");
  const struct workload_operation *operations = workload.operations;

  ck_assert_str_eq (operations[1].path, "d");
  ck_assert_str_eq (operations[1].other, "a");
  ck_assert_str_eq (operations[2].path, "@d");
  ck_assert_str_eq (operations[5].other, ".");
  workload_free (&workload);
  assert_refused ("fsync @d\n", "file:1: @d: no such open file: see open");
  assert_refused ("open d a\nbegin\nfsync @d\n", "file:3: @d: no such open file since `begin'");
  assert_refused ("open d a\nclose d\nfsync @d\n", "file:3: @d: no such open file");
  assert_refused ("close d\n", "file:1: d: no such open file");
  assert_refused ("open d a\nopen d b\n", "file:2: d: is open already");
  assert_refused ("open d a\ntmpfile d\n", "file:2: d: is open already");
  assert_refused ("open d a\nopen e @d\n", "file:2: @d: begins as an open file does");
  assert_refused ("open d a\nunlink @d\n", "file:2: @d: begins as an open file does");
  assert_refused ("open d a\nlinktmp d b\n", "file:2: d: no such tmpfile");
  assert_refused ("open @d a\n", "file:1: @d: the name of an open file");
  assert_refused ("creat %40d\n", "file:1: @d: begins as an open file does");
}
END_TEST

START_TEST (what_is_shared_has_two_offsets)
{
  struct workload workload = parse_well ("clone a b\nclone a b 4K 8K 1M\nopen d a\ncopyrange a 1 @d 2 3\n"
                                         "dedupe @d 4K b 0 64M\n");
  const struct workload_operation *operations = workload.operations;

  ck_assert_uint_eq (operations[0].length, 0);
  ck_assert_uint_eq (operations[1].offset, 4096);
  ck_assert_uint_eq (operations[1].length, 8192);
  ck_assert_uint_eq (operations[1].to_offset, 1 << 20);
  ck_assert_str_eq (operations[3].path, "a");
  ck_assert_str_eq (operations[3].other, "@d");
  ck_assert_uint_eq (operations[3].offset, 1);
  ck_assert_uint_eq (operations[3].to_offset, 2);
  ck_assert_uint_eq (operations[3].length, 3);
  ck_assert_str_eq (operations[4].path, "@d");
  ck_assert_uint_eq (operations[4].length, 64 << 20);
  workload_free (&workload);
  assert_refused ("clone a b 4K\n", "file:1: too few words: give `clone FROM TO [OFFSET LENGTH TO_OFFSET]'");
  assert_refused ("clone a b 0 0 0\n", "file:1: 0: give a length of at least");
  assert_refused ("clone a b 0 4K 1G\n", "file:1: clone: ends behind 1G");
  assert_refused ("copyrange a 0 b 0 33M\n", "file:1: copyrange: one operation writes at most 32M");
}
END_TEST

START_TEST (data_differ_by_operation_and_place_and_are_never_zero)
{
  uint8_t one[4096], other[4096];
  unsigned same = 0;

  workload_fill (3, 1000, one, sizeof one);
  for (size_t i = 0; i < sizeof one; i++) {
    ck_assert_uint_ne (one[i], 0);
    ck_assert_uint_eq (one[i], workload_byte (3, 1000 + i));
  }
  workload_fill (4, 1000, other, sizeof other);
  for (size_t i = 0; i < sizeof one; i++)
    same += one[i] == other[i];
  ck_assert_uint_lt (same, 100);
  workload_fill (3, 1000 + 512, other, sizeof other);
  ck_assert_int_ne (memcmp (one, other, sizeof one), 0);
  /* What is written must stay what it is: logs are judged by the same bytes for ever. */
  static const uint8_t first[] = { 248, 115, 38, 124, 175, 77, 171, 255, 35, 110 };
  for (size_t i = 0; i < sizeof first; i++)
    ck_assert_uint_eq (workload_byte (1, i), first[i]);
}
END_TEST

UNIT_TEST_MAIN ("language",
                every_operation_is_understood,
                comments_blanks_and_begin_are_no_operations,
                words_are_unescaped,
                an_operation_may_be_done_many_times,
                several_operations_may_be_done_many_times,
                modes_of_falloc,
                what_is_wrong_is_said_with_its_line,
                paths_stay_below_the_root,
                long_texts_are_refused_also_where_they_are_repeated,
                tmpfiles_are_known_by_their_names,
                open_files_are_known_by_their_names,
                what_is_shared_has_two_offsets,
                data_differ_by_operation_and_place_and_are_never_zero)
