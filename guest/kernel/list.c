/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "guest/kernel/image.h"
#include "guest/kernel/list.h"
#include "guest/kernel/program.h"
#include "guest/kernel/store.h"

#define RELEASE_MAX 256

/* Newest first: 6.12 before 6.1; then the small kernels of Debian, which have what is needed most of the time; then
 * 6.1.0-56 before 6.1.0-55.
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
    struct kernel *added = array_add (*kernels, count);
    if (added == NULL) {
      kernel_free (&kernel);
      break;
    }
    *added = kernel;
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

/* The image in BASE, or the program, of the fetched kernel NAME, to free, or NULL. */
static char *
fetched_image (const char *base, const char *name)
{
  const bool is_program = text_ends_with (name, KERNEL_PROGRAM_SUFFIX);
  char *image = is_program ? text_format ("%s/" KERNEL_PROGRAM_PLACE, base)
    : text_format ("%s/boot/vmlinuz-%s", base, name);

  if (image && access (image, R_OK) == -1) {
    free (image);
    image = NULL;
  }
  return image;
}

/* Its folder has the name of its release: kernel_fetch named it, whole, after looking into the image. */
static void
read_fetched (const char *folder, const char *name, struct kernel *kernel)
{
  CLEANUP_FREE char *base = *name == '.' ? NULL : text_format ("%s/%s", folder, name);
  char *image = base ? fetched_image (base, name) : NULL;

  if (image == NULL)
    return;
  kernel->image = image;
  kernel->release = text_format ("%s", name);
  kernel->modules = text_ends_with (name, KERNEL_PROGRAM_SUFFIX) ? kernel_program_modules (image, name)
    : kernel_modules_in (base, name);
  kernel->suite = read_suite (base);
  if (kernel->release == NULL)
    kernel_free (kernel);
}

static void
read_installed (const char *folder, const char *name, struct kernel *kernel)
{
  const char *why;
  char *image = kernel_is_image_name (name) ? text_format ("%s/%s", folder, name) : NULL;

  kernel->image = image;
  kernel->release = image ? kernel_read_release (image, &why) : NULL;
  kernel->modules = kernel->release ? kernel_modules_in ("", kernel->release) : NULL;
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

bool
kernel_list_take (struct kernel *kernels, int count, int index, struct kernel *kernel)
{
  for (int i = 0; i < count; i++)
    if (i == index)
      *kernel = kernels[i];
    else
      kernel_free (&kernels[i]);
  free (kernels);
  return index >= 0;
}
