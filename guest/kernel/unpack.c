/* SPDX-License-Identifier: BSD-3-Clause */
/* A boot image unpacks itself in the guest, which costs a second or more there under emulation, and the most with xz.
 * QEMU also boots what is inside, an ELF file, if that has a PVH note to say where to enter.
 *
 * Documentation/arch/x86/boot.rst: the protected-mode code begins behind the setup sectors; payload_offset (0x248) and
 * payload_length (0x24c) say where in it the compressed kernel is.  The last four bytes of that are the length before
 * compression: gzip ends so by itself, behind all others they are put.
 */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/kernel/unpack.h"

#define SETUP_SECTORS_AT 0x1f1
#define MAGIC_AT 0x202
#define PROTOCOL_AT 0x206
#define PROTOCOL_WITH_PAYLOAD 0x0208
#define PAYLOAD_AT 0x248
#define HEADER_SIZE 0x250
#define LENGTH_SIZE 4
#define KERNEL_MAX (UINT32_C (512) << 20)
#define PVH_NOTE 18             /* XEN_ELFNOTE_PHYS32_ENTRY, of owner Xen */
#define CACHED "/powercut/kernels/"
#define PACKED_NAME "/vmlinuz-"
#define UNPACKED_NAME "/vmlinux-"

/* Bytes of a file or in memory, to free. */
struct bytes {
  unsigned char *data;
  size_t size;
};

static uint32_t
little_endian (const unsigned char *at)
{
  return at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;
}

static int
read_file (const char *path, struct bytes *bytes)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat status;

  if (fd == -1 || fstat (fd, &status) == -1 || status.st_size < HEADER_SIZE)
    return -1;
  bytes->size = (size_t) status.st_size;
  bytes->data = malloc (bytes->size);
  return bytes->data && pread (fd, bytes->data, bytes->size, 0) == (ssize_t) bytes->size ? 0 : -1;
}

/* Where in IMAGE the compressed kernel is. */
static int
find_payload (const struct bytes *image, size_t *offset, size_t *size)
{
  const unsigned char *header = image->data;
  size_t setup = ((header[SETUP_SECTORS_AT] ? header[SETUP_SECTORS_AT] : 4) + 1u) * 512;

  if (memcmp (header + MAGIC_AT, "HdrS", 4) != 0
      || (header[PROTOCOL_AT] | header[PROTOCOL_AT + 1] << 8) < PROTOCOL_WITH_PAYLOAD)
    return -1;
  *offset = setup + little_endian (header + PAYLOAD_AT);
  *size = little_endian (header + PAYLOAD_AT + 4);
  return *size > LENGTH_SIZE && *offset < image->size && *size <= image->size - *offset ? 0 : -1;
}

/* Fill *kernel, whose size is known, from the payload: SIZE bytes at DATA. */
static int
unpack (const unsigned char *data, size_t size, struct bytes *kernel)
{
  const bool gzip = memcmp (data, "\x1f\x8b", 2) == 0;
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry;
  size_t done = 0;
  ssize_t count = 1;

  if (archive == NULL)
    return -1;
  /* None that is a program of its own. */
  archive_read_support_filter_bzip2 (archive);
  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_lz4 (archive);
  archive_read_support_filter_lzma (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_zstd (archive);
  archive_read_support_format_raw (archive);
  if (archive_read_open_memory (archive, data, gzip ? size : size - LENGTH_SIZE) == ARCHIVE_OK
      && archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    for (; done < kernel->size && count > 0; done += count > 0 ? (size_t) count : 0)
      count = archive_read_data (archive, kernel->data + done, kernel->size - done);
  archive_read_free (archive);
  return done == kernel->size ? 0 : -1;
}

/* Is there a note in SIZE bytes of notes at AT that says where QEMU enters? */
static bool
has_pvh_note (const unsigned char *at, size_t size)
{
  while (size >= sizeof (Elf64_Nhdr)) {
    Elf64_Nhdr note;
    size_t length;

    memcpy (&note, at, sizeof note);
    length = sizeof note + (((size_t) note.n_namesz + 3) & ~(size_t) 3) + (((size_t) note.n_descsz + 3) & ~(size_t) 3);
    if (length > size)
      return false;
    if (note.n_type == PVH_NOTE && note.n_namesz == sizeof "Xen" && memcmp (at + sizeof note, "Xen", sizeof "Xen") == 0)
      return true;
    at += length;
    size -= length;
  }
  return false;
}

/* Is it a kernel that QEMU can boot as it is? */
static bool
is_bootable (const struct bytes *kernel)
{
  Elf64_Ehdr header;

  if (kernel->size < sizeof header || memcmp (kernel->data, ELFMAG, SELFMAG) != 0
      || kernel->data[EI_CLASS] != ELFCLASS64)
    return false;
  memcpy (&header, kernel->data, sizeof header);
  for (size_t i = 0; i < header.e_phnum; i++) {
    Elf64_Phdr segment;
    uint64_t at = header.e_phoff + i * sizeof segment;

    if (at > kernel->size - sizeof segment)
      return false;
    memcpy (&segment, kernel->data + at, sizeof segment);
    if (segment.p_type == PT_NOTE && segment.p_offset <= kernel->size
        && segment.p_filesz <= kernel->size - segment.p_offset
        && has_pvh_note (kernel->data + segment.p_offset, segment.p_filesz))
      return true;
  }
  return false;
}

/* Several guests may be started at once: each writes a file of its own, and the last to rename it wins. */
static int
write_file (const char *path, const struct bytes *bytes)
{
  CLEANUP_FREE char *temporary = text_format ("%s.XXXXXX", path);
  int fd = temporary ? mkostemp (temporary, O_CLOEXEC) : -1;
  FILE *file = fd == -1 ? NULL : fdopen (fd, "w");
  bool written;

  if (file == NULL) {
    if (fd != -1)
      close (fd);
    return -1;
  }
  written = fwrite (bytes->data, 1, bytes->size, file) == bytes->size && fchmod (fd, 0644) == 0;
  written &= fclose (file) == 0;
  if (written && rename (temporary, path) == 0)
    return 0;
  unlink (temporary);
  return -1;
}

/* The kernel inside IMAGE, in *KERNEL, to free in any case. */
static int
read_kernel (const char *image, struct bytes *kernel)
{
  struct bytes packed = { NULL, 0 };
  size_t offset, size;
  int r = -1;

  *kernel = (struct bytes) { NULL, 0 };
  if (read_file (image, &packed) == 0 && find_payload (&packed, &offset, &size) == 0) {
    kernel->size = little_endian (packed.data + offset + size - LENGTH_SIZE);
    if (kernel->size <= KERNEL_MAX)
      kernel->data = malloc (kernel->size);
    if (kernel->data)
      r = unpack (packed.data + offset, size, kernel);
  }
  free (packed.data);
  return r;
}

static int
unpack_image (const char *image, const char *path)
{
  struct bytes kernel;
  int r = read_kernel (image, &kernel);

  if (r == 0)
    r = is_bootable (&kernel) ? write_file (path, &kernel) : -1;
  free (kernel.data);
  return r;
}

int
kernel_has_builtin (const char *image, const char *parameter)
{
  struct bytes kernel;
  int r = read_kernel (image, &kernel);

  if (r == 0)
    r = memmem (kernel.data, kernel.size, parameter, strlen (parameter) + 1) != NULL;
  free (kernel.data);
  return r;
}

char *
kernel_unpacked (const char *image)
{
  const char *name = strrchr (image, '/');
  char *path;

  if (strstr (image, CACHED) == NULL || name == NULL || strncmp (name, PACKED_NAME, strlen (PACKED_NAME)) != 0)
    return NULL;
  path = text_format ("%.*s" UNPACKED_NAME "%s", (int) (name - image), image, name + strlen (PACKED_NAME));
  if (path && access (path, R_OK) == -1 && unpack_image (image, path) == -1) {
    free (path);
    path = NULL;
  }
  return path;
}
