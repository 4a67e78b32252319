/* SPDX-License-Identifier: BSD-3-Clause */
/* What is promised of files that are open, and of data that were taken from another file. */
#include <config.h>

#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/unit.h"

START_TEST (what_was_taken_from_another_file_is_data)
{
  static const char cloned[] = "write a 0 16K\nwrite b 0 16K\nbegin\nclone a b 0 4K 8K\nfsync b\nwrite a 0 4K\n";
  static const char deduped[] = "write a 0 16K\nclone a b\nbegin\nwrite b 12K 4K\ndedupe a 0 b 0 8K\n";
  static const struct left cases[] = {
    { cloned, 4, cloned, NULL },
    { cloned, 0, "write a 0 16K\nwrite b 0 16K\nclone a b 0 4K 8K\n", NULL },
    { cloned, 0, "write a 0 16K\nwrite b 0 16K\n", NULL },
    { cloned, 4, "write a 0 16K\nwrite b 0 16K\nclone a b 0 4K 8K\n", NULL },
    { cloned, 4, "write a 0 16K\nwrite b 0 16K\n", "fsync-data: b: 16384 bytes" },
    { "write a 0 8K\nbegin\ncopyrange a 0 b 4K 8K\nfsync b\n", 3, "write a 0 8K\n", "fsync-name: b: missing" },
    { deduped, 0, deduped, NULL },
    { deduped, 0, "write a 0 16K\ncreat b\ntruncate b 16K\n", "sync-data: b: 16384 bytes, all zero" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (an_open_file_that_is_synced)
{
  static const char renamed[] = "write a 0 4K\nbegin\nopen d a\nrename a b\nappend @d 4K\nfsync @d\n";
  static const char unlinked[] = "write a 0 4K\nbegin\nopen d a\nunlink a\nwrite @d 0 8K\nfsync @d\n";
  static const char replaced[] = "write a 0 4K\nwrite b 0 8K\nbegin\nopen d a\nrename b a\nfsync @d\n";
  static const char linked[] = "creat a\nbegin\nopen d a\nlink a b\nfsync @d\n";
  static const struct left cases[] = {
    { renamed, 5, renamed, NULL },
    { renamed, 5, "write b 0 4K\n", "fsync-data: b: 4096 bytes" },
    { renamed, 5, "write a 0 4K\nsync\nsync\nappend a 4K\n", "fsync-gone: a: 8192 bytes" },
    { linked, 4, "creat b\n", "fsync-name: a: missing" },
    { linked, 4, "creat a\n", "fsync-links: b: missing" },
    { unlinked, 5, "sync\n", NULL },
    { unlinked, 5, "write a 0 4K\n", "fsync-unlinked: a: 4096 bytes" },
    { unlinked, 0, "write a 0 4K\n", NULL },
    { "write a 0 4K\nbegin\nopen d a\nunlink a\nwrite @d 0 4K sync\n", 4, "write a 0 4K\n", "fsync-unlinked: a: " },
    { "write a 0 4K\nbegin\nopen d a\nunlink a\nwrite @d 0 4K dsync\n", 4, "write a 0 4K\n", NULL },
    { "write a 0 4K\nbegin\nopen d a\nunlink a\nwrite @d 0 4K\nfdatasync @d\n", 5, "write a 0 4K\n", NULL },
    { replaced, 5, replaced, NULL },
    { replaced, 5, "write a 0 4K\nwrite b 0 8K\n", "sync-data: a: 4096 bytes 22128dac..., should be 8192 bytes" },
  };
  ASSERT_ALL_LEFT (cases);
  /* Where that is not promised, it may be there as it was. */
  char *seen = tree_after ("write a 0 4K\n", SIZE_MAX);
  ck_assert_ptr_null (judge_on ("f2fs", "", unlinked, 5, seen));
  free (seen);
}
END_TEST

UNIT_TEST_MAIN ("opened-and-shared",
                what_was_taken_from_another_file_is_data,
                an_open_file_that_is_synced)
