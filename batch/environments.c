/* SPDX-License-Identifier: BSD-3-Clause */
/* The environments of a grid: file systems, each with its mount options, on kernels. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/grid.h"
#include "common/message.h"
#include "guest/identity.h"
#include "guest/image.h"

/* The file system that a --mount is for, as an index, or their count if it is for all: FILESYSTEM:OPTIONS is for one.
 * *options is what comes after it.
 */
static size_t
mount_filesystem (const char *text, const struct words *filesystems, const char **options)
{
  *options = text;
  for (size_t i = 0; i < filesystems->count; i++) {
    size_t length = strlen (filesystems->list[i]);

    if (strncmp (text, filesystems->list[i], length) == 0 && text[length] == ':') {
      *options = text + length + 1;
      return i;
    }
  }
  return filesystems->count;
}

/* A mount option has no colon in its name: what looks like FILESYSTEM:OPTIONS is for a file system that is not there.
 */
static int
check_mount (const char *text, const struct words *filesystems)
{
  const char *options;
  size_t name = strcspn (text, ":,=");

  for (const char *at = text; *at; at++)
    if (*at < ' ' || *at > '~') {
      error_message ("--mount: there is a character in it that is not printable ASCII");
      return -1;
    }
  if (text[name] == ':' && mount_filesystem (text, filesystems, &options) == filesystems->count) {
    error_message ("--mount=%s: %.*s is not among the file systems: see --fs", text, (int) name, text);
    return -1;
  }
  return 0;
}

int
grid_read_request (struct grid *grid)
{
  const struct option_texts *mount = &grid->request->mount;

  if (words_split (grid->request->filesystems, ",", &grid->filesystems) == -1
      || words_check ("fs", &grid->filesystems) == -1)
    return -1;
  for (size_t i = 0; i < mount->count; i++)
    if (check_mount (mount->texts[i], &grid->filesystems) == -1)
      return -1;
  snprintf (grid->total_time, sizeof grid->total_time, "%ju", (uintmax_t) grid->request->total_seconds);
  return 0;
}

static void
add_environment (struct grid *grid, const char *filesystem, const char *options, const struct kernel *kernel)
{
  grid->environments[grid->environment_count++] = (struct environment) { filesystem, options, kernel };
}

/* On KERNEL, every file system with each of the mount options that are for it, or with none. */
static void
add_kernel (struct grid *grid, const struct kernel *kernel)
{
  const struct option_texts *mount = &grid->request->mount;
  const struct words *filesystems = &grid->filesystems;

  for (size_t i = 0; i < filesystems->count; i++) {
    size_t before = grid->environment_count;

    for (size_t j = 0; j < mount->count; j++) {
      const char *options;
      size_t which = mount_filesystem (mount->texts[j], filesystems, &options);

      if (which == i || which == filesystems->count)
        add_environment (grid, filesystems->list[i], options, kernel);
    }
    if (grid->environment_count == before)
      add_environment (grid, filesystems->list[i], "", kernel);
  }
}

int
grid_add_environments (struct grid *grid)
{
  const struct grid_request *request = grid->request;
  const size_t kernel_count = request->kernels.count ? request->kernels.count : 1;
  const size_t mounts = request->mount.count ? request->mount.count : 1;

  grid->kernels = calloc (kernel_count, sizeof *grid->kernels);
  grid->guests = calloc (kernel_count, sizeof *grid->guests);
  grid->environments = calloc (kernel_count * grid->filesystems.count * mounts, sizeof *grid->environments);
  if (grid->kernels == NULL || grid->guests == NULL || grid->environments == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < kernel_count; i++) {
    const char *spec = request->kernels.count ? request->kernels.texts[i] : NULL;

    if (guest_kernel_find (spec, request->filesystems, false, &grid->kernels[grid->kernel_count]) == -1)
      return -1;
    const struct kernel *kernel = &grid->kernels[grid->kernel_count++];
    add_kernel (grid, kernel);
    if (request->resume.count > 0 && (grid->guests[i] = guest_identity (kernel, NULL, 0)) == NULL)
      return -1;
  }
  return 0;
}

char *
environment_describe (const struct environment *environment)
{
  char *text;

  if (asprintf (&text, "%s%s%s, kernel %s", environment->filesystem, *environment->mount_options ? " " : "",
                environment->mount_options, environment->kernel->release) == -1)
    return NULL;
  return text;
}
