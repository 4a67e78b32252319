/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel that a log names, which may be anybody's: its release is compared, and nothing else is made of it.  It is
 * never a program, which only the user can want to be run.
 */
#include <config.h>

#include <string.h>

#include "common/text.h"
#include "guest/kernel/list.h"
#include "guest/kernel/program.h"
#include "guest/kernel/release.h"

#define RELEASE_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-"

/* Move the one of RELEASE among the COUNT KERNELS to *KERNEL and free the array.  False if there is none. */
static bool
take_release (struct kernel *kernels, int count, const char *release, struct kernel *kernel)
{
  int index = 0;

  while (index < count
         && (strcmp (kernels[index].release, release) != 0 || text_ends_with (release, KERNEL_PROGRAM_SUFFIX)))
    index++;
  return kernel_list_take (kernels, count, index < count ? index : -1, kernel);
}

/* The message is an offer to run a command: nothing but a release may stand in it. */
static int
report_missing (const char *release, const char *log)
{
  if (*release == '\0' || *release == '-' || strspn (release, RELEASE_CHARACTERS) != strlen (release))
    error_message ("%s: the kernel that it names is none: give one with --kernel=VERSION|FILE|DIR", log);
  else if (text_ends_with (release, KERNEL_PROGRAM_SUFFIX))
    error_message ("%s was recorded on Linux %s, a program that no log makes run: say --kernel=%s, or give another "
                   "kernel", log, release, release);
  else
    error_message ("%s was recorded on Linux %s, which is neither fetched nor installed here: "
                   "`powercut kernel fetch %s` gets it, or give another with --kernel=VERSION|FILE|DIR",
                   log, release, release);
  return -1;
}

int
kernel_find_release (const char *release, const char *log, struct kernel *kernel)
{
  struct kernel *kernels = NULL;
  int count = kernel_list_fetched (&kernels);

  *kernel = (struct kernel) { 0 };
  if (count == -1)
    return -1;
  if (!take_release (kernels, count, release, kernel)) {
    count = kernel_list_installed (&kernels);
    if (!take_release (kernels, count, release, kernel))
      return report_missing (release, log);
  }
  if (kernel_prepare_modules (kernel) == 0)
    return 0;
  kernel_free (kernel);
  return -1;
}
