/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/message.h"
#include "common/workdir.h"
#include "tests/unit/put-kernel.h"
#include "tests/unit/unit.h"

static char *folder;            /* of all tests */
char *cache;
char last_message[4096];

/* In place of libmessage, so that what is said can be checked. */
void
error_message (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (last_message, sizeof last_message, format, args);
  va_end (args);
}

void
make_work_folder (void)
{
  folder = workdir_create ();
  ck_assert_ptr_nonnull (folder);
}

void
remove_work_folder (void)
{
  workdir_remove (folder);
  free (folder);
}

void
use_empty_cache (void)
{
  char *template;

  ck_assert_int_ne (asprintf (&template, "%s/test-XXXXXX", folder), -1);
  cache = mkdtemp (template);
  ck_assert_ptr_nonnull (cache);
  setenv ("XDG_CACHE_HOME", cache, 1);
  ck_assert_int_eq (chdir (cache), 0);
}

void
forget_cache (void)
{
  free (cache);
}

void
put_file (const char *path, const void *data, size_t size)
{
  char *copy = strdup (path);

  for (char *slash = strchr (copy, '/'); slash; slash = strchr (slash + 1, '/')) {
    *slash = '\0';
    ck_assert (mkdir (copy, 0755) == 0 || errno == EEXIST);
    *slash = '/';
  }
  free (copy);
  FILE *file = fopen (path, "w");
  ck_assert_ptr_nonnull (file);
  ck_assert_uint_eq (fwrite (data, 1, size, file), size);
  ck_assert_int_eq (fclose (file), 0);
}

void
put_text (const char *path, const char *text)
{
  put_file (path, text, strlen (text));
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
  put_file (path, image, sizeof image);
}

void
put_package (const char *top, const char *release)
{
  char path[512];

  snprintf (path, sizeof path, "%s/boot/vmlinuz-%s", top, release);
  put_image (path, release);
  snprintf (path, sizeof path, "%s/lib/modules/%s/modules.dep", top, release);
  put_file (path, "", 0);
}

void
put_fetched (const char *release)
{
  char top[256];

  snprintf (top, sizeof top, "powercut/kernels/%s", release);
  put_package (top, release);
}
