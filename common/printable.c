/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/escape.h"
#include "common/printable.h"

bool
locale_is_utf8 (void)
{
  locale_t locale = newlocale (LC_CTYPE_MASK, "", (locale_t) 0);
  bool is_utf8 = locale != (locale_t) 0 && strcmp (nl_langinfo_l (CODESET, locale), "UTF-8") == 0;
  if (locale != (locale_t) 0)
    freelocale (locale);
  return is_utf8;
}

size_t
utf8_decode (const char *text, size_t length, uint32_t *character)
{
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  const unsigned char *bytes = (const unsigned char *) text;

  if (length == 0)
    return 0;
  size_t size = *bytes < 0x80 ? 1 : *bytes >= 0xc2 && *bytes < 0xe0 ? 2 : (*bytes & 0xf0) == 0xe0 ? 3
    : *bytes >= 0xf0 && *bytes < 0xf5 ? 4 : 0;
  if (size == 0 || size > length)
    return 0;
  *character = size == 1 ? *bytes : *bytes & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    if ((bytes[i] & 0xc0) != 0x80)
      return 0;
    *character = *character << 6 | (bytes[i] & 0x3f);
  }
  /* Too long for what it says, a surrogate, or beyond Unicode. */
  return *character < least[size] || (*character >= 0xd800 && *character < 0xe000) || *character > 0x10ffff ? 0 : size;
}

bool
character_is_visible (uint32_t character)
{
  static const struct {
    uint32_t first, last;
  } hidden[] = {
    { 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x180b, 0x180f },
    { 0x200b, 0x200f },         /* without width, and marks of direction */
    { 0x2028, 0x202e },         /* separators of lines, embedding and overriding of direction */
    { 0x2060, 0x206f },         /* more of both */
    { 0xe000, 0xf8ff },         /* private use */
    { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
    { 0xe0000, 0x10ffff },      /* tags, selectors, private use */
  };

  for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
    if (character >= hidden[i].first && character <= hidden[i].last)
      return false;
  return true;
}

/* How many bytes of the character at TEXT can be shown as they are; 0: it cannot be shown. */
static size_t
visible_size (const char *text, size_t length)
{
  uint32_t character;
  size_t size = utf8_decode (text, length, &character);

  return size == 0 || !character_is_visible (character) || (size > 1 && !locale_is_utf8 ()) ? 0 : size;
}

size_t
print_character_safely (const char *text, size_t length, FILE *file)
{
  size_t size = visible_size (text, length);

  if (size == 0)
    putc ('?', file);
  else
    fwrite (text, 1, size, file);
  return size ? size : 1;
}

/* How much of a text is printed. */
static size_t
shown_length (size_t length)
{
  return length > PRINTABLE_MAX ? PRINTABLE_MAX : length;
}

/* Writes the first character of a text that is not empty, and returns how many bytes it has. */
typedef size_t print_character (const char *text, size_t length, FILE *file);

/* Write LENGTH bytes at TEXT, each character by PRINT. */
static void
print_each (const char *text, size_t length, FILE *file, print_character *print)
{
  const size_t shown = shown_length (length);

  for (size_t at = 0; at < shown;)
    at += print (text + at, shown - at, file);
  if (length > shown)
    fputs ("...", file);
}

void
print_safely (const char *text, size_t length, FILE *file)
{
  print_each (text, length, file, print_character_safely);
}

/* The bytes for which the escapes at TEXT stand, at most four, into BYTES.  Returns their number. */
static size_t
read_escapes (const char *text, size_t length, char bytes[4])
{
  size_t count = 0;

  for (; count < 4 && length >= 3 && *text == '%'; text += 3, length -= 3) {
    char word[] = { text[0], text[1], text[2], '\0' };

    if (unescape_word (word) != 1)
      break;
    bytes[count++] = word[0];
  }
  return count;
}

static size_t
print_name_character (const char *text, size_t length, FILE *file)
{
  char bytes[4];
  size_t size = *text == '%' ? visible_size (bytes, read_escapes (text, length, bytes)) : 0;

  if (size < 2)
    return print_character_safely (text, length, file);
  fwrite (bytes, 1, size, file);
  return 3 * size;
}

void
print_names_safely (const char *text, size_t length, FILE *file)
{
  print_each (text, length, file, print_name_character);
}

void
print_lines_safely (const char *text, size_t length, FILE *file)
{
  while (length > 0) {
    const char *end = memchr (text, '\n', length), *tab = memchr (text, '\t', length);

    if (end == NULL || (tab && tab < end))
      end = tab;
    size_t part = end ? (size_t) (end - text) : length;
    print_safely (text, part, file);
    if (end)
      putc (*end, file);
    part += end != NULL;
    text += part;
    length -= part;
  }
}

void
print_shell_word (const char *word, FILE *file)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:+,=-";

  if (*word && strspn (word, plain) == strlen (word)) {
    fputs (word, file);
    return;
  }
  putc ('\'', file);
  while (*word)
    if (*word != '\'')
      word += print_character_safely (word, strlen (word), file);
    else {
      fputs ("'\\''", file);
      word++;
    }
  putc ('\'', file);
}

static size_t
print_markup_character (const char *text, size_t length, FILE *file)
{
  static const char special[] = "&<>\"'";
  static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
  const char *found = *text ? strchr (special, *text) : NULL;
  uint32_t character;
  size_t size = utf8_decode (text, length, &character);

  if (found)
    fputs (entities[found - special], file);
  else if (size == 0 || !character_is_visible (character))
    putc ('?', file);
  else if (size > 1)
    fprintf (file, "&#%u;", character);
  else
    putc (*text, file);
  return size > 0 && character_is_visible (character) ? size : 1;
}

void
print_markup_safely (const char *text, size_t length, FILE *file)
{
  print_each (text, length, file, print_markup_character);
}

/* The same, but for escapes of a visible character beyond ASCII. */
static size_t
print_markup_name_character (const char *text, size_t length, FILE *file)
{
  char bytes[4];
  uint32_t character;
  size_t size = utf8_decode (bytes, read_escapes (text, length, bytes), &character);

  if (size < 2 || !character_is_visible (character))
    return print_markup_character (text, length, file);
  fprintf (file, "&#%u;", character);
  return 3 * size;
}

void
print_markup_names_safely (const char *text, size_t length, FILE *file)
{
  print_each (text, length, file, print_markup_name_character);
}

void
make_safe (char *text)
{
  for (size_t length = strlen (text), size; length > 0; text += size, length -= size) {
    size = visible_size (text, length);
    if (size == 0) {
      *text = '?';
      size = 1;
    }
  }
}

char *
safe_text (const char *text)
{
  size_t length = strlen (text), shown = shown_length (length);
  char *safe = malloc (shown + sizeof "...");

  if (safe == NULL)
    return NULL;
  memcpy (safe, text, shown);
  strcpy (safe + shown, length > shown ? "..." : "");
  make_safe (safe);
  return safe;
}
