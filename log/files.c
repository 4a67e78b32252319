/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/files.h"

#define PIECE_BYTES (16 << 20)

size_t
log_files_piece (const struct log_mark *mark, const void **data)
{
  const char *rest;
  size_t length;

  if (!log_mark_is (mark, LOG_FILES_MARK, &rest, &length))
    return 0;
  *data = rest;
  return length;
}

int
log_files_read (const char *path, log_files_put *put, void *opaque)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  CLEANUP_FREE char *text = malloc (sizeof LOG_FILES_MARK + PIECE_BYTES);
  char *piece = text ? mempcpy (text, LOG_FILES_MARK " ", sizeof LOG_FILES_MARK) : NULL;
  ssize_t count;

  if (fd == -1 || text == NULL)
    return -1;
  /* Regular files are read whole: a piece is shorter at the end alone. */
  while ((count = read (fd, piece, PIECE_BYTES)) > 0)
    if (put (opaque, text, sizeof LOG_FILES_MARK + (size_t) count) == -1)
      return -1;
  return (int) count;
}

static int
put_mark (void *writer, const char *text, size_t length)
{
  return log_writer_mark (writer, text, length);
}

int
log_files_write (struct log_writer *writer, const char *path)
{
  return log_files_read (path, put_mark, writer);
}
