/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/initramfs/elf-file.h"

#define NEEDED_MAX 1024         /* a browser needs some dozens */
#define SEGMENTS_MAX 1024
#define ENTRIES_MAX 65536       /* of a dynamic section */
#define RUNPATH_MAX 65536

struct elf_input {
  const char *path;
  int fd;
  uint64_t size;                /* of the file, in bytes */
  Elf64_Ehdr header;
  Elf64_Phdr segments[SEGMENTS_MAX];
  struct elf_file *elf;
  char *why;
  size_t why_size;
};

/* Where texts are. */
struct strings {
  uint64_t offset, size;        /* in the file, in bytes */
};

static int __attribute__ ((format (printf, 2, 3)))
refuse (const struct elf_input *input, const char *format, ...)
{
  va_list args;
  int length = snprintf (input->why, input->why_size, "%s: ", input->path);

  va_start (args, format);
  if (length >= 0 && (size_t) length < input->why_size)
    vsnprintf (input->why + length, input->why_size - (size_t) length, format, args);
  va_end (args);
  return -1;
}

/* Whether LENGTH bytes from OFFSET on are in the file. */
static bool
is_inside (const struct elf_input *input, uint64_t offset, uint64_t length)
{
  return offset <= input->size && length <= input->size - offset;
}

/* Read exactly LENGTH bytes. */
static bool
read_at (const struct elf_input *input, void *buffer, size_t length, uint64_t offset)
{
  return is_inside (input, offset, length) && pread (input->fd, buffer, length, (off_t) offset) == (ssize_t) length;
}

static int
read_headers (struct elf_input *input)
{
  const Elf64_Ehdr *header = &input->header;

  if (!read_at (input, &input->header, sizeof input->header, 0) || memcmp (header->e_ident, ELFMAG, SELFMAG) != 0
      || header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB
      || header->e_machine != EM_X86_64)
    return refuse (input, "an executable for another machine: the guest runs 64-bit x86 programs only");
  if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
    return refuse (input, "an ELF file, but no executable");
  if (header->e_phnum > SEGMENTS_MAX || (header->e_phnum > 0 && header->e_phentsize != sizeof (Elf64_Phdr))
      || !read_at (input, input->segments, header->e_phnum * sizeof (Elf64_Phdr), header->e_phoff))
    return refuse (input, "damaged ELF executable: its program headers are not in the file");
  return 0;
}

static const Elf64_Phdr *
find_segment (const struct elf_input *input, uint32_t type)
{
  for (size_t i = 0; i < input->header.e_phnum; i++)
    if (input->segments[i].p_type == type)
      return &input->segments[i];
  return NULL;
}

static int
read_loader (struct elf_input *input)
{
  const Elf64_Phdr *segment = find_segment (input, PT_INTERP);

  if (segment == NULL)
    return 0;
  if (segment->p_filesz < 2 || segment->p_filesz > PATH_MAX || !is_inside (input, segment->p_offset, segment->p_filesz))
    return refuse (input, "damaged ELF executable: its loader's name is not in the file");
  char *name = input->elf->loader = calloc (1, segment->p_filesz);
  if (name == NULL)
    return refuse (input, "out of memory");
  if (!read_at (input, name, segment->p_filesz, segment->p_offset) || name[segment->p_filesz - 1] != '\0'
      || *name != '/')
    return refuse (input, "damaged ELF executable: its loader has no absolute path");
  return 0;
}

/* Where the file has what is at ADDRESS when it runs.  Returns false if it has it nowhere. */
static bool
find_offset (const struct elf_input *input, uint64_t address, uint64_t *offset)
{
  for (size_t i = 0; i < input->header.e_phnum; i++) {
    const Elf64_Phdr *segment = &input->segments[i];

    if (segment->p_type == PT_LOAD && address >= segment->p_vaddr && address - segment->p_vaddr < segment->p_filesz
        && segment->p_offset <= input->size) {
      *offset = segment->p_offset + (address - segment->p_vaddr);
      return true;
    }
  }
  return false;
}

/* Entry NUMBER of the dynamic section; at its end, one with DT_NULL. */
static Elf64_Dyn
dynamic_entry (const struct elf_input *input, const Elf64_Phdr *dynamic, uint64_t number)
{
  Elf64_Dyn entry = { .d_tag = DT_NULL };

  if (number >= dynamic->p_filesz / sizeof entry || number >= ENTRIES_MAX
      || !read_at (input, &entry, sizeof entry, dynamic->p_offset + number * sizeof entry))
    entry.d_tag = DT_NULL;
  return entry;
}

/* Find the texts of the dynamic section. */
static int
find_strings (const struct elf_input *input, const Elf64_Phdr *dynamic, struct strings *strings)
{
  uint64_t address = 0;
  Elf64_Dyn entry;

  *strings = (struct strings) { 0, 0 };
  for (uint64_t i = 0; (entry = dynamic_entry (input, dynamic, i)).d_tag != DT_NULL; i++)
    if (entry.d_tag == DT_STRTAB)
      address = entry.d_un.d_ptr;
    else if (entry.d_tag == DT_STRSZ)
      strings->size = entry.d_un.d_val;
  if (strings->size > 0 && (!find_offset (input, address, &strings->offset)
                            || !is_inside (input, strings->offset, strings->size)))
    return refuse (input, "damaged ELF executable: the names of its shared libraries are not in the file");
  return 0;
}

/* The text at INDEX of STRINGS, which ends before MAXIMUM bytes, to free; NULL with the reason said if there is none.
 */
static char *
read_string (const struct elf_input *input, const struct strings *strings, uint64_t index, size_t maximum)
{
  char *text = NULL;

  if (index < strings->size) {
    size_t length = strings->size - index < maximum ? (size_t) (strings->size - index) : maximum;

    text = malloc (length);
    if (text && read_at (input, text, length, strings->offset + index) && memchr (text, '\0', length))
      return text;
  }
  free (text);
  refuse (input, "damaged ELF executable: the name of a shared library is not in the file");
  return NULL;
}

static int
add_needed (const struct elf_input *input, const struct strings *strings, uint64_t index)
{
  CLEANUP_FREE char *name = read_string (input, strings, index, PATH_MAX);

  if (name == NULL)
    return -1;
  if (input->elf->needed.count == NEEDED_MAX)
    return refuse (input, "needs more than %d shared libraries", NEEDED_MAX);
  return text_list_add (&input->elf->needed, name, strlen (name)) == 0 ? 0 : refuse (input, "out of memory");
}

/* Take the place *directories for the value of an entry. */
static int
set_directories (const struct elf_input *input, const struct strings *strings, uint64_t index, char **directories)
{
  free (*directories);
  *directories = read_string (input, strings, index, RUNPATH_MAX);
  return *directories ? 0 : -1;
}

static int
read_dynamic (struct elf_input *input)
{
  const Elf64_Phdr *dynamic = find_segment (input, PT_DYNAMIC);
  struct strings strings;
  Elf64_Dyn entry;
  int r = 0;

  if (dynamic == NULL)
    return 0;
  if (!is_inside (input, dynamic->p_offset, dynamic->p_filesz))
    return refuse (input, "damaged ELF executable: its dynamic section is not in the file");
  if (find_strings (input, dynamic, &strings) == -1)
    return -1;
  for (uint64_t i = 0; r == 0 && (entry = dynamic_entry (input, dynamic, i)).d_tag != DT_NULL; i++)
    if (entry.d_tag == DT_NEEDED)
      r = add_needed (input, &strings, entry.d_un.d_val);
    else if (entry.d_tag == DT_RPATH)
      r = set_directories (input, &strings, entry.d_un.d_val, &input->elf->rpath);
    else if (entry.d_tag == DT_RUNPATH)
      r = set_directories (input, &strings, entry.d_un.d_val, &input->elf->runpath);
  return r;
}

static int
read_open_file (struct elf_input *input)
{
  struct stat status;

  if (input->fd == -1 || fstat (input->fd, &status) == -1)
    return refuse (input, "cannot be read: %m");
  if (!S_ISREG (status.st_mode))
    return refuse (input, "is no file that could be run");
  input->size = (uint64_t) status.st_size;
  return read_headers (input) == -1 || read_loader (input) == -1 || read_dynamic (input) == -1 ? -1 : 0;
}

int
elf_file_read (const char *path, struct elf_file *elf, char *why, size_t why_size)
{
  CLEANUP_FREE struct elf_input *input = calloc (1, sizeof *input);
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  *elf = (struct elf_file) { .loader = NULL };
  if (input == NULL) {
    snprintf (why, why_size, "out of memory");
    return -1;
  }
  *input = (struct elf_input) { .path = path, .fd = fd, .elf = elf, .why = why, .why_size = why_size };
  int result = read_open_file (input);
  if (result == -1)
    elf_file_free (elf);
  return result;
}

void
elf_file_free (struct elf_file *elf)
{
  free (elf->loader);
  text_list_free (&elf->needed);
  free (elf->rpath);
  free (elf->runpath);
  *elf = (struct elf_file) { .loader = NULL };
}
