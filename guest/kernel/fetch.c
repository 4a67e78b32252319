/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "common/workdir.h"
#include "guest/kernel/apt.h"
#include "guest/kernel/fetch.h"
#include "guest/kernel/fetch-program.h"
#include "guest/kernel/list.h"
#include "guest/kernel/program.h"
#include "guest/kernel/store.h"

#define PACKAGE_PREFIX "linux-image-"
#define PACKAGE_PATTERN "^" PACKAGE_PREFIX "[0-9].*-amd64(-unsigned)?$"
#define META_PACKAGE "(meta-package)" /* says the description of one without files, which depends on the newest */
#define SIGNATURE_SUFFIX "-unsigned"

#define OWN_SUITES "this machine's own suites"

/* Of the packages that fit so many are tried before it is given up. */
#define TRIES_MAX 4

const char *const kernel_other_suites[] = {
  "trixie", "trixie-security", "trixie-backports", "sid", "bookworm", "bookworm-security", "bookworm-backports", NULL
};

struct packages {
  char *text;                   /* what apt printed; the names point into it */
  char **names;                 /* the best first */
  size_t count;
};

/* The release in the name of a package, to free. */
static char *
package_release (const char *name)
{
  const char *release = name + strlen (PACKAGE_PREFIX), *suffix = strstr (release, SIGNATURE_SUFFIX);

  return suffix && suffix[strlen (SIGNATURE_SUFFIX)] == '\0' ? strndup (release, (size_t) (suffix - release))
    : strdup (release);
}

/* Does RELEASE have the version and the flavour that are wished for? */
static bool
fits (const char *release, const struct kernel_wish *wish)
{
  const char *flavour = kernel_flavour (release);

  return flavour && strcmp (flavour, wish->flavour) == 0
         && (wish->version == NULL || kernel_release_matches (release, wish->version));
}

static bool
is_wanted (const char *name, const struct kernel_wish *wish)
{
  if (strncmp (name, PACKAGE_PREFIX, strlen (PACKAGE_PREFIX)) != 0)
    return false;
  CLEANUP_FREE char *release = package_release (name);
  return release && fits (release, wish);
}

/* Newest first; of one release the signed package, which is the one that stays longest on the mirrors. */
static int
compare_packages (const void *left, const void *right)
{
  const char *left_name = *(char *const *) left, *right_name = *(char *const *) right;
  CLEANUP_FREE char *left_release = package_release (left_name);
  CLEANUP_FREE char *right_release = package_release (right_name);
  int order = left_release && right_release ? strverscmp (right_release, left_release) : 0;

  return order ? order : strcmp (left_name, right_name);
}

/* Take the names of lines `NAME - DESCRIPTION` that are wanted. */
static int
choose_packages (struct packages *packages, const struct kernel_wish *wish)
{
  char *rest = packages->text, *line;

  while ((line = strsep (&rest, "\n")) != NULL) {
    bool meta = strstr (line, META_PACKAGE) != NULL;

    line[strcspn (line, " ")] = '\0';
    if (meta || !is_wanted (line, wish))
      continue;
    char **name = array_add (packages->names, packages->count);
    if (name == NULL)
      return out_of_memory ();
    *name = line;
  }
  if (packages->count > 0)
    qsort (packages->names, packages->count, sizeof *packages->names, compare_packages);
  return 0;
}

static void
free_packages (struct packages *packages)
{
  free (packages->names);
  free (packages->text);
  *packages = (struct packages) { 0 };
}

/* Find what APT has.  0 if there may be nothing, -1 after a message; free_packages in any case. */
static int
find_packages (const struct apt *apt, const struct kernel_wish *wish, struct packages *packages)
{
  *packages = (struct packages) { .text = apt_search (apt, PACKAGE_PATTERN) };
  return packages->text ? choose_packages (packages, wish) : -1;
}

/* Download PACKAGE and all parts of its kernel into the directory WORK and unpack them there.  As apt_unpack. */
static int
unpack_parts (const struct apt *apt, const char *package, const char *release, const char *work, char **why)
{
  struct words parts;
  int result = apt_parts (apt, package, release, &parts);

  for (size_t i = 0; i < parts.count && result == 0; i++)
    result = apt_unpack (apt, parts.list[i], work, why);
  words_free (&parts);
  return result;
}

/* Tell who waits at a terminal what is being DONE, and to WHAT. */
static void
tell (const char *done, const char *what)
{
  if (isatty (STDERR_FILENO))
    fprintf (stderr, "powercut: %s %s\n", done, what);
}

/* Get the kernel RELEASE of PACKAGE.  As apt_unpack. */
static int
fetch_package (const struct apt *apt, const char *kernels, const char *package, const char *release, char **why)
{
  CLEANUP_FREE char *work = text_format ("%s/.fetch", kernels);
  CLEANUP_FREE char *suite = apt_suite (apt, package);

  if (work == NULL || suite == NULL)
    return -1;
  tell ("fetching", package);
  if (access (work, F_OK) == 0) /* left by one that was killed */
    workdir_remove (work);
  if (mkdir (work, 0700) == -1) {
    error_message ("%s: %m", work);
    return -1;
  }
  int result = unpack_parts (apt, package, release, work, why);
  if (result == 0)
    result = kernel_store (kernels, work, release, suite, why);
  workdir_remove (work);
  return result;
}

/* The newest fetched kernel that has the version and the flavour of WISH, and if it names a suite came from that.
 * Returns 1 and fills *KERNEL, 0 if there is none, -1 after a message.
 */
static int
take_fetched (const struct kernel_wish *wish, struct kernel *kernel)
{
  struct kernel *kernels;
  int count = kernel_list_fetched (&kernels), found = -1;

  if (count == -1)
    return -1;
  for (int i = 0; i < count && found == -1; i++) {
    const char *suite = kernels[i].suite;
    if (fits (kernels[i].release, wish) && (wish->suite == NULL || (suite && strcmp (suite, wish->suite) == 0)))
      found = i;
  }
  return kernel_list_take (kernels, count, found, kernel);
}

/* Have the kernel of PACKAGE in the cache, fetched if it is not there.  As apt_unpack. */
static int
have_package (const struct apt *apt, const char *kernels, const char *package, struct kernel *kernel, char **why)
{
  CLEANUP_FREE char *release = package_release (package);

  if (release == NULL)
    return -1;
  const struct kernel_wish exact = { .version = release, .flavour = kernel_flavour (release) };
  int found = take_fetched (&exact, kernel);
  if (found != 0)
    return found == 1 ? 0 : -1;
  int result = fetch_package (apt, kernels, package, release, why);
  if (result == 0 && take_fetched (&exact, kernel) != 1)
    result = -1;
  return result;
}

/* Have the best of PACKAGES that can be had. */
static int
have_best (const struct apt *apt, const char *kernels, const struct packages *packages, struct kernel *kernel)
{
  CLEANUP_FREE char *first_why = NULL;
  int result = 1;

  for (size_t i = 0; i < packages->count && i < TRIES_MAX && result == 1; i++) {
    char *why = NULL;
    result = have_package (apt, kernels, packages->names[i], kernel, &why);
    if (first_why == NULL)
      first_why = why;
    else
      free (why);
  }
  if (result == 1)
    error_message ("cannot fetch a kernel: %s", first_why ? first_why : "out of memory");
  else if (result == 0 && first_why)
    error_message ("%s: took %s instead", first_why, kernel->release);
  return result == 0 ? 0 : -1;
}

/* Say why nothing in APT, whose lists are of SUITE (NULL: the machine's own), is what WISH says. */
static void
say_none (const struct apt *apt, const struct kernel_wish *wish, const char *suite)
{
  const struct kernel_wish any = { .flavour = wish->flavour };
  struct packages packages;

  suite = suite ? suite : OWN_SUITES;
  if (find_packages (apt, &any, &packages) == 0) {
    if (packages.count == 0 && *apt->complaint)
      error_message ("no kernel in %s: %s", suite, apt->complaint);
    else if (packages.count == 0)
      error_message ("no %s kernel in %s: name another with --suite, as trixie-backports", wish->flavour, suite);
    else
      error_message ("no %s kernel %s in %s: the newest there is %s", wish->flavour, wish->version, suite,
                     packages.names[0] + strlen (PACKAGE_PREFIX));
  }
  free_packages (&packages);
}

/* Have what is wished for from SUITE (NULL: the machine's own).  Returns 0; 1 if it has no such kernel, after a
 * message unless QUIET; or -1 after a message.
 */
static int
have_from (const char *suite, const char *kernels, const struct kernel_wish *wish, bool quiet, struct kernel *kernel)
{
  struct packages packages;
  struct apt apt;

  tell ("looking for kernels in", suite ? suite : OWN_SUITES);
  if (apt_open (suite, &apt) == -1)
    return -1;
  int result = find_packages (&apt, wish, &packages);
  if (result == 0 && packages.count > 0)
    result = have_best (&apt, kernels, &packages, kernel);
  else if (result == 0) {
    if (!quiet)
      say_none (&apt, wish, suite);
    result = 1;
  }
  free_packages (&packages);
  apt_close (&apt);
  return result;
}

/* The same from the other suites, the machine's own having been looked into. */
static int
have_from_others (const char *kernels, const struct kernel_wish *wish, struct kernel *kernel)
{
  int result = 1;

  for (size_t i = 0; kernel_other_suites[i] && result == 1; i++)
    result = have_from (kernel_other_suites[i], kernels, wish, true, kernel);
  if (result == 0)
    error_message ("no kernel %s in " OWN_SUITES ": took %s from %s", wish->version, kernel->release,
                   kernel->suite ? kernel->suite : "another");
  else if (result == 1)
    error_message ("no %s kernel %s in " OWN_SUITES ", nor in trixie, bookworm, their updates, or sid: "
                   "name another with --suite", wish->flavour, wish->version);
  return result;
}

/* Two fetches at once would unpack over one another: the second waits, and finds the kernel there. */
static int
lock_kernels (const char *kernels)
{
  CLEANUP_FREE char *file = text_format ("%s/.lock", kernels);
  int fd = file ? open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

  if (fd >= 0 && flock (fd, LOCK_EX) == 0)
    return fd;
  if (file)
    error_message ("%s: %m", file);
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Fetch the program that is what WISH says, unless that is there. */
static int
have_program (const char *kernels, const struct kernel_wish *asked, struct kernel *kernel)
{
  const char *version = asked->version ? asked->version : "";
  const size_t suffix = text_ends_with (version, KERNEL_PROGRAM_SUFFIX) ? strlen (KERNEL_PROGRAM_SUFFIX) : 0;
  CLEANUP_FREE char *number = text_format ("%.*s", (int) (strlen (version) - suffix), version);
  CLEANUP_FREE char *release = NULL;
  struct kernel_wish wish = *asked;

  if (number == NULL)
    return -1;
  wish.version = *number ? number : NULL;       /* 6.1-uml is 6.1, too */
  int result = wish.version ? take_fetched (&wish, kernel) : 0;
  if (result != 0)
    return result == 1 ? 0 : -1;
  release = kernel_fetch_program (&wish, kernels);
  if (release == NULL)
    return -1;
  const struct kernel_wish exact = { .version = release, .flavour = KERNEL_UML };
  return take_fetched (&exact, kernel) == 1 ? 0 : -1;
}

/* The newest kernel is asked for: one that is there does where none can be had. */
static int
have_newest (const char *kernels, const struct kernel_wish *wish, struct kernel *kernel)
{
  if (have_from (wish->suite, kernels, wish, false, kernel) == 0)
    return 0;
  if (take_fetched (wish, kernel) != 1)
    return -1;
  error_message ("kept %s, fetched before", kernel->release);
  return 0;
}

static int
have_version (const char *kernels, const struct kernel_wish *wish, struct kernel *kernel)
{
  int result = take_fetched (wish, kernel);

  if (result != 0)
    return result == 1 ? 0 : -1;
  result = have_from (wish->suite, kernels, wish, wish->suite == NULL, kernel);
  if (result == 1 && wish->suite == NULL)
    result = have_from_others (kernels, wish, kernel);
  return result == 0 ? 0 : -1;
}

int
kernel_fetch (const struct kernel_wish *asked, struct kernel *kernel)
{
  struct kernel_wish wish = *asked;

  *kernel = (struct kernel) { 0 };
  if (wish.flavour == NULL)
    wish.flavour = wish.version ? kernel_flavour (wish.version) : NULL; /* of a whole release */
  if (wish.flavour == NULL)
    wish.flavour = KERNEL_CLOUD;
  const bool is_program = strcmp (wish.flavour, KERNEL_UML) == 0;
  if (!is_program && strcmp (wish.flavour, KERNEL_CLOUD) != 0 && strcmp (wish.flavour, KERNEL_FULL) != 0) {
    error_message ("--flavour=%s: no such flavour of kernel: give cloud, full or uml", wish.flavour);
    return -1;
  }
  CLEANUP_FREE char *kernels = kernel_cache_folder ();
  CLEANUP_CLOSE int lock = kernels ? lock_kernels (kernels) : -1;
  if (lock == -1)
    return -1;
  if (is_program)
    return have_program (kernels, &wish, kernel);
  return wish.version ? have_version (kernels, &wish, kernel) : have_newest (kernels, &wish, kernel);
}
