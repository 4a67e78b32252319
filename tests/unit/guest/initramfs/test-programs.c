/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs with what they need, as far as scripts and command lines tell. */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/initramfs/needs.h"
#include "tests/unit/guest/initramfs/archive.h"
#include "tests/unit/guest/initramfs/executable.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

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
  ck_assert_str_eq (message, "");
  ck_assert_int_eq (initramfs_add_included (initramfs, "damaged/plugin.so"), -1);
  ck_assert_ptr_nonnull (strstr (message, "libmine.so.3"));
}
END_TEST

START_TEST (words_that_are_no_programs_are_silent)
{
  put_text ("broken", 0755, "#!/no/such/interpreter\n");
  char *text;
  ck_assert_int_ne (asprintf (&text, "no-such-program %s/broken /etc/passwd . .. / /usr/bin", work), -1);
  ck_assert_int_eq (initramfs_add_named_programs (initramfs, text), 0);
  ck_assert_str_eq (message, "");
  free (text);
  ck_assert_int_eq (initramfs_add_program (initramfs, "./broken", NULL), -1);
  ck_assert_ptr_nonnull (strstr (message, "/no/such/interpreter"));
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
  ck_assert_ptr_nonnull (strstr (message, refusals[_i].said));
}
END_TEST

START_TEST (a_word_that_means_no_program_is_refused)
{
  ck_assert_int_eq (initramfs_add_program (initramfs, "no-such-program", NULL), -1);
  ck_assert_ptr_nonnull (strstr (message, "no-such-program: no such program in PATH"));
  ck_assert_int_eq (initramfs_add_program (initramfs, "/usr/bin", NULL), -1);
  ck_assert_ptr_nonnull (strstr (message, "a folder"));
  ck_assert_int_eq (initramfs_add_program (initramfs, "./missing", NULL), -1);
  ck_assert_ptr_nonnull (strstr (message, "missing: No such file"));
}
END_TEST

START_TEST (a_first_line_longer_than_linux_reads_is_refused)
{
  char text[400];

  memset (text, 'x', sizeof text);
  memcpy (text, "#!/bin/", 7);
  put_file ("program", 0755, text, sizeof text);
  ck_assert_int_eq (initramfs_add_program (initramfs, "./program", NULL), -1);
  ck_assert_ptr_nonnull (strstr (message, "first line is longer"));
}
END_TEST

UNIT_TEST_MAIN_WITH ("programs", begin_initramfs, end_initramfs,
                     a_dynamic_program_brings_its_libraries_and_loader,
                     a_script_brings_its_interpreter_and_what_it_names, a_program_behind_a_symbolic_link_stays_there,
                     a_script_of_env_brings_the_program_that_env_starts, scripts_that_name_one_another_end,
                     words_that_no_shell_would_run_are_left_out, arguments_that_are_code_are_no_commands,
                     only_what_the_user_named_and_what_that_names_is_searched, a_file_with_its_whole_path_is_taken,
                     an_interpreter_that_may_not_be_asked_is_not_run, a_script_brings_the_modules_that_it_imports,
                     what_starts_an_interpreter_starts_it_in_the_guest, the_order_of_path_is_kept,
                     the_home_directory_is_the_hosts, what_is_included_keeps_its_links,
                     a_path_through_another_directory_leads_there_in_the_guest, what_is_included_brings_its_libraries,
                     words_that_are_no_programs_are_silent,
                     LOOP_OVER (a_file_that_cannot_run_is_refused_with_the_reason, refusals),
                     a_word_that_means_no_program_is_refused, a_first_line_longer_than_linux_reads_is_refused)
