/* SPDX-License-Identifier: BSD-3-Clause */
/* Marks in what is being recorded. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define SECTOR_SIZE 512

int
mark_write (const char *device, const char *text)
{
  static _Alignas (AGENT_MARK_MAX) char buffer[AGENT_MARK_MAX];
  size_t length = strlen (text);

  if (length > AGENT_MARK_MAX) {
    error_message ("a mark of %zu bytes: at most %d are possible", length, AGENT_MARK_MAX);
    return -1;
  }
  memset (buffer, 0, sizeof buffer);
  memcpy (buffer, text, length);
  length = length ? (length + SECTOR_SIZE - 1) / SECTOR_SIZE * SECTOR_SIZE : SECTOR_SIZE;
  CLEANUP_CLOSE int fd = open (device, O_WRONLY | O_DIRECT | O_SYNC | O_CLOEXEC);
  if (fd == -1) {
    error_message ("%s: %m", device);
    return -1;
  }
  ssize_t written = pwrite (fd, buffer, length, 0);
  if (written != (ssize_t) length) {
    errno = written == -1 ? errno : EIO;
    error_message ("cannot write a mark to %s: %m", device);
    return -1;
  }
  return 0;
}

const char *
mark_device (void)
{
  const char *device = getenv (AGENT_MARK_DEVICE_VARIABLE);

  if (device == NULL)
    error_message ("nothing is being recorded: %s is not set", AGENT_MARK_DEVICE_VARIABLE);
  return device;
}
