/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/put-kernel.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

void
use_empty_cache (void)
{
  enter_work ();
  setenv ("XDG_CACHE_HOME", work, 1);
}

void
fill_image (unsigned char *image, const char *release)
{
  memset (image, 0, IMAGE_SIZE);
  image[0x1f1] = 2;
  memcpy (image + 0x202, "HdrS", 4);
  image[0x20e] = (IMAGE_RELEASE_AT - 0x200) & 0xff;
  image[0x20f] = (IMAGE_RELEASE_AT - 0x200) >> 8;
  snprintf ((char *) image + IMAGE_RELEASE_AT, 256, "%s (builder@host) #1 SMP", release);
}

void
put_image (const char *path, const char *release)
{
  unsigned char image[IMAGE_SIZE];

  fill_image (image, release);
  put_file (path, 0644, image, sizeof image);
}

void
put_package (const char *top, const char *release)
{
  char path[512];

  snprintf (path, sizeof path, "%s/boot/vmlinuz-%s", top, release);
  put_image (path, release);
  snprintf (path, sizeof path, "%s/lib/modules/%s/modules.dep", top, release);
  put_file (path, 0644, "", 0);
}

void
put_fetched (const char *release)
{
  char top[256];

  snprintf (top, sizeof top, "powercut/kernels/%s", release);
  put_package (top, release);
}
