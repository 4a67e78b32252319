/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/kernel/find.h"
#include "guest/kernel/image.h"
#include "guest/kernel/list.h"
#include "guest/kernel/program.h"
#include "guest/kernel/unpack.h"

/* A parameter of the driver of the guests' disks, which only a kernel knows that has it built in. */
#define DEVICE_PARAMETER "virtio_blk.queue_depth"

/* The modules of RELEASE near IMAGE: beside it, above it as in boot/vmlinuz, or three directories above it, which is
 * the top of the tree for arch/x86/boot/bzImage and, but for usr/, for lib/modules/RELEASE/vmlinuz.  To free, or NULL.
 */
static char *
modules_near (const char *image, const char *release)
{
  static const char *const above[] = { "", "/..", "/../../.." };
  CLEANUP_FREE char *copy = text_format ("%s", image);
  const char *directory = copy ? dirname (copy) : NULL;
  char *modules = NULL;

  for (size_t i = 0; directory && modules == NULL && i < sizeof above / sizeof above[0]; i++) {
    CLEANUP_FREE char *base = text_format ("%s%s", directory, above[i]);
    if (base == NULL)
      return NULL;
    modules = kernel_modules_in (base, release);
  }
  return modules;
}

/* The modules of RELEASE: near IMAGE, near what that is a link to, or the system's.  To free, or NULL. */
static char *
find_modules (const char *image, const char *release)
{
  CLEANUP_FREE char *target = realpath (image, NULL);
  char *modules = modules_near (image, release);

  if (modules == NULL && target)
    modules = modules_near (target, release);
  return modules ? modules : kernel_modules_in ("", release);
}

/* A kernel without modules is one that has all built in, as far as its image shows. */
static int
check_modules (const struct kernel *kernel)
{
  if (kernel->modules)
    return kernel_prepare_modules (kernel);
  if (kernel_has_builtin (kernel->image, DEVICE_PARAMETER) != 0)
    return 0;
  error_message ("%s: this kernel needs its modules, and lib/modules/%s is neither beside it, nor one or three "
                 "directories above it, nor in /: put them there", kernel->image, kernel->release);
  return -1;
}

static int
fill_program (struct kernel *kernel, char *program)
{
  *kernel = (struct kernel) { .image = program, .release = kernel_program_release (program) };
  if (kernel->release) {
    kernel->modules = kernel_program_modules (program, kernel->release);
    if (kernel_prepare_modules (kernel) == 0)
      return 0;
  }
  kernel_free (kernel);
  return -1;
}

/* Fill *KERNEL from IMAGE (taken over; perhaps NULL, after a message). */
static int
fill_kernel (struct kernel *kernel, char *image)
{
  if (image && kernel_is_program (image))
    return fill_program (kernel, image);
  *kernel = (struct kernel) { .image = image };
  kernel->release = image ? kernel_image_release (image) : NULL;
  if (kernel->release) {
    kernel->modules = find_modules (image, kernel->release);
    if (check_modules (kernel) == 0)
      return 0;
  }
  kernel_free (kernel);
  return -1;
}

/* Whether the entry NAME of DIRECTORY is, or has, an image. */
typedef bool has_image (const char *directory, const char *name);

static bool
is_image (const char *directory, const char *name)
{
  (void) directory;
  return kernel_is_image_name (name);
}

/* User Mode Linux, as it is built and as Debian's package has it. */
static bool
is_program (const char *directory, const char *name)
{
  CLEANUP_FREE char *path = text_format ("%s/%s", directory, name);

  return path && (strcmp (name, "linux") == 0 || strcmp (name, "linux.uml") == 0) && kernel_is_program (path);
}

static bool
has_image_beside_modules (const char *directory, const char *name)
{
  CLEANUP_FREE char *path = text_format ("%s/%s/vmlinuz", directory, name);

  return path && *name != '.' && access (path, F_OK) == 0;
}

/* The path of the entry of DIRECTORY that HAS an image and whose name is the newest, to free, or NULL. */
static char *
newest_entry (const char *directory, has_image *has)
{
  DIR *stream = opendir (directory);
  char *newest = NULL;
  const struct dirent *entry;

  while (stream && (entry = readdir (stream)) != NULL)
    if (has (directory, entry->d_name) && (newest == NULL || strverscmp (entry->d_name, newest) > 0)) {
      free (newest);
      newest = strdup (entry->d_name);
    }
  if (stream)
    closedir (stream);
  const char *slash = directory[strlen (directory) - 1] == '/' ? "" : "/";
  char *path = newest ? text_format ("%s%s%s", directory, slash, newest) : NULL;
  free (newest);
  return path;
}

/* The image in DIRECTORY, which is a built tree, a root or a package, or has images in it: to free, or NULL. */
static char *
image_in (const char *directory)
{
  static const struct {
    const char *below;
    has_image *has;
    const char *image;
  } places[] = {
    { "/arch/x86/boot", is_image, "" }, { "/boot", is_image, "" }, { "", is_image, "" },
    { "/lib/modules", has_image_beside_modules, "/vmlinuz" },
    { "/usr/lib/modules", has_image_beside_modules, "/vmlinuz" }, { "", is_program, "" },
    { "/usr/bin", is_program, "" },
  };
  char *image = NULL;

  for (size_t i = 0; image == NULL && i < sizeof places / sizeof places[0]; i++) {
    CLEANUP_FREE char *place = text_format ("%s%s", directory, places[i].below);
    CLEANUP_FREE char *entry = place ? newest_entry (place, places[i].has) : NULL;
    image = entry ? text_format ("%s%s", entry, places[i].image) : NULL;
  }
  return image;
}

static int
find_in_directory (const char *directory, struct kernel *kernel)
{
  char *image = image_in (directory);

  if (image)
    return fill_kernel (kernel, image);
  error_message ("%s: no kernel in it: neither arch/x86/boot/bzImage nor boot/vmlinuz-* nor vmlinuz* nor "
                 "lib/modules/*/vmlinuz nor a program linux", directory);
  return -1;
}

/* Whether RELEASE is what VERSION (NULL: any) stands for: one that is a program only where VERSION is `uml`, or ends in
 * -uml and RELEASE begins with what is before that.
 */
static bool
is_meant (const char *release, const char *version)
{
  const size_t suffix = strlen (KERNEL_PROGRAM_SUFFIX);
  const bool is_program = text_ends_with (release, KERNEL_PROGRAM_SUFFIX);

  if (version == NULL || !text_ends_with (version, &KERNEL_PROGRAM_SUFFIX[1]))
    return !is_program && (version == NULL || kernel_release_matches (release, version));
  if (strlen (version) < suffix)
    return is_program;
  CLEANUP_FREE char *number = text_format ("%.*s", (int) (strlen (version) - suffix), version);
  return is_program && number && kernel_release_matches (release, number);
}

/* Move the first of KERNELS that matches VERSION (NULL: any), if possible one with all MODULES, to *KERNEL and free
 * the array. False if there is none.
 */
static bool
take_first (struct kernel *kernels, int count, const char *version, const char *const *modules, struct kernel *kernel)
{
  int first = -1, best = -1;

  for (int i = 0; i < count && best == -1; i++)
    if (is_meant (kernels[i].release, version)) {
      first = first == -1 ? i : first;
      if (kernel_has_modules (&kernels[i], modules))
        best = i;
    }
  return kernel_list_take (kernels, count, best == -1 ? first : best, kernel);
}

static int
find_any (const char *version, const char *const *modules, struct kernel *kernel)
{
  struct kernel *kernels;
  int count = kernel_list_fetched (&kernels);

  if (count == -1)
    return -1;
  bool found = take_first (kernels, count, version, modules, kernel);
  if (!found && version == NULL) {
    count = kernel_list_installed (&kernels);
    found = count > 0 && take_first (kernels, count, NULL, modules, kernel);
  }
  if (!found && version)
    error_message ("%s: no such file, and no fetched kernel begins with it: `powercut kernel fetch %s` gets one",
                   version, version);
  else if (!found)
    error_message ("no kernel to boot: `powercut kernel fetch` gets one, or name yours with --kernel=FILE");
  if (!found)
    return -1;
  if (kernel_prepare_modules (kernel) == 0)
    return 0;
  kernel_free (kernel);
  return -1;
}

int
kernel_find (const char *spec, struct kernel *kernel)
{
  return kernel_find_with (spec, (const char *const[]) { NULL }, kernel);
}

int
kernel_find_with (const char *spec, const char *const *modules, struct kernel *kernel)
{
  struct stat status;

  *kernel = (struct kernel) { 0 };
  if (spec == NULL || (stat (spec, &status) == -1 && strchr (spec, '/') == NULL))
    return find_any (spec, modules, kernel);
  if (stat (spec, &status) == -1) {
    error_message ("%s: %m: --kernel wants an image, a directory with one, or the version of a fetched kernel", spec);
    return -1;
  }
  return S_ISDIR (status.st_mode) ? find_in_directory (spec, kernel) : fill_kernel (kernel, text_format ("%s", spec));
}
