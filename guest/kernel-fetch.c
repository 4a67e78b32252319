/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "common/workdir.h"
#include "guest/capture.h"
#include "guest/kernel.h"
#include "guest/text.h"

#define DEFAULT_VERSION "6.1"
#define PACKAGE_PREFIX "linux-image-"
#define PACKAGE_PATTERN "^" PACKAGE_PREFIX "[0-9].*-amd64(-unsigned)?$"
#define SIGNATURE_SUFFIX "-unsigned"

struct packages {
  char *text;                   /* what apt-cache printed; the names point into it */
  char **names;                 /* the best first */
  size_t count;
};

static bool
ends_with (const char *text, size_t length, const char *suffix)
{
  size_t suffix_length = strlen (suffix);

  return length >= suffix_length && memcmp (text + length - suffix_length, suffix, suffix_length) == 0;
}

/* The release in the name of a package, to free. */
static char *
package_release (const char *name)
{
  size_t length = strlen (name);

  if (ends_with (name, length, SIGNATURE_SUFFIX))
    length -= strlen (SIGNATURE_SUFFIX);
  return strndup (name + strlen (PACKAGE_PREFIX), length - strlen (PACKAGE_PREFIX));
}

/* Debian's flavours: REL-cloud-amd64, REL-amd64, and REL-rt-amd64, which is neither of ours. */
static bool
has_flavour (const char *release, const char *flavour)
{
  size_t length = strlen (release);

  if (strcmp (flavour, "cloud") == 0)
    return ends_with (release, length, "-cloud-amd64");
  return ends_with (release, length, "-amd64") && !ends_with (release, length, "-cloud-amd64")
         && !ends_with (release, length, "-rt-amd64");
}

/* A package named after a series alone, linux-image-6.12-amd64, has no files: it depends on the newest real one. */
static bool
is_meta_package (const char *release)
{
  const char *end = release + strcspn (release, "-"), *dot = memchr (release, '.', (size_t) (end - release));

  return dot == NULL || memchr (dot + 1, '.', (size_t) (end - dot - 1)) == NULL;
}

static bool
is_wanted (const char *name, const char *version, const char *flavour)
{
  if (strncmp (name, PACKAGE_PREFIX, strlen (PACKAGE_PREFIX)) != 0)
    return false;
  CLEANUP_FREE char *release = package_release (name);
  return release && !is_meta_package (release) && has_flavour (release, flavour)
         && kernel_release_matches (release, version);
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
choose_packages (struct packages *packages, const char *version, const char *flavour)
{
  char *rest = packages->text, *line;

  while ((line = strsep (&rest, "\n")) != NULL) {
    line[strcspn (line, " ")] = '\0';
    if (!is_wanted (line, version, flavour))
      continue;
    char **more = realloc (packages->names, (packages->count + 1) * sizeof *more);
    if (more == NULL) {
      error_message ("out of memory");
      return -1;
    }
    packages->names = more;
    more[packages->count++] = line;
  }
  if (packages->count > 0)
    qsort (packages->names, packages->count, sizeof *packages->names, compare_packages);
  return 0;
}

static int
find_packages (struct packages *packages, const char *version, const char *flavour)
{
  *packages = (struct packages) { 0 };
  CLEANUP_FREE char *apt = process_find ("apt-get");
  if (apt == NULL) {
    error_message ("apt-get not found: kernels are fetched as Debian packages; name one of yours with --kernel=FILE");
    return -1;
  }
  const char *const search[] = { "apt-cache", "search", "--names-only", PACKAGE_PATTERN, NULL };
  packages->text = process_output (search, NULL);
  if (packages->text == NULL)
    return -1;
  if (*packages->text == '\0') {
    error_message ("apt knows no kernel package: run `apt-get update` as root, then try again");
    return -1;
  }
  if (choose_packages (packages, version, flavour) == -1)
    return -1;
  if (packages->count == 0) {
    error_message ("no %s kernel package for version %s: see `apt-cache search %s`, which `apt-get update` as root "
                   "brings up to date", flavour, version, PACKAGE_PREFIX);
    return -1;
  }
  return 0;
}

/* What is done in a folder of our own, $1, with package $2.  `exec`: the tools must end when we do, not just their shell. */
static const char *const scripts[] = {
  "cd \"$1\" && exec apt-get -qq -o APT::Sandbox::User=root download \"$2\"",
  "cd \"$1\" && exec dpkg-deb -x ./*.deb unpacked",
};

/* Move the file or folder FROM/NAME to TO/NAME.  Returns -1 with errno. */
static int
move (const char *from, const char *to, const char *name)
{
  CLEANUP_FREE char *source = text_format ("%s/%s", from, name);
  CLEANUP_FREE char *target = text_format ("%s/%s", to, name);

  return source && target ? rename (source, target) : -1;
}

/* Make FOLDER of the parts that are kept of an unpacked package.  -1 with errno. */
static int
keep_parts (const char *folder, const struct kernel *unpacked)
{
  CLEANUP_FREE char *boot = text_format ("%s/boot", folder);
  CLEANUP_FREE char *lib = text_format ("%s/lib", folder);
  CLEANUP_FREE char *modules = text_format ("%s/lib/modules", folder);
  CLEANUP_FREE char *module_folder = text_format ("%s/lib/modules/%s", folder, unpacked->release);
  CLEANUP_FREE char *image = text_format ("%s/boot/vmlinuz-%s", folder, unpacked->release);
  CLEANUP_FREE char *config = text_format ("config-%s", unpacked->release);
  size_t folder_length = (size_t) (strrchr (unpacked->image, '/') - unpacked->image);
  CLEANUP_FREE char *package_boot = strndup (unpacked->image, folder_length);

  if (boot == NULL || lib == NULL || modules == NULL || module_folder == NULL || image == NULL || config == NULL
      || package_boot == NULL)
    return -1;
  if (mkdir (folder, 0755) == -1 || mkdir (boot, 0755) == -1 || mkdir (lib, 0755) == -1 || mkdir (modules, 0755) == -1
      || rename (unpacked->image, image) == -1 || rename (unpacked->modules, module_folder) == -1)
    return -1;
  return move (package_boot, boot, config) == 0 || errno == ENOENT ? 0 : -1;
}

/* Put UNPACKED, whose files are in WORK, into the folder of kernels: all of it or nothing. */
static int
publish (const char *kernels, const char *work, const struct kernel *unpacked)
{
  CLEANUP_FREE char *folder = text_format ("%s/%s", work, unpacked->release);
  CLEANUP_FREE char *place = text_format ("%s/%s", kernels, unpacked->release);

  if (folder == NULL || place == NULL)
    return -1;
  if (unpacked->modules == NULL) {
    error_message ("%s: the package of this kernel has no modules", unpacked->image);
    return -1;
  }
  /* What stands there counts as no kernel, or nothing would have been fetched. */
  if (access (place, F_OK) == 0)
    workdir_remove (place);
  if (keep_parts (folder, unpacked) == -1 || rename (folder, place) == -1) {
    error_message ("%s: cannot be put there: %m", place);
    return -1;
  }
  return 0;
}

static int
publish_unpacked (const char *kernels, const char *work)
{
  CLEANUP_FREE char *package = text_format ("%s/unpacked", work);
  struct kernel unpacked;

  if (package == NULL || kernel_find (package, &unpacked) == -1)
    return -1;
  int result = publish (kernels, work, &unpacked);
  kernel_free (&unpacked);
  return result;
}

/* Download package NAME into the folder WORK and unpack it there.  The result is that of fetch_package. */
static int
unpack_package (const char *work, const char *name, char **why)
{
  struct capture answer;
  int result = 0;

  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0] && result == 0; i++) {
    if (capture_run ((const char *const[]) { "sh", "-c", scripts[i], "sh", work, name, NULL }, &answer) == -1)
      return -1;
    if (answer.status != 0) {
      *why = text_format ("%s: %s", name, answer.complaint);
      result = 1;
    }
    capture_free (&answer);
  }
  return result;
}

/* Fetch package NAME.  Returns 0; 1 with the reason in *why, to free, if it cannot be had; or -1 after a message. */
static int
fetch_package (const char *kernels, const char *name, char **why)
{
  CLEANUP_FREE char *work = text_format ("%s/.fetch", kernels);

  if (work == NULL)
    return -1;
  if (access (work, F_OK) == 0) /* left by one that was killed */
    workdir_remove (work);
  if (mkdir (work, 0700) == -1) {
    error_message ("%s: %m", work);
    return -1;
  }
  int result = unpack_package (work, name, why);
  if (result == 0)
    result = publish_unpacked (kernels, work);
  workdir_remove (work);
  return result;
}

/* Fetch the best of the packages that can be had. */
static int
fetch_best (const char *kernels, const struct packages *packages)
{
  CLEANUP_FREE char *first_why = NULL;
  int result = 1;

  for (size_t i = 0; i < packages->count && result == 1; i++) {
    char *why = NULL;
    result = fetch_package (kernels, packages->names[i], &why);
    if (first_why == NULL)
      first_why = why;
    else
      free (why);
  }
  if (result == 1)
    error_message ("cannot fetch a kernel: %s (if the package is gone, run `apt-get update` as root)",
                   first_why ? first_why : "out of memory");
  return result == 0 ? 0 : -1;
}

/* The newest fetched kernel that fits.  Returns 1 and fills *KERNEL, 0 if there is none, -1 after a message. */
static int
take_fetched (const char *version, const char *flavour, struct kernel *kernel)
{
  struct kernel *kernels;
  int count = kernel_list_fetched (&kernels), found = 0;

  if (count == -1)
    return -1;
  for (int i = 0; i < count; i++)
    if (!found && has_flavour (kernels[i].release, flavour) && kernel_release_matches (kernels[i].release, version)) {
      *kernel = kernels[i];
      found = 1;
    }
    else
      kernel_free (&kernels[i]);
  free (kernels);
  return found;
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

int
kernel_fetch (const char *version, const char *flavour, struct kernel *kernel)
{
  struct packages packages;

  *kernel = (struct kernel) { 0 };
  version = version ? version : DEFAULT_VERSION;
  flavour = flavour ? flavour : "cloud";
  if (strcmp (flavour, "cloud") != 0 && strcmp (flavour, "full") != 0) {
    error_message ("--flavour=%s: no such flavour of kernel: give cloud or full", flavour);
    return -1;
  }
  CLEANUP_FREE char *kernels = kernel_cache_folder ();
  CLEANUP_CLOSE int lock = kernels ? lock_kernels (kernels) : -1;
  if (lock == -1)
    return -1;
  int found = take_fetched (version, flavour, kernel);
  if (found != 0)
    return found == 1 ? 0 : -1;
  int result = find_packages (&packages, version, flavour);
  if (result == 0)
    result = fetch_best (kernels, &packages);
  free (packages.names);
  free (packages.text);
  if (result == 0 && take_fetched (version, flavour, kernel) != 1)
    result = -1;
  return result;
}
