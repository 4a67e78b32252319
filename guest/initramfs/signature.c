/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/message.h"
#include "common/text.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

/* All that is said of an object besides its contents and its path. */
struct attributes {
  uint64_t mode, owner, group, device, length;
  uint64_t host_device, host_inode, host_size, host_seconds, host_nanoseconds;
};

static void
add_object (XXH3_state_t *hash, const struct initramfs_entry *object)
{
  struct attributes attributes = {
    .mode = object->mode, .owner = object->owner, .group = object->group, .device = object->device,
    .length = object->length
  };
  struct stat status;

  if (object->host && stat (object->host, &status) == 0) {
    attributes.host_device = status.st_dev;
    attributes.host_inode = status.st_ino;
    attributes.host_size = (uint64_t) status.st_size;
    attributes.host_seconds = (uint64_t) status.st_mtim.tv_sec;
    attributes.host_nanoseconds = (uint64_t) status.st_mtim.tv_nsec;
  }
  XXH3_128bits_update (hash, object->path, strlen (object->path) + 1);
  XXH3_128bits_update (hash, &attributes, sizeof attributes);
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
