/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/workdir.h"
#include "guest/initramfs/initramfs.h"
#include "guest/initramfs/loader-cache.h"
#include "guest/initramfs/needs.h"
#include "guest/kernel/modules.h"
#include "tests/unit/unit.h"

static char *folder;            /* of all tests */
static char *work;              /* of the running one: its current folder */
static char last_message[4096];
static struct initramfs *initramfs;

/* In place of libmessage, so that what is said can be checked. */
void
error_message (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (last_message, sizeof last_message, format, args);
  va_end (args);
}

static void
make_work_folder (void)
{
  folder = workdir_create ();
  ck_assert_ptr_nonnull (folder);
}

static void
remove_work_folder (void)
{
  workdir_remove (folder);
  free (folder);
}

static void
begin (void)
{
  char *template;

  *last_message = '\0';
  ck_assert_int_ne (asprintf (&template, "%s/test-XXXXXX", folder), -1);
  work = mkdtemp (template);
  ck_assert_ptr_nonnull (work);
  ck_assert_int_eq (chdir (work), 0);
  initramfs = initramfs_new ();
  ck_assert_ptr_nonnull (initramfs);
}

static void
end (void)
{
  initramfs_free (initramfs);
  free (work);
}

static void
put_file (const char *path, mode_t mode, const void *data, size_t size)
{
  char *copy = strdup (path);

  for (char *slash = strchr (copy + 1, '/'); slash; slash = strchr (slash + 1, '/')) {
    *slash = '\0';
    ck_assert (mkdir (copy, 0755) == 0 || errno == EEXIST);
    *slash = '/';
  }
  free (copy);
  FILE *file = fopen (path, "w");
  ck_assert_ptr_nonnull (file);
  ck_assert_uint_eq (fwrite (data, 1, size, file), size);
  ck_assert_int_eq (fclose (file), 0);
  ck_assert_int_eq (chmod (path, mode), 0);
}

static void
put_text (const char *path, mode_t mode, const char *text)
{
  put_file (path, mode, text, strlen (text));
}

/* What the archive says of PATH. */
struct found {
  int count;                    /* entries of that path */
  mode_t mode;
  dev_t device;
  char text[512];               /* contents or link target */
  int position;                 /* among all entries */
};

static struct found
find (const char *path)
{
  struct found found = { 0 };
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry;

  ck_assert_int_eq (initramfs_write (initramfs, "archive"), 0);
  archive_read_support_format_cpio (archive);
  ck_assert_int_eq (archive_read_open_filename (archive, "archive", 10240), ARCHIVE_OK);
  for (int position = 0; archive_read_next_header (archive, &entry) == ARCHIVE_OK; position++) {
    if (strcmp (archive_entry_pathname (entry), path) != 0)
      continue;
    found.count++;
    found.position = position;
    found.mode = archive_entry_mode (entry);
    found.device = archive_entry_rdev (entry);
    if (archive_entry_symlink (entry))
      snprintf (found.text, sizeof found.text, "%s", archive_entry_symlink (entry));
    else
      ck_assert_int_ge (archive_read_data (archive, found.text, sizeof found.text - 1), 0);
  }
  archive_read_free (archive);
  return found;
}

START_TEST (an_empty_initramfs_has_the_folders_and_devices_of_a_system)
{
  static const char *const folders[] = { "dev", "proc", "sys", "mnt", "tmp", "root" };

  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
    ck_assert (S_ISDIR (find (folders[i]).mode));
  ck_assert (S_ISCHR (find ("dev/console").mode));
  ck_assert_uint_eq (find ("dev/console").device, 5 << 8 | 1);
  ck_assert_uint_eq (find ("dev/null").device, 1 << 8 | 3);
}
END_TEST

START_TEST (a_file_keeps_its_contents_and_mode)
{
  put_text ("file", 0751, "hello");
  ck_assert_int_eq (symlink ("file", "link"), 0);
  ck_assert_int_eq (initramfs_add_file (initramfs, "link", "/deep/er/file"), 0);
  struct found found = find ("deep/er/file");
  ck_assert_uint_eq (found.mode, S_IFREG | 0751);
  ck_assert_str_eq (found.text, "hello");
  ck_assert (S_ISDIR (find ("deep").mode));
  ck_assert_int_lt (find ("deep/er").position, found.position);
}
END_TEST

START_TEST (a_path_added_again_is_ignored)
{
  ck_assert_int_eq (initramfs_add_data (initramfs, "/etc/x", "first", 5, 0600), 0);
  ck_assert_int_eq (initramfs_add_data (initramfs, "/etc/../etc//./x", "second", 6, 0644), 0);
  struct found found = find ("etc/x");
  ck_assert_int_eq (found.count, 1);
  ck_assert_str_eq (found.text, "first");
  ck_assert_uint_eq (found.mode, S_IFREG | 0600);
}
END_TEST

START_TEST (a_file_that_cannot_be_taken_is_named)
{
  put_text ("file", 0644, "");
  ck_assert_int_eq (initramfs_add_file (initramfs, "missing", "/x"), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "missing: No such file"));
  ck_assert_int_eq (initramfs_add_file (initramfs, ".", "/x"), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "no regular file"));
  ck_assert_int_eq (initramfs_add_file (initramfs, "file", "/tmp"), -1);
  ck_assert_int_eq (initramfs_add_file (initramfs, "file", "/dev/null/x"), -1);
  ck_assert_int_eq (find ("x").count, 0);
}
END_TEST

START_TEST (a_tree_keeps_its_links_modes_and_odd_names)
{
  put_text ("tree/a/file", 0640, "data");
  put_text ("tree/sp ace\xff", 0600, "odd");
  ck_assert_int_eq (symlink ("a", "tree/to-folder"), 0);
  ck_assert_int_eq (symlink ("/nowhere", "tree/dangling"), 0);
  ck_assert_int_eq (mkfifo ("tree/fifo", 0600), 0);
  ck_assert_int_eq (chmod ("tree/a", 01700), 0);
  ck_assert_int_eq (initramfs_add_tree (initramfs, "tree/", "/initial"), 0);
  ck_assert_str_eq (find ("initial/a/file").text, "data");
  ck_assert_uint_eq (find ("initial/a").mode, S_IFDIR | 01700);
  ck_assert_str_eq (find ("initial/to-folder").text, "a");
  ck_assert_str_eq (find ("initial/dangling").text, "/nowhere");
  ck_assert_str_eq (find ("initial/sp ace\xff").text, "odd");
  ck_assert (S_ISFIFO (find ("initial/fifo").mode));
}
END_TEST

START_TEST (nothing_is_put_below_a_symbolic_link)
{
  put_text ("tree/real/file", 0644, "");
  ck_assert_int_eq (symlink ("real", "tree/link"), 0);
  ck_assert_int_eq (symlink ("loop", "tree/loop"), 0);
  ck_assert_int_eq (initramfs_add_tree (initramfs, "tree", "/initial"), 0);
  ck_assert_int_eq (initramfs_add_data (initramfs, "/initial/link/new", "x", 1, 0644), 0);
  ck_assert_int_eq (find ("initial/real/new").count, 1);
  ck_assert_int_eq (find ("initial/link/new").count, 0);
  ck_assert_int_eq (initramfs_add_data (initramfs, "/initial/loop/x", "x", 1, 0644), -1);
}
END_TEST

START_TEST (a_tree_that_is_none_is_refused)
{
  put_text ("file", 0644, "");
  ck_assert_int_eq (initramfs_add_tree (initramfs, "file", "/initial"), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "file: Not a directory"));
  ck_assert_int_eq (initramfs_add_tree (initramfs, "missing", "/initial"), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "missing: No such file"));
}
END_TEST

START_TEST (a_file_that_is_gone_before_the_archive_is_written_is_named)
{
  put_text ("file", 0644, "data");
  ck_assert_int_eq (initramfs_add_file (initramfs, "file", "/x"), 0);
  ck_assert_int_eq (unlink ("file"), 0);
  ck_assert_int_eq (initramfs_write (initramfs, "archive"), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "file: No such file"));
  ck_assert_int_eq (access ("archive", F_OK), -1);
}
END_TEST

/* The entry where the host has PATH, below the symbolic links that its top folders may be. */
static int
count_host_path (const char *path)
{
  char resolved[4096];

  snprintf (resolved, sizeof resolved, "/usr%s", path);
  return find (path + 1).count + find (resolved + 1).count;
}

START_TEST (a_dynamic_program_brings_its_libraries_and_loader)
{
  char *guest;
  struct program_needs needs;

  ck_assert_int_eq (initramfs_add_program (initramfs, "cat", &guest), 0);
  ck_assert_int_eq (find (guest + 1).count, 1);
  ck_assert_uint_ne (find (guest + 1).mode & 0111, 0);
  ck_assert_int_eq (program_needs (guest, &needs), 0);
  bool has_libc = false;
  for (size_t i = 0; i < needs.files.count; i++) {
    ck_assert_int_eq (count_host_path (needs.files.texts[i]), 1);
    has_libc = has_libc || strstr (needs.files.texts[i], "libc.");
  }
  ck_assert (has_libc);
  program_needs_free (&needs);
  free (guest);
}
END_TEST

START_TEST (a_script_brings_its_interpreter_and_what_it_names)
{
  char *guest;

  put_text ("update.sh", 0755, "#!/bin/sh\n# uses tail\n  # and head\nset -e; ./update.sh\ncat x | /usr/bin/sort >y\n");
  ck_assert_int_eq (initramfs_add_program (initramfs, "./update.sh", &guest), 0);
  ck_assert_ptr_nonnull (strstr (guest, "/update.sh"));
  ck_assert_ptr_null (strstr (guest, "/./"));
  ck_assert_int_eq (find (guest + 1).count, 1);
  ck_assert_int_eq (count_host_path ("/bin/sh"), 1);
  ck_assert_int_eq (count_host_path ("/bin/cat"), 1);
  ck_assert_int_eq (find ("usr/bin/sort").count, 1);
  ck_assert_int_eq (find ("usr/bin/tail").count, 0);
  ck_assert_int_eq (find ("usr/bin/head").count, 0);
  free (guest);
}
END_TEST

START_TEST (a_program_behind_a_symbolic_link_stays_there)
{
  char *guest;
  char target[4200];

  put_text ("real/program", 0755, "#!/bin/sh\n");
  ck_assert_int_eq (symlink ("real/program", "link"), 0);
  ck_assert_int_eq (initramfs_add_program (initramfs, "./link", &guest), 0);
  ck_assert_ptr_nonnull (strstr (guest, "/link"));
  snprintf (target, sizeof target, "%.*sreal/program", (int) strlen (guest) - 4, guest);
  ck_assert (S_ISLNK (find (guest + 1).mode));
  ck_assert_str_eq (find (guest + 1).text, "real/program");
  ck_assert_str_eq (find (target + 1).text, "#!/bin/sh\n");
  free (guest);
}
END_TEST

START_TEST (a_script_of_env_brings_the_program_that_env_starts)
{
  put_text ("update", 0755, "#! /usr/bin/env -S LANG=C sh -e\n");
  ck_assert_int_eq (initramfs_add_program (initramfs, "./update", NULL), 0);
  ck_assert_int_eq (find ("usr/bin/env").count, 1);
  ck_assert_int_eq (count_host_path ("/bin/sh"), 1);
}
END_TEST

START_TEST (scripts_that_name_one_another_end)
{
  char path[8192];

  put_text ("bin/ping-script", 0755, "#!/bin/sh\npong-script\n");
  put_text ("bin/pong-script", 0755, "#!/bin/sh\nping-script; pong-script\n");
  snprintf (path, sizeof path, "%s/bin:%s", work, getenv ("PATH"));
  setenv ("PATH", path, 1);
  ck_assert_int_eq (initramfs_add_named_programs (initramfs, "run(ping-script)"), 0);
  snprintf (path, sizeof path, "%s/bin/pong-script", work);
  ck_assert_int_eq (find (*path == '/' ? path + 1 : path).count, 1);
}
END_TEST

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
static struct executable
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

/* An executable with another dynamic section than that of good_executable: of five entries, that at INDEX. */
static struct executable
executable_with (size_t index, Elf64_Sxword tag, uint64_t value)
{
  struct executable executable = good_executable ();

  executable.dynamic[index] = (Elf64_Dyn) { tag, { value } };
  return executable;
}

static void
put_library (const char *path)
{
  struct executable library = good_executable ();

  library.loader_segment.p_type = PT_NULL;
  put_file (path, 0644, &library, sizeof library);
}

/* Whether a program of the test's own is there: those are in its directory bin, which is in PATH. */
static bool
has_program (const char *name)
{
  char path[8192];

  snprintf (path, sizeof path, "%s/bin/%s", work, name);
  return find (path + 1).count == 1;
}

/* Make the programs NAMES, NULL at their end: shell scripts with TEXT. */
static void
put_programs (const char *const *names, const char *text)
{
  char path[8192];

  for (; *names; names++) {
    snprintf (path, sizeof path, "bin/%s", *names);
    put_text (path, 0755, text);
  }
  snprintf (path, sizeof path, "%s/bin:%s", work, getenv ("PATH"));
  setenv ("PATH", path, 1);
}

START_TEST (words_that_no_shell_would_run_are_left_out)
{
  put_programs ((const char *const[]) { "open-a", "open-b", "open-c", "open-d", "open-e", "open-f", "open-g", "open-h",
                                        NULL },
                "#!/bin/sh\n");
  ck_assert_int_eq (initramfs_add_named_programs (initramfs, "open-a('f'); x=$open-b ${open-c} open-d=1 # open-e\n"
                                                  " # open-f\npython3 -c \"open-g \\\" x\" && $(open-h)"), 0);
  ck_assert (!has_program ("open-a"));
  ck_assert (!has_program ("open-b"));
  ck_assert (!has_program ("open-c"));
  ck_assert (!has_program ("open-d"));
  ck_assert (has_program ("open-e"));   /* `#` may be inside of quotes */
  ck_assert (!has_program ("open-f"));
  ck_assert (!has_program ("open-g"));
  ck_assert (has_program ("open-h"));
}
END_TEST

START_TEST (arguments_that_are_code_are_no_commands)
{
  put_programs ((const char *const[]) { "open-a", "open-b", NULL }, "#!/bin/sh\n");
  ck_assert_int_eq (initramfs_add_arguments (initramfs, (const char *const[]) {
    "env", "python3.11", "-Ic", "open-a", NULL }), 0);
  ck_assert (!has_program ("open-a"));
  ck_assert_int_eq (initramfs_add_arguments (initramfs, (const char *const[]) { "sh", "-c", "open-a", NULL }), 0);
  ck_assert_int_eq (initramfs_add_arguments (initramfs, (const char *const[]) { "timeout", "9", "open-b", NULL }), 0);
  ck_assert (has_program ("open-a"));
  ck_assert (has_program ("open-b"));
}
END_TEST

START_TEST (only_what_the_user_named_and_what_that_names_is_searched)
{
  put_programs ((const char *const[]) { "last", NULL }, "#!/bin/sh\n");
  put_programs ((const char *const[]) { "third", NULL }, "#!/bin/sh\nlast\n");
  put_programs ((const char *const[]) { "second", NULL }, "#!/bin/sh\nthird\n");
  put_programs ((const char *const[]) { "first", NULL }, "#!/bin/sh\nsecond\n");
  put_programs ((const char *const[]) { "lua", NULL }, "#!/bin/sh\nlast\n");
  put_programs ((const char *const[]) { "other", NULL }, "#!/usr/bin/env lua\nlast\n");
  ck_assert_int_eq (initramfs_add_named_programs (initramfs, "first; other"), 0);
  ck_assert (has_program ("third"));
  ck_assert (has_program ("lua"));
  ck_assert (!has_program ("last"));
  ck_assert_int_eq (initramfs_add_named_programs (initramfs, "second"), 0);
  ck_assert (has_program ("last"));
}
END_TEST

START_TEST (a_file_with_its_whole_path_is_taken)
{
  CLEANUP_FREE char *text;

  put_text ("data", 0644, "contents");
  ck_assert_int_ne (asprintf (&text, "cp %s/data %s .", work, work), -1);
  ck_assert_int_eq (initramfs_add_named_programs (initramfs, text), 0);
  ck_assert_str_eq (find (text + strlen ("cp /")).text, "");
  snprintf (text, strlen (text), "%s/data", work);
  ck_assert_str_eq (find (text + 1).text, "contents");
}
END_TEST

/* A python3 that answers with the text ANSWER when it is asked, and notes that it ran. */
static void
put_python (const char *answer)
{
  CLEANUP_FREE char *text;

  ck_assert_int_ne (asprintf (&text, "#!/bin/sh\ncd '%s' && touch ran\ncat <<END\n%s\nEND\n", work, answer), -1);
  put_programs ((const char *const[]) { "python3", NULL }, text);
}

START_TEST (an_interpreter_that_may_not_be_asked_is_not_run)
{
  put_python ("L /etc");
  ck_assert_int_eq (initramfs_add_program (initramfs, "python3", NULL), 0);
  ck_assert_int_eq (access ("ran", F_OK), -1);
  initramfs_ask_interpreters (initramfs);
  ck_assert_int_eq (initramfs_add_program (initramfs, "python3", NULL), 0);
  ck_assert_int_eq (access ("ran", F_OK), 0);
}
END_TEST

START_TEST (a_script_brings_the_modules_that_it_imports)
{
  CLEANUP_FREE char *answer, *path;

  ck_assert_int_ne (asprintf (&answer, "E %s/bin/python3\nL %s/own\nP %s/site", work, work, work), -1);
  put_python (answer);
  put_text ("own/json.py", 0644, "");
  put_text ("own/test/test_json.py", 0644, "");
  put_text ("site/package/deep/part.py", 0644, "from other.x import y\n");
  put_text ("site/package/__init__.py", 0644, "");
  put_text ("site/other.py", 0644, "import package, missing\n");
  put_text ("site/unused.py", 0644, "");
  put_text ("scripts/beside.py", 0644, "");
  put_text ("scripts/dir/photo.jpg", 0644, "");
  put_text ("scripts/update.py", 0755,
            "#!/usr/bin/env python3\nimport json, package.deep as x\nif 1: pass\n  import beside\nimport dir\n");
  initramfs_ask_interpreters (initramfs);
  ck_assert_int_eq (initramfs_add_program (initramfs, "scripts/update.py", NULL), 0);
  static const struct { const char *path; int count; } expected[] = {
    { "own/json.py", 1 }, { "own/test/test_json.py", 0 }, { "site/package/deep/part.py", 1 }, { "site/other.py", 1 },
    { "site/unused.py", 0 }, { "scripts/beside.py", 1 }, { "scripts/dir/photo.jpg", 0 },
  };
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    ck_assert_int_ne (asprintf (&path, "%s/%s", work, expected[i].path), -1);
    ck_assert_msg (find (path + 1).count == expected[i].count, "%s", path);
    free (path);
  }
  path = NULL;
}
END_TEST

START_TEST (what_starts_an_interpreter_starts_it_in_the_guest)
{
  CLEANUP_FREE char *answer, *path;

  put_text ("versions/python3.99", 0755, "#!/bin/sh\n");
  ck_assert_int_ne (asprintf (&answer, "E %s/versions/python3.99", work), -1);
  put_python (answer);
  initramfs_ask_interpreters (initramfs);
  ck_assert_int_eq (initramfs_add_program (initramfs, "python3", NULL), 0);
  ck_assert_int_ne (asprintf (&path, "%s/bin/python3", work), -1);
  ck_assert_ptr_nonnull (strstr (find (path + 1).text, "/versions/python3.99' \"$@\""));
  ck_assert_int_eq (find (answer + 3).count, 1);
}
END_TEST

START_TEST (the_order_of_path_is_kept)
{
  put_programs ((const char *const[]) { "x", NULL }, "");
  setenv ("PATH", "/one:rel::/mnt/two", 1);
  int r = initramfs_add_environment (initramfs);
  setenv ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ck_assert_int_eq (r, 0);
  char *text = find ("powercut/environment").text, start[8192];
  snprintf (start, sizeof start, "PATH=/one:%s/rel:%s/:/host/mnt/two:/usr/local/sbin:", work, work);
  ck_assert_msg (strncmp (text, start, strlen (start)) == 0, "%s", text);
}
END_TEST

START_TEST (the_home_directory_is_the_hosts)
{
  setenv ("HOME", "/home/of/somebody", 1);
  setenv ("USER", "somebody", 1);
  ck_assert_int_eq (initramfs_add_environment (initramfs), 0);
  ck_assert_uint_eq (find ("home/of/somebody").mode, S_IFDIR | 0755);
  const struct found environment = find ("powercut/environment");
  ck_assert_ptr_nonnull (memmem (environment.text, sizeof environment.text, "\0HOME=/home/of/somebody", 24));
  ck_assert_ptr_nonnull (memmem (environment.text, sizeof environment.text, "\0USER=somebody", 15));
}
END_TEST

START_TEST (what_is_included_keeps_its_links)
{
  CLEANUP_FREE char *path;

  put_text ("libs/libx.so.1.2", 0644, "data");
  ck_assert_int_eq (symlink ("libx.so.1.2", "libs/libx.so.1"), 0);
  ck_assert_int_eq (symlink ("libs", "current"), 0);
  ck_assert_int_eq (initramfs_add_included (initramfs, "current/libx.so.1"), 0);
  ck_assert_int_ne (asprintf (&path, "%s/libs/libx.so.1.2", work), -1);
  ck_assert_str_eq (find (path + 1).text, "data");
  path[strlen (path) - 2] = '\0';
  ck_assert_str_eq (find (path + 1).text, "libx.so.1.2");
  strcpy (path + strlen (work), "/current");
  ck_assert_str_eq (find (path + 1).text, "libs");
}
END_TEST

START_TEST (a_path_through_another_directory_leads_there_in_the_guest)
{
  CLEANUP_FREE char *text, *path;

  put_text ("build/file", 0644, "");
  put_text ("data/update", 0755, "#!/bin/sh\n");
  ck_assert_int_ne (asprintf (&text, "%s/build/../data/update", work), -1);
  ck_assert_int_ne (asprintf (&path, "%s/build", work), -1);
  ck_assert_int_eq (initramfs_add_named_programs (initramfs, text), 0);
  ck_assert (S_ISDIR (find (path + 1).mode));
  strcpy (path + strlen (work), "/data");
  ck_assert (S_ISDIR (find (path + 1).mode));
}
END_TEST

START_TEST (what_is_included_brings_its_libraries)
{
  struct executable library = executable_with (2, DT_NEEDED, 1);
  CLEANUP_FREE char *path;

  library.loader_segment.p_type = PT_NULL;
  library.dynamic[3] = (Elf64_Dyn) { DT_RUNPATH, { 14 } };
  put_file ("plugins/plugin.so", 0644, &library, sizeof library);
  put_file ("damaged/plugin.so", 0644, &library, sizeof library);
  put_library ("plugins/lib/libmine.so.3");
  ck_assert_int_ne (asprintf (&path, "%s/plugins/lib/libmine.so.3", work), -1);
  ck_assert_int_eq (initramfs_add_included (initramfs, "plugins/plugin.so"), 0);
  ck_assert_int_eq (find (path + 1).count, 1);
  ck_assert_int_eq (initramfs_add_included (initramfs, "damaged"), 0);
  ck_assert_str_eq (last_message, "");
  ck_assert_int_eq (initramfs_add_included (initramfs, "damaged/plugin.so"), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "libmine.so.3"));
}
END_TEST

START_TEST (memory_grows_with_what_is_taken)
{
  uint64_t memory_bytes = 256 << 20;

  ck_assert_int_eq (initramfs_fit (initramfs, &memory_bytes), 0);
  ck_assert_uint_eq (memory_bytes, 256 << 20);
  ck_assert_str_eq (last_message, "");
  put_text ("large", 0644, "");
  ck_assert_int_eq (truncate ("large", 60 << 20), 0);
  ck_assert_int_eq (initramfs_add_file (initramfs, "large", "/large"), 0);
  ck_assert_int_eq (initramfs_fit (initramfs, &memory_bytes), 0);
  ck_assert_uint_ge (memory_bytes, 300 << 20);
  ck_assert_ptr_nonnull (strstr (last_message, "--verbose"));
  ck_assert_int_eq (truncate ("large", INT64_C (1) << 40), 0);
  ck_assert_int_eq (initramfs_fit (initramfs, &memory_bytes), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "the largest are /large (1048576 MiB)"));
}
END_TEST

START_TEST (words_that_are_no_programs_are_silent)
{
  put_text ("broken", 0755, "#!/no/such/interpreter\n");
  char *text;
  ck_assert_int_ne (asprintf (&text, "no-such-program %s/broken /etc/passwd . .. / /usr/bin", work), -1);
  ck_assert_int_eq (initramfs_add_named_programs (initramfs, text), 0);
  ck_assert_str_eq (last_message, "");
  free (text);
  ck_assert_int_eq (initramfs_add_program (initramfs, "./broken", NULL), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "/no/such/interpreter"));
}
END_TEST

static const struct {
  const char *text;
  mode_t mode;
  const char *said;
} refusals[] = {
  { "#!/bin/sh\n", 0644, "not executable" },
  { "echo no first line\n", 0755, "neither an ELF" },
  { "", 0755, "neither an ELF" },
  { "#!sh\n", 0755, "no absolute path" },
  { "#!\n", 0755, "no absolute path" },
  { "#!/bin/sh\r\n", 0755, "DOS" },
  { "\177ELF", 0755, "another machine" },
};

START_TEST (a_file_that_cannot_run_is_refused_with_the_reason)
{
  put_text ("program", refusals[_i].mode, refusals[_i].text);
  ck_assert_int_eq (initramfs_add_program (initramfs, "./program", NULL), -1);
  ck_assert_ptr_nonnull (strstr (last_message, refusals[_i].said));
}
END_TEST

START_TEST (a_word_that_means_no_program_is_refused)
{
  ck_assert_int_eq (initramfs_add_program (initramfs, "no-such-program", NULL), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "no-such-program: no such program in PATH"));
  ck_assert_int_eq (initramfs_add_program (initramfs, "/usr/bin", NULL), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "a folder"));
  ck_assert_int_eq (initramfs_add_program (initramfs, "./missing", NULL), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "missing: No such file"));
}
END_TEST

START_TEST (a_first_line_longer_than_linux_reads_is_refused)
{
  char text[400];

  memset (text, 'x', sizeof text);
  memcpy (text, "#!/bin/", 7);
  put_file ("program", 0755, text, sizeof text);
  ck_assert_int_eq (initramfs_add_program (initramfs, "./program", NULL), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "first line is longer"));
}
END_TEST

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
  ck_assert_ptr_nonnull (strstr (last_message, "module.ko.xz"));
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
  ck_assert_str_eq (last_message, "");
}
END_TEST

/* The signature of an initramfs with FILE of the host and a text, to free. */
static char *
sign (const char *guest, const char *file, const char *text)
{
  struct initramfs *signed_one = initramfs_new ();

  ck_assert_int_eq (initramfs_add_file (signed_one, file, guest), 0);
  ck_assert_int_eq (initramfs_add_data (signed_one, "/text", text, strlen (text), 0644), 0);
  char *signature = initramfs_signature (signed_one);
  initramfs_free (signed_one);
  return signature;
}

START_TEST (a_signature_tells_what_differs)
{
  put_text ("a", 0644, "same");
  put_text ("b", 0644, "same");
  put_text ("c", 0755, "same");
  CLEANUP_FREE char *first = sign ("/f", "a", "text"), *again = sign ("/f", "a", "text"),
  *place = sign ("/g", "a", "text"),
    *other = sign ("/f", "b", "text"), *mode = sign ("/f", "c", "text"), *text = sign ("/f", "a", "test");

  ck_assert_str_eq (first, again);
  ck_assert_str_ne (first, place);
  ck_assert_str_ne (first, other);
  ck_assert_str_ne (first, mode);
  ck_assert_str_ne (first, text);
  ck_assert_int_eq (unlink ("a"), 0);
  put_text ("a", 0644, "changed");
  CLEANUP_FREE char *changed = sign ("/f", "a", "text");
  ck_assert_str_ne (first, changed);
}
END_TEST

START_TEST (an_unknown_module_is_an_error_unless_it_may_be_missing)
{
  struct kernel kernel = put_kernel ();

  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "nbd?", "first", NULL }),
                    0);
  ck_assert_str_eq (last_message, "");
  ck_assert_str_eq (find ("modules/order").text, "first.ko\n");
  ck_assert_int_eq (initramfs_add_modules (initramfs, &kernel, NULL, (const char *const[]) { "nbd", NULL }), -1);
  ck_assert_ptr_nonnull (strstr (last_message, "kernel 6.1.0 has no module nbd"));
}
END_TEST

static TCase *
file_tests (void)
{
  TCase *tcase = tcase_create ("files");

  tcase_add_test (tcase, an_empty_initramfs_has_the_folders_and_devices_of_a_system);
  tcase_add_test (tcase, a_file_keeps_its_contents_and_mode);
  tcase_add_test (tcase, a_path_added_again_is_ignored);
  tcase_add_test (tcase, a_file_that_cannot_be_taken_is_named);
  tcase_add_test (tcase, a_tree_keeps_its_links_modes_and_odd_names);
  tcase_add_test (tcase, nothing_is_put_below_a_symbolic_link);
  tcase_add_test (tcase, a_tree_that_is_none_is_refused);
  tcase_add_test (tcase, a_file_that_is_gone_before_the_archive_is_written_is_named);
  return tcase;
}

static TCase *
program_tests (void)
{
  TCase *tcase = tcase_create ("programs");

  tcase_add_test (tcase, a_dynamic_program_brings_its_libraries_and_loader);
  tcase_add_test (tcase, a_script_brings_its_interpreter_and_what_it_names);
  tcase_add_test (tcase, a_program_behind_a_symbolic_link_stays_there);
  tcase_add_test (tcase, a_script_of_env_brings_the_program_that_env_starts);
  tcase_add_test (tcase, scripts_that_name_one_another_end);
  tcase_add_test (tcase, words_that_no_shell_would_run_are_left_out);
  tcase_add_test (tcase, arguments_that_are_code_are_no_commands);
  tcase_add_test (tcase, only_what_the_user_named_and_what_that_names_is_searched);
  tcase_add_test (tcase, a_file_with_its_whole_path_is_taken);
  tcase_add_test (tcase, an_interpreter_that_may_not_be_asked_is_not_run);
  tcase_add_test (tcase, a_script_brings_the_modules_that_it_imports);
  tcase_add_test (tcase, what_starts_an_interpreter_starts_it_in_the_guest);
  tcase_add_test (tcase, the_order_of_path_is_kept);
  tcase_add_test (tcase, the_home_directory_is_the_hosts);
  tcase_add_test (tcase, what_is_included_keeps_its_links);
  tcase_add_test (tcase, what_is_included_brings_its_libraries);
  tcase_add_test (tcase, a_path_through_another_directory_leads_there_in_the_guest);
  tcase_add_test (tcase, memory_grows_with_what_is_taken);
  tcase_add_test (tcase, words_that_are_no_programs_are_silent);
  tcase_add_loop_test (tcase, a_file_that_cannot_run_is_refused_with_the_reason, 0,
                       sizeof refusals / sizeof refusals[0]);
  tcase_add_test (tcase, a_word_that_means_no_program_is_refused);
  tcase_add_test (tcase, a_first_line_longer_than_linux_reads_is_refused);
  tcase_add_test (tcase, a_damaged_executable_is_refused);
  tcase_add_test (tcase, a_static_executable_needs_nothing);
  return tcase;
}

static TCase *
library_tests (void)
{
  TCase *tcase = tcase_create ("libraries");

  tcase_add_loop_test (tcase, libraries_are_those_that_the_loader_loads, 0,
                       sizeof dynamic_programs / sizeof dynamic_programs[0]);
  tcase_add_test (tcase, a_damaged_dynamic_section_is_refused);
  tcase_add_test (tcase, a_missing_library_is_named);
  tcase_add_loop_test (tcase, a_library_is_looked_for_beside_its_program, 0, 2);
  tcase_add_test (tcase, a_library_is_looked_for_where_the_environment_says);
  tcase_add_test (tcase, a_library_for_another_machine_does_not_count);
  tcase_add_test (tcase, libraries_that_need_one_another_end);
  tcase_add_test (tcase, a_damaged_loader_cache_is_as_none);
  return tcase;
}

static TCase *
module_tests (void)
{
  TCase *tcase = tcase_create ("modules");
  char *modprobe = process_find ("modprobe");

  tcase_add_loop_test (tcase, modules_are_uncompressed, 0, sizeof filters / sizeof filters[0]);
  tcase_add_test (tcase, a_damaged_module_is_refused);
  tcase_add_test (tcase, a_kernel_without_modules_has_everything_built_in);
  if (modprobe) {               /* kmod may be missing where this is built */
    tcase_add_test (tcase, modules_come_in_the_order_to_load_them_and_once);
    tcase_add_test (tcase, modules_for_later_have_an_order_of_their_own);
    tcase_add_test (tcase, all_soft_dependencies_come_too);
  tcase_add_test (tcase, a_signature_tells_what_differs);
    tcase_add_test (tcase, an_unknown_module_is_an_error_unless_it_may_be_missing);
  }
  free (modprobe);
  return tcase;
}

int
main (void)
{
  Suite *suite = suite_create ("initramfs");
  TCase *tcases[] = { file_tests (), program_tests (), library_tests (), module_tests () };

  for (size_t i = 0; i < sizeof tcases / sizeof tcases[0]; i++) {
    tcase_add_unchecked_fixture (tcases[i], make_work_folder, remove_work_folder);
    tcase_add_checked_fixture (tcases[i], begin, end);
    suite_add_tcase (suite, tcases[i]);
  }
  return run_suite (suite);
}
