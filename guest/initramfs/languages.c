/* SPDX-License-Identifier: BSD-3-Clause */
/* The libraries of interpreters. */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/capture.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/initramfs/host.h"
#include "guest/initramfs/initramfs.h"
#include "guest/initramfs/languages.h"
#include "guest/initramfs/tree.h"

/* What interpreters answer: `E PATH`, the interpreter itself; `L DIRECTORY`, its own library; `F FILE`, what else it
 * needs; `P DIRECTORY`, where it looks for modules of others.
 */
static const char python_question[] =
  "import sys\n"
  /* Not from the current directory, which may be anybody's. */
  "sys.path = [path for path in sys.path if path.startswith('/')]\n"
  "import os, sysconfig\n"
  "own = [sysconfig.get_path(name) for name in ('stdlib', 'platstdlib')]\n"
  "print('E ' + (sys.executable or ''))\n"
  "for path in own: print('L ' + path)\n"
  "print('F ' + os.path.join(sys.prefix, 'pyvenv.cfg'))\n"
  "for path in sys.path:\n"
  "    if path and path not in own and os.path.basename(path) != 'lib-dynload': print('P ' + path)\n";

static const char perl_question[] =
  "use strict; use Config; use File::Basename;\n"
  "print \"L $_\\n\" for @Config{qw(privlibexp archlibexp)}, map { dirname ($INC{$_}) } qw(strict.pm Config.pm);\n"
  "print \"P $_\\n\" for grep { m,^/, } @INC;\n";

/* Parts of the libraries that no program needs to run. */
static const char *const unwanted_names[] = {
  /* Python's */
  "test", "tests", "_test*", "idlelib", "turtledemo", "turtle.*", "tkinter", "_tkinter*", "lib2to3", "ensurepip",
  "pydoc_data", "config-*", "site-packages", "dist-packages", "*.opt-[12].pyc",
  /* Perl's; the two letters are of Encode's tables */
  "*.pod", "CPAN", "Collate", "CORE", "CoreList*", "PPPort.pm", "CN", "JP", "KR", "TW", "*.a", "*.h",
};

static bool
is_unwanted (const char *name)
{
  for (size_t i = 0; i < sizeof unwanted_names / sizeof unwanted_names[0]; i++)
    if (fnmatch (unwanted_names[i], name, 0) == 0)
      return true;
  return false;
}

/* Add DIRECTORY to where modules are looked for.  Files there may name more directories: they come along. */
static int
add_module_directory (struct initramfs *initramfs, enum language language, const char *directory)
{
  struct text_list *list = &initramfs->modules[language];

  if (!text_list_has (list, directory) && text_list_add (list, directory, strlen (directory)) == -1)
    return out_of_memory ();
  return 0;
}

static int
take_answer (struct initramfs *initramfs, enum language language, const char *line, char **executable)
{
  static const struct tree_rules rules = { .unwanted = is_unwanted, .libraries = true, .times = true };
  const char *path = line + 2;

  if (line[0] == '\0' || line[1] != ' ' || *path != '/')
    return 0;
  switch (line[0]) {
  case 'E':
    free (*executable);
    *executable = strdup (path);
    return *executable ? 0 : -1;
  case 'L':
    return access (path, R_OK) == 0 ? initramfs_add_host_tree (initramfs, path, &rules) : 0;
  case 'F':
    return access (path, R_OK) == 0 ? initramfs_add_host_file (initramfs, path) : 0;
  case 'P':
    return add_module_directory (initramfs, language, path);
  }
  return 0;
}

/* Let *real be EXECUTABLE if that is another file than PROGRAM, which must have started it then. */
static int
compare_programs (const char *program, const char *executable, char **real)
{
  CLEANUP_FREE char *one = realpath (program, NULL), *other = executable ? realpath (executable, NULL) : NULL;

  if (one == NULL || other == NULL || strcmp (one, other) == 0)
    return 0;
  *real = text_format ("%s", executable);
  return *real ? 0 : -1;
}

/* The interpreter of LANGUAGE that may be asked in place of PROGRAM: itself or, when confined, only what it leads to,
 * and only if that is one of the system's.  A case may bring programs, links to an interpreter or in the name of one,
 * and beside a link files (pyvenv.cfg) that have the interpreter run code when it starts.  To free, or NULL.
 */
static char *
find_asked (const struct initramfs *initramfs, const char *program, enum language language)
{
  static const char *const directories[] = { "/usr/bin/", "/bin/" };
  CLEANUP_FREE char *real = initramfs->confined ? realpath (program, NULL) : strdup (program);

  if (real == NULL)
    return NULL;
  for (size_t i = 0; initramfs->confined && i < sizeof directories / sizeof directories[0]; i++) {
    const size_t length = strlen (directories[i]);

    if (strncmp (real, directories[i], length) == 0 && strchr (real + length, '/') == NULL
        && language_of (real) == language)
      return text_format ("%s", real);
  }
  return initramfs->confined ? NULL : text_format ("%s", real);
}

/* Have the interpreter ASKED answer.  Isolated, it heeds no environment, and finds nothing of the current directory or
 * the user's.
 */
static int
ask (const char *asked, bool python, bool isolated, struct capture *answer)
{
  const char *words[10];
  size_t count = 0;

  if (isolated) {
    words[count++] = "/usr/bin/env";
    words[count++] = "-i";
    words[count++] = "PATH=/usr/bin:/bin";
  }
  words[count++] = asked;
  if (isolated && python)
    words[count++] = "-I";
  words[count++] = python ? "-c" : "-e";
  words[count++] = python ? python_question : perl_question;
  words[count] = NULL;
  return capture_run (words, answer);
}

/* What is missing is not there: whether the script needs it will be seen. */
int
initramfs_add_language (struct initramfs *initramfs, const char *program, enum language language, char **real)
{
  const bool python = language == LANGUAGE_PYTHON;
  CLEANUP_FREE char *asked = NULL, *executable = NULL;
  struct capture answer;
  int r = 0;

  *real = NULL;
  if (!initramfs->asks_interpreters || (!python && language != LANGUAGE_PERL))
    return 0;
  asked = find_asked (initramfs, program, language);
  if (asked == NULL)
    return 0;
  if (ask (asked, python, initramfs->confined != NULL, &answer) == -1)
    return -1;
  char *rest = answer.status == 0 ? answer.output : NULL, *line;
  initramfs->guessing++;
  while (r == 0 && (line = strsep (&rest, "\n")) != NULL)
    r = take_answer (initramfs, language, line, &executable);
  initramfs->guessing--;
  capture_free (&answer);
  return r == 0 ? compare_programs (asked, executable, real) : -1;
}
