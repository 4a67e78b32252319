/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/kernel/softdep.h"

#define BLANKS " \t\n"

/* How long the module's name is with which NAME begins. */
static size_t
name_length (const char *name)
{
  const char *suffix = strstr (name, ".ko");

  return suffix ? (size_t) (suffix - name) : strlen (name);
}

bool
softdep_same_module (const char *a, const char *b)
{
  size_t length = name_length (a);

  if (name_length (b) != length)
    return false;
  for (size_t i = 0; i < length; i++)
    if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
      return false;
  return true;
}

/* WORDS is the rest of a line: names, of which those without `pre:` or `post:` before them are meant to come first,
 * too.
 */
static int
visit_names (char *words, bool post, int (*visit) (void *opaque, const char *name), void *opaque)
{
  bool is_post = false;
  char *word;
  int r = 0;

  while (r == 0 && (word = strsep (&words, BLANKS)) != NULL)
    if (strcmp (word, "pre:") == 0 || strcmp (word, "post:") == 0)
      is_post = strcmp (word, "post:") == 0;
    else if (*word && is_post == post)
      r = visit (opaque, word);
  return r;
}

/* Lines are `softdep MODULE NAME...`. */
static int
visit_line (char *line, const char *module, bool post, int (*visit) (void *opaque, const char *name), void *opaque)
{
  const char *keyword = strsep (&line, BLANKS), *name = strsep (&line, BLANKS);

  if (line == NULL || strcmp (keyword, "softdep") != 0 || !softdep_same_module (name, module))
    return 0;
  return visit_names (line, post, visit, opaque);
}

int
softdep_each (const char *folder, const char *module, bool post,
              int (*visit) (void *opaque, const char *name), void *opaque)
{
  CLEANUP_FREE char *path = text_format ("%s/modules.softdep", folder);
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  int r = 0;

  if (path == NULL)
    return -1;
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");
  while (file && r == 0 && getline (&line, &size, file) > 0)
    r = visit_line (line, module, post, visit, opaque);
  return r;
}
