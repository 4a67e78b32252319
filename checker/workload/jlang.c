/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/jlang.h"
#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"

#define WORDS_MAX 8
#define DEFAULT_XATTR "user.xattr1"
#define DEFAULT_VALUE "val1"

enum section { SECTION_NONE, SECTION_DEFINE, SECTION_DECLARE, SECTION_SETUP, SECTION_RUN };

struct descriptor {
  char *name;                   /* the word that it was opened by */
  uint32_t inode;               /* number in the simulation */
};

struct importer {
  const char *name;
  char *result_name;            /* for messages about what was written */
  unsigned line;
  enum section section;
  bool begin_wanted;            /* before the next operation */
  char **paths;                 /* of the section `define` */
  size_t path_count;
  struct descriptor *descriptors;
  size_t descriptor_count;
  FILE *out;
  char *text;                   /* what was written to OUT, once it is flushed */
  size_t length;
  /* The state after all that was written: worked out anew when it is asked for. */
  struct workload workload;
  struct simulation simulation;
};

static int __attribute__ ((format (printf, 2, 3)))
refuse (const struct importer *importer, const char *format, ...)
{
  CLEANUP_FREE char *text = NULL, *safe = NULL;
  va_list args;

  va_start (args, format);
  int length = vasprintf (&text, format, args);
  va_end (args);
  if (length == -1)
    text = NULL;
  safe = text ? safe_text (text) : NULL;
  error_message ("%s:%u: %s", importer->name, importer->line, safe ? safe : "out of memory");
  return -1;
}

/* Work out the state. */
static int
look (struct importer *importer)
{
  int r;

  fflush (importer->out);
  simulation_free (&importer->simulation);
  workload_free (&importer->workload);
  importer->workload.name = importer->result_name;
  if (importer->length > 0 && workload_parse (importer->text, importer->result_name, &importer->workload) == -1)
    return -1;
  r = simulation_begin (&importer->simulation, &importer->workload);
  for (size_t i = 0; i < importer->workload.count && r == 0; i++)
    r = simulation_do (&importer->simulation, i);
  return r;
}

static enum section
section_named (const char *name)
{
  static const char *const names[] = { "", "define", "declare", "setup", "run" };

  for (size_t i = 1; i < sizeof names / sizeof names[0]; i++)
    if (strcmp (names[i], name) == 0)
      return (enum section) i;
  return SECTION_NONE;
}

/* The section that LINE, of LENGTH bytes, begins. */
static enum section
section_of (const char *line, size_t length)
{
  static const char blanks[] = " \t\r";
  CLEANUP_FREE char *copy = strndup (line, length);
  char *rest, *word = copy ? strtok_r (copy, blanks, &rest) : NULL;

  if (word == NULL || strcmp (word, "#") != 0)
    return SECTION_NONE;
  word = strtok_r (NULL, blanks, &rest);
  return word && strtok_r (NULL, blanks, &rest) == NULL ? section_named (word) : SECTION_NONE;
}

bool
jlang_is (const char *text)
{
  bool defines = false, runs = false;

  while (*text) {
    size_t length = strcspn (text, "\n");
    enum section section = section_of (text, length);

    defines |= section == SECTION_DEFINE;
    runs |= section == SECTION_RUN;
    text += length + (text[length] == '\n');
  }
  return defines && runs;
}

static int
define_path (struct importer *importer, const char *path)
{
  char **larger = reallocarray (importer->paths, importer->path_count + 1, sizeof *larger);

  if (larger)
    importer->paths = larger;
  if (larger == NULL || (larger[importer->path_count] = strdup (path)) == NULL)
    return refuse (importer, "out of memory");
  importer->path_count++;
  return 0;
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

/* The path that WORD stands for; what is not defined stands for itself. */
static const char *
path_of (const struct importer *importer, const char *word)
{
  for (size_t i = 0; i < importer->path_count; i++)
    if (stands_for (word, importer->paths[i]))
      return strcmp (word, "test") == 0 ? "." : importer->paths[i];
  return strcmp (word, "test") == 0 ? "." : word;
}

/* Write an operation: VERB, PATH and TAIL, if that is not empty. */
static int
emit (struct importer *importer, const char *verb, const char *path, const char *tail)
{
  fprintf (importer->out, "%s%s", importer->begin_wanted ? "begin\n" : "", verb);
  importer->begin_wanted = false;
  if (*path) {
    putc (' ', importer->out);
    escape_word (path, strlen (path), importer->out);
  }
  fprintf (importer->out, "%s%s\n", *tail ? " " : "", tail);
  return 0;
}

static int
emit_range (struct importer *importer, const char *verb, const char *path, const char *offset, const char *length)
{
  CLEANUP_FREE char *tail = NULL;

  if (asprintf (&tail, "%s %s", offset, length) == -1) {
    tail = NULL;
    return refuse (importer, "out of memory");
  }
  return emit (importer, verb, path, tail);
}

static struct descriptor *
find_descriptor (struct importer *importer, const char *word)
{
  for (size_t i = 0; i < importer->descriptor_count; i++)
    if (strcmp (importer->descriptors[i].name, word) == 0)
      return &importer->descriptors[i];
  return NULL;
}

/* The descriptor WORD leads to what its path names now. */
static int
open_descriptor (struct importer *importer, const char *word)
{
  struct descriptor *descriptor = find_descriptor (importer, word), *larger;
  const struct sim_inode *inode;

  if (look (importer) == -1)
    return -1;
  inode = simulation_find (&importer->simulation, path_of (importer, word));
  if (inode == NULL)
    return refuse (importer, "%s: is not there, and O_CREAT is not given", word);
  if (descriptor == NULL) {
    larger = reallocarray (importer->descriptors, importer->descriptor_count + 1, sizeof *larger);
    if (larger == NULL)
      return refuse (importer, "out of memory");
    importer->descriptors = larger;
    descriptor = &larger[importer->descriptor_count];
    descriptor->name = strdup (word);
    if (descriptor->name == NULL)
      return refuse (importer, "out of memory");
    importer->descriptor_count++;
  }
  descriptor->inode = inode->number;
  return 0;
}

/* The path by which what was opened as WORD can be named now, to free; NULL after a message. */
static char *
descriptor_path (struct importer *importer, const char *word)
{
  const struct descriptor *descriptor = find_descriptor (importer, word);
  const char *path = path_of (importer, word);
  const struct sim_inode *inode;
  char *found = NULL;

  if (look (importer) == -1)
    return NULL;
  inode = simulation_find (&importer->simulation, path);
  if (descriptor == NULL || (inode && inode->number == descriptor->inode))
    found = strdup (path);
  for (size_t i = 0; i < importer->simulation.entry_count && found == NULL; i++) {
    const struct sim_entry *entry = importer->simulation.entries[i];

    if (entry->inode && entry->inode->number == descriptor->inode)
      found = sim_entry_path (entry);
  }
  if (found == NULL)
    refuse (importer, "%s: the file has no name any more, and there is no other way here to name it", word);
  return found;
}

/* Whether the flags FLAGS, joined by `|`, have FLAG. */
static bool
has_flag (const char *flags, const char *flag)
{
  size_t length = strlen (flag);

  for (const char *at = flags; at; at = strchr (at, '|')) {
    at += *at == '|';
    if (strncmp (at, flag, length) == 0 && (at[length] == '|' || at[length] == '\0'))
      return true;
  }
  return false;
}

/* Each of these converts an operation with its words, words[0] being the verb; those that are not there are "". */

static int
convert_open (struct importer *importer, const char *const *words)
{
  const char *path = path_of (importer, words[1]);
  bool there;

  if (look (importer) == -1)
    return -1;
  there = simulation_find (&importer->simulation, path) != NULL;
  if (!there && has_flag (words[2], "O_CREAT"))
    emit (importer, "creat", path, "");
  if (there && has_flag (words[2], "O_TRUNC"))
    emit (importer, "truncate", path, "0");
  return open_descriptor (importer, words[1]);
}

static int
convert_opendir (struct importer *importer, const char *const *words)
{
  return open_descriptor (importer, words[1]);
}

static int
convert_close (struct importer *importer, const char *const *words)
{
  struct descriptor *descriptor = find_descriptor (importer, words[1]);

  if (descriptor) {
    free (descriptor->name);
    *descriptor = importer->descriptors[--importer->descriptor_count];
  }
  return 0;
}

static int
convert_nothing (struct importer *importer, const char *const *words)
{
  (void) importer, (void) words;
  return 0;
}

static int
convert_path (struct importer *importer, const char *const *words)
{
  return emit (importer, words[0], path_of (importer, words[1]), "");
}

static int
convert_mkdir (struct importer *importer, const char *const *words)
{
  return emit (importer, "mkdir", path_of (importer, words[1]), "");
}

static int
convert_two_paths (struct importer *importer, const char *const *words)
{
  CLEANUP_FREE char *second = NULL;
  size_t length;
  FILE *file = open_memstream (&second, &length);
  const char *path = path_of (importer, words[2]);

  if (file == NULL)
    return refuse (importer, "out of memory");
  escape_word (path, strlen (path), file);
  if (fclose (file) == EOF)
    return refuse (importer, "out of memory");
  return emit (importer, words[0], path_of (importer, words[1]), second);
}

static int
convert_remove (struct importer *importer, const char *const *words)
{
  const char *path = path_of (importer, words[1]);
  const struct sim_inode *inode;

  if (look (importer) == -1)
    return -1;
  inode = simulation_find (&importer->simulation, path);
  return emit (importer, inode && inode->type == 'd' ? "rmdir" : "unlink", path, "");
}

static int
convert_write (struct importer *importer, const char *const *words)
{
  CLEANUP_FREE char *path = descriptor_path (importer, words[1]);

  return path ? emit_range (importer, "write", path, words[2], words[3]) : -1;
}

static int
convert_dwrite (struct importer *importer, const char *const *words)
{
  const char *path = path_of (importer, words[1]);

  return emit_range (importer, "dwrite", path, words[2], words[3]) == -1 ? -1 : emit (importer, "fsync", path, "");
}

static int
convert_mmapwrite (struct importer *importer, const char *const *words)
{
  CLEANUP_FREE char *path = descriptor_path (importer, words[1]);
  CLEANUP_FREE char *tail = NULL;

  if (path == NULL)
    return -1;
  if (asprintf (&tail, "alloc %s %s", words[2], words[3]) == -1) {
    tail = NULL;
    return refuse (importer, "out of memory");
  }
  emit (importer, "falloc", path, tail);
  return emit_range (importer, "mmapwrite", path, words[2], words[3]) == -1 ? -1
    : emit_range (importer, "msync", path, words[2], words[3]);
}

static int
convert_msync (struct importer *importer, const char *const *words)
{
  CLEANUP_FREE char *path = descriptor_path (importer, words[1]);
  const struct sim_inode *inode = path ? simulation_find (&importer->simulation, path) : NULL;
  char size[24];

  if (path == NULL)
    return -1;
  if (*words[2])
    return emit_range (importer, "msync", path, words[2], words[3]);
  snprintf (size, sizeof size, "%ju", (uintmax_t) (inode ? inode->data.size : 0));
  return emit_range (importer, "msync", path, "0", size);
}

static int
convert_falloc (struct importer *importer, const char *const *words)
{
  static const struct {
    const char *flag, *word;
  } flags[] = {
    { "FALLOC_FL_KEEP_SIZE", "keep" }, { "FALLOC_FL_PUNCH_HOLE", "punch" }, { "FALLOC_FL_ZERO_RANGE", "zero" },
    { "FALLOC_FL_COLLAPSE_RANGE", "collapse" }, { "FALLOC_FL_INSERT_RANGE", "insert" },
  };
  CLEANUP_FREE char *path = descriptor_path (importer, words[1]);
  CLEANUP_FREE char *tail = NULL;
  char mode[64] = "";

  if (path == NULL)
    return -1;
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    if (has_flag (words[2], flags[i].flag)) {
      strcat (mode, *mode ? "+" : "");
      strcat (mode, flags[i].word);
    }
  if (*mode == '\0' && strcmp (words[2], "0") != 0)
    return refuse (importer, "%s: no such mode of fallocate here", words[2]);
  if (asprintf (&tail, "%s %s %s", *mode ? mode : "alloc", words[3], words[4]) == -1) {
    tail = NULL;
    return refuse (importer, "out of memory");
  }
  return emit (importer, "falloc", path, tail);
}

static int
convert_sync (struct importer *importer, const char *const *words)
{
  CLEANUP_FREE char *path = descriptor_path (importer, words[1]);

  return path ? emit (importer, words[0], path, "") : -1;
}

static int
convert_words (struct importer *importer, const char *const *words)
{
  return emit (importer, words[0], "", words[1]);
}

static int
convert_truncate (struct importer *importer, const char *const *words)
{
  return emit (importer, "truncate", path_of (importer, words[1]), words[2]);
}

static int
convert_setxattr (struct importer *importer, const char *const *words)
{
  CLEANUP_FREE char *path = descriptor_path (importer, words[1]);

  return path ? emit_range (importer, "setxattr", path, *words[2] ? words[2] : DEFAULT_XATTR,
                            *words[3] ? words[3] : DEFAULT_VALUE) : -1;
}

static int
convert_removexattr (struct importer *importer, const char *const *words)
{
  return emit (importer, "removexattr", path_of (importer, words[1]), *words[2] ? words[2] : DEFAULT_XATTR);
}

static const struct conversion {
  const char *verb;
  size_t least, most;           /* words behind it */
  int (*convert) (struct importer *importer, const char *const *words);
} conversions[] = {
  { "checkpoint", 0, 1, convert_words }, { "close", 1, 1, convert_close }, { "dwrite", 3, 3, convert_dwrite },
  { "falloc", 4, 4, convert_falloc }, { "fdatasync", 1, 1, convert_sync }, { "fsetxattr", 1, 3, convert_setxattr },
  { "fsync", 1, 1, convert_sync }, { "link", 2, 2, convert_two_paths }, { "mkdir", 1, 2, convert_mkdir },
  { "mmapwrite", 3, 3, convert_mmapwrite }, { "msync", 1, 3, convert_msync }, { "none", 0, 0, convert_nothing },
  { "open", 2, 3, convert_open }, { "opendir", 1, 2, convert_opendir }, { "remove", 1, 1, convert_remove },
  { "removexattr", 1, 2, convert_removexattr }, { "rename", 2, 2, convert_two_paths }, { "rmdir", 1, 1, convert_path },
  { "setxattr", 1, 3, convert_setxattr }, { "symlink", 2, 2, convert_two_paths }, { "sync", 0, 0, convert_words },
  { "truncate", 2, 2, convert_truncate }, { "unlink", 1, 1, convert_path }, { "write", 3, 3, convert_write },
};

static int
convert_operation (struct importer *importer, char *line)
{
  const char *words[WORDS_MAX] = { "", "", "", "", "", "", "", "" };
  char *rest, *word = strtok_r (line, " \t\r", &rest);
  size_t count = 0;

  for (; word && count < WORDS_MAX; word = strtok_r (NULL, " \t\r", &rest))
    words[count++] = word;
  if (count == 0)
    return 0;
  for (size_t i = 0; i < sizeof conversions / sizeof conversions[0]; i++)
    if (strcmp (conversions[i].verb, words[0]) == 0) {
      if (count - 1 < conversions[i].least || count - 1 > conversions[i].most)
        return refuse (importer, "%s: %zu words behind it are too few or too many", words[0], count - 1);
      return conversions[i].convert (importer, words);
    }
  return refuse (importer, "%s: has no equivalent here: take it out, or write the workload anew, see powercut-workload(5)",
                 words[0]);
}

static int
begin_section (struct importer *importer, enum section section)
{
  importer->section = section;
  if (section != SECTION_RUN)
    return 0;
  fflush (importer->out);
  importer->begin_wanted = importer->length > 0;
  return 0;
}

static int
convert_line (struct importer *importer, char *line)
{
  enum section section = section_of (line, strlen (line));
  char *rest, *word;

  if (section != SECTION_NONE)
    return begin_section (importer, section);
  switch (importer->section) {
  case SECTION_DEFINE:
    word = strtok_r (line, " \t\r", &rest);
    return word ? define_path (importer, word) : 0;
  case SECTION_SETUP:
  case SECTION_RUN: return convert_operation (importer, line);
  case SECTION_NONE:
    if (line[strspn (line, " \t\r")] != '\0')
      return refuse (importer, "stands in no section: begin one with `# define', `# setup' or `# run'");
    return 0;
  default: return 0;
  }
}

static int
convert_lines (struct importer *importer, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);
  char *next = copy, *line;

  if (copy == NULL)
    return refuse (importer, "out of memory");
  while ((line = strsep (&next, "\n")) != NULL) {
    importer->line++;
    if (convert_line (importer, line) == -1)
      return -1;
  }
  return 0;
}

char *
jlang_convert (const char *text, const char *name)
{
  struct importer importer = { .name = name };
  int r = -1;

  importer.out = open_memstream (&importer.text, &importer.length);
  if (asprintf (&importer.result_name, "%s (converted)", name) == -1)
    importer.result_name = NULL;
  if (importer.out == NULL || importer.result_name == NULL)
    error_message ("out of memory");
  else {
    r = convert_lines (&importer, text);
    if (r == 0)
      r = look (&importer);
  }
  if (importer.out && fclose (importer.out) == EOF)
    r = -1;
  simulation_free (&importer.simulation);
  workload_free (&importer.workload);
  for (size_t i = 0; i < importer.path_count; i++)
    free (importer.paths[i]);
  free (importer.paths);
  for (size_t i = 0; i < importer.descriptor_count; i++)
    free (importer.descriptors[i].name);
  free (importer.descriptors);
  free (importer.result_name);
  if (r == 0)
    return importer.text;
  free (importer.text);
  return NULL;
}
