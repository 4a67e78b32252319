/* SPDX-License-Identifier: BSD-3-Clause */
/* Small ELF files, to be damaged. */
#ifndef POWERCUT_TESTS_UNIT_GUEST_INITRAMFS_EXECUTABLE_H
#define POWERCUT_TESTS_UNIT_GUEST_INITRAMFS_EXECUTABLE_H

#include <elf.h>
#include <stdint.h>

#define LOADER_SIZE 1024
#define NO_STRING 200           /* where good_executable has none */

/* Its texts begin at 1: `libmine.so.3`, and `$ORIGIN/lib:/no/such` at 14. */
struct executable {
  Elf64_Ehdr header;
  Elf64_Phdr loader_segment, load_segment, dynamic_segment;
  Elf64_Dyn dynamic[5];
  char strings[NO_STRING];
  char loader[LOADER_SIZE];
};

/* It is loaded at address 0x1000, and needs nothing unless a test says that it does. */
extern struct executable good_executable (void);

/* An executable with another dynamic section than that of good_executable: of five entries, that at INDEX. */
extern struct executable executable_with (size_t index, Elf64_Sxword tag, uint64_t value);

/* Make the file PATH a shared library that needs nothing. */
extern void put_library (const char *path);

#endif
