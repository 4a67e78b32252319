/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest/agent/tracee.h"

bool
tracee_read (int thread, uint64_t address, void *data, size_t size)
{
  const struct iovec here = { data, size }, there = { (void *) (uintptr_t) address, size };

  return process_vm_readv (thread, &here, 1, &there, 1, 0) == (ssize_t) size;
}

/* Memory may end where a page does: so each piece is in one. */
ssize_t
tracee_read_text (int thread, uint64_t address, char *text, size_t size)
{
  const size_t page = (size_t) sysconf (_SC_PAGESIZE);
  size_t length = 0;

  while (length < size - 1) {
    size_t piece = page - (size_t) ((address + length) % page);

    if (piece > size - 1 - length)
      piece = size - 1 - length;
    if (!tracee_read (thread, address + length, text + length, piece))
      return -1;
    size_t found = strnlen (text + length, piece);
    length += found;
    if (found < piece)
      return (ssize_t) length;
  }
  text[length] = '\0';
  return (ssize_t) length;
}

void
tracee_read_how (const struct call *call, unsigned number, uint64_t *flags, uint64_t *mode)
{
  struct open_how how = { .flags = 0 };

  if (!tracee_read (call->thread, call->arguments[number], &how, offsetof (struct open_how, resolve)))
    how = (struct open_how) { .flags = 0 };
  *flags = how.flags;
  *mode = how.mode;
}

bool
tracee_read_socket (int thread, uint64_t address, uint64_t size, char path[PATH_MAX])
{
  struct sockaddr_un socket = { .sun_family = AF_UNSPEC };
  const size_t start = offsetof (struct sockaddr_un, sun_path);

  if (size <= start || size > sizeof socket || !tracee_read (thread, address, &socket, (size_t) size)
      || socket.sun_family != AF_UNIX || socket.sun_path[0] == '\0')
    return false;
  snprintf (path, PATH_MAX, "%.*s", (int) (size - start), socket.sun_path);
  return true;
}

void
tracee_path (int thread, int directory, const char *path, char found[TRACEE_PATH_SIZE])
{
  if (*path == '/')
    snprintf (found, TRACEE_PATH_SIZE, "/proc/%d/root%s", thread, path);
  else if (directory == AT_FDCWD)
    snprintf (found, TRACEE_PATH_SIZE, "/proc/%d/cwd/%s", thread, path);
  else
    snprintf (found, TRACEE_PATH_SIZE, "/proc/%d/fd/%d%s%s", thread, directory, *path ? "/" : "", path);
}
