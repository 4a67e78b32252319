/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "guest/initramfs/import.h"

/* What is left of a statement. */
struct piece {
  const char *text;
  size_t length;
};

static void
skip (struct piece *piece, size_t length)
{
  piece->text += length;
  piece->length -= length;
}

static void
skip_blanks (struct piece *piece)
{
  while (piece->length > 0 && (*piece->text == ' ' || *piece->text == '\t'))
    skip (piece, 1);
}

/* Step over WORD and the blanks after it, if PIECE begins with them. */
static bool
skip_word (struct piece *piece, const char *word)
{
  const size_t length = strlen (word);

  if (piece->length <= length || memcmp (piece->text, word, length) != 0
      || (piece->text[length] != ' ' && piece->text[length] != '\t'))
    return false;
  skip (piece, length);
  skip_blanks (piece);
  return true;
}

/* Take the name that PIECE begins with, of letters, digits and underscores, and where it has double colons `/` for
 * each.  It is empty if there is none or it is too long.
 */
static void
take_name (struct piece *piece, char *name)
{
  size_t count = 0;

  while (piece->length > 0 && count < IMPORT_NAME_MAX - 1) {
    if (piece->length > 2 && count > 0 && memcmp (piece->text, "::", 2) == 0) {
      name[count++] = '/';
      skip (piece, 2);
    }
    else if (isalnum ((unsigned char) *piece->text) || *piece->text == '_') {
      name[count++] = *piece->text;
      skip (piece, 1);
    }
    else
      break;
  }
  name[count < IMPORT_NAME_MAX - 1 ? count : 0] = '\0';
}

/* import A.B as C, D; or: from A.B import C */
static int
read_python (struct piece piece, import_found *found, void *data)
{
  const bool one = skip_word (&piece, "from");
  char name[IMPORT_NAME_MAX];

  if (!one && !skip_word (&piece, "import"))
    return 0;
  for (;;) {
    take_name (&piece, name);
    if (*name && found (data, name) == -1)
      return -1;
    const char *comma = one ? NULL : memchr (piece.text, ',', piece.length);
    if (comma == NULL)
      return 0;
    skip (&piece, (size_t) (comma - piece.text) + 1);
    skip_blanks (&piece);
  }
}

/* use A::B ...; require A::B; or, with names of modules for arguments: use parent qw(A::B C) */
static int
read_perl (struct piece piece, import_found *found, void *data)
{
  char name[IMPORT_NAME_MAX];

  if (!skip_word (&piece, "use") && !skip_word (&piece, "require"))
    return 0;
  take_name (&piece, name);
  const bool names_follow = strcmp (name, "parent") == 0 || strcmp (name, "base") == 0;
  while (*name || piece.length > 0) {
    if (*name && found (data, name) == -1)
      return -1;
    if (!names_follow)
      return 0;
    if (*name == '\0')
      skip (&piece, 1);
    take_name (&piece, name);
  }
  return 0;
}

int
import_read (enum language language, const char *text, size_t length, import_found *found, void *data)
{
  for (size_t begin = 0, end; begin < length; begin = end + 1) {
    struct piece piece;

    for (end = begin; end < length && text[end] != '\n' && text[end] != ';';)
      end++;
    piece = (struct piece) { text + begin, end - begin };
    skip_blanks (&piece);
    if ((language == LANGUAGE_PYTHON && read_python (piece, found, data) == -1)
        || (language == LANGUAGE_PERL && read_perl (piece, found, data) == -1))
      return -1;
  }
  return 0;
}
