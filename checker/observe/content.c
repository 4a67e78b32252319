/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/observe/content.h"
#include "checker/observe/sectors.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/printable.h"

void
content_format_hash (XXH128_hash_t hash, char text[TREE_DIGEST_LENGTH + 1])
{
  static const char digits[] = "0123456789abcdef";
  XXH128_canonical_t canonical;

  XXH128_canonicalFromHash (&canonical, hash);
  for (size_t i = 0; i < sizeof canonical.digest; i++) {
    text[2 * i] = digits[canonical.digest[i] >> 4];
    text[2 * i + 1] = digits[canonical.digest[i] & 15];
  }
  text[TREE_DIGEST_LENGTH] = '\0';
}

void
content_begin (struct content *content, XXH3_state_t *hash)
{
  *content = (struct content) { .hash = hash, .zero = true };
  XXH3_128bits_reset (hash);
}

void
content_add (struct content *content, const void *data, size_t length)
{
  if (length == 0)
    return;
  if (content->size < CONTENT_TEXT_MAX) {
    size_t room = CONTENT_TEXT_MAX - (size_t) content->size;

    memcpy (content->start + content->size, data, length < room ? length : room);
  }
  content->size += length;
  content->zero = content->zero && all_zero (data, length);
  XXH3_128bits_update (content->hash, data, length);
}

void
content_word (const struct content *content, char word[CONTENT_WORD_SIZE])
{
  if (content->size == 0)
    snprintf (word, CONTENT_WORD_SIZE, "empty");
  else if (content->zero)
    snprintf (word, CONTENT_WORD_SIZE, "zero");
  else
    content_format_hash (XXH3_128bits_digest (content->hash), word);
}

void
content_print (const struct content *content, const char *word, FILE *file)
{
  fputs_unlocked (word, file);
  if (content->size <= CONTENT_TEXT_MAX && content_is_text (content->start, (size_t) content->size)) {
    putc_unlocked ('=', file);
    escape_word (content->start, (size_t) content->size, file);
  }
}

/* An `!` at the start would look like an error. */
char *
content_target (const char *target)
{
  const bool mark = target[0] == '!';
  CLEANUP_FREE char *word = escape_text (target + mark);
  char *text;

  return word && asprintf (&text, "%s%s", mark ? "%21" : "", word) != -1 ? text : NULL;
}

bool
content_is_text (const char *data, size_t size)
{
  uint32_t character;

  if (size == 0 || size > CONTENT_TEXT_MAX)
    return false;
  for (size_t at = 0, length; at < size; at += length) {
    length = utf8_decode (data + at, size - at, &character);
    if (length == 0 || (strchr ("\t\n\r", data[at]) == NULL && !character_is_visible (character)) || character == 0)
      return false;
  }
  return true;
}

/* Each value stands after its length, so that no two sets look the same. */
void
content_add_xattr (XXH3_state_t *hash, const char *name, const void *value, size_t length)
{
  char head[24];

  XXH3_128bits_update (hash, name, strlen (name) + 1);
  snprintf (head, sizeof head, "%zu", length);
  XXH3_128bits_update (hash, head, strlen (head) + 1);
  XXH3_128bits_update (hash, value, length);
}

void
content_format_error (int error, char word[CONTENT_WORD_SIZE])
{
  const char *name = strerrorname_np (error);

  if (name)
    snprintf (word, CONTENT_WORD_SIZE, "!%s", name);
  else
    snprintf (word, CONTENT_WORD_SIZE, "!%d", error);
}

void
tree_content (const void *data, size_t size, char content[TREE_DIGEST_LENGTH + 1])
{
  content_format_hash (XXH3_128bits (data, size), content);
}

void
tree_digest (const char *text, char digest[TREE_DIGEST_LENGTH + 1])
{
  tree_content (text, strlen (text), digest);
}
