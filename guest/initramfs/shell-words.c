/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "guest/initramfs/shell-words.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-/"
#define BLANKS " \t"

/* Whether PLACE is the first that is no blank of its line. */
static bool
begins_line (const struct shell_words *words, const char *place)
{
  while (place > words->begin && strchr (BLANKS, place[-1]))
    place--;
  return place == words->begin || place[-1] == '\n';
}

/* Whether the LENGTH characters at WORD could be a program to a shell. */
static bool
may_be_program (const struct shell_words *words, const char *word, size_t length)
{
  const char before = word > words->begin ? word[-1] : ' ', after = word[length];
  const bool braced = before == '{' && word - words->begin > 1 && word[-2] == '$';

  return before != '$' && !braced && after != '(' && after != '=';
}

/* The end of the quoted text that begins at QUOTE, after its last quote; or NULL if it has none. */
static const char *
end_of_quoted (const char *quote)
{
  for (const char *place = quote + 1; *place; place++)
    if (*place == *quote)
      return place + 1;
    else if (*place == '\\' && *quote == '"' && place[1])
      place++;
  return NULL;
}

/* After the name of an interpreter: step over its options, and over code that the last of them gives it. */
static void
skip_code (struct shell_words *words)
{
  const char *place = words->next + strspn (words->next, BLANKS);

  while (*place == '-') {
    size_t length = strcspn (place, BLANKS "\n;|&");
    const char last = place[length - 1];

    place += length + strspn (place + length, BLANKS);
    if ((last != 'c' && last != 'e' && last != 'E') || (*place != '\'' && *place != '"'))
      continue;
    const char *end = end_of_quoted (place);
    if (end == NULL)
      return;
    words->code = place + 1;
    words->code_length = (size_t) (end - place) - 2;
    words->next = end;
    return;
  }
}

static int
take_word (struct shell_words *words, size_t length)
{
  words->word = text_format ("%.*s", (int) length, words->next);
  words->next += length;
  if (words->word == NULL)
    return -1;
  words->language = language_of (words->word);
  if (words->language != LANGUAGE_NONE && words->language != LANGUAGE_SHELL)
    skip_code (words);
  return 1;
}

int
shell_words_next (struct shell_words *words)
{
  free (words->word);
  words->word = NULL;
  words->code = NULL;
  while (*(words->next += strcspn (words->next, NAME_CHARACTERS "#")) != '\0') {
    size_t length = strspn (words->next, NAME_CHARACTERS);

    if (length > 0 && may_be_program (words, words->next, length))
      return take_word (words, length);
    if (length > 0)
      words->next += length;
    else
      words->next += begins_line (words, words->next) ? strcspn (words->next, "\n") : 1;
  }
  return 0;
}
