/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/allocation.h"
#include "checker/observe/content.h"
#include "checker/observe/flags.h"
#include "checker/observe/pages.h"
#include "checker/observe/tree-text.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/number.h"
#include "common/plural.h"

/* More than any line of tree_observe: TREE_DEPTH_MAX names of 255 bytes, each byte escaped, and a link's target. */
#define LINE_LENGTH_MAX (512 << 10)
#define WORD_SHOWN_MAX 120

static bool
is (const char *text, const char *word)
{
  return strcmp (text, word) == 0;
}

/* A number in the one way that it is written, so that equal numbers are equal texts. */
static bool
is_number (const char *text, uint64_t maximum)
{
  uint64_t value;

  return (text[0] != '0' || text[1] == '\0') && parse_unsigned (text, maximum, &value) == 0;
}

static bool
is_mode (const char *text)
{
  return strlen (text) == 4 && strspn (text, "01234567") == 4;
}

static bool
is_hash (const char *text)
{
  return strlen (text) == TREE_DIGEST_LENGTH && strspn (text, "0123456789abcdef") == TREE_DIGEST_LENGTH;
}

static bool
is_error (const char *text)
{
  size_t length = strlen (text);

  return text[0] == '!' && length > 1 && length < 24
         && strspn (text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == length - 1;
}

static bool
is_word (const char *text)
{
  if (*text == '\0')
    return false;
  for (; *text; text++)
    if (*text <= ' ' || *text >= 0x7f || (*text == '%' && strspn (text + 1, "0123456789abcdef") < 2))
      return false;
  return true;
}

/* Whether TEXT is two numbers with a BETWEEN between them. */
static bool
are_numbers (const char *text, char between)
{
  const char *second = strchr (text, between);
  char first[16];

  if (second == NULL || (size_t) (second - text) >= sizeof first)
    return false;
  *(char *) mempcpy (first, text, (size_t) (second - text)) = '\0';
  return is_number (first, UINT32_MAX) && is_number (second + 1, UINT32_MAX);
}

static bool
is_content (const struct tree_object *object)
{
  const char *content = object->field[TREE_CONTENT];

  switch (object->field[TREE_TYPE][0]) {
  case 'f':
    if (is_error (content))
      return true;
    return is (object->field[TREE_SIZE], "0") ? is (content, "empty") : is (content, "zero") || is_hash (content);
  case 'd': return is (content, "-") || is_error (content);
  case 'l': return is_error (content) || (content[0] != '!' && is_word (content));
  case 'c':
  case 'b': return are_numbers (content, ':');
  default: return is (content, "-");
  }
}

/* NULL, or what is wrong with a line that has as many fields as it should. */
static const char *
find_fault (const struct tree_object *object)
{
  const char *const *field = object->field;

  if (strlen (field[TREE_TYPE]) != 1 || strchr ("fdlcbps?", field[TREE_TYPE][0]) == NULL)
    return "no such type";
  if (!is_word (field[TREE_PATH]))
    return "not a path";
  if (field[TREE_TYPE][0] == '?') {
    for (enum tree_field i = TREE_MODE; i <= TREE_SIZE; i++)
      if (!is (field[i], "-"))
        return "attributes of what could not be looked at";
    return is_error (field[TREE_CONTENT]) && is (field[TREE_XATTRS], "-") ? NULL : "no error";
  }
  if (!is_mode (field[TREE_MODE]))
    return "not a mode";
  if (!is_number (field[TREE_UID], UINT32_MAX) || !is_number (field[TREE_GID], UINT32_MAX))
    return "not an owner";
  if (field[TREE_TYPE][0] == 'f' ? !is_number (field[TREE_SIZE], UINT64_MAX) : !is (field[TREE_SIZE], "-"))
    return "not a size";
  if (!is_content (object))
    return "not a content";
  if (!is (field[TREE_XATTRS], "-") && !is_error (field[TREE_XATTRS]) && !is_hash (field[TREE_XATTRS]))
    return "not a hash of attributes";
  return NULL;
}

/* Cut the text of a short file off its hash, and hold it against that: logs written before there were texts have hashes
 * alone, so it is by these that files are compared.  CONTENT is TREE_CONTENT of *object, and is changed.  False if it
 * is no such text.
 */
static bool
take_text (char *content, struct tree_object *object)
{
  char *text = strchr (content, '=');
  char hash[TREE_DIGEST_LENGTH + 1];
  uint64_t size;

  if (object->field[TREE_TYPE][0] != 'f' || text == NULL)
    return true;
  *text++ = '\0';
  ssize_t length = unescape_word (text);
  if (length == -1 || parse_unsigned (object->field[TREE_SIZE], CONTENT_TEXT_MAX, &size) == -1
      || size != (uint64_t) length || !content_is_text (text, (size_t) length))
    return false;
  tree_content (text, (size_t) length, hash);
  object->text = text;
  return is (content, hash);
}

/* The value of the fact NAME if TEXT is one, or NULL. */
static const char *
fact_value (const char *text, const char *name)
{
  const size_t length = strlen (name);

  return strncmp (text, name, length) == 0 && text[length] == '=' ? text + length + 1 : NULL;
}

/* Whether TEXT says of which owner quotas are wrong, and how. */
static bool
is_usage (const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);
  char *rest = copy;
  const char *kind = strsep (&rest, ":"), *fields[5];
  bool good = kind && (is (kind, "user") || is (kind, "group") || is (kind, "project"));

  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    fields[i] = strsep (&rest, i % 2 ? "/" : ":");
    good = good && fields[i] && is_number (fields[i], i == 0 ? UINT32_MAX : UINT64_MAX);
  }
  return good && rest == NULL;
}

/* Whether TEXT says which parts of a file have blocks. */
static bool
is_allocation (const char *text)
{
  struct allocation allocation;

  if (allocation_parse (text, &allocation) == -1)
    return false;
  free (allocation.runs.list);
  return true;
}

/* Whether TEXT is a fact that is known. */
static bool
is_fact (const char *text)
{
  const char *value;
  uint32_t flags;

  if ((value = fact_value (text, "links")) != NULL)
    return are_numbers (value, '/');
  if ((value = fact_value (text, "flags")) != NULL)
    return flags_read (value, '\0', &flags);
  if ((value = fact_value (text, "extents")) != NULL)
    return is_allocation (value);
  if ((value = fact_value (text, "quota")) != NULL)
    return is_usage (value);
  if ((value = fact_value (text, "project")) != NULL)
    return is_number (value, UINT32_MAX);
  if ((value = fact_value (text, "subvolume")) != NULL)
    return is (value, "rw") || is (value, "ro");
  return (value = fact_value (text, "mtime")) != NULL && is_number (value, INT64_MAX);
}

const char *
tree_fact (const struct tree_object *object, const char *name)
{
  const char *value = NULL;

  for (const char *fact = object->facts, *end; fact && value == NULL; fact = *end ? end + 1 : NULL) {
    end = strchrnul (fact, ';');
    value = fact_value (fact, name);
  }
  return value;
}

/* Cut the facts off XATTRS.  False if they are none. */
static bool
take_facts (char *xattrs, struct tree_object *object)
{
  char *facts = strchr (xattrs, ';');

  if (facts == NULL)
    return true;
  *facts++ = '\0';
  object->facts = facts;
  CLEANUP_FREE char *copy = strdup (facts);
  char *rest = copy, *fact;
  while ((fact = strsep (&rest, ";")) != NULL)
    if (!is_fact (fact))
      return false;
  return copy != NULL;
}

/* Cut LINE, of LENGTH bytes and then a NUL, into the fields of *object.  NULL, or what is wrong with it. */
static const char *
parse_line (char *line, size_t length, struct tree_object *object)
{
  char *content = NULL, *xattrs = NULL;

  if (length > LINE_LENGTH_MAX)
    return "too long";
  for (int i = 0; i < TREE_FIELD_COUNT; i++) {
    content = i == TREE_CONTENT ? line : content;
    xattrs = i == TREE_XATTRS ? line : xattrs;
    if ((object->field[i] = strsep (&line, " ")) == NULL)
      return "too few fields";
  }
  if (line)
    return "too many fields";
  return !take_facts (xattrs, object) ? "not a fact" : !take_text (content, object) ? "not a text"
    : find_fault (object);
}

static int
report_fault (const struct tree *tree, size_t line, const char *fault)
{
  error_message ("the %s tree, line %zu: %s; the log is damaged or was written by another version", tree->name, line,
                 fault);
  return -1;
}

int
tree_compare_objects (const void *a, const void *b)
{
  const struct tree_object *one = a, *other = b;

  return strcmp (one->field[TREE_PATH], other->field[TREE_PATH]);
}

static int
sort_objects (struct tree *tree)
{
  qsort (tree->objects, tree->count, sizeof *tree->objects, tree_compare_objects);
  for (size_t i = 1; i < tree->count; i++)
    if (tree_compare_objects (&tree->objects[i - 1], &tree->objects[i]) == 0) {
      size_t one = tree->objects[i - 1].line, other = tree->objects[i].line;
      return report_fault (tree, one > other ? one : other, "a path that another line has too");
    }
  return 0;
}

int
tree_parse (const char *text, struct tree *tree)
{
  size_t length = (size_t) (pages_begin (text) - text), lines = 0;

  for (const char *at = text; (at = strchr (at, '\n')) != NULL; at++)
    lines++;
  tree->text = strndup (text, length);
  tree->objects = calloc (lines + 1, sizeof *tree->objects);
  if (tree->text == NULL || tree->objects == NULL)
    return out_of_memory ();
  for (char *at = tree->text, *end; at < tree->text + length; at = end + 1) {
    struct tree_object *object = &tree->objects[tree->count];
    object->line = tree->count + 1;
    end = strchr (at, '\n');
    if (end == NULL)
      return report_fault (tree, object->line, "the line has no end");
    *end = '\0';
    const char *fault = parse_line (at, (size_t) (end - at), object);
    if (fault)
      return report_fault (tree, object->line, fault);
    tree->count++;
  }
  return sort_objects (tree);
}

void
tree_free (struct tree *tree)
{
  free (tree->text);
  free (tree->objects);
}

/* The end says more than the beginning. */
void
tree_print_word (FILE *file, const char *word)
{
  size_t length = strlen (word);

  if (length > WORD_SHOWN_MAX)
    fprintf (file, "...%s", word + length - WORD_SHOWN_MAX);
  else
    fputs (word, file);
}

const char *
tree_type_name (char type)
{
  switch (type) {
  case 'f': return "file";
  case 'd': return "folder";
  case 'l': return "link";
  case 'c': return "character device";
  case 'b': return "block device";
  case 'p': return "fifo";
  case 's': return "socket";
  default: return "object";
  }
}

/* As C would have it, but for visible characters beyond ASCII, which stay.  TEXT has no other control characters. */
static void
print_text (FILE *file, const char *text)
{
  putc ('"', file);
  for (; *text; text++)
    switch (*text) {
    case '\t': fputs ("\\t", file); break;
    case '\n': fputs ("\\n", file); break;
    case '\r': fputs ("\\r", file); break;
    case '"':
    case '\\': putc ('\\', file);      /* fall through */
    default: putc (*text, file);
    }
  putc ('"', file);
}

void
tree_print_contents (FILE *file, const struct tree_object *object)
{
  char type = object->field[TREE_TYPE][0];
  const char *content = object->field[TREE_CONTENT], *size = object->field[TREE_SIZE];

  if (content[0] == '!')
    fprintf (file, "unreadable %s (%s)", tree_type_name (type), content + 1);
  else if (type != 'f') {
    const char *subvolume = tree_fact (object, "subvolume");

    fprintf (file, "%s", subvolume == NULL ? tree_type_name (type) : *(subvolume + 1) == 'o' ? "read-only subvolume"
             : "subvolume");
    if (!is (content, "-")) {
      fputs (type == 'l' ? " to " : " ", file);
      tree_print_word (file, content);
    }
  }
  else if (is (content, "empty"))
    fputs ("empty", file);
  else if (is (content, "zero"))
    fprintf (file, "%s %s, all zero", size, plural_of_digits (size, "byte", "bytes"));
  else if (object->text)
    print_text (file, object->text);
  else
    fprintf (file, "%s %s %.*s...", size, plural_of_digits (size, "byte", "bytes"), TREE_HASH_SHOWN, content);
}

