/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stddef.h>

#include "tests/unit/guest/initramfs/executable.h"
#include "tests/unit/work.h"

struct executable
good_executable (void)
{
  return (struct executable) {
    .header = {
      .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB },
      .e_type = ET_DYN, .e_machine = EM_X86_64,
      .e_phoff = offsetof (struct executable, loader_segment), .e_phnum = 3, .e_phentsize = sizeof (Elf64_Phdr),
    },
    .loader_segment = { .p_type = PT_INTERP, .p_offset = offsetof (struct executable, loader),
                        .p_filesz = LOADER_SIZE },
    .load_segment = { .p_type = PT_LOAD, .p_vaddr = 0x1000, .p_filesz = sizeof (struct executable) },
    .dynamic_segment = { .p_type = PT_DYNAMIC, .p_offset = offsetof (struct executable, dynamic),
                         .p_filesz = sizeof (Elf64_Dyn[5]) },
    .dynamic = {
      { DT_STRTAB, { 0x1000 + offsetof (struct executable, strings) } }, { DT_STRSZ, { NO_STRING } },
      { DT_DEBUG, { 0 } }, { DT_DEBUG, { 0 } }, { DT_NULL, { 0 } }
    },
    .strings = "\0libmine.so.3\0$ORIGIN/lib:/no/such",
    .loader = "/no/such/loader",
  };
}

struct executable
executable_with (size_t index, Elf64_Sxword tag, uint64_t value)
{
  struct executable executable = good_executable ();

  executable.dynamic[index] = (Elf64_Dyn) { tag, { value } };
  return executable;
}

void
put_library (const char *path)
{
  struct executable library = good_executable ();

  library.loader_segment.p_type = PT_NULL;
  put_file (path, 0644, &library, sizeof library);
}
