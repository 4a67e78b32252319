/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/cause.h"
#include "batch/result.h"
#include "checker/violation.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "common/words.h"
#include "filesystem/rules.h"

#define UNNAMED "some writes"   /* of which kind powercut cannot tell: it does not read this file system */

/* Before the place of the operation that promised. */
#define AT_LINE " at line "

/* Print TEXT without numbers and hashes; digits after a capital letter are of a name, such as EXT4. */
static void
print_without_numbers (const char *text, FILE *file)
{
  for (char before = ' '; *text;) {
    size_t number = isupper ((unsigned char) before) ? 0 : violation_number_length (text), length = number ? number : 1;

    putc (number > 0 ? '#' : *text, file);
    before = text[length - 1];
    text += length;
  }
}

/* How many bytes of DETAIL are before the path: the words at its beginning that end in a colon, but for the last. */
static size_t
path_start (const char *detail)
{
  size_t start = 0, at = 0;

  for (;;) {
    size_t word = strcspn (detail + at, " ");

    if (word < 2 || detail[at + word] != ' ' || detail[at + word - 1] != ':')
      return start;
    start = at;
    at += word + 1;
  }
}

/* DETAIL without the path at its beginning, numbers and hashes, to free, or NULL after a message. */
static char *
generalise_detail (const char *detail)
{
  const size_t start = path_start (detail), path = strcspn (detail + start, " ");
  struct text_stream text;
  char *made = NULL;

  if (text_begin (&text)) {
    fwrite (detail, 1, start, text.file);
    detail += start;
    if (path > 1 && detail[path] == ' ' && detail[path - 1] == ':') {
      putc ('*', text.file);
      detail += path - 1;
    }
    print_without_numbers (detail, text.file);
    made = text_end (&text);
  }
  if (made == NULL)
    out_of_memory ();
  return made;
}

/* The operation that promised, which DETAIL may name towards its end as `(fsync at line 5)`.  Returns 0, or -1 after a
 * message.
 */
static int
read_operation (struct cause *cause, const char *detail)
{
  const char *place = NULL, *bracket;

  for (const char *next = detail; (next = strstr (next, AT_LINE)) != NULL; next += strlen (AT_LINE))
    place = next;
  bracket = place ? memrchr (detail, '(', (size_t) (place - detail)) : NULL;
  if (bracket == NULL)
    return 0;
  cause->operation = text_format ("%.*s", (int) (place - bracket - 1), bracket + 1);
  return cause->operation ? 0 : -1;
}

/* The rule that DETAIL begins with, and who promised; or else all of it as generalise_detail has it.  Returns 0, or -1
 * after a message.
 */
static int
read_rule (struct cause *cause, const char *detail)
{
  cause->rule = text_format ("%.*s", (int) strcspn (detail, ":"), detail);
  if (cause->rule == NULL)
    return -1;
  if (persistence_rule_find (cause->rule) != RULE_COUNT)
    return read_operation (cause, detail);
  free (cause->rule);
  cause->rule = generalise_detail (detail);
  return cause->rule ? 0 : -1;
}

/* What one write wrote, NAME, without the name of the file, numbers, and what stands after a comma.  To free, or NULL
 * after a message.
 */
static char *
generalise_write (const char *name)
{
  static const char *const of_files[] = { "attributes of ", "block map of ", "data of ", "directory ", "target of " };
  struct text_stream text;
  char *made = NULL;

  for (size_t i = 0; i < sizeof of_files / sizeof of_files[0]; i++)
    if (text_begins_with (name, &of_files[i], 1))
      return text_format ("%s*", of_files[i]);
  CLEANUP_FREE char *start = text_format ("%.*s", (int) strcspn (name, ","), name);
  if (start == NULL)
    return NULL;
  if (text_begin (&text)) {
    print_without_numbers (start, text.file);
    made = text_end (&text);
  }
  if (made == NULL)
    out_of_memory ();
  return made;
}

/* NAME is one of those that a write has. */
static int
add_lost (struct cause *cause, const char *name)
{
  char *general = generalise_write (name), **added;

  if (general == NULL)
    return -1;
  for (size_t i = 0; i < cause->lost_count; i++)
    if (strcmp (cause->lost[i], general) == 0) {
      free (general);
      return 0;
    }
  added = array_add (cause->lost, cause->lost_count);
  if (added == NULL) {
    free (general);
    return out_of_memory ();
  }
  *added = general;
  return 0;
}

/* WHAT is `NAME; NAME...` of one write. */
static int
add_write (struct cause *cause, const char *what)
{
  struct words names;
  int r = words_split (what, ";", &names);

  for (size_t i = 0; i < names.count && r == 0; i++) {
    const char *name = names.list[i] + strspn (names.list[i], " ");

    if (strcmp (name, "...") != 0)
      r = add_lost (cause, name);
  }
  words_free (&names);
  return r;
}

static int
compare_texts (const void *left, const void *right)
{
  return strcmp (*(char *const *) left, *(char *const *) right);
}

static int
read_lost (struct cause *cause, const cJSON *violation)
{
  const cJSON *dropped;

  cJSON_ArrayForEach (dropped, cJSON_GetObjectItemCaseSensitive (violation, "dropped")) {
    const char *what = result_text (dropped, "what");

    if (add_write (cause, *what ? what : UNNAMED) == -1)
      return -1;
  }
  if (cause->lost_count > 1)
    qsort (cause->lost, cause->lost_count, sizeof *cause->lost, compare_texts);
  return 0;
}

int
cause_read (struct cause *cause, const cJSON *violation, const char *filesystem)
{
  *cause = (struct cause) {
    .filesystem = text_format ("%s", filesystem), .kind = text_format ("%s", result_text (violation, "kind"))
  };
  if (cause->filesystem == NULL || cause->kind == NULL || read_rule (cause, result_text (violation, "detail")) == -1)
    return -1;
  return read_lost (cause, violation);
}

void
cause_free (struct cause *cause)
{
  free (cause->filesystem);
  free (cause->kind);
  free (cause->rule);
  free (cause->operation);
  for (size_t i = 0; i < cause->lost_count; i++)
    free (cause->lost[i]);
  free (cause->lost);
}

/* CAUSE in one line, to free, or NULL after a message. */
static char *
describe (const struct cause *cause)
{
  struct text_stream text;
  char *made = NULL;

  if (text_begin (&text)) {
    fprintf (text.file, "%s: %s: %s", cause->filesystem, cause->kind, cause->rule);
    if (cause->operation)
      fprintf (text.file, " (%s)", cause->operation);
    for (size_t i = 0; i < cause->lost_count; i++)
      fprintf (text.file, "%s%s", i == 0 ? "; lost: " : ", ", cause->lost[i]);
    made = text_end (&text);
  }
  if (made == NULL)
    out_of_memory ();
  return made;
}

char *
cause_of (const cJSON *violation, const char *filesystem)
{
  struct cause cause;
  char *text = cause_read (&cause, violation, filesystem) == 0 ? describe (&cause) : NULL;

  cause_free (&cause);
  return text;
}
