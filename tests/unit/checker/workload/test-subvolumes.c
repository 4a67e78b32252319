/* SPDX-License-Identifier: BSD-3-Clause */
/* Subvolumes and snapshots in a simulation. */
#include <config.h>

#include <string.h>

#include "checker/workload/simulation.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

START_TEST (a_snapshot_has_what_its_source_has_and_goes_its_own_way)
{
  struct workload workload = parse_well ("subvolume s\nmkdir s/d\nwrite s/d/f 0 4K\nlink s/d/f s/g\nsymlink x s/l\n"
                                         "setxattr s/g user.a 1\nunlink s/l\nsnapshot s t\nappend t/g 4K\n"
                                         "creat s/new\nunlink t/d/f\nsubvolume s/in\ncreat s/in/f\nsnapshot . u ro\n");
  struct simulation simulation;

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  for (size_t i = 0; i < workload.count; i++)
    ck_assert_msg (simulation_do (&simulation, i) == 0, "%s", message);
  const struct sim_inode *old = simulation_find (&simulation, "s/d/f"), *new = simulation_find (&simulation, "t/g");
  ck_assert_ptr_eq (old, simulation_find (&simulation, "s/g"));
  ck_assert_ptr_ne (old, new);
  ck_assert_uint_eq (old->data.size, 4096);
  ck_assert_uint_eq (old->name_count, 2);
  ck_assert_uint_eq (new->data.size, 8192);
  ck_assert_uint_eq (new->name_count, 1);
  ck_assert_uint_eq (new->xattr_count, 1);
  ck_assert_ptr_null (simulation_find (&simulation, "t/d/f"));
  ck_assert_ptr_null (simulation_find (&simulation, "t/new"));
  ck_assert_ptr_null (simulation_find (&simulation, "t/l"));
  /* Of the root there is all but the subvolumes in it, nor itself. */
  ck_assert_int_eq (simulation_find (&simulation, "u")->subvolume, SUBVOLUME_READ_ONLY);
  ck_assert_int_eq (simulation_find (&simulation, "u/s")->subvolume, SUBVOLUME_STUB);
  ck_assert_ptr_null (simulation_find (&simulation, "u/s/d"));
  ck_assert_ptr_null (simulation_find (&simulation, "u/u"));
  simulation_free (&simulation);
  workload_free (&workload);
}
END_TEST

START_TEST (what_can_be_done_with_subvolumes_can_be_done)
{
  static const char *const good[] = {
    "subvolume s\nsubvolume s/a\nrename s/a b\nrename b s/c\n",
    "subvolume s\nsubvolume t\ncreat s/f\nexchange s t\ncreat s/f\n",
    "subvolume s\nsubvolume s/a\nsubvolume b\nexchange s/a b\n",
    "subvolume s\nmkdir d\nexchange s d\nrmdir s\n",
    "subvolume s\nwrite s/f 0 4K\nclone s/f g\ncopyrange g 0 s/h 0 4K\ndedupe g 0 s/h 0 4K\n",
    "subvolume s\nsnapshot s r ro\nfsync r\nrename r q\nsnapshot q w\ncreat w/f\ndelete-subvolume q\n",
    "subvolume s\nopen d s\ndelete-subvolume s\nsubvolume s\ncreat s/f\n",
    "subvolume s\nrmdir s\nmkdir s\n",
    "subvolume s\nsnapshot . u\nsnapshot u v\ncreat v/f\n",
    "subvolume s\nmkdir d\nsubvolume d/t\n{ creat s/f ; delete-subvolume s | creat d/t/g ; fsync d/t/g }\n",
  };

  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    struct workload workload = parse_well (good[i]);

    ck_assert_msg (simulation_check (&workload) == 0, "%s: %s", good[i], message);
    workload_free (&workload);
  }
}
END_TEST

START_TEST (what_cannot_be_done_with_subvolumes_is_refused)
{
  static const struct {
    const char *text, *expected;
  } bad[] = {
    { "creat s\nsubvolume s\n", "file:2: subvolume s: is there already" },
    { "mkdir s\nsnapshot s t\n", "file:2: snapshot s: is no subvolume, nor the root" },
    { "subvolume s\ncreat t\nsnapshot s t\n", "file:3: snapshot t: is there already" },
    { "subvolume s\nopen d s\ndelete-subvolume s\nsnapshot @d t\n", "file:4: snapshot @d: is no subvolume" },
    { "mkdir s\ndelete-subvolume s\n", "file:2: delete-subvolume s: is no subvolume: see unlink and rmdir" },
    { "subvolume s\nmkdir s/d\nsubvolume s/d/t\ndelete-subvolume s\n",
      "file:4: delete-subvolume s: has a subvolume in it" },
    { "subvolume s\ncreat s/f\nrmdir s\n", "file:3: rmdir s: the folder is not empty" },
    { "subvolume s\ncreat f\nlink f s/f\n", "file:3: link f: is in another subvolume than s/f" },
    { "subvolume s\ncreat s/f\nrename s/f f\n", "file:3: rename s/f: is in another subvolume than f" },
    { "subvolume s\ncreat s/f\ncreat f\nexchange f s/f\n", "file:4: exchange f: is in another subvolume than s/f" },
    { "subvolume s\nmkdir d\nsubvolume s/t\nexchange d s/t\n", "file:4: exchange d: is in another subvolume than s/t" },
    { "subvolume s\nmkdir d\nrename d s\n", "file:3: rename s: a subvolume cannot be replaced" },
    { "subvolume s\ntmpfile t\nlinktmp t s/f\n", "file:3: linktmp t: is in another subvolume than s/f" },
    { "subvolume s\nmkdir d\nsnapshot s r ro\nrename r d/r\n",
      "file:4: rename r: a read-only snapshot cannot be moved" },
    { "subvolume s\nmkdir s/d\ncreat s/f\nsnapshot s r ro\ncreat r/f2\n",
      "file:5: creat r/f2: is in a read-only snapshot" },
    { "subvolume s\ncreat s/f\nsnapshot s r ro\nappend r/f 1\n", "file:4: append r/f: is in a read-only snapshot" },
    { "subvolume s\ncreat s/f\nsnapshot s r ro\nunlink r/f\n", "file:4: unlink r/f: is in a read-only snapshot" },
    { "subvolume s\ncreat s/f\nsnapshot s r ro\nchattr r/f +i\n", "file:4: chattr r/f: is in a read-only snapshot" },
    { "subvolume s\nsnapshot s r ro\nchmod r 700\n", "file:3: chmod r: is in a read-only snapshot" },
    { "subvolume s\nsnapshot s r ro\nsubvolume r/s\n", "file:3: subvolume r/s: is in a read-only snapshot" },
    { "subvolume s\nsnapshot . u\ncreat u/s/f\n", "file:3: creat u/s/f: is in place of a subvolume" },
    { "subvolume s\nsnapshot . u\nfsync u/s\n", "file:3: fsync u/s: is in place of a subvolume" },
    { "subvolume s\nsnapshot . u\nrename u/s u/t\n", "file:3: rename u/s: what is in place of a subvolume cannot be" },
    { "mkdir A\nsetxattr A system.posix_acl_default %02%00%00%00%01%00%07%00%ff%ff%ff%ff%04%00%05%00%ff%ff%ff%ff"
      "%20%00%05%00%ff%ff%ff%ff\nsubvolume A/s\n", "file:3: subvolume A/s: its folder has a default ACL" },
    { "subvolume s\n{ snapshot s t | creat f }\n", "file:2: snapshot t: cannot be done beside another process" },
  };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct workload workload = parse_well (bad[i].text);

    message[0] = '\0';
    ck_assert_msg (simulation_check (&workload) == -1, "accepted: %s", bad[i].text);
    ck_assert_msg (strstr (message, bad[i].expected) == message, "%s: %s", bad[i].text, message);
    workload_free (&workload);
  }
}
END_TEST

UNIT_TEST_MAIN ("subvolumes",
                a_snapshot_has_what_its_source_has_and_goes_its_own_way,
                what_can_be_done_with_subvolumes_can_be_done,
                what_cannot_be_done_with_subvolumes_is_refused)
