/* SPDX-License-Identifier: BSD-3-Clause */
/* What an ELF file says that it needs.  It may come from anybody: nothing that it says is believed before it was held
 * against the size of the file, and nothing of it is ever run.
 */
#ifndef POWERCUT_GUEST_INITRAMFS_ELF_FILE_H
#define POWERCUT_GUEST_INITRAMFS_ELF_FILE_H

#include "common/text-list.h"

struct elf_file {
  char *loader;                 /* absolute path of the program that loads it, or NULL */
  struct text_list needed;      /* names of the shared libraries that it needs (DT_NEEDED), in order */
  char *rpath, *runpath;        /* where it looks for them (DT_RPATH, DT_RUNPATH), with `:` between directories; or
                                   NULL */
};

/* Read the headers of PATH, a program or shared library for x86-64.  Returns 0 and fills *elf, to be freed with
 * elf_file_free; or returns -1 with one line in WHY, which has room for WHY_SIZE bytes.  It prints nothing, and leaves
 * nothing to free then.
 */
extern int elf_file_read (const char *path, struct elf_file *elf, char *why, size_t why_size);
extern void elf_file_free (struct elf_file *elf);

#endif
