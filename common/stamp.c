/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/stamp.h"

char *
file_stamp (const char *path)
{
  struct stat status;
  char *stamp;

  if (stat (path, &status) == -1)
    return NULL;
  if (asprintf (&stamp, "%ju-%ju-%o-%jd-%jd.%09ld", (uintmax_t) status.st_dev, (uintmax_t) status.st_ino,
                (unsigned) status.st_mode, (intmax_t) status.st_size, (intmax_t) status.st_mtim.tv_sec,
                status.st_mtim.tv_nsec) != -1)
    return stamp;
  errno = ENOMEM;
  return NULL;
}
