/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/kernel.h"
#include "guest/modules.h"
#include "guest/text.h"

/* The x86 boot header, Documentation/arch/x86/boot.rst. */
#define HEADER_SIZE 0x210
#define HEADER_MAGIC_AT 0x202
#define HEADER_SETUP_SECTORS_AT 0x1f1
#define HEADER_VERSION_AT 0x20e
#define VERSION_BASE 0x200
#define RELEASE_MAX 256

void
kernel_free (struct kernel *kernel)
{
  free (kernel->image);
  free (kernel->release);
  free (kernel->modules);
  free (kernel->suite);
  *kernel = (struct kernel) { 0 };
}

bool
kernel_release_matches (const char *release, const char *version)
{
  size_t length = strlen (version);

  return strncmp (release, version, length) == 0 && (release[length] == '\0' || strchr (".-+~", release[length]));
}

/* The length of the release at the start of TEXT, or 0 if it could not stand in a path. */
static size_t
release_length (const char *text, size_t size)
{
  size_t length = 0;

  while (length < size && text[length] > ' ' && text[length] < 0x7f && text[length] != '/')
    length++;
  bool ended = length < size && (text[length] == ' ' || text[length] == '\0');
  return ended && text[0] >= '0' && text[0] <= '9' ? length : 0;
}

char *
kernel_read_release (const char *image, const char **why)
{
  CLEANUP_CLOSE int fd = open (image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  unsigned char header[HEADER_SIZE];
  char text[RELEASE_MAX];

  *why = strerror (errno);
  if (fd == -1)
    return NULL;
  *why = "is no x86 kernel image (vmlinuz or bzImage)";
  if (pread (fd, header, sizeof header, 0) != sizeof header || memcmp (header + HEADER_MAGIC_AT, "HdrS", 4) != 0)
    return NULL;
  *why = "its boot header does not say which release it is";
  unsigned setup_sectors = header[HEADER_SETUP_SECTORS_AT] ? header[HEADER_SETUP_SECTORS_AT] : 4;
  unsigned offset = header[HEADER_VERSION_AT] | (unsigned) header[HEADER_VERSION_AT + 1] << 8;
  if (offset == 0 || offset >= setup_sectors * 512)
    return NULL;
  ssize_t count = pread (fd, text, sizeof text, VERSION_BASE + offset);
  size_t length = count > 0 ? release_length (text, (size_t) count) : 0;
  return length > 0 ? strndup (text, length) : NULL;
}

char *
kernel_image_release (const char *image)
{
  const char *why;
  char *release = kernel_read_release (image, &why);

  if (release == NULL)
    error_message ("%s: %s", image, why);
  return release;
}

/* The folder BASE/FOLDER/RELEASE if it is there and readable, to free, else NULL. */
static char *
readable_modules (const char *base, const char *folder, const char *release)
{
  char *path = text_format ("%s/%s/%s", base, folder, release);

  if (path && access (path, R_OK | X_OK) == -1) {
    free (path);
    path = NULL;
  }
  return path;
}

/* The modules of RELEASE under the first of BASES (NULL at the end) that has them, to free, or NULL. */
static char *
find_modules (const char *const *bases, const char *release)
{
  char *path = NULL;

  for (; path == NULL && *bases; bases++) {
    path = readable_modules (*bases, "lib/modules", release);
    if (path == NULL)
      path = readable_modules (*bases, "usr/lib/modules", release);
  }
  return path;
}

/* Fill *KERNEL from IMAGE (taken over), its modules being under one of BASES. */
static int
fill_kernel (struct kernel *kernel, char *image, const char *const *bases)
{
  *kernel = (struct kernel) { .image = image };
  kernel->release = kernel_image_release (image);
  if (kernel->release)
    kernel->modules = find_modules (bases, kernel->release);
  if (kernel->release && (kernel->modules == NULL || modules_prepare (kernel->modules, kernel->release) == 0))
    return 0;
  kernel_free (kernel);
  return -1;
}

static bool
is_image_name (const char *name)
{
  size_t length = strlen (name);

  if (length > 4 && strcmp (name + length - 4, ".old") == 0)
    return false;
  return strncmp (name, "vmlinuz", 7) == 0 || strcmp (name, "bzImage") == 0;
}

/* The image in FOLDER/BELOW whose name is the newest, to free, or NULL. */
static char *
newest_image (const char *folder, const char *below)
{
  CLEANUP_FREE char *path = text_format ("%s/%s", folder, below);
  DIR *stream = path ? opendir (path) : NULL;
  char *newest = NULL;
  const struct dirent *entry;

  while (stream && (entry = readdir (stream)) != NULL)
    if (is_image_name (entry->d_name) && (newest == NULL || strverscmp (entry->d_name, newest) > 0)) {
      free (newest);
      newest = strdup (entry->d_name);
    }
  if (stream)
    closedir (stream);
  char *image = newest ? text_format ("%s%s%s", path, path[strlen (path) - 1] == '/' ? "" : "/", newest) : NULL;
  free (newest);
  return image;
}

static int
find_in_folder (const char *folder, struct kernel *kernel)
{
  static const char *const places[] = { "arch/x86/boot", "boot", "" };
  CLEANUP_FREE char *parent = text_format ("%s/..", folder);

  if (parent == NULL)
    return -1;
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    char *image = newest_image (folder, places[i]);
    if (image)
      return fill_kernel (kernel, image, (const char *const[]) { folder, parent, NULL });
  }
  error_message ("%s: no kernel in it: neither arch/x86/boot/bzImage nor boot/vmlinuz-* nor vmlinuz*", folder);
  return -1;
}

/* The tree in which a kernel was built, if FOLDER is where that has its image, else an empty text; to free. */
static char *
built_tree (const char *folder)
{
  static const char place[] = "arch/x86/boot";
  size_t length = strlen (folder), before = length < strlen (place) ? length : length - strlen (place);

  if (strcmp (folder + before, place) != 0 || (before > 0 && folder[before - 1] != '/'))
    return text_format ("%s", "");
  return text_format ("%.*s.", (int) before, folder);
}

static int
find_from_file (const char *file, struct kernel *kernel)
{
  CLEANUP_FREE char *copy = text_format ("%s", file);
  char *image = text_format ("%s", file);

  if (copy == NULL || image == NULL) {
    free (image);
    return -1;
  }
  const char *folder = dirname (copy);
  CLEANUP_FREE char *parent = text_format ("%s/..", folder), *tree = built_tree (folder);
  if (parent == NULL || tree == NULL) {
    free (image);
    return -1;
  }
  return fill_kernel (kernel, image, (const char *const[]) { folder, parent, tree, "", NULL });
}

/* Newest first: 6.12 before 6.1; then the small kernels of Debian, which have what is needed most of the time; then 6.1.0-56
 * before 6.1.0-55.
 */
static int
compare_kernels (const void *left, const void *right)
{
  const char *a = ((const struct kernel *) left)->release, *b = ((const struct kernel *) right)->release;
  char version_a[RELEASE_MAX], version_b[RELEASE_MAX];

  snprintf (version_a, sizeof version_a, "%.*s", (int) strcspn (a, "-"), a);
  snprintf (version_b, sizeof version_b, "%.*s", (int) strcspn (b, "-"), b);
  int order = strverscmp (version_b, version_a);
  if (order == 0)
    order = (strstr (b, "-cloud") != NULL) - (strstr (a, "-cloud") != NULL);
  return order ? order : strverscmp (b, a);
}

/* The kernel that the entry NAME of FOLDER is, or nothing: its image stays NULL. */
typedef void read_kernel (const char *folder, const char *name, struct kernel *kernel);

static int
list_kernels (const char *folder, read_kernel *read, struct kernel **kernels)
{
  DIR *stream = opendir (folder);
  const struct dirent *entry;
  size_t count = 0;

  *kernels = NULL;
  while (stream && (entry = readdir (stream)) != NULL) {
    struct kernel kernel = { 0 };
    read (folder, entry->d_name, &kernel);
    if (kernel.image == NULL)
      continue;
    struct kernel *more = realloc (*kernels, (count + 1) * sizeof *more);
    if (more == NULL) {
      kernel_free (&kernel);
      break;
    }
    *kernels = more;
    more[count++] = kernel;
  }
  if (stream)
    closedir (stream);
  if (count > 0)
    qsort (*kernels, count, sizeof **kernels, compare_kernels);
  return (int) count;
}

/* The suite that the fetched kernel in FOLDER came from, to free, or NULL. */
static char *
read_suite (const char *folder)
{
  CLEANUP_FREE char *path = text_format ("%s/" KERNEL_SUITE_NAME, folder);
  CLEANUP_FCLOSE FILE *file = path ? fopen (path, "r") : NULL;
  char suite[64];

  if (file == NULL || fgets (suite, sizeof suite, file) == NULL)
    return NULL;
  suite[strcspn (suite, "\n")] = '\0';
  return text_format ("%s", suite);
}

/* Its folder has the name of its release: kernel_fetch named it, whole, after looking into the image. */
static void
read_fetched (const char *folder, const char *name, struct kernel *kernel)
{
  char *image = *name == '.' ? NULL : text_format ("%s/%s/boot/vmlinuz-%s", folder, name, name);

  if (image == NULL || access (image, R_OK) == -1) {
    free (image);
    return;
  }
  CLEANUP_FREE char *base = text_format ("%s/%s", folder, name);
  kernel->image = image;
  kernel->release = text_format ("%s", name);
  kernel->modules = base ? readable_modules (base, "lib/modules", name) : NULL;
  kernel->suite = base ? read_suite (base) : NULL;
  if (kernel->release == NULL)
    kernel_free (kernel);
}

static void
read_installed (const char *folder, const char *name, struct kernel *kernel)
{
  const char *why;
  char *image = is_image_name (name) ? text_format ("%s/%s", folder, name) : NULL;

  kernel->image = image;
  kernel->release = image ? kernel_read_release (image, &why) : NULL;
  kernel->modules = kernel->release ? find_modules ((const char *const[]) { "", NULL }, kernel->release) : NULL;
  if (kernel->modules == NULL)
    kernel_free (kernel);
}

int
kernel_list_fetched (struct kernel **kernels)
{
  CLEANUP_FREE char *folder = kernel_cache_folder ();

  return folder ? list_kernels (folder, read_fetched, kernels) : -1;
}

int
kernel_list_installed (struct kernel **kernels)
{
  return list_kernels ("/boot", read_installed, kernels);
}

/* Whether KERNEL has all MODULES. */
static bool
has_modules (const struct kernel *kernel, const char *const *modules)
{
  bool has = *modules == NULL || kernel->modules == NULL || modules_prepare (kernel->modules, kernel->release) == 0;

  for (; has && *modules && kernel->modules; modules++) {
    char **files;

    has = modules_find (kernel->modules, kernel->release, *modules, &files) == 0;
    if (has)
      modules_free (files);
  }
  return has;
}

/* Move the first of KERNELS that matches VERSION (NULL: any), if possible one with all MODULES, to *KERNEL and free the array.
 * False if there is none.
 */
static bool
take_first (struct kernel *kernels, int count, const char *version, const char *const *modules, struct kernel *kernel)
{
  int first = -1, best = -1;

  for (int i = 0; i < count && best == -1; i++)
    if (version == NULL || kernel_release_matches (kernels[i].release, version)) {
      first = first == -1 ? i : first;
      if (has_modules (&kernels[i], modules))
        best = i;
    }
  best = best == -1 ? first : best;
  for (int i = 0; i < count; i++)
    if (i == best)
      *kernel = kernels[i];
    else
      kernel_free (&kernels[i]);
  free (kernels);
  return best >= 0;
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
  if (kernel->modules == NULL || modules_prepare (kernel->modules, kernel->release) == 0)
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
    error_message ("%s: %m: --kernel wants an image, a folder with one, or the version of a fetched kernel", spec);
    return -1;
  }
  return S_ISDIR (status.st_mode) ? find_in_folder (spec, kernel) : find_from_file (spec, kernel);
}

/* Make FOLDER and its parents: private, as the XDG base directory specification wants it. */
static int
make_folder (char *folder)
{
  for (char *slash = strchr (folder + 1, '/'); ; slash = strchr (slash + 1, '/')) {
    if (slash)
      *slash = '\0';
    if (mkdir (folder, 0700) == -1 && errno != EEXIST)
      return -1;
    if (slash == NULL)
      return access (folder, R_OK | X_OK);
    *slash = '/';
  }
}

/* FOLDER, made if missing; or NULL after a message, and FOLDER is freed. */
static char *
made_folder (char *folder)
{
  if (folder && make_folder (folder) == -1) {
    error_message ("cannot use the cache folder %s: %m: set XDG_CACHE_HOME to a folder that can be written", folder);
    free (folder);
    folder = NULL;
  }
  return folder;
}

char *
cache_path (void)
{
  const char *cache = getenv ("XDG_CACHE_HOME"), *home = getenv ("HOME");

  /* The specification says to ignore a relative path. */
  if (cache && *cache == '/')
    return text_format ("%s/powercut", cache);
  return home && *home == '/' ? text_format ("%s/.cache/powercut", home) : NULL;
}

char *
cache_folder (void)
{
  char *path = cache_path ();

  if (path == NULL)
    error_message ("no cache folder: HOME is not set: set it, or XDG_CACHE_HOME");
  return made_folder (path);
}

char *
cache_folder_in (const char *name)
{
  CLEANUP_FREE char *cache = cache_folder ();

  return cache ? made_folder (text_format ("%s/%s", cache, name)) : NULL;
}

char *
kernel_cache_folder (void)
{
  return cache_folder_in ("kernels");
}
