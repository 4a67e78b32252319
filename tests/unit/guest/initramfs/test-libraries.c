/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared libraries, and files that only look like executables. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "guest/initramfs/loader-cache.h"
#include "guest/initramfs/needs.h"
#include "tests/unit/guest/initramfs/archive.h"
#include "tests/unit/guest/initramfs/executable.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

static void
refuse_executable (const struct executable *executable, size_t size, const char *said)
{
  struct program_needs needs;

  put_file ("program", 0755, executable, size);
  ck_assert_int_eq (program_needs ("program", &needs), -1);
  ck_assert_msg (strstr (needs.why, said) != NULL, "`%s' instead of `%s'", needs.why, said);
}

START_TEST (a_damaged_executable_is_refused)
{
  struct executable good = good_executable (), bad;

  refuse_executable (&good, sizeof good, "needs the loader /no/such/loader");
  refuse_executable (&good, sizeof good - 1, "loader's name is not in the file");
  refuse_executable (&good, sizeof good.header + 8, "program headers are not in the file");
  refuse_executable (&good, sizeof good.header - 1, "another machine");
  bad = good;
  bad.header.e_phoff = UINT64_MAX - 8;
  refuse_executable (&bad, sizeof bad, "program headers are not in the file");
  bad = good;
  bad.header.e_phentsize = 1;
  refuse_executable (&bad, sizeof bad, "program headers are not in the file");
  bad = good;
  bad.loader_segment.p_offset = UINT64_MAX - 8;
  refuse_executable (&bad, sizeof bad, "loader's name is not in the file");
  bad = good;
  bad.loader_segment.p_filesz = UINT64_MAX;
  refuse_executable (&bad, sizeof bad, "loader's name is not in the file");
  bad = good;
  bad.loader_segment.p_filesz = 5;     /* no NUL behind it */
  refuse_executable (&bad, sizeof bad, "no absolute path");
  bad = good;
  bad.loader[0] = '.';
  refuse_executable (&bad, sizeof bad, "no absolute path");
  bad = good;
  bad.header.e_machine = EM_AARCH64;
  refuse_executable (&bad, sizeof bad, "another machine");
  bad = good;
  bad.header.e_ident[EI_CLASS] = ELFCLASS32;
  refuse_executable (&bad, sizeof bad, "another machine");
  bad = good;
  bad.header.e_type = ET_REL;
  refuse_executable (&bad, sizeof bad, "no executable");
}
END_TEST

START_TEST (a_damaged_dynamic_section_is_refused)
{
  struct executable bad = good_executable ();

  bad.dynamic_segment.p_offset = UINT64_MAX - 8;
  refuse_executable (&bad, sizeof bad, "dynamic section is not in the file");
  bad = good_executable ();
  bad.dynamic_segment.p_filesz = UINT64_MAX;
  refuse_executable (&bad, sizeof bad, "dynamic section is not in the file");
  bad = executable_with (0, DT_STRTAB, 0);
  refuse_executable (&bad, sizeof bad, "names of its shared libraries are not in the file");
  bad = executable_with (1, DT_STRSZ, UINT64_MAX);
  refuse_executable (&bad, sizeof bad, "names of its shared libraries are not in the file");
  bad = good_executable ();
  bad.load_segment.p_offset = UINT64_MAX - 8;
  refuse_executable (&bad, sizeof bad, "names of its shared libraries are not in the file");
  bad = executable_with (2, DT_NEEDED, NO_STRING);
  refuse_executable (&bad, sizeof bad, "name of a shared library is not in the file");
  bad = executable_with (2, DT_RUNPATH, UINT64_MAX);
  refuse_executable (&bad, sizeof bad, "name of a shared library is not in the file");
  bad = executable_with (2, DT_NEEDED, 1);
  memset (bad.strings + 1, 'x', sizeof bad.strings - 1);
  refuse_executable (&bad, sizeof bad, "name of a shared library is not in the file");
}
END_TEST

START_TEST (a_static_executable_needs_nothing)
{
  struct executable executable = good_executable ();
  struct program_needs needs;

  executable.loader_segment.p_type = PT_NULL;
  put_file ("program", 0755, &executable, sizeof executable);
  ck_assert_int_eq (program_needs ("program", &needs), 0);
  ck_assert_uint_eq (needs.files.count, 0);
  ck_assert_uint_eq (needs.programs.count, 0);
  program_needs_free (&needs);
}
END_TEST

static int
compare_texts (const void *left, const void *right)
{
  return strcmp (*(char *const *) left, *(char *const *) right);
}

/* What the COUNT paths TEXTS really are, sorted, each to free, into REAL.  Returns their number. */
static size_t
real_paths (char **texts, size_t count, char **real)
{
  size_t kept = 0;

  for (size_t i = 0; i < count; i++)
    if (strcmp (texts[i], "/etc/ld.so.cache") != 0 && (real[kept] = realpath (texts[i], NULL)) != NULL)
      kept++;
  qsort (real, kept, sizeof *real, compare_texts);
  return kept;
}

static const char *const dynamic_programs[] = { "cat", "/usr/bin/python3", "perl", "git", "sqlite3",
                                                "qemu-system-x86_64", "nbdkit", "bash" };

/* The loader of the system itself is the oracle. */
START_TEST (libraries_are_those_that_the_loader_loads)
{
  CLEANUP_FREE char *program = process_find (dynamic_programs[_i]);
  struct text_list loaded = { NULL, 0 };
  struct program_needs needs;
  char *ours[1024], *theirs[1024], *text, *rest, *line;

  if (program == NULL || program_needs (program, &needs) == -1)
    return;
  if (needs.files.count == 0) { /* a script */
    program_needs_free (&needs);
    return;
  }
  text = rest = process_output ((const char *const[]) { needs.files.texts[0], "--list", program, NULL }, NULL);
  ck_assert_ptr_nonnull (text);
  while ((line = strsep (&rest, "\n")) != NULL) {
    char *path = strchr (line, '/'), *end = path ? strstr (path, " (0x") : NULL;
    if (end)
      ck_assert_int_eq (text_list_add (&loaded, path, (size_t) (end - path)), 0);
  }
  size_t count = real_paths (needs.files.texts, needs.files.count, ours);
  ck_assert_uint_eq (count, real_paths (loaded.texts, loaded.count, theirs));
  for (size_t i = 0; i < count; i++) {
    ck_assert_str_eq (ours[i], theirs[i]);
    free (ours[i]);
    free (theirs[i]);
  }
  free (text);
  text_list_free (&loaded);
  program_needs_free (&needs);
}
END_TEST

/* An executable that needs `libmine.so.3`, which it looks for as TAG says. */
static int
needs_of_executable (Elf64_Sxword tag, struct program_needs *needs)
{
  struct executable executable = executable_with (2, DT_NEEDED, 1);

  executable.dynamic[3] = (Elf64_Dyn) { tag, { 14 } };
  executable.loader_segment.p_type = PT_NULL;
  put_file ("bin/program", 0755, &executable, sizeof executable);
  return program_needs ("bin/program", needs);
}

START_TEST (a_missing_library_is_named)
{
  struct program_needs needs;

  ck_assert_int_eq (needs_of_executable (DT_DEBUG, &needs), -1);
  ck_assert_ptr_nonnull (strstr (needs.why, "bin/program needs the shared library libmine.so.3,"));
}
END_TEST

START_TEST (a_library_is_looked_for_beside_its_program)
{
  static const Elf64_Sxword tags[] = { DT_RPATH, DT_RUNPATH };
  struct program_needs needs;

  put_library ("bin/lib/libmine.so.3");
  ck_assert_int_eq (needs_of_executable (tags[_i], &needs), 0);
  ck_assert_uint_ge (needs.files.count, 1);
  ck_assert_ptr_nonnull (strstr (needs.files.texts[needs.files.count - 1], "/bin/lib/libmine.so.3"));
  program_needs_free (&needs);
}
END_TEST

START_TEST (a_library_is_looked_for_where_the_environment_says)
{
  struct program_needs needs;
  CLEANUP_FREE char *path;

  put_text ("wrong/libmine.so.3", 0644, "no library");
  put_library ("right/libmine.so.3");
  ck_assert_int_ne (asprintf (&path, "%s/wrong::%s/right", work, work), -1);
  setenv ("LD_LIBRARY_PATH", path, 1);
  int found = needs_of_executable (DT_DEBUG, &needs);
  unsetenv ("LD_LIBRARY_PATH");
  ck_assert_int_eq (found, 0);
  ck_assert_ptr_nonnull (strstr (needs.files.texts[needs.files.count - 1], "/right/libmine.so.3"));
  program_needs_free (&needs);
}
END_TEST

START_TEST (a_library_for_another_machine_does_not_count)
{
  struct executable library = good_executable ();
  struct program_needs needs;

  library.header.e_machine = EM_AARCH64;
  put_file ("bin/lib/libmine.so.3", 0644, &library, sizeof library);
  ck_assert_int_eq (needs_of_executable (DT_RUNPATH, &needs), -1);
}
END_TEST

START_TEST (libraries_that_need_one_another_end)
{
  struct executable library = executable_with (2, DT_NEEDED, 1);
  struct program_needs needs;

  library.loader_segment.p_type = PT_NULL;
  put_file ("bin/lib/libmine.so.3", 0644, &library, sizeof library);
  ck_assert_int_eq (needs_of_executable (DT_RPATH, &needs), 0);
  program_needs_free (&needs);
}
END_TEST

START_TEST (a_damaged_loader_cache_is_as_none)
{
  struct loader_cache cache;
  char data[48 + 24] = "glibc-ld.so.cache1.1";

  loader_cache_read ("missing", &cache);
  ck_assert_ptr_null (loader_cache_find (&cache, "libc.so.6"));
  put_file ("cache", 0644, "glibc-ld.so.cache2.0 and more and more and more and more", 56);
  loader_cache_read ("cache", &cache);
  ck_assert_ptr_null (loader_cache_find (&cache, "libc.so.6"));
  memset (data + 20, 0xff, sizeof data - 20);   /* more entries than there are, and texts outside of the file */
  memcpy (data + 48, "\3\3\0", 4);
  memset (data + 64, 0, 8);
  put_file ("cache", 0644, data, sizeof data);
  loader_cache_read ("cache", &cache);
  ck_assert_ptr_nonnull (cache.data);
  ck_assert_ptr_null (loader_cache_find (&cache, "libc.so.6"));
  ck_assert_ptr_null (loader_cache_find (&cache, ""));
  loader_cache_free (&cache);
}
END_TEST

UNIT_TEST_MAIN_WITH ("libraries", begin_initramfs, end_initramfs,
  a_damaged_executable_is_refused,
  a_damaged_dynamic_section_is_refused,
  a_static_executable_needs_nothing,
  LOOP_OVER (libraries_are_those_that_the_loader_loads, dynamic_programs),
  a_missing_library_is_named,
  unit_loop (a_library_is_looked_for_beside_its_program, 2),
  a_library_is_looked_for_where_the_environment_says,
  a_library_for_another_machine_does_not_count,
  libraries_that_need_one_another_end,
  a_damaged_loader_cache_is_as_none)
