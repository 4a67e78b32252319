/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "log/format.h"
#include "nbd-plugin/exports.h"
#include "nbd-plugin/parameters.h"

struct export *
export_new (int device)
{
  struct export *export = malloc (sizeof *export);

  if (export)
    *export = (struct export) { .device = device };
  return export;
}

void
export_close (void *opaque)
{
  free (opaque);
}

/* The handle of the disk called NAME, or NULL with errno, ENOENT if there is none. */
static struct export *
open_disk (const char *name, size_t device_count, unsigned path_count)
{
  char own[DISK_EXPORT_SIZE];

  for (size_t device = 0; device < device_count; device++)
    for (unsigned path = 0; path < path_count; path++) {
      disk_export_name (device, path, own);
      if (strcmp (name, own) != 0)
        continue;
      struct export *export = export_new ((int) device);
      if (export)
        export->path = path;
      return export;
    }
  errno = ENOENT;
  return NULL;
}

struct export *
export_open (size_t device_count, unsigned path_count, const char *other)
{
  const char *name = nbdkit_export_name ();

  if (name == NULL)
    return NULL;
  if (strcmp (name, other) == 0)
    return export_new (EXPORT_OTHER);
  struct export *export = open_disk (*name ? name : DISK_EXPORT, device_count, path_count);
  if (export == NULL && errno == ENOENT) {
    nbdkit_error ("no export '%s': there are disk0 to disk%zu, and %s", name, device_count - 1, other);
    errno = ENOENT;
  }
  return export;
}

int
export_list (struct nbdkit_exports *exports, size_t device_count, unsigned path_count, const char *other,
             const char *other_description)
{
  char name[DISK_EXPORT_SIZE];

  for (size_t device = 0; device < device_count; device++)
    for (unsigned path = 0; path < path_count; path++) {
      disk_export_name (device, path, name);
      if (nbdkit_add_export (exports, name, NULL) == -1)
        return -1;
    }
  return nbdkit_add_export (exports, other, other_description);
}

const char *
export_default (int readonly, int is_tls)
{
  (void) readonly;
  (void) is_tls;
  return DISK_EXPORT;
}

int
export_can_multi_conn (void *opaque)
{
  (void) opaque;
  return 1;
}

int
export_can_fua (void *opaque)
{
  (void) opaque;
  return NBDKIT_FUA_NATIVE;
}

int
export_block_size (void *opaque, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum)
{
  (void) opaque;
  *minimum = LOG_SECTOR;
  *preferred = 4096;
  *maximum = 0xffffffff;
  return 0;
}

int
export_check_sectors (uint32_t count, uint64_t offset)
{
  if (count % LOG_SECTOR == 0 && offset % LOG_SECTOR == 0)
    return 0;
  nbdkit_error ("request of %" PRIu32 " bytes at %" PRIu64 " is not made of whole sectors of %d bytes: "
                "use --filter=blocksize",
                count, offset, LOG_SECTOR);
  errno = EINVAL;
  return -1;
}

int
config_text (char **text, char *value)
{
  free (*text);
  *text = value;
  return value ? 0 : -1;
}

char *
control_path (const char *directory, const char *name)
{
  char target[PATH_MAX], *path;

  if (directory == NULL || *name == '\0' || strchr (name, '/') || strcmp (name, ".") == 0 || strcmp (name, "..") == 0) {
    nbdkit_error ("control: %s: %s", name,
                  directory ? "is not the name of a file in directory=" : "directory= was not given");
    errno = EINVAL;
    return NULL;
  }
  if (asprintf (&path, "%s/%s", directory, name) == -1)
    return NULL;
  ssize_t length = readlink (path, target, sizeof target - 1);
  if (length == -1)
    return path;
  free (path);
  target[length] = '\0';
  return strdup (target);
}
