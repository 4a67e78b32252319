/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that ldconfig(8) makes, by which the loader finds shared libraries (format `glibc-ld.so.cache1.1`). */
#ifndef POWERCUT_GUEST_INITRAMFS_LOADER_CACHE_H
#define POWERCUT_GUEST_INITRAMFS_LOADER_CACHE_H

#include <stddef.h>

#define LOADER_CACHE "/etc/ld.so.cache"

struct loader_cache {
  char *data;                   /* the whole file, NUL after it; NULL if there is none that can be read */
  size_t length;                /* in bytes, without the NUL */
};

/* Read the cache PATH.  One that is not there, is damaged, or is of another format is as one with nothing in it. */
extern void loader_cache_read (const char *path, struct loader_cache *cache);
extern void loader_cache_free (struct loader_cache *cache);

/* The absolute path of the 64-bit x86 library NAME, part of the cache, or NULL. */
extern const char *loader_cache_find (const struct loader_cache *cache, const char *name);

#endif
