/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/kernel/find.h"
#include "guest/kernel/unpack.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define FOLDER "powercut/kernels/6.99/boot"
#define SETUP_SIZE 1024         /* boot sector and one of setup code */
#define PAYLOAD_OFFSET 64
#define ELF_SIZE 100000
#define IMAGE_MAX 200000

static unsigned char elf[ELF_SIZE];

static void
put_little_endian (unsigned char *at, uint32_t value)
{
  for (int i = 0; i < 4; i++)
    at[i] = (unsigned char) (value >> 8 * i);
}

/* A kernel with one segment of notes, of which the second says where QEMU enters. */
static void
make_elf (void)
{
  const Elf64_Phdr segment = { .p_type = PT_NOTE, .p_offset = 200, .p_filesz = 2 * (12 + 4 + 8) };
  Elf64_Ehdr header = { .e_phoff = 64, .e_phnum = 1 };
  const Elf64_Nhdr notes[] = { { .n_namesz = 4, .n_descsz = 8, .n_type = 17 },
                               { .n_namesz = 4, .n_descsz = 7, .n_type = 18 } };

  memcpy (header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  for (size_t i = 0; i < sizeof elf; i++)
    elf[i] = (unsigned char) (i * i >> 7);
  memcpy (elf, &header, sizeof header);
  memcpy (elf + 64, &segment, sizeof segment);
  for (size_t i = 0; i < 2; i++) {
    memcpy (elf + 200 + 24 * i, &notes[i], sizeof notes[i]);
    memcpy (elf + 200 + 24 * i + 12, "Xen", 4);
  }
}

/* Compress the kernel into IMAGE, a boot image.  Returns its size. */
static size_t
make_image (unsigned char *image, int filter)
{
  struct archive *archive = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();
  size_t used = 0;

  memset (image, 0, IMAGE_MAX);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_pathname (entry, "kernel");
  ck_assert_int_eq (archive_write_set_format_raw (archive), ARCHIVE_OK);
  ck_assert_int_eq (archive_write_add_filter (archive, filter), ARCHIVE_OK);
  archive_write_set_bytes_in_last_block (archive, 1);
  ck_assert_int_eq (archive_write_open_memory (archive, image + SETUP_SIZE + PAYLOAD_OFFSET, IMAGE_MAX / 2, &used),
                    ARCHIVE_OK);
  ck_assert_int_eq (archive_write_header (archive, entry), ARCHIVE_OK);
  ck_assert_int_eq (archive_write_data (archive, elf, sizeof elf), sizeof elf);
  ck_assert_int_eq (archive_write_free (archive), ARCHIVE_OK);
  archive_entry_free (entry);
  if (filter != ARCHIVE_FILTER_GZIP)    /* gzip's own end is the length */
    used += 4;
  put_little_endian (image + SETUP_SIZE + PAYLOAD_OFFSET + used - 4, ELF_SIZE);
  image[0x1f1] = 1;
  memcpy (image + 0x202, "HdrS\x08\x02", 6);
  put_little_endian (image + 0x248, PAYLOAD_OFFSET);
  put_little_endian (image + 0x24c, (uint32_t) used);
  return SETUP_SIZE + PAYLOAD_OFFSET + used;
}

static void
begin (void)
{
  enter_work ();
  make_elf ();
}

/* kernel_unpacked of the image in the file NAME of the test's directory. */
static char *
unpack (const char *name, const unsigned char *image, size_t size)
{
  char path[4096];

  put_file (name, 0644, image, size);
  ck_assert_int_lt (snprintf (path, sizeof path, "%s/%s", work, name), (int) sizeof path);
  return kernel_unpacked (path);
}

static const int filters[] = { ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_LZ4, ARCHIVE_FILTER_ZSTD };

START_TEST (a_kernel_is_unpacked_once)
{
  static unsigned char image[IMAGE_MAX], back[ELF_SIZE + 1];
  char *path = unpack (FOLDER "/vmlinuz-6.99", image, make_image (image, filters[_i]));
  FILE *file = path ? fopen (path, "r") : NULL;
  struct stat before, after;

  ck_assert_ptr_nonnull (file);
  ck_assert (strstr (path, FOLDER "/vmlinux-6.99") != NULL);
  ck_assert_uint_eq (fread (back, 1, sizeof back, file), ELF_SIZE);
  ck_assert_mem_eq (back, elf, ELF_SIZE);
  fclose (file);
  ck_assert_int_eq (stat (path, &before), 0);
  free (path);
  path = unpack (FOLDER "/vmlinuz-6.99", image, 1);
  ck_assert_ptr_nonnull (path);
  ck_assert_int_eq (stat (path, &after), 0);
  ck_assert (before.st_ino == after.st_ino);
  free (path);
}
END_TEST

/* What is done to a good image: a byte of it, or of the kernel in it, or its size. */
static const struct {
  size_t at, elf_at, size;
} damages[] = {
  { .at = 0x202 }, { .at = 0x207 }, { .at = 0x24a }, { .at = 0x24e }, { .at = SETUP_SIZE + PAYLOAD_OFFSET },
  { .elf_at = 1 }, { .elf_at = 4 }, { .elf_at = 64 }, { .elf_at = 200 + 24 + 8 }, { .elf_at = 200 + 24 + 12 },
  { .elf_at = 202 }, { .size = 600 }, { .size = 100 }, { .size = 1500 },
};

START_TEST (a_damaged_image_is_left_as_it_is)
{
  static unsigned char image[IMAGE_MAX];
  size_t size, entries = 0;
  DIR *directory;

  if (damages[_i].elf_at)
    elf[damages[_i].elf_at] ^= 0x40;
  size = make_image (image, ARCHIVE_FILTER_ZSTD);
  if (damages[_i].at)
    image[damages[_i].at] = damages[_i].at == 0x207 ? 1 : image[damages[_i].at] ^ 0x55;
  ck_assert_ptr_null (unpack (FOLDER "/vmlinuz-6.99", image, damages[_i].size ? damages[_i].size : size));
  directory = opendir (FOLDER);
  while (readdir (directory))
    entries++;
  closedir (directory);
  ck_assert_uint_eq (entries, 3);       /* with . and .. */
}
END_TEST

START_TEST (a_built_in_module_is_known_by_its_parameter)
{
  static const char parameter[] = "virtio_blk.queue_depth";
  static unsigned char image[IMAGE_MAX];

  ck_assert_ptr_null (unpack ("bzImage", image, make_image (image, ARCHIVE_FILTER_ZSTD)));
  ck_assert_int_eq (kernel_has_builtin ("bzImage", parameter), 0);
  memcpy (elf + ELF_SIZE / 2, parameter, sizeof parameter);
  ck_assert_ptr_null (unpack ("bzImage", image, make_image (image, ARCHIVE_FILTER_ZSTD)));
  ck_assert_int_eq (kernel_has_builtin ("bzImage", parameter), 1);
  ck_assert_int_eq (kernel_has_builtin ("bzImage", "virtio_blk.queue"), 0);
  ck_assert_ptr_null (unpack ("bzImage", image, 700));
  ck_assert_int_eq (kernel_has_builtin ("bzImage", parameter), -1);
}
END_TEST

/* A kernel whose disks need a module is none without its modules. */
START_TEST (a_kernel_without_the_modules_that_it_needs_is_refused)
{
  static const char parameter[] = "virtio_blk.queue_depth";
  static unsigned char image[IMAGE_MAX];
  struct kernel kernel;

  for (int built_in = 0; built_in < 2; built_in++) {
    if (built_in)
      memcpy (elf + ELF_SIZE / 2, parameter, sizeof parameter);
    size_t size = make_image (image, ARCHIVE_FILTER_ZSTD);
    image[0x20e] = 0x80;
    strcpy ((char *) image + 0x280, "6.99.0-none-here ");
    ck_assert_ptr_null (unpack ("bzImage", image, size));
    ck_assert_int_eq (kernel_find ("./bzImage", &kernel), built_in ? 0 : -1);
    if (built_in)
      ck_assert_ptr_null (kernel.modules);
    kernel_free (&kernel);
  }
}
END_TEST

START_TEST (nothing_is_put_beside_a_kernel_of_the_user)
{
  static unsigned char image[IMAGE_MAX];
  size_t size = make_image (image, ARCHIVE_FILTER_ZSTD);

  ck_assert_ptr_null (unpack ("vmlinuz-6.99", image, size));
  ck_assert_ptr_null (unpack (FOLDER "/bzImage", image, size));
}
END_TEST

UNIT_TEST_MAIN_WITH ("kernel-unpack", begin, leave_work,
  LOOP_OVER (a_kernel_is_unpacked_once, filters),
  LOOP_OVER (a_damaged_image_is_left_as_it_is, damages),
  a_built_in_module_is_known_by_its_parameter,
  a_kernel_without_the_modules_that_it_needs_is_refused,
  nothing_is_put_beside_a_kernel_of_the_user)
