/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/foreign/file.h"

#define FAULT_MAX 512           /* characters */

int
foreign_file_map (const char *path, uint64_t least, const char *what, const char **map, uint64_t *size)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  void *content;

  if (fd == -1 || fstat (fd, &status) == -1) {
    error_message ("%s: %m", path);
    return -1;
  }
  if (!S_ISREG (status.st_mode)) {
    error_message ("%s: not a regular file: give a copy of the log", path);
    return -1;
  }
  if ((uint64_t) status.st_size < least)
    return foreign_file_fault (path, (uint64_t) status.st_size, "the file ends: too short for %s", what);
  content = mmap (NULL, (size_t) status.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (content == MAP_FAILED) {
    error_message ("%s: cannot map the file: %m", path);
    return -1;
  }
  *map = content;
  *size = (uint64_t) status.st_size;
  return 0;
}

int
foreign_file_fault (const char *path, uint64_t offset, const char *format, ...)
{
  char text[FAULT_MAX];
  va_list args;

  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  error_message ("%s: byte %ju: %s", path, (uintmax_t) offset, text);
  return -1;
}
