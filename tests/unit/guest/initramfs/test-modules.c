/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel modules in an initramfs. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "guest/kernel/modules.h"
#include "tests/unit/guest/initramfs/archive.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

/* Write DATA to PATH through the filter that ADD_FILTER adds. */
static void
put_compressed (const char *path, int (*add_filter) (struct archive *), const void *data, size_t size)
{
  struct archive *archive = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();

  ck_assert_int_eq (archive_write_set_format_raw (archive), ARCHIVE_OK);
  ck_assert_int_eq (add_filter (archive), ARCHIVE_OK);
  ck_assert_int_eq (archive_write_open_filename (archive, path), ARCHIVE_OK);
  archive_entry_set_pathname (entry, "module");
  archive_entry_set_filetype (entry, AE_IFREG);
  ck_assert_int_eq (archive_write_header (archive, entry), ARCHIVE_OK);
  ck_assert_int_eq (archive_write_data (archive, data, size), (la_ssize_t) size);
  ck_assert_int_eq (archive_write_free (archive), ARCHIVE_OK);
  archive_entry_free (entry);
}

static int (*const filters[]) (struct archive *) = {
  archive_write_add_filter_none, archive_write_add_filter_gzip, archive_write_add_filter_xz,
  archive_write_add_filter_zstd
};

#define MODULE_SIZE 200000

START_TEST (modules_are_uncompressed)
{
  char *module = malloc (MODULE_SIZE);
  void *data;
  size_t length;

  for (size_t i = 0; i < MODULE_SIZE; i++)
    module[i] = (char) (i * i >> 3);
  memcpy (module, ELFMAG, SELFMAG);
  put_compressed ("module", filters[_i], module, MODULE_SIZE);
  ck_assert_int_eq (module_read ("module", &data, &length), 0);
  ck_assert_uint_eq (length, MODULE_SIZE);
  ck_assert_mem_eq (data, module, MODULE_SIZE);
  free (data);
  free (module);
}
END_TEST

START_TEST (a_damaged_module_is_refused)
{
  char module[5000];
  void *data;
  size_t length;

  for (size_t i = 0; i < sizeof module; i++)
    module[i] = (char) (i * i >> 3);
  put_compressed ("module.ko.xz", archive_write_add_filter_xz, module, sizeof module);
  ck_assert_int_eq (truncate ("module.ko.xz", 100), 0);
  ck_assert_int_eq (module_read ("module.ko.xz", &data, &length), -1);
  ck_assert_ptr_nonnull (strstr (message, "module.ko.xz"));
  ck_assert_int_eq (module_read ("missing.ko", &data, &length), -1);
}
END_TEST

START_TEST (a_kernel_without_modules_has_everything_built_in)
{
  struct kernel kernel = { .image = "image", .release = "6.1.0", .modules = NULL };

  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "whatever", NULL }), 0);
  ck_assert_int_eq (find ("modules/order").count, 1);
  ck_assert_str_eq (find ("modules/order").text, "");
}
END_TEST

/* The least that depmod takes for a module: an object file with a section .modinfo, which holds SOFTDEP. */
static void
put_module (const char *path, int (*add_filter) (struct archive *), const char *softdep)
{
  static const char names[] = "\0.modinfo\0.shstrtab";
  struct {
    Elf64_Ehdr header;
    Elf64_Shdr sections[3];
    char names[32];
    char modinfo[64];
  } module = {
    .header = {
      .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
      .e_type = ET_REL, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_ehsize = sizeof (Elf64_Ehdr),
      .e_shoff = sizeof (Elf64_Ehdr), .e_shentsize = sizeof (Elf64_Shdr), .e_shnum = 3, .e_shstrndx = 2,
    },
  };
  size_t names_at = offsetof (__typeof__ (module), names), modinfo_at = offsetof (__typeof__ (module), modinfo);

  module.sections[1] = (Elf64_Shdr) { .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC,
                                      .sh_offset = modinfo_at, .sh_size = strlen (softdep) + 1, .sh_addralign = 1 };
  module.sections[2] = (Elf64_Shdr) { .sh_name = 10, .sh_type = SHT_STRTAB, .sh_offset = names_at,
                                      .sh_size = sizeof names, .sh_addralign = 1 };
  memcpy (module.names, names, sizeof names);
  snprintf (module.modinfo, sizeof module.modinfo, "%s", softdep);
  put_compressed (path, add_filter, &module, sizeof module);
}

#define MODULES "top with space/lib/modules/6.1.0"

static struct kernel
put_kernel (void)
{
  put_text (MODULES "/modules.builtin", 0644, "kernel/fs/ext4/ext4.ko\n");
  put_text (MODULES "/modules.builtin.modinfo", 0644, "");
  put_text (MODULES "/modules.order", 0644, "kernel/second.ko\n");
  ck_assert_int_eq (mkdir (MODULES "/kernel", 0755), 0);
  put_module (MODULES "/kernel/second.ko", archive_write_add_filter_none, "softdep=pre: first");
  put_module (MODULES "/kernel/first.ko", archive_write_add_filter_none, "license=GPL");
  put_module (MODULES "/kernel/other.ko", archive_write_add_filter_none, "softdep=pre: first");
  ck_assert_int_eq (modules_prepare (MODULES, "6.1.0"), 0);
  return (struct kernel) { .image = "image", .release = "6.1.0", .modules = MODULES };
}

START_TEST (modules_come_in_the_order_to_load_them_and_once)
{
  struct kernel kernel = put_kernel ();

  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "ext4", "second", NULL }),
                    0);
  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "other", NULL }), 0);
  ck_assert_str_eq (find ("modules/order").text, "first.ko\nsecond.ko\nother.ko\n");
  ck_assert_int_eq (find ("modules/first.ko").count, 1);
  ck_assert_mem_eq (find ("modules/second.ko").text, ELFMAG, SELFMAG);
}
END_TEST

START_TEST (modules_for_later_have_an_order_of_their_own)
{
  struct kernel kernel = put_kernel ();

  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "second", NULL }), 0);
  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, "afs", (const char *const[]) { "other", NULL }), 0);
  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, "bfs", (const char *const[]) { "nothing?", NULL }), 0);
  ck_assert_str_eq (find ("modules/order").text, "first.ko\nsecond.ko\n");
  ck_assert_str_eq (find ("modules/order.afs").text, "first.ko\nother.ko\n");
  ck_assert_str_eq (find ("modules/order.bfs").text, "");
  ck_assert_int_eq (find ("modules/first.ko").count, 1);
}
END_TEST

/* Of several lines kmod follows one.  Those of a dependency count, too, an alias is a name, and circles end. */
START_TEST (all_soft_dependencies_come_too)
{
  struct kernel kernel = put_kernel ();

  put_module (MODULES "/kernel/top-most.ko", archive_write_add_filter_none, "license=GPL");
  put_module (MODULES "/kernel/cipher.ko", archive_write_add_filter_none, "alias=crypto-best");
  put_module (MODULES "/kernel/last.ko", archive_write_add_filter_none, "license=GPL");
  ck_assert_int_eq (unlink (MODULES "/modules.dep"), 0);
  ck_assert_int_eq (modules_prepare (MODULES, "6.1.0"), 0);
  ck_assert_int_eq (unlink (MODULES "/modules.softdep"), 0);
  put_text (MODULES "/modules.softdep", 0644,
            "# softdep top_most pre: other\nsoftdep top_most pre: second\nsoftdep top_most pre: crypto-best nothing\n"
            "softdep top_most post: last\nsoftdep\nsoftdep second\nsoftdep second first\n"
            "softdep last pre: top-most ext4\n"
            "softdep top pre: other\n");
  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "top_most", NULL }), 0);
  ck_assert_str_eq (find ("modules/order").text, "first.ko\nsecond.ko\ncipher.ko\ntop-most.ko\nlast.ko\n");
  ck_assert_str_eq (message, "");
}
END_TEST

START_TEST (an_unknown_module_is_an_error_unless_it_may_be_missing)
{
  struct kernel kernel = put_kernel ();

  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "nbd?", "first", NULL }),
                    0);
  ck_assert_str_eq (message, "");
  ck_assert_str_eq (find ("modules/order").text, "first.ko\n");
  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "nbd", NULL }), -1);
  ck_assert_ptr_nonnull (strstr (message, "kernel 6.1.0 has no module nbd"));
}
END_TEST

/* The last four are left out where kmod is missing. */
int
main (void)
{
  const TTest *const tests[] = {
    LOOP_OVER (modules_are_uncompressed, filters), a_damaged_module_is_refused,
    a_kernel_without_modules_has_everything_built_in, modules_come_in_the_order_to_load_them_and_once,
    modules_for_later_have_an_order_of_their_own, all_soft_dependencies_come_too,
    an_unknown_module_is_an_error_unless_it_may_be_missing
  };

  return run_unit_tests_with ("modprobe", 4, "modules", begin_initramfs, end_initramfs, tests,
                              sizeof tests / sizeof *tests);
}
