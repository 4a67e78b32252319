/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "replay/json.h"

/* How many bytes the UTF-8 character at TEXT has, or 0 if there is none. */
static size_t
utf8_length (const unsigned char *text)
{
  size_t length = *text < 0x80 ? 1 : *text >= 0xc2 && *text < 0xe0 ? 2 : (*text & 0xf0) == 0xe0 ? 3
    : *text >= 0xf0 && *text < 0xf5 ? 4 : 0;

  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] >= 0xa0) || (*text == 0xf0 && text[1] < 0x90)
      || (*text == 0xf4 && text[1] >= 0x90))
    return 0;                   /* too long for what it says, a surrogate, or beyond Unicode */
  return length;
}

void
json_add_text (cJSON *object, const char *name, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);

  for (char *at = copy; at && *at;) {
    size_t length = utf8_length ((unsigned char *) at);

    if (length == 0)
      *at = '?';
    at += length ? length : 1;
  }
  cJSON_AddStringToObject (object, name, copy ? copy : "");
}

void
json_add_big_number (cJSON *object, const char *name, const mpz_t number)
{
  CLEANUP_FREE char *text = mpz_get_str (NULL, 10, number);

  cJSON_AddStringToObject (object, name, text);
}
