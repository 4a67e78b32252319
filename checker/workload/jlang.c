/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/jlang-parts.h"
#include "checker/workload/jlang.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"

static enum jlang_section
section_named (const char *name)
{
  static const char *const names[] = { "", "define", "declare", "setup", "run" };

  for (size_t i = 1; i < sizeof names / sizeof names[0]; i++)
    if (strcmp (names[i], name) == 0)
      return (enum jlang_section) i;
  return JLANG_NONE;
}

/* The section that LINE, of LENGTH bytes, begins. */
static enum jlang_section
section_of (const char *line, size_t length)
{
  CLEANUP_FREE char *copy = strndup (line, length);
  char *rest = copy;
  const char *word = copy ? next_word (&rest) : NULL;

  if (word == NULL || strcmp (word, "#") != 0)
    return JLANG_NONE;
  word = next_word (&rest);
  return word && *rest == '\0' ? section_named (word) : JLANG_NONE;
}

bool
jlang_is (const char *text)
{
  bool defines = false, runs = false;

  while (*text) {
    size_t length = strcspn (text, "\n");
    enum jlang_section section = section_of (text, length);

    defines |= section == JLANG_DEFINE;
    runs |= section == JLANG_RUN;
    text += length + (text[length] == '\n');
  }
  return defines && runs;
}

static int
define_path (struct jlang *jlang, const char *path)
{
  char *copy = strdup (path), **place = copy ? array_add (jlang->paths, jlang->path_count) : NULL;

  if (place == NULL) {
    free (copy);
    return refuse_memory (&jlang->place);
  }
  *place = copy;
  return 0;
}

static int
begin_section (struct jlang *jlang, enum jlang_section section)
{
  jlang->section = section;
  if (section != JLANG_RUN)
    return 0;
  fflush (jlang->out);
  jlang->begin_wanted = jlang->length > 0;
  return 0;
}

static int
convert_line (struct jlang *jlang, char *line)
{
  enum jlang_section section = section_of (line, strlen (line));
  const char *word;

  if (section != JLANG_NONE)
    return begin_section (jlang, section);
  switch (jlang->section) {
  case JLANG_DEFINE:
    word = next_word (&line);
    return word ? define_path (jlang, word) : 0;
  case JLANG_SETUP:
  case JLANG_RUN: return jlang_operation (jlang, line);
  case JLANG_NONE:
    if (line[strspn (line, BLANKS)] != '\0')
      return refuse (&jlang->place, "stands in no section: begin one with `# define', `# setup' or `# run'");
    return 0;
  default: return 0;
  }
}

static int
convert_lines (struct jlang *jlang, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);
  char *next = copy, *line;

  if (copy == NULL)
    return refuse_memory (&jlang->place);
  while ((line = strsep (&next, "\n")) != NULL) {
    jlang->place.line++;
    if (convert_line (jlang, line) == -1)
      return -1;
  }
  return 0;
}

char *
jlang_convert (const char *text, const char *name)
{
  struct jlang jlang = { .place = { .name = name } };
  int r = -1;

  jlang.out = open_memstream (&jlang.text, &jlang.length);
  if (asprintf (&jlang.result_name, "%s (converted)", name) == -1)
    jlang.result_name = NULL;
  if (jlang.out == NULL || jlang.result_name == NULL)
    out_of_memory ();
  else {
    r = convert_lines (&jlang, text);
    if (r == 0)
      r = jlang_look (&jlang);
  }
  if (jlang.out && fclose (jlang.out) == EOF)
    r = -1;
  simulation_free (&jlang.simulation);
  workload_free (&jlang.workload);
  for (size_t i = 0; i < jlang.path_count; i++)
    free (jlang.paths[i]);
  free (jlang.paths);
  for (size_t i = 0; i < jlang.descriptor_count; i++)
    free (jlang.descriptors[i].name);
  free (jlang.descriptors);
  free (jlang.result_name);
  if (r == 0)
    return jlang.text;
  free (jlang.text);
  return NULL;
}
