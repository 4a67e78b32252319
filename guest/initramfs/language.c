/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "guest/initramfs/language.h"

static const struct {
  const char *name, *suffix;    /* without its version; either may be NULL */
  enum language language;
} languages[] = {
  { "sh", ".sh", LANGUAGE_SHELL },
  { "bash", ".bash", LANGUAGE_SHELL },
  { "dash", NULL, LANGUAGE_SHELL },
  { "ash", NULL, LANGUAGE_SHELL },
  { "busybox", NULL, LANGUAGE_SHELL },
  { "ksh", ".ksh", LANGUAGE_SHELL },
  { "mksh", NULL, LANGUAGE_SHELL },
  { "zsh", ".zsh", LANGUAGE_SHELL },
  { "python", ".py", LANGUAGE_PYTHON },
  { "pypy", NULL, LANGUAGE_PYTHON },
  { "perl", ".pl", LANGUAGE_PERL },
  { "ruby", ".rb", LANGUAGE_OTHER },
  { "node", ".js", LANGUAGE_OTHER },
  { "nodejs", NULL, LANGUAGE_OTHER },
  { "lua", ".lua", LANGUAGE_OTHER },
  { "php", ".php", LANGUAGE_OTHER },
  { "tclsh", ".tcl", LANGUAGE_OTHER },
};

enum language
language_of (const char *program)
{
  const char *slash = strrchr (program, '/'), *name = slash ? slash + 1 : program;
  size_t length = strcspn (name, "0123456789.-");

  if (name[length + strspn (name + length, "0123456789.-")] != '\0')
    return LANGUAGE_NONE;
  for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
    if (strlen (languages[i].name) == length && memcmp (languages[i].name, name, length) == 0)
      return languages[i].language;
  return LANGUAGE_NONE;
}

enum language
language_of_suffix (const char *path)
{
  const char *slash = strrchr (path, '/'), *dot = strrchr (slash ? slash : path, '.');

  for (size_t i = 0; dot && i < sizeof languages / sizeof languages[0]; i++)
    if (languages[i].suffix && strcmp (languages[i].suffix, dot) == 0)
      return languages[i].language;
  return LANGUAGE_NONE;
}
