/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/guest/initramfs/archive.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

struct initramfs *initramfs;

void
begin_initramfs (void)
{
  forget_messages ();
  enter_work ();
  initramfs = initramfs_new ();
  ck_assert_ptr_nonnull (initramfs);
}

void
end_initramfs (void)
{
  initramfs_free (initramfs);
  leave_work ();
}

struct found
find (const char *path)
{
  struct found found = { 0 };
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry;

  ck_assert_int_eq (initramfs_write (initramfs, "archive"), 0);
  archive_read_support_format_cpio (archive);
  ck_assert_int_eq (archive_read_open_filename (archive, "archive", 10240), ARCHIVE_OK);
  for (int position = 0; archive_read_next_header (archive, &entry) == ARCHIVE_OK; position++) {
    if (strcmp (archive_entry_pathname (entry), path) != 0)
      continue;
    found.count++;
    found.position = position;
    found.mode = archive_entry_mode (entry);
    found.device = archive_entry_rdev (entry);
    if (archive_entry_symlink (entry))
      snprintf (found.text, sizeof found.text, "%s", archive_entry_symlink (entry));
    else
      ck_assert_int_ge (archive_read_data (archive, found.text, sizeof found.text - 1), 0);
  }
  archive_read_free (archive);
  return found;
}

int
count_host_path (const char *path)
{
  char resolved[4096];

  snprintf (resolved, sizeof resolved, "/usr%s", path);
  return find (path + 1).count + find (resolved + 1).count;
}
