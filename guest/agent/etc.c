/* SPDX-License-Identifier: BSD-3-Clause */
/* What programs look for in /etc. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"

#define HOST_NAME "guest"

/* What --include has brought stays. */
static const struct {
  const char *path, *text;
} files[] = {
  { "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n" },
  { "/etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n" },
  { "/etc/hosts", "127.0.0.1 localhost " HOST_NAME "\n::1 localhost\n" },
  { "/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n" },
};

static int
make_file (const char *root, const char *path, const char *text)
{
  char place[64];

  snprintf (place, sizeof place, "%s%s", root, path);
  CLEANUP_CLOSE int fd = open (place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  const size_t length = strlen (text);

  if (fd == -1 && errno == EEXIST)
    return 0;
  return fd >= 0 && write (fd, text, length) == (ssize_t) length ? 0 : -1;
}

void
etc_make_files (const char *root)
{
  char directory[64];

  snprintf (directory, sizeof directory, "%s/etc", root);
  mkdir (directory, 0755);
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (make_file (root, files[i].path, files[i].text) == -1)
      error_message ("%s%s: %m", root, files[i].path);
  if (sethostname (HOST_NAME, strlen (HOST_NAME)) == -1)
    error_message ("cannot set the name of the guest: %m");
}
