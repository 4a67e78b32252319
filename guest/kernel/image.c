/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/kernel/image.h"

/* The x86 boot header, Documentation/arch/x86/boot.rst. */
#define HEADER_SIZE 0x210
#define HEADER_MAGIC_AT 0x202
#define HEADER_SETUP_SECTORS_AT 0x1f1
#define HEADER_VERSION_AT 0x20e
#define VERSION_BASE 0x200
#define RELEASE_MAX 256

bool
kernel_is_image_name (const char *name)
{
  size_t length = strlen (name);

  if (length > 4 && strcmp (name + length - 4, ".old") == 0)
    return false;
  return strncmp (name, "vmlinuz", 7) == 0 || strcmp (name, "bzImage") == 0;
}

/* The length of the release at the start of TEXT, or 0 if it could not stand in a path. */
static size_t
release_length (const char *text, size_t size)
{
  size_t length = 0;

  while (length < size && text[length] > ' ' && text[length] < 0x7f && text[length] != '/')
    length++;
  bool ended = length < size && (text[length] == ' ' || text[length] == '\0');
  return ended && text[0] >= '0' && text[0] <= '9' ? length : 0;
}

char *
kernel_read_release (const char *image, const char **why)
{
  CLEANUP_CLOSE int fd = open (image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  unsigned char header[HEADER_SIZE];
  char text[RELEASE_MAX];

  *why = strerror (errno);
  if (fd == -1)
    return NULL;
  *why = "is no x86 kernel image (vmlinuz or bzImage)";
  if (pread (fd, header, sizeof header, 0) != sizeof header || memcmp (header + HEADER_MAGIC_AT, "HdrS", 4) != 0)
    return NULL;
  *why = "its boot header does not say which release it is";
  unsigned setup_sectors = header[HEADER_SETUP_SECTORS_AT] ? header[HEADER_SETUP_SECTORS_AT] : 4;
  unsigned offset = header[HEADER_VERSION_AT] | (unsigned) header[HEADER_VERSION_AT + 1] << 8;
  if (offset == 0 || offset >= setup_sectors * 512)
    return NULL;
  ssize_t count = pread (fd, text, sizeof text, VERSION_BASE + offset);
  size_t length = count > 0 ? release_length (text, (size_t) count) : 0;
  return length > 0 ? strndup (text, length) : NULL;
}

char *
kernel_image_release (const char *image)
{
  const char *why;
  char *release = kernel_read_release (image, &why);

  if (release == NULL)
    error_message ("%s: %s", image, why);
  return release;
}
