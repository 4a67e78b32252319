/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cache.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "common/workdir.h"
#include "guest/kernel/image.h"
#include "guest/kernel/modules.h"
#include "guest/kernel/store.h"

/* A file of a package: BEFORE, the release, AFTER. */
struct package_place {
  const char *before;
  const char *after;
};

/* Until 6.18 Debian had image and configuration in /boot, and since 6.19 beside the modules. */
static const struct package_place images[] = {
  { "boot/vmlinuz-", "" }, { "usr/lib/modules/", "/vmlinuz" }, { "lib/modules/", "/vmlinuz" }, { 0 },
};
static const struct package_place configs[] = {
  { "boot/config-", "" }, { "usr/lib/modules/", "/config" }, { "lib/modules/", "/config" }, { 0 },
};
static const struct package_place module_trees[] = { { "usr/lib/modules/", "/kernel" }, { "lib/modules/", "/kernel" },
                                                     { 0 } };

/* Where it is put: the cache has one layout. */
static const char *const cache_directories[] = { "", "/boot", "/lib", "/lib/modules" };

/* The first of PLACES (of which the last is empty) that is in the directory TOP, to free, or NULL. */
static char *
find_place (const char *top, const struct package_place *places, const char *release)
{
  char *path = NULL;

  for (; path == NULL && places->before; places++) {
    path = text_format ("%s/%s%s%s", top, places->before, release, places->after);
    if (path && access (path, R_OK) == -1) {
      free (path);
      path = NULL;
    }
  }
  return path;
}

/* Make the directories of the kernel in TOP.  -1 with errno. */
static int
make_directories (const char *top)
{
  for (size_t i = 0; i < sizeof cache_directories / sizeof cache_directories[0]; i++) {
    CLEANUP_FREE char *path = text_format ("%s%s", top, cache_directories[i]);
    if (path == NULL || mkdir (path, 0755) == -1)
      return -1;
  }
  return 0;
}

static int
write_suite (const char *top, const char *suite)
{
  CLEANUP_FREE char *path = text_format ("%s/" KERNEL_SUITE_NAME, top);
  FILE *file = path ? fopen (path, "w") : NULL;

  if (file == NULL)
    return -1;
  fprintf (file, "%s\n", suite);
  return fclose (file);
}

/* Move FROM (NULL: nothing) to TOP/BELOW RELEASE.  -1 with errno. */
static int
move (const char *from, const char *top, const char *below, const char *release)
{
  CLEANUP_FREE char *to = text_format ("%s/%s%s", top, below, release);

  return to == NULL ? -1 : from == NULL ? 0 : rename (from, to);
}

/* Move the parts that are kept from PACKAGE to TOP, which is made.  -1 with errno. */
static int
move_parts (const char *package, const char *top, const char *image, const char *modules, const char *release)
{
  CLEANUP_FREE char *config = find_place (package, configs, release);
  CLEANUP_FREE char *symbols = text_format ("%s/System.map", modules);

  if (symbols == NULL || make_directories (top) == -1 || move (image, top, "boot/vmlinuz-", release) == -1
      || move (config, top, "boot/config-", release) == -1 || (unlink (symbols) == -1 && errno != ENOENT))
    return -1;
  return move (modules, top, "lib/modules/", release);
}

/* Is IMAGE (perhaps NULL) the kernel RELEASE, and are there MODULES?  NULL, or what is wrong instead. */
static const char *
check_parts (const char *image, const char *modules, const char *release)
{
  const char *why;

  if (image == NULL)
    return "there is no image in its packages";
  CLEANUP_FREE char *found = kernel_read_release (image, &why);
  if (found == NULL)
    return why;
  if (strcmp (found, release) != 0)
    return "its image is of another release";
  return modules ? NULL : "there are no modules in its packages";
}

int
kernel_publish (const char *top, const char *place, const char *release, const char *suite)
{
  CLEANUP_FREE char *modules = text_format ("%s/lib/modules/%s", top, release);

  if (modules == NULL || modules_prepare (modules, release) == -1)
    return -1;
  /* What stands there counts as no kernel, or nothing would have been fetched. */
  if (access (place, F_OK) == 0)
    workdir_remove (place);
  if (write_suite (top, suite) == 0 && rename (top, place) == 0)
    return 0;
  error_message ("%s: cannot be put there: %m", place);
  return -1;
}

char *
kernel_cache_folder (void)
{
  return cache_folder_in ("kernels");
}

int
kernel_store (const char *kernels, const char *work, const char *release, const char *suite, char **why)
{
  CLEANUP_FREE char *package = text_format ("%s/unpacked", work);
  CLEANUP_FREE char *top = text_format ("%s/%s", work, release);
  CLEANUP_FREE char *place = text_format ("%s/%s", kernels, release);

  if (package == NULL || top == NULL || place == NULL)
    return -1;
  CLEANUP_FREE char *image = find_place (package, images, release);
  CLEANUP_FREE char *modules = find_place (package, module_trees, release);
  const char *fault = check_parts (image, modules, release);
  if (fault) {
    *why = text_format ("%s: %s", release, fault);
    return 1;
  }
  *strrchr (modules, '/') = '\0';
  if (move_parts (package, top, image, modules, release) == -1) {
    error_message ("%s: cannot be made of its packages: %m", top);
    return -1;
  }
  return kernel_publish (top, place, release, suite);
}
