/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/kernel/kernel.h"
#include "guest/kernel/modules.h"
#include "guest/kernel/program.h"

void
kernel_free (struct kernel *kernel)
{
  free_all (kernel->image, kernel->release, kernel->modules, kernel->suite);
  *kernel = (struct kernel) { 0 };
}

bool
kernel_release_matches (const char *release, const char *version)
{
  size_t length = strlen (version);

  return strncmp (release, version, length) == 0 && (release[length] == '\0' || strchr (".-+~", release[length]));
}

/* REL-cloud-amd64, REL-amd64, REL-uml, and REL-rt-amd64, which is none of ours. */
const char *
kernel_flavour (const char *release)
{
  if (text_ends_with (release, "-cloud-amd64"))
    return KERNEL_CLOUD;
  if (text_ends_with (release, KERNEL_PROGRAM_SUFFIX))
    return KERNEL_UML;
  return text_ends_with (release, "-amd64") && !text_ends_with (release, "-rt-amd64") ? KERNEL_FULL : NULL;
}

/* The directory BASE/DIRECTORY/RELEASE if it is there and readable, to free, else NULL. */
static char *
readable_modules (const char *base, const char *directory, const char *release)
{
  char *path = text_format ("%s/%s/%s", base, directory, release);

  if (path && access (path, R_OK | X_OK) == -1) {
    free (path);
    path = NULL;
  }
  return path;
}

char *
kernel_modules_in (const char *base, const char *release)
{
  char *path = readable_modules (base, "lib/modules", release);

  return path ? path : readable_modules (base, "usr/lib/modules", release);
}

bool
kernel_runs_alone (const struct kernel *kernel)
{
  return text_ends_with (kernel->release, KERNEL_PROGRAM_SUFFIX);
}

/* Their directory has its name. */
const char *
kernel_modules_release (const struct kernel *kernel)
{
  return strrchr (kernel->modules, '/') + 1;
}

int
kernel_prepare_modules (const struct kernel *kernel)
{
  return kernel->modules ? modules_prepare (kernel->modules, kernel_modules_release (kernel)) : 0;
}

bool
kernel_has_modules (const struct kernel *kernel, const char *const *modules)
{
  bool has = *modules == NULL || kernel_prepare_modules (kernel) == 0;

  for (; has && *modules && kernel->modules; modules++) {
    struct text_list files;

    has = modules_find (kernel->modules, kernel_modules_release (kernel), *modules, &files) == 0;
    if (has)
      text_list_free (&files);
  }
  return has;
}
