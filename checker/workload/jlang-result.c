/* SPDX-License-Identifier: BSD-3-Clause */
/* What was converted so far, and what it leads to. */
#include <config.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/jlang-parts.h"
#include "common/array.h"
#include "common/escape.h"

int
jlang_look (struct jlang *jlang)
{
  int r;

  fflush (jlang->out);
  simulation_free (&jlang->simulation);
  workload_free (&jlang->workload);
  jlang->workload.name = jlang->result_name;
  if (jlang->length > 0 && workload_parse (jlang->text, jlang->result_name, &jlang->workload) == -1)
    return -1;
  r = simulation_begin (&jlang->simulation, &jlang->workload);
  for (size_t i = 0; i < jlang->workload.count && r == 0; i++)
    r = simulation_do (&jlang->simulation, i);
  return r;
}

/* Whether WORD is PATH without its slashes. */
static bool
stands_for (const char *word, const char *path)
{
  for (; *path; path++)
    if (*path != '/' && *path != *word++)
      return false;
  return *word == '\0';
}

const char *
jlang_path (const struct jlang *jlang, const char *word)
{
  if (strcmp (word, "test") == 0)
    return ".";
  for (size_t i = 0; i < jlang->path_count; i++)
    if (stands_for (word, jlang->paths[i]))
      return jlang->paths[i];
  return word;
}

const struct sim_inode *
jlang_find (const struct jlang *jlang, const char *path)
{
  return simulation_find (&jlang->simulation, path);
}

static void
begin_operation (struct jlang *jlang, const char *verb, const char *path)
{
  fprintf (jlang->out, "%s%s", jlang->begin_wanted ? "begin\n" : "", verb);
  jlang->begin_wanted = false;
  if (*path) {
    putc (' ', jlang->out);
    escape_word (path, strlen (path), jlang->out);
  }
}

int
jlang_emit (struct jlang *jlang, const char *verb, const char *path)
{
  begin_operation (jlang, verb, path);
  putc ('\n', jlang->out);
  return 0;
}

int
jlang_emit_words (struct jlang *jlang, const char *verb, const char *path, const char *format, ...)
{
  va_list args;

  begin_operation (jlang, verb, path);
  putc (' ', jlang->out);
  va_start (args, format);
  vfprintf (jlang->out, format, args);
  va_end (args);
  putc ('\n', jlang->out);
  return 0;
}

static struct jlang_descriptor *
find_descriptor (struct jlang *jlang, const char *word)
{
  return array_named (jlang->descriptors, jlang->descriptor_count, word);
}

/* NULL after a message. */
static struct jlang_descriptor *
make_descriptor (struct jlang *jlang, const char *word)
{
  char *name = strdup (word);
  struct jlang_descriptor *descriptor = name ? array_add (jlang->descriptors, jlang->descriptor_count) : NULL;

  if (descriptor)
    descriptor->name = name;
  else {
    free (name);
    refuse_memory (&jlang->place);
  }
  return descriptor;
}

int
jlang_open (struct jlang *jlang, const char *word)
{
  struct jlang_descriptor *descriptor = find_descriptor (jlang, word);
  const struct sim_inode *inode;

  if (jlang_look (jlang) == -1)
    return -1;
  inode = jlang_find (jlang, jlang_path (jlang, word));
  if (inode == NULL)
    return refuse (&jlang->place, "%s: is not there, and O_CREAT is not given", word);
  if (descriptor == NULL)
    descriptor = make_descriptor (jlang, word);
  if (descriptor == NULL)
    return -1;
  descriptor->inode = inode->number;
  return 0;
}

void
jlang_close (struct jlang *jlang, const char *word)
{
  struct jlang_descriptor *descriptor = find_descriptor (jlang, word);

  if (descriptor) {
    free (descriptor->name);
    *descriptor = jlang->descriptors[--jlang->descriptor_count];
  }
}

char *
jlang_descriptor_path (struct jlang *jlang, const char *word)
{
  const struct jlang_descriptor *descriptor = find_descriptor (jlang, word);
  const char *path = jlang_path (jlang, word);
  const struct sim_inode *inode;
  char *found = NULL;

  if (jlang_look (jlang) == -1)
    return NULL;
  inode = jlang_find (jlang, path);
  if (descriptor == NULL || (inode && inode->number == descriptor->inode))
    found = strdup (path);
  for (size_t i = 0; descriptor && i < jlang->simulation.entry_count && found == NULL; i++) {
    const struct sim_entry *entry = jlang->simulation.entries[i];

    if (entry->inode && entry->inode->number == descriptor->inode)
      found = sim_entry_path (entry);
  }
  if (found == NULL)
    refuse (&jlang->place, "%s: the file has no name any more, and there is no other way here to name it", word);
  return found;
}
