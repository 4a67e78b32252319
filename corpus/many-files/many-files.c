/* SPDX-License-Identifier: BSD-3-Clause */
/* Create COUNT small files in the current folder, give every third one another name, remove every fifth of the others,
 * and make it all durable with one sync(2) at the end.  Each file's data is sent to the device early, as the kernel
 * does by itself when memory is short: few programs leave more in flight at once.
 *
 *     many-files COUNT
 */
#include <config.h>

#include "corpus/program.h"

#define LINES_MIN 100            /* more than btrfs keeps in its tree */

static void
create (const char *name, int number)
{
  int fd = open (name, O_WRONLY | O_CREAT | O_EXCL, 0644);

  check (fd, name);
  for (int line = 0; line < LINES_MIN + number % LINES_MIN; line++)
    check (dprintf (fd, "%s, line %d of few\n", name, line), name);
  check (sync_file_range (fd, 0, 0, SYNC_FILE_RANGE_WRITE), name);
  check (close (fd), name);
}

int
main (int argc, char **argv)
{
  int count = argc == 2 ? atoi (argv[1]) : 0;
  char name[32], other[32];

  if (count <= 0) {
    fprintf (stderr, "usage: many-files COUNT\n");
    return 2;
  }
  for (int i = 0; i < count; i++) {
    snprintf (name, sizeof name, "file-%04d", i);
    create (name, i);
    if (i % 3 == 0) {
      snprintf (other, sizeof other, "renamed-%04d", i);
      check (rename (name, other), other);
    }
    else if (i % 5 == 0)
      check (unlink (name), name);
  }
  sync ();
  return 0;
}
