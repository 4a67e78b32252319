/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/judge.h"
#include "checker/observe/tree-text.h"
#include "common/message.h"
#include "common/plural.h"
#include "common/text.h"

/* One path in the three trees; NULL where it is missing. */
struct triple {
  const struct tree_object *seen, *old, *new;
};

/* How many paths match the old tree alone, the new one alone, or neither, and the first of each. */
struct path_tally {
  size_t old_count, new_count, wrong_count;
  struct triple old, new, wrong;
};

static bool
is (const char *text, const char *word)
{
  return strcmp (text, word) == 0;
}

/* What may be right or wrong on its own, the most telling first. */
enum aspect { CONTENTS, PERMISSIONS, OWNER, ATTRIBUTES, ASPECT_COUNT };

static bool
same_field (const struct tree_object *a, const struct tree_object *b, enum tree_field field)
{
  return is (a->field[field], b->field[field]);
}

/* A missing object has none of the aspects that an object has. */
static bool
same_aspect (const struct tree_object *a, const struct tree_object *b, enum aspect aspect)
{
  if (a == NULL || b == NULL)
    return a == b;
  switch (aspect) {
  case CONTENTS: return same_field (a, b, TREE_TYPE) && same_field (a, b, TREE_SIZE) && same_field (a, b, TREE_CONTENT);
  case PERMISSIONS: return same_field (a, b, TREE_MODE);
  case OWNER: return same_field (a, b, TREE_UID) && same_field (a, b, TREE_GID);
  default: return same_field (a, b, TREE_XATTRS);
  }
}

static bool
same_object (const struct tree_object *a, const struct tree_object *b)
{
  for (enum aspect aspect = 0; aspect < ASPECT_COUNT; aspect++)
    if (!same_aspect (a, b, aspect))
      return false;
  return true;
}

static const char *
aspect_name (enum aspect aspect)
{
  static const char *const names[] = { "contents", "mode", "owner", "xattrs" };

  return names[aspect];
}

static void
print_aspect (FILE *file, const struct tree_object *object, enum aspect aspect)
{
  if (object == NULL)
    fputs ("missing", file);
  else if (aspect == CONTENTS)
    tree_print_contents (file, object);
  else if (aspect == PERMISSIONS)
    fputs (object->field[TREE_MODE], file);
  else if (aspect == OWNER)
    fprintf (file, "%s:%s", object->field[TREE_UID], object->field[TREE_GID]);
  else if (is (object->field[TREE_XATTRS], "-"))
    fputs ("none", file);
  else
    fprintf (file, "%.*s...", TREE_HASH_SHOWN, object->field[TREE_XATTRS]);
}

/* If the ASPECT of SEEN could not be read, say so and return true: there is nothing to compare. */
static bool
print_read_error (FILE *file, const struct tree_object *seen, enum aspect aspect)
{
  const char *text = seen->field[aspect == CONTENTS ? TREE_CONTENT : TREE_XATTRS];

  if ((aspect != CONTENTS && aspect != ATTRIBUTES) || text[0] != '!')
    return false;
  if (aspect == ATTRIBUTES)
    fputs ("xattrs", file);
  else
    fputs (seen->field[TREE_TYPE][0] == 'f' ? "data" : tree_type_name (seen->field[TREE_TYPE][0]), file);
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
  const struct tree_object *object = triple->old ? triple->old : triple->new;

  tree_print_word (file, object->field[TREE_PATH]);
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
print_mixture (FILE *file, const struct path_tally *tally)
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
    fprintf (file, " (in all %zu %s old, %zu new)", tally->old_count,
             plural (tally->old_count, "path", "paths"), tally->new_count);
}

/* Everything is as before the update that was committed. */
static void
print_not_durable (FILE *file, const struct path_tally *tally)
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
format_detail (const struct path_tally *tally)
{
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  if (tally->wrong_count > 0) {
    print_wrong (text.file, &tally->wrong);
    print_more (text.file, tally->wrong_count - 1);
  }
  else if (tally->new_count > 0)
    print_mixture (text.file, tally);
  else
    print_not_durable (text.file, tally);
  return text_end (&text);
}

/* Take the next path, in order, from the trees that have it: NEXT holds the index of each tree's first object not
 * taken yet.  Returns false if there is none left.
 */
static bool
next_triple (const struct tree trees[3], size_t next[3], struct triple *triple)
{
  const struct tree_object *first[3], *lowest = NULL;

  for (int i = 0; i < 3; i++) {
    first[i] = next[i] < trees[i].count ? &trees[i].objects[next[i]] : NULL;
    if (first[i] && (lowest == NULL || tree_compare_objects (first[i], lowest) < 0))
      lowest = first[i];
  }
  if (lowest == NULL)
    return false;
  for (int i = 0; i < 3; i++)
    if (first[i] && tree_compare_objects (first[i], lowest) == 0)
      next[i]++;
    else
      first[i] = NULL;
  *triple = (struct triple) { first[0], first[1], first[2] };
  return true;
}

static void
count_path (struct path_tally *tally, const struct triple *triple)
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
compare_trees (const struct tree trees[3], struct path_tally *tally, char **leftovers)
{
  size_t next[3] = { 0, 0, 0 };
  struct triple triple;

  while (next_triple (trees, next, &triple)) {
    if (triple.old || triple.new)
      count_path (tally, &triple);
    else if ((*leftovers++ = strdup (triple.seen->field[TREE_PATH])) == NULL)
      return -1;
  }
  return 0;
}

static int
judge_trees (const struct tree trees[3], enum expectation expectation, struct judgement *judgement)
{
  struct path_tally tally = { 0 };

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

/* What OBJECT is, all aspects of it; to free, NULL if out of memory. */
static char *
describe_object (const struct tree_object *object)
{
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  tree_print_contents (text.file, object);
  fprintf (text.file, ", mode %s, owner %s:%s", object->field[TREE_MODE], object->field[TREE_UID],
           object->field[TREE_GID]);
  if (!is (object->field[TREE_XATTRS], "-")) {
    fputs (", xattrs ", text.file);
    print_aspect (text.file, object, ATTRIBUTES);
  }
  return text_end (&text);
}

static int
tell_path (const struct triple *triple, judge_each *each, void *opaque)
{
  const struct tree_object *objects[] = { triple->seen, triple->old, triple->new }, *any = NULL;
  char *texts[3] = { NULL, NULL, NULL };
  int r = 0;

  for (int i = 0; i < 3; i++)
    if (objects[i]) {
      any = objects[i];
      texts[i] = describe_object (objects[i]);
      r = texts[i] ? r : -1;
    }
  const struct judged_path path = {
    .path = any->field[TREE_PATH], .seen = texts[0], .old = texts[1], .new = texts[2],
    .is_old = same_object (triple->seen, triple->old), .is_new = same_object (triple->seen, triple->new)
  };
  if (r == 0)
    r = each (opaque, &path);
  for (int i = 0; i < 3; i++)
    free (texts[i]);
  return r;
}

/* Parse the three texts.  Returns 0, or -1 after a message.  Free the trees in any case. */
static int
parse_trees (const char *seen, const char *old, const char *new, struct tree trees[3])
{
  const char *const texts[] = { seen, old, new }, *const names[] = { "observed", "old", "new" };

  for (int i = 0; i < 3; i++)
    trees[i] = (struct tree) { .name = names[i] };
  for (int i = 0; i < 3; i++)
    if (tree_parse (texts[i], &trees[i]) == -1)
      return -1;
  return 0;
}

static void
free_trees (struct tree trees[3])
{
  for (int i = 0; i < 3; i++)
    tree_free (&trees[i]);
}

static int
tell_paths (const struct tree trees[3], judge_each *each, void *opaque, size_t *same_count)
{
  size_t next[3] = { 0, 0, 0 };
  struct triple triple;
  int r = 0;

  while (r == 0 && next_triple (trees, next, &triple))
    if (same_object (triple.seen, triple.old) && same_object (triple.seen, triple.new))
      ++*same_count;
    else
      r = tell_path (&triple, each, opaque);
  return r;
}

int
judge_paths (const char *seen, const char *old, const char *new, judge_each *each, void *opaque, size_t *same_count)
{
  struct tree trees[3];
  int r = parse_trees (seen, old, new, trees);

  *same_count = 0;
  if (r == 0 && tell_paths (trees, each, opaque, same_count) == -1)
    r = out_of_memory ();
  free_trees (trees);
  return r;
}

int
judge (const char *seen, const char *old, const char *new, enum expectation expectation, struct judgement *judgement)
{
  struct tree trees[3];
  int r = parse_trees (seen, old, new, trees);

  *judgement = (struct judgement) { .detail = NULL };
  if (r == 0 && judge_trees (trees, expectation, judgement) == -1) {
    r = out_of_memory ();
    judgement_free (judgement);
  }
  free_trees (trees);
  return r;
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
