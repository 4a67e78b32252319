/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/missing.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

/* In a directory of its own with the programs python3 and perl, which know where one module is, and with `tool` and
 * `data`.
 */
static void
begin (void)
{
  static const struct { const char *name, *text; } programs[] = {
    { "python3", "#!/bin/sh\n[ \"$3\" != yaml.x ] || echo /modules/yaml\n" },
    { "perl", "#!/bin/sh\n[ \"$3\" != File/Here.pm ] || echo /modules/File/Here.pm\n" },
    { "tool", "#!/bin/sh\n" },
    { "data", "" },
  };

  enter_work ();
  for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
    put_text (programs[i].name, 0755, programs[i].text);
  CLEANUP_FREE char *path;
  ck_assert_int_ne (asprintf (&path, "%s:/usr/bin:/bin", work), -1);
  setenv ("PATH", path, 1);
}

/* `*` stands for the current directory. */
static const struct {
  const char *output, *hint;
} cases[] = {
  { "all is well\n", NULL },
  { "", NULL },
  { "the key: not found\nsome: thing", NULL },
  { "sh: 1: tool: not found\n", "program tool is not in the guest: --include=*/tool brings it" },
  { "/x/update.sh: 12: no-such-tool: not found",
    "program no-such-tool is not in the guest, and was not found on this host either" },
  { "bash: line 1: tool: command not found", "--include=*/tool brings it" },
  { "sh: 1: ./tool: not found", "name it as */tool" },
  { "Traceback:\nModuleNotFoundError: No module named 'yaml.x'\n",
    "Python module yaml.x is not in the guest: --include=/modules/yaml" },
  { "ImportError: No module named nothing", "Python module nothing is not in the guest, and was not found" },
  { "Can't locate File/Here.pm in @INC (you may need", "--include=/modules/File/Here.pm brings it" },
  { "x: error while loading shared libraries: libc.so.6: cannot open shared object file: No such",
    "libc.so.6 is not in the guest" },
  { "ImportError: libnowhere.so.7: cannot open shared object file",
    "libnowhere.so.7 is not in the guest, and was not found" },
  { "FileNotFoundError: [Errno 2] No such file or directory: '/etc/passwd'",
    "file /etc/passwd is not in the guest: --include=/etc" },
  { "cat: /etc/passwd: No such file or directory", "--include=/etc/passwd brings it" },
  { "cat: /no/such: No such file or directory", NULL },
  { "python3: can't open file '/mnt/data': [Errno 2]",
    "data is here, not in the guest, whose working directory is the new file" },
  { "/x: cannot open shared object file: No such file or directory", "the shared library /x is not in the guest" },
  { "FileNotFoundError: [Errno 2] No such file or directory: 'tool'",
    "program tool is not in the guest: --include=*/tool brings it" },
  { "FileNotFoundError: [Errno 2] No such file or directory: 'greeting'", NULL },
  { "Can't exec \"tool\": No such file or directory at -e line 1.",
    "program tool is not in the guest: --include=*/tool brings it" },
  { "/x/update.sh: line 2: data: No such file or directory", "data is here, not in the guest" },
  { "/x/update.sh: 2: .: cannot open ./data: No such file", "name it as */data" },
  { "/x/update.sh: 2: .: data: not found", "name it as */data" },
  { "/x/update.sh: 2: .: cannot open /etc/passwd: No such file",
    "the file /etc/passwd is not in the guest: --include=/etc/passwd brings it" },
  { "sh: 1: no-a: not found\nsh: 2: no-b: not found\nsh: 3: no-a: not found\n",
    "the program no-a is not in the guest, and was not found on "
    "this host either; the program no-b is not in the guest, and was not found on this host either" },
  { "perl: No such file or directory: ''", NULL },
};

START_TEST (what_is_missing_is_named_with_what_brings_it)
{
  CLEANUP_FREE char *hint = missing_hint (cases[_i].output);
  CLEANUP_FREE char *folder = getcwd (NULL, 0);
  CLEANUP_FREE char *expected = NULL;

  if (cases[_i].hint == NULL) {
    ck_assert_ptr_null (hint);
    return;
  }
  const char *star = strchr (cases[_i].hint, '*');
  ck_assert_int_ne (asprintf (&expected, "%.*s%s%s", star ? (int) (star - cases[_i].hint) : 1000, cases[_i].hint,
                              star ? folder : "", star ? star + 1 : ""), -1);
  ck_assert_msg (hint && strstr (hint, expected), "`%s' instead of `%s'", hint ? hint : "", expected);
}
END_TEST

/* It is the host's python3 that is asked, in whatever directory. */
START_TEST (nothing_here_is_imported)
{
  static const char *const modules[] = { "importlib.py", "types.py", "warnings.py", "contextlib.py", "threading.py" };

  for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
    FILE *file = fopen (modules[i], "w");
    ck_assert_ptr_nonnull (file);
    fputs ("open('imported', 'w')\n", file);
    fclose (file);
  }
  ck_assert_int_eq (unlink ("python3"), 0);
  CLEANUP_FREE char *hint = missing_hint ("ModuleNotFoundError: No module named 'types'");
  ck_assert_ptr_nonnull (hint);
  ck_assert_int_eq (access ("imported", F_OK), -1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("missing", begin, leave_work,
  LOOP_OVER (what_is_missing_is_named_with_what_brings_it, cases),
  nothing_here_is_imported)
