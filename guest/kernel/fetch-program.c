/* SPDX-License-Identifier: BSD-3-Clause */
/* What Debian's package has is put into the cache as other kernels are: bin/linux, lib/modules/RELEASE and, from a
 * suite that is newer than this machine, libc.  Such a program cannot be started by handing it to the loader of that
 * library, as others can: User Mode Linux has its memory after its own end, where the loader is then.  It has to name
 * that loader itself, for which there is room for a path that is relative to where it is run.
 */
#include <config.h>

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/capture.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "common/workdir.h"
#include "guest/kernel/apt.h"
#include "guest/kernel/fetch-program.h"
#include "guest/kernel/modules.h"
#include "guest/kernel/program.h"
#include "guest/kernel/store.h"

#define UML_PACKAGE "user-mode-linux"
#define PROGRAM "unpacked/usr/bin/linux.uml"
#define MODULES "unpacked/usr/lib/uml/modules"
#define LIBRARY_PACKAGE "libc6"
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define OUR_LOADER KERNEL_LIBRARIES "/ld-linux-x86-64.so.2"
_Static_assert (sizeof OUR_LOADER <= sizeof LOADER, "it stands in the other's place");

/* Whether a package of VERSION, as 6.12um1+b22, may have the release that is wished for, as 6.12 or 6.12.113-uml. */
static bool
may_be (const char *version, const char *wished)
{
  const size_t length = strspn (version, "0123456789.");

  return wished == NULL || (strncmp (version, wished, length) == 0 && strchr (".-", wished[length]) != NULL)
         || strncmp (version, wished, strlen (wished)) == 0;
}

/* The only entry of DIRECTORY, to free, or NULL. */
static char *
only_entry (const char *directory)
{
  DIR *stream = opendir (directory);
  const struct dirent *entry;
  char *name = NULL;

  while (stream && (entry = readdir (stream)) != NULL)
    if (*entry->d_name != '.') {
      free (name);
      name = text_format ("%s", entry->d_name);
    }
  if (stream)
    closedir (stream);
  return name;
}

/* Let the program in FILE name OUR_LOADER.  Returns 0, or -1 with errno; 1 if it names another than LOADER. */
static int
set_loader (const char *file)
{
  CLEANUP_CLOSE int fd = open (file, O_RDWR | O_CLOEXEC);
  char name[sizeof LOADER] = "";
  Elf64_Ehdr header;
  Elf64_Phdr segment;

  if (fd == -1 || pread (fd, &header, sizeof header, 0) != sizeof header)
    return -1;
  for (size_t i = 0; i < header.e_phnum; i++) {
    if (pread (fd, &segment, sizeof segment, (off_t) (header.e_phoff + i * sizeof segment)) != sizeof segment)
      return -1;
    if (segment.p_type != PT_INTERP)
      continue;
    if (pread (fd, name, sizeof name, (off_t) segment.p_offset) != sizeof name || memcmp (name, LOADER, sizeof name))
      return 1;
    memset (name, 0, sizeof name);
    strcpy (name, OUR_LOADER);
    return pwrite (fd, name, sizeof name, (off_t) segment.p_offset) == sizeof name ? 0 : -1;
  }
  return 1;
}

/* Run SCRIPT with FROM as $1 and TO as $2.  As apt_unpack; the reason begins with NAME. */
static int
run (const char *script, const char *from, const char *to, const char *name, char **why)
{
  struct capture answer;
  int result = 0;

  if (capture_run ((const char *const[]) { "sh", "-c", script, "sh", from, to, NULL }, &answer) == -1)
    return -1;
  if (answer.status != 0) {
    *why = text_format ("%s: %s", name, answer.complaint);
    result = 1;
  }
  capture_free (&answer);
  return result;
}

/* Put the C library of APT's suite into the directory TOP, and let the program there use it.  As apt_unpack. */
static int
add_libraries (const struct apt *apt, const char *work, const char *top, char **why)
{
  static const char script[] =
    "mkdir \"$2/" KERNEL_LIBRARIES "\" || exit\n"
    "for f in ld-linux-x86-64.so.2 libc.so.6; do\n"
    "  for d in usr/lib lib; do [ ! -e \"$1/unpacked/$d/x86_64-linux-gnu/$f\" ] || break; done\n"
    "  cp -L \"$1/unpacked/$d/x86_64-linux-gnu/$f\" \"$2/" KERNEL_LIBRARIES "\" || exit\n"
    "done\n";
  CLEANUP_FREE char *program = text_format ("%s/" KERNEL_PROGRAM_PLACE, top);
  int result = program ? apt_unpack (apt, LIBRARY_PACKAGE, work, why) : -1;

  if (result == 0)
    result = run (script, work, top, LIBRARY_PACKAGE, why);
  if (result == 0 && set_loader (program) != 0) {
    *why = text_format (UML_PACKAGE ": it does not name its loader as other programs do");
    result = 1;
  }
  return result;
}

/* Does the program in TOP run with this machine's C library?  1 or 0, or -1 after a message. */
static int
runs_here (const char *top)
{
  CLEANUP_FREE char *program = text_format ("%s/" KERNEL_PROGRAM_PLACE, top);
  struct capture answer;

  if (program == NULL || capture_run ((const char *const[]) { program, "--version", NULL }, &answer) == -1)
    return -1;
  const int runs = answer.status == 0;
  capture_free (&answer);
  return runs;
}

/* Make the directory TOP of what is in WORK/unpacked, and *own the release that it has modules for, to free.  As
 * apt_unpack.
 */
static int
lay_out (const struct apt *apt, const char *work, const char *top, char **why)
{
  static const char script[] =
    "mkdir -p \"$2/bin\" \"$2/lib\" && mv \"$1/" PROGRAM "\" \"$2/" KERNEL_PROGRAM_PLACE "\""
    " && mv \"$1/" MODULES "\" \"$2/lib/modules\"";
  int result = run (script, work, top, UML_PACKAGE, why);

  if (result != 0)
    return result;
  int runs = runs_here (top);
  return runs == 0 ? add_libraries (apt, work, top, why) : runs == 1 ? 0 : -1;
}

/* Put the kernel in TOP where it belongs in KERNELS, if it is what is WISHED for (NULL: any).  Returns 0 and its
 * release, to free; 1 with the reason in *why; or -1 after a message.
 */
static int
put (const char *kernels, const char *top, const char *wished, const char *suite, char **release, char **why)
{
  CLEANUP_FREE char *modules = text_format ("%s/lib/modules", top);
  CLEANUP_FREE char *own = modules ? only_entry (modules) : NULL;

  *release = own ? text_format ("%s" KERNEL_PROGRAM_SUFFIX, own) : NULL;
  CLEANUP_FREE char *place = *release ? text_format ("%s/%s", kernels, *release) : NULL;
  int result = place ? kernel_publish (top, place, own, suite) : -1;

  if (result == 0 && wished && !kernel_release_matches (*release, wished)) {
    *why = text_format ("%s has %s, which was fetched", suite, *release);
    result = 1;
  }
  if (result != 0) {
    free (*release);
    *release = NULL;
  }
  return result;
}

/* Fetch what APT has.  As put. */
static int
fetch (const struct apt *apt, const char *kernels, const char *wished, char **release, char **why)
{
  CLEANUP_FREE char *work = text_format ("%s/.fetch", kernels), *top = work ? text_format ("%s/top", work) : NULL;
  CLEANUP_FREE char *suite = apt_suite (apt, UML_PACKAGE);
  int result;

  if (top == NULL || suite == NULL)
    return -1;
  if (access (work, F_OK) == 0) /* left by one that was killed */
    workdir_remove (work);
  if (mkdir (work, 0700) == -1) {
    error_message ("%s: %m", work);
    return -1;
  }
  result = apt_unpack (apt, UML_PACKAGE, work, why);
  if (result == 0)
    result = lay_out (apt, work, top, why);
  if (result == 0)
    result = put (kernels, top, wished, suite, release, why);
  workdir_remove (work);
  return result;
}

/* The same from SUITE (NULL: the machine's own), if it has a package that may be right. */
static int
fetch_from (const char *suite, const char *kernels, const char *wished, char **release, char **why)
{
  struct apt apt;
  int result = 1;

  if (apt_open (suite, &apt) == -1)
    return -1;
  CLEANUP_FREE char *version = apt_version (&apt, UML_PACKAGE);
  if (version == NULL)
    result = -1;
  else if (*version && may_be (version, wished))
    result = fetch (&apt, kernels, wished, release, why);
  else
    *why = text_format (*version ? "%s has %s" : "%s has no package " UML_PACKAGE,
                        suite ? suite : "this machine's own suite", version);
  apt_close (&apt);
  return result;
}

char *
kernel_fetch_program (const struct kernel_wish *wish, const char *kernels)
{
  const bool anywhere = wish->version && wish->suite == NULL;
  CLEANUP_FREE char *first_why = NULL;
  char *release = NULL, *why = NULL;
  int result = fetch_from (wish->suite, kernels, wish->version, &release, &first_why);

  for (size_t i = 0; anywhere && result == 1 && kernel_other_suites[i]; i++) {
    result = fetch_from (kernel_other_suites[i], kernels, wish->version, &release, &why);
    free (why);
    why = NULL;
  }
  if (result == 1)
    error_message ("no kernel %s%sof User Mode Linux%s: %s", wish->version ? wish->version : "",
                   wish->version ? " " : "", anywhere ? " in any suite" : "", first_why ? first_why : "out of memory");
  return result == 0 ? release : NULL;
}
