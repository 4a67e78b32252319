/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/arguments.h"
#include "commands/commands.h"
#include "common/exit-status.h"
#include "common/options.h"
#include "filesystem/filesystem.h"
#include "guest/image.h"
#include "guest/kernel/fetch.h"
#include "guest/kernel/list.h"

/* A line of the list, up to the size. */
#define ROW "%-27s %-7s  %-18s"

/* What is stored in PATH (NULL: nothing) and below it. */
static off_t
size_of (char *path)
{
  FTS *walk = path ? fts_open ((char *const[]) { path, NULL }, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL) : NULL;
  const FTSENT *found;
  off_t size_bytes = 0;

  while (walk && (found = fts_read (walk)) != NULL)
    if (found->fts_info == FTS_F)
      size_bytes += found->fts_statp->st_size;
  if (walk)
    fts_close (walk);
  return size_bytes;
}

/* Print which of the file systems that powercut can make KERNEL has a driver for. */
static void
print_filesystems (const struct kernel *kernel)
{
  const struct filesystem *filesystem;
  const char *separator = "";

  if (kernel->modules == NULL)
    printf ("unknown: no modules");
  for (size_t i = 0; kernel->modules && (filesystem = filesystem_at (i)) != NULL; i++)
    if (guest_image_supports (kernel, filesystem->name) == 1) {
      printf ("%s%s", separator, filesystem->name);
      separator = ",";
    }
  putchar ('\n');
}

/* What to give to --kernel comes first: the release of one that was FETCHED, else the image. */
static void
print_kernels (struct kernel *kernels, int count, bool fetched)
{
  for (int i = 0; i < count; i++) {
    struct kernel *kernel = &kernels[i];
    off_t size_bytes = size_of (kernel->image) + size_of (kernel->modules);
    const char *flavour = kernel_flavour (kernel->release);
    const char *suite = fetched ? kernel->suite : "installed";

    printf (ROW " %5" PRId64 " MiB  ", fetched ? kernel->release : kernel->image, flavour ? flavour : "-",
            suite ? suite : "-", (int64_t) size_bytes >> 20);
    print_filesystems (kernel);
    kernel_free (kernel);
  }
  free (kernels);
}

static int
list_kernels (void)
{
  struct kernel *fetched, *installed;
  int fetched_count = kernel_list_fetched (&fetched);

  if (fetched_count == -1)
    return EXIT_UNUSABLE;
  int installed_count = kernel_list_installed (&installed);
  if (fetched_count + installed_count == 0)
    printf ("no kernel yet: `powercut kernel fetch` gets one\n");
  else
    printf (ROW " %9s  %s\n", "KERNEL", "FLAVOUR", "SUITE", "SIZE", "FILE SYSTEMS");
  print_kernels (fetched, fetched_count, true);
  print_kernels (installed, installed_count, false);
  return EXIT_SUCCESS;
}

static int
fetch_kernel (const struct kernel_wish *wish)
{
  struct kernel kernel;

  if (kernel_fetch (wish, &kernel) == -1)
    return EXIT_UNUSABLE;
  printf ("%s\n", kernel.release);
  kernel_free (&kernel);
  return EXIT_SUCCESS;
}

static int
refuse_usage (const char *word)
{
  refuse_word ("kernel", word, (const char *const[]) { "list", "fetch", NULL }, "say `list` or `fetch [VERSION]`");
  return EXIT_UNUSABLE;
}

/* Parse the options into WISH, and what stands before, between and after them into WORDS, of which COUNT_MAX are
 * expected.  Returns their number; -1 after a message.
 */
static int
parse_kernel (int argc, char **argv, struct kernel_wish *wish, const char **words, int count_max)
{
  const struct option_spec options[] = {
    OPT_TEXT ("suite", &wish->suite, "bookworm|trixie|trixie-backports|sid|NAME",
              "fetch from this suite of Debian's and no other"),
    OPT_TEXT ("flavour", &wish->flavour, "cloud|full|uml",
              "fetch a small kernel, with the drivers of virtual machines alone (the default), one with all, or "
              "one that is a program: User Mode Linux"),
    OPT_END
  };
  const struct command_line command = {
    .usage = "usage: powercut kernel list\n"
             "       powercut kernel fetch [VERSION] [--suite=NAME] [--flavour=cloud|full|uml]\n",
    .summary = "The kernels that can be booted.  `fetch` downloads the newest of Debian's kernels, or of those whose\n"
               "release begins with VERSION, into the cache, without installing it, and prints its release.  One with\n"
               "VERSION that is there is kept.",
    .options = options,
  };
  int count = 0, at = 0, step;

  /* Each word is to the parser the name of what follows. */
  while ((step = options_parse (&command, argc - at, argv + at)) != -1 && (at += step) < argc) {
    if (count == count_max) {
      refuse_usage (words[0]);
      return -1;
    }
    words[count++] = argv[at];
  }
  return step == -1 ? -1 : count;
}

int
kernel_command (int argc, char **argv)
{
  struct kernel_wish wish = { 0 };
  const char *words[2] = { "", NULL };
  int count = parse_kernel (argc, argv, &wish, words, sizeof words / sizeof words[0]);

  if (count == -1)
    return EXIT_UNUSABLE;
  if (strcmp (words[0], "list") == 0 && count == 1 && wish.suite == NULL && wish.flavour == NULL)
    return list_kernels ();
  if (strcmp (words[0], "fetch") == 0) {
    wish.version = words[1];
    return fetch_kernel (&wish);
  }
  return refuse_usage (words[0]);
}
