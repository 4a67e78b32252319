/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/unit/checker/seen-pages.h"
#include "tests/unit/unit.h"

char *
make_line (const char *path, const char *sectors)
{
  char *line = NULL;
  size_t length;
  FILE *file = open_memstream (&line, &length);

  fputs (*sectors ? "= " : "= -", file);
  for (const char *at = sectors; *at; at++) {
    fputs (at == sectors ? "" : ",", file);
    if (*at == '.' || *at == '!')
      fprintf (file, "%c1", *at == '.' ? 'z' : '!');
    else
      for (int i = 0; i < 8; i++)
        fprintf (file, "%02x", *at);
  }
  fprintf (file, " %s\n", path);
  fclose (file);
  return line;
}

char *
make_text (const char *path, ...)
{
  va_list args;
  char *text = strdup ("d 0755 0 0 - - - .\n");

  va_start (args, path);
  for (; path; path = va_arg (args, const char *)) {
    CLEANUP_FREE char *line = make_line (path, va_arg (args, const char *)), *before = text;
    ck_assert_int_ne (asprintf (&text, "%s%s", before, line), -1);
  }
  va_end (args);
  return text;
}
