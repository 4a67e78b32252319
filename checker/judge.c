/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/judge.h"
#include "checker/pages.h"
#include "common/message.h"
#include "common/number.h"

/* The fields of a line, in their order (checker/tree.h). */
enum field { TYPE, MODE, UID, GID, SIZE, CONTENT, XATTRS, PATH, FIELD_COUNT };

/* More than any line of tree_observe: TREE_DEPTH_MAX names of 255 bytes, each byte escaped, and a link's target. */
#define LINE_LENGTH_MAX (512 << 10)
#define WORD_SHOWN_MAX 120
#define HASH_LENGTH 32
#define HASH_SHOWN 8

struct object {
  const char *field[FIELD_COUNT];
  size_t line;
};

struct tree {
  const char *name;             /* for messages */
  char *text;                   /* a copy, cut into fields */
  struct object *objects;       /* sorted by path */
  size_t count;
};

/* One path in the three trees; NULL where it is missing. */
struct triple {
  const struct object *seen, *old, *new;
};

/* How many paths match the old tree alone, the new one alone, or neither, and the first of each. */
struct tally {
  size_t old_count, new_count, wrong_count;
  struct triple old, new, wrong;
};

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
  return strlen (text) == HASH_LENGTH && strspn (text, "0123456789abcdef") == HASH_LENGTH;
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

static bool
is_device (const char *text)
{
  const char *colon = strchr (text, ':');
  char major[16];

  if (colon == NULL || (size_t) (colon - text) >= sizeof major)
    return false;
  *(char *) mempcpy (major, text, (size_t) (colon - text)) = '\0';
  return is_number (major, UINT32_MAX) && is_number (colon + 1, UINT32_MAX);
}

static bool
is_content (const struct object *object)
{
  const char *content = object->field[CONTENT];

  switch (object->field[TYPE][0]) {
  case 'f':
    if (is_error (content))
      return true;
    return is (object->field[SIZE], "0") ? is (content, "empty") : is (content, "zero") || is_hash (content);
  case 'd': return is (content, "-") || is_error (content);
  case 'l': return is_error (content) || (content[0] != '!' && is_word (content));
  case 'c':
  case 'b': return is_device (content);
  default: return is (content, "-");
  }
}

/* NULL, or what is wrong with a line that has as many fields as it should. */
static const char *
find_fault (const struct object *object)
{
  const char *const *field = object->field;

  if (strlen (field[TYPE]) != 1 || strchr ("fdlcbps?", field[TYPE][0]) == NULL)
    return "no such type";
  if (!is_word (field[PATH]))
    return "not a path";
  if (field[TYPE][0] == '?') {
    for (enum field i = MODE; i <= SIZE; i++)
      if (!is (field[i], "-"))
        return "attributes of what could not be looked at";
    return is_error (field[CONTENT]) && is (field[XATTRS], "-") ? NULL : "no error";
  }
  if (!is_mode (field[MODE]))
    return "not a mode";
  if (!is_number (field[UID], UINT32_MAX) || !is_number (field[GID], UINT32_MAX))
    return "not an owner";
  if (field[TYPE][0] == 'f' ? !is_number (field[SIZE], UINT64_MAX) : !is (field[SIZE], "-"))
    return "not a size";
  if (!is_content (object))
    return "not a content";
  if (!is (field[XATTRS], "-") && !is_error (field[XATTRS]) && !is_hash (field[XATTRS]))
    return "not a hash of attributes";
  return NULL;
}

/* Cut LINE, of LENGTH bytes and then a NUL, into the fields of *object.  NULL, or what is wrong with it. */
static const char *
parse_line (char *line, size_t length, struct object *object)
{
  if (length > LINE_LENGTH_MAX)
    return "too long";
  for (int i = 0; i < FIELD_COUNT; i++)
    if ((object->field[i] = strsep (&line, " ")) == NULL)
      return "too few fields";
  if (line)
    return "too many fields";
  return find_fault (object);
}

static int
report_fault (const struct tree *tree, size_t line, const char *fault)
{
  error_message ("the %s tree, line %zu: %s; the log is damaged or was written by another version", tree->name, line,
                 fault);
  return -1;
}

static int
compare_objects (const void *a, const void *b)
{
  return strcmp (((const struct object *) a)->field[PATH], ((const struct object *) b)->field[PATH]);
}

static int
sort_objects (struct tree *tree)
{
  qsort (tree->objects, tree->count, sizeof *tree->objects, compare_objects);
  for (size_t i = 1; i < tree->count; i++)
    if (compare_objects (&tree->objects[i - 1], &tree->objects[i]) == 0) {
      size_t one = tree->objects[i - 1].line, other = tree->objects[i].line;
      return report_fault (tree, one > other ? one : other, "a path that another line has too");
    }
  return 0;
}

static int
parse_tree (const char *text, struct tree *tree)
{
  size_t length = (size_t) (pages_begin (text) - text), lines = 0;

  for (const char *at = text; (at = strchr (at, '\n')) != NULL; at++)
    lines++;
  tree->text = strndup (text, length);
  tree->objects = calloc (lines + 1, sizeof *tree->objects);
  if (tree->text == NULL || tree->objects == NULL) {
    error_message ("out of memory");
    return -1;
  }
  for (char *at = tree->text, *end; at < tree->text + length; at = end + 1) {
    struct object *object = &tree->objects[tree->count];
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

static void
free_tree (struct tree *tree)
{
  free (tree->text);
  free (tree->objects);
}

/* What may be right or wrong on its own, the most telling first. */
enum aspect { CONTENTS, PERMISSIONS, OWNER, ATTRIBUTES, ASPECT_COUNT };

static bool
same_field (const struct object *a, const struct object *b, enum field field)
{
  return is (a->field[field], b->field[field]);
}

/* A missing object has none of the aspects that an object has. */
static bool
same_aspect (const struct object *a, const struct object *b, enum aspect aspect)
{
  if (a == NULL || b == NULL)
    return a == b;
  switch (aspect) {
  case CONTENTS: return same_field (a, b, TYPE) && same_field (a, b, SIZE) && same_field (a, b, CONTENT);
  case PERMISSIONS: return same_field (a, b, MODE);
  case OWNER: return same_field (a, b, UID) && same_field (a, b, GID);
  default: return same_field (a, b, XATTRS);
  }
}

static bool
same_object (const struct object *a, const struct object *b)
{
  for (enum aspect aspect = 0; aspect < ASPECT_COUNT; aspect++)
    if (!same_aspect (a, b, aspect))
      return false;
  return true;
}

/* The end of a long word says more than its beginning. */
static void
print_word (FILE *file, const char *word)
{
  size_t length = strlen (word);

  if (length > WORD_SHOWN_MAX)
    fprintf (file, "...%s", word + length - WORD_SHOWN_MAX);
  else
    fputs (word, file);
}

static const char *
type_name (char type)
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

/* Print what OBJECT is, for example `196608 bytes 1f3a5b77...`. */
static void
print_contents (FILE *file, const struct object *object)
{
  char type = object->field[TYPE][0];
  const char *content = object->field[CONTENT];

  if (content[0] == '!')
    fprintf (file, "unreadable %s (%s)", type_name (type), content + 1);
  else if (type != 'f') {
    fprintf (file, "%s", type_name (type));
    if (!is (content, "-")) {
      fputs (type == 'l' ? " to " : " ", file);
      print_word (file, content);
    }
  }
  else if (is (content, "empty"))
    fputs ("empty", file);
  else if (is (content, "zero"))
    fprintf (file, "%s bytes, all zero", object->field[SIZE]);
  else
    fprintf (file, "%s bytes %.*s...", object->field[SIZE], HASH_SHOWN, content);
}

static const char *
aspect_name (enum aspect aspect)
{
  static const char *const names[] = { "contents", "mode", "owner", "xattrs" };

  return names[aspect];
}

static void
print_aspect (FILE *file, const struct object *object, enum aspect aspect)
{
  if (object == NULL)
    fputs ("missing", file);
  else if (aspect == CONTENTS)
    print_contents (file, object);
  else if (aspect == PERMISSIONS)
    fputs (object->field[MODE], file);
  else if (aspect == OWNER)
    fprintf (file, "%s:%s", object->field[UID], object->field[GID]);
  else if (is (object->field[XATTRS], "-"))
    fputs ("none", file);
  else
    fprintf (file, "%.*s...", HASH_SHOWN, object->field[XATTRS]);
}

/* If the ASPECT of SEEN could not be read, say so and return true: there is nothing to compare. */
static bool
print_read_error (FILE *file, const struct object *seen, enum aspect aspect)
{
  const char *text = seen->field[aspect == CONTENTS ? CONTENT : XATTRS];

  if ((aspect != CONTENTS && aspect != ATTRIBUTES) || text[0] != '!')
    return false;
  if (aspect == ATTRIBUTES)
    fputs ("xattrs", file);
  else
    fputs (seen->field[TYPE][0] == 'f' ? "data" : type_name (seen->field[TYPE][0]), file);
  fprintf (file, " cannot be read (%s)", text + 1);
  return true;
}

/* Print the ASPECT of what was seen, and what it should be. */
static void
print_fault (FILE *file, const struct triple *triple, enum aspect aspect)
{
  if (triple->seen && print_read_error (file, triple->seen, aspect))
    return;
  if (aspect != CONTENTS)
    fprintf (file, "%s ", aspect_name (aspect));
  print_aspect (file, triple->seen, aspect);
  bool agree = same_aspect (triple->old, triple->new, aspect);
  fputs (agree ? ", should be " : " (old: ", file);
  print_aspect (file, triple->old, aspect);
  if (agree)
    return;
  fputs (", new: ", file);
  print_aspect (file, triple->new, aspect);
  putc (')', file);
}

static void
print_path (FILE *file, const struct triple *triple)
{
  const struct object *object = triple->old ? triple->old : triple->new;

  print_word (file, object->field[PATH]);
}

static void
print_more (FILE *file, size_t count)
{
  if (count > 0)
    fprintf (file, " (and %zu more path%s)", count, count == 1 ? "" : "s");
}

/* A path that is neither as in the old tree nor as in the new one. */
static void
print_wrong (FILE *file, const struct triple *triple)
{
  const char *separator = "";

  print_path (file, triple);
  fputs (": ", file);
  for (enum aspect aspect = 0; aspect < ASPECT_COUNT; aspect++)
    if (!same_aspect (triple->seen, triple->old, aspect) && !same_aspect (triple->seen, triple->new, aspect)) {
      print_fault (file, triple, aspect);
      return;
    }
  /* Each aspect on its own is right: part of the change was made. */
  for (enum aspect aspect = 0; aspect < ASPECT_COUNT; aspect++)
    if (!same_aspect (triple->old, triple->new, aspect)) {
      bool is_new = same_aspect (triple->seen, triple->new, aspect);
      fprintf (file, "%s%s %s", separator, is_new ? "new" : "old", aspect_name (aspect));
      separator = ", ";
    }
}

/* The first aspect in which the old and the new object of *triple differ. */
static enum aspect
changed_aspect (const struct triple *triple)
{
  enum aspect aspect = 0;

  while (same_aspect (triple->old, triple->new, aspect))
    aspect++;
  return aspect;
}

/* Each path is as in the old tree or as in the new one, but not all as in the same one. */
static void
print_mixture (FILE *file, const struct tally *tally)
{
  enum aspect old_aspect = changed_aspect (&tally->old), new_aspect = changed_aspect (&tally->new);

  print_path (file, &tally->old);
  if (tally->old.seen)
    fprintf (file, ": old %s while ", aspect_name (old_aspect));
  else
    fputs (": still missing while ", file);
  print_path (file, &tally->new);
  if (tally->new.seen == NULL)
    fputs (" is gone already", file);
  else if (tally->old.seen && old_aspect == CONTENTS && new_aspect == CONTENTS)
    fputs (" has new ones", file);
  else
    fprintf (file, " has the new %s", aspect_name (new_aspect));
  if (tally->old_count + tally->new_count > 2)
    fprintf (file, " (in all %zu paths old, %zu new)", tally->old_count, tally->new_count);
}

/* Everything is as before the update that was committed. */
static void
print_not_durable (FILE *file, const struct tally *tally)
{
  const struct triple expected = { tally->old.seen, tally->old.new, tally->old.new };

  fputs ("old contents after commit: ", file);
  print_path (file, &tally->old);
  fputs (": ", file);
  print_fault (file, &expected, changed_aspect (&tally->old));
  print_more (file, tally->old_count - 1);
}

/* Returns the detail, to free, or NULL if out of memory. */
static char *
format_detail (const struct tally *tally)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file == NULL)
    return NULL;
  if (tally->wrong_count > 0) {
    print_wrong (file, &tally->wrong);
    print_more (file, tally->wrong_count - 1);
  }
  else if (tally->new_count > 0)
    print_mixture (file, tally);
  else
    print_not_durable (file, tally);
  if (fclose (file) == EOF) {
    free (text);
    return NULL;
  }
  return text;
}

/* Take the next path, in order, from the trees that have it: NEXT holds the index of each tree's first object not
 * taken yet.  Returns false if there is none left.
 */
static bool
next_triple (const struct tree trees[3], size_t next[3], struct triple *triple)
{
  const struct object *first[3], *lowest = NULL;

  for (int i = 0; i < 3; i++) {
    first[i] = next[i] < trees[i].count ? &trees[i].objects[next[i]] : NULL;
    if (first[i] && (lowest == NULL || compare_objects (first[i], lowest) < 0))
      lowest = first[i];
  }
  if (lowest == NULL)
    return false;
  for (int i = 0; i < 3; i++)
    if (first[i] && compare_objects (first[i], lowest) == 0)
      next[i]++;
    else
      first[i] = NULL;
  *triple = (struct triple) { first[0], first[1], first[2] };
  return true;
}

static void
count_path (struct tally *tally, const struct triple *triple)
{
  bool is_old = same_object (triple->seen, triple->old), is_new = same_object (triple->seen, triple->new);

  if (is_old && is_new)
    return;
  size_t *count = is_old ? &tally->old_count : is_new ? &tally->new_count : &tally->wrong_count;
  if ((*count)++ == 0)
    *(is_old ? &tally->old : is_new ? &tally->new : &tally->wrong) = *triple;
}

/* Hold the trees (seen, old, new) against one another.  Returns 0, or -1 if out of memory. */
static int
compare_trees (const struct tree trees[3], struct tally *tally, char **leftovers)
{
  size_t next[3] = { 0, 0, 0 };
  struct triple triple;

  while (next_triple (trees, next, &triple)) {
    if (triple.old || triple.new)
      count_path (tally, &triple);
    else if ((*leftovers++ = strdup (triple.seen->field[PATH])) == NULL)
      return -1;
  }
  return 0;
}

static int
judge_trees (const struct tree trees[3], enum expectation expectation, struct judgement *judgement)
{
  struct tally tally = { 0 };

  judgement->leftovers = calloc (trees[0].count + 1, sizeof *judgement->leftovers);
  if (judgement->leftovers == NULL || compare_trees (trees, &tally, judgement->leftovers) == -1)
    return -1;
  judgement->is_old = tally.wrong_count == 0 && tally.new_count == 0;
  judgement->is_new = tally.wrong_count == 0 && tally.old_count == 0;
  judgement->atomic = judgement->is_old || judgement->is_new;
  judgement->durable = expectation != EXPECT_NEW || judgement->is_new;
  if (!judgement->atomic || !judgement->durable)
    if ((judgement->detail = format_detail (&tally)) == NULL)
      return -1;
  return 0;
}

int
judge (const char *seen, const char *old, const char *new, enum expectation expectation, struct judgement *judgement)
{
  struct tree trees[3] = { { .name = "observed" }, { .name = "old" }, { .name = "new" } };
  int result = -1;

  *judgement = (struct judgement) { .detail = NULL };
  if (parse_tree (seen, &trees[0]) == 0 && parse_tree (old, &trees[1]) == 0 && parse_tree (new, &trees[2]) == 0) {
    result = judge_trees (trees, expectation, judgement);
    if (result == -1) {
      error_message ("out of memory");
      judgement_free (judgement);
    }
  }
  for (int i = 0; i < 3; i++)
    free_tree (&trees[i]);
  return result;
}

void
judgement_free (struct judgement *judgement)
{
  for (char **leftover = judgement->leftovers; leftover && *leftover; leftover++)
    free (*leftover);
  free (judgement->leftovers);
  free (judgement->detail);
  *judgement = (struct judgement) { .detail = NULL };
}
