/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/escape.h"
#include "common/message.h"
#include "common/text.h"
#include "common/words.h"

int
words_split (const char *text, const char *separator, struct words *words)
{
  char *rest, *word;

  words->text = rest = strdup (text);
  words->list = calloc (strlen (text) + 1, sizeof *words->list);
  words->count = 0;
  if (words->text == NULL || words->list == NULL)
    return out_of_memory ();
  while ((word = strsep (&rest, separator)) != NULL)
    words->list[words->count++] = word;
  return 0;
}

void
words_free (struct words *words)
{
  free (words->text);
  free (words->list);
  *words = (struct words) { NULL, NULL, 0 };
}

int
words_check (const char *option, const struct words *words)
{
  for (size_t i = 0; i < words->count; i++) {
    if (*words->list[i] == '\0') {
      error_message ("--%s: a name is missing: give names with commas between them", option);
      return -1;
    }
    for (size_t j = 0; j < i; j++)
      if (strcmp (words->list[i], words->list[j]) == 0) {
        error_message ("--%s: %s is given twice", option, words->list[i]);
        return -1;
      }
  }
  return 0;
}

char *
words_join (const char *program, int argc, char **argv)
{
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  fputs (program, text.file);
  for (int i = 0; i < argc; i++) {
    putc (' ', text.file);
    print_safely (argv[i], strlen (argv[i]), text.file);
  }
  return text_end (&text);
}
