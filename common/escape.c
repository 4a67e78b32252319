/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "common/escape.h"
#include "common/text.h"

void
escape_word (const void *data, size_t length, FILE *file)
{
  const unsigned char *byte = data;

  for (; length > 0; byte++, length--)
    if (*byte > ' ' && *byte < 0x7f && *byte != '%')
      putc_unlocked (*byte, file);
    else
      fprintf (file, "%%%02x", *byte);
}

char *
escape_text (const char *text)
{
  struct text_stream word;

  if (!text_begin (&word))
    return NULL;
  escape_word (text, strlen (text), word.file);
  return text_end (&word);
}

static int
hex_digit (char digit)
{
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  if (digit >= 'a' && digit <= 'f')
    return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F')
    return digit - 'A' + 10;
  return -1;
}

ssize_t
unescape_word (char *word)
{
  char *from = word, *to = word;

  while (*from) {
    if (*from != '%') {
      *to++ = *from++;
      continue;
    }
    int high = hex_digit (from[1]);
    int low = high < 0 ? -1 : hex_digit (from[2]);
    if (low < 0) {
      errno = EINVAL;
      return -1;
    }
    *to++ = (char) (high << 4 | low);
    from += 3;
  }
  *to = '\0';
  return to - word;
}

char *
escape_words (const char *const *words, size_t *length)
{
  struct text_stream line;

  if (!text_begin (&line))
    return NULL;
  for (size_t i = 0; words[i]; i++) {
    if (i > 0)
      putc (' ', line.file);
    escape_word (words[i], strlen (words[i]), line.file);
  }
  putc ('\n', line.file);
  char *text = text_end (&line);
  *length = line.length;
  return text;
}

char **
unescape_words (char *line, size_t *count)
{
  size_t room = 2;
  char *word;

  for (const char *byte = line; *byte; byte++)
    room += *byte == ' ';
  char **words = calloc (room, sizeof *words);
  if (words == NULL)
    return NULL;
  for (*count = 0; (word = strsep (&line, " ")) != NULL; words[(*count)++] = word) {
    ssize_t length = unescape_word (word);

    if (length == -1 || strlen (word) != (size_t) length) {
      free (words);
      errno = EINVAL;
      return NULL;
    }
  }
  return words;
}
