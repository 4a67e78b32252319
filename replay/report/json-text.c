/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/printable.h"
#include "common/text.h"
#include "log/device.h"
#include "log/paths.h"
#include "replay/report/json-text.h"
#include "replay/schedule.h"
#include "replay/search/big-number.h"

#define UTF8_BYTES_MAX 4        /* of one character: all that is looked at, since a table of pages has megabytes */

void
json_add_text (cJSON *object, const char *name, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);

  for (char *at = copy; at && *at;) {
    uint32_t character;
    size_t length = utf8_decode (at, strnlen (at, UTF8_BYTES_MAX), &character);

    if (length == 0)
      *at = '?';
    at += length ? length : 1;
  }
  cJSON_AddStringToObject (object, name, copy ? copy : "");
}

/* How many paths there were, and where the first of them went down, if there is more than one. */
static void
add_paths (cJSON *object, const struct write_log *log)
{
  const struct log_mark *cut = log_path_cut (log);

  if (log_paths (log) == 1)
    return;
  cJSON_AddNumberToObject (object, "paths", log_paths (log));
  if (cut)
    cJSON_AddNumberToObject (object, "path_down", cut->position);
}

void
json_add_schedule (cJSON *object, const struct write_log *log, const struct runner_config *runner)
{
  json_add_text (object, "schedule", schedule_background (log));
  json_add_text (object, "device", log_device (log));
  add_paths (object, log);
  json_add_text (object, "log", log->path);
  if (runner->fault)
    json_add_text (object, "fault", runner->fault);
  if (runner->lost)
    json_add_text (object, "lost", runner->lost);
}

void
json_add_big_number (cJSON *object, const char *name, const mpz_t number)
{
  CLEANUP_FREE char *text = big_number_for_programs (number);

  cJSON_AddStringToObject (object, name, text);
}

/* One character of JSON, perhaps as an escape: beyond ASCII, only texts have characters.  Returns how many bytes it
 * has.
 */
static size_t
print_json_character (const char *text, FILE *file)
{
  uint32_t character;
  size_t size = utf8_decode (text, strnlen (text, UTF8_BYTES_MAX), &character);

  if (size == 0)
    putc ('?', file);
  else if (*text == '\n' || *text == '\t' || character_is_visible (character))
    fwrite (text, 1, size, file);
  else if (character < 0x10000)
    fprintf (file, "\\u%04x", character);
  else
    fprintf (file, "\\u%04x\\u%04x", 0xd800 | (character - 0x10000) >> 10, 0xdc00 | ((character - 0x10000) & 0x3ff));
  return size ? size : 1;
}

char *
json_print (const cJSON *object, bool lines)
{
  CLEANUP_FREE char *text = lines ? cJSON_Print (object) : cJSON_PrintUnformatted (object);
  struct text_stream safe;

  if (text == NULL || !text_begin (&safe))
    return NULL;
  for (const char *at = text; *at;)
    at += print_json_character (at, safe.file);
  return text_end (&safe);
}
