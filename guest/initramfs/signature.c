/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <search.h>
#include <string.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/stamp.h"
#include "common/text.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

/* All that is said of an object besides its contents and its path. */
struct attributes {
  uint64_t mode, owner, group, device, length;
};

static void
add_object (XXH3_state_t *hash, const struct initramfs_entry *object)
{
  const struct attributes attributes = {
    .mode = object->mode, .owner = object->owner, .group = object->group, .device = object->device,
    .length = object->length
  };
  CLEANUP_FREE char *stamp = object->host ? file_stamp (object->host) : NULL;

  XXH3_128bits_update (hash, object->path, strlen (object->path) + 1);
  XXH3_128bits_update (hash, &attributes, sizeof attributes);
  if (stamp)
    XXH3_128bits_update (hash, stamp, strlen (stamp) + 1);
  if (object->data)
    XXH3_128bits_update (hash, object->data, object->length);
}

static void
visit (const void *node, VISIT order, void *closure)
{
  if (order == postorder || order == leaf)
    add_object (closure, *(struct initramfs_entry *const *) node);
}

char *
initramfs_signature (const struct initramfs *initramfs)
{
  XXH3_state_t hash;
  XXH128_hash_t sum;

  XXH3_128bits_reset (&hash);
  twalk_r (initramfs->entries, visit, &hash);
  sum = XXH3_128bits_digest (&hash);
  return text_format ("%016" PRIx64 "%016" PRIx64, sum.high64, sum.low64);
}

static void
list_source (const void *node, VISIT order, void *closure)
{
  const struct initramfs_entry *object = *(struct initramfs_entry *const *) node;
  CLEANUP_FREE char *stamp = (order == postorder || order == leaf) && object->host ? file_stamp (object->host) : NULL;

  if (stamp)
    fprintf (closure, "%s %s\n", stamp, object->host);
}

int
initramfs_list_sources (const struct initramfs *initramfs, FILE *file)
{
  twalk_r (initramfs->entries, list_source, file);
  return ferror (file) ? -1 : 0;
}
