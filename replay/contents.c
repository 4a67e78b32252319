/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "replay/contents.h"

#define KNOWN_BYTES_MAX (UINT64_C (256) << 20)  /* of one tree; what goes beyond is not known */

int
contents_begin (struct contents *contents, const struct trees *trees)
{
  static const char *const names[] = { "old", "new" };

  for (size_t i = 0; i < 2 && trees->count > i; i++) {
    contents->trees[i].tree = (struct tree) { .name = names[i] };
    if (tree_parse (trees->texts[i], &contents->trees[i].tree) == -1)
      return -1;
  }
  return 0;
}

static void
free_known_file (struct known_file *file)
{
  free (file->path);
  free (file->bytes);
}

void
contents_free (struct contents *contents)
{
  for (size_t i = 0; i < 2; i++) {
    struct known_tree *known = &contents->trees[i];

    array_free (known->files, known->count, free_known_file);
    tree_free (&known->tree);
  }
}

const struct tree_object *
contents_object (const struct known_tree *tree, const char *path)
{
  const struct tree_object *objects = tree->tree.objects;
  size_t place = array_place (tree->tree.count, i, strcmp (objects[i].field[TREE_PATH], path) < 0);

  return place < tree->tree.count && strcmp (objects[place].field[TREE_PATH], path) == 0 ? &objects[place] : NULL;
}

const char *
contents_bytes (const struct known_tree *tree, const char *path)
{
  for (size_t i = 0; i < tree->count; i++)
    if (strcmp (tree->files[i].path, path) == 0)
      return tree->files[i].bytes;
  return NULL;
}

/* Whether BYTES, of FILE, are what OBJECT has. */
static bool
is_content (const struct tree_object *object, const struct located_file *file, const char *bytes)
{
  CLEANUP_FREE char *word = located_word (file, bytes);

  if (word)
    word[strcspn (word, "=")] = '\0';
  return word && strcmp (word, object->field[TREE_CONTENT]) == 0;
}

/* Learn what FILE holds.  Returns 0, or -1 if out of memory. */
static int
learn_file (struct known_tree *tree, const struct located *located, const struct located_file *file,
            struct crash_state *state)
{
  const struct tree_object *object = contents_object (tree, file->path);
  CLEANUP_FREE char *bytes = NULL;
  struct known_file *added;

  if (object == NULL || strtoull (object->field[TREE_SIZE], NULL, 10) != file->size_bytes)
    return 0;
  bytes = malloc (file->layout.sectors * LOG_SECTOR);
  if (bytes == NULL)
    return -1;
  located_read (located, file, state, bytes);
  if (!is_content (object, file, bytes))
    return 0;
  added = array_add (tree->files, tree->count);
  if (added == NULL)
    return -1;
  added->path = strdup (file->path);
  added->bytes = bytes;
  bytes = NULL;
  return added->path ? 0 : -1;
}

int
contents_learn (struct known_tree *tree, const struct located *located, struct crash_state *state)
{
  uint64_t left = KNOWN_BYTES_MAX;

  for (size_t i = 0; i < located->file_count; i++) {
    uint64_t size = located->files[i].layout.sectors * LOG_SECTOR;

    if (size > left)
      continue;
    left -= size;
    if (learn_file (tree, located, &located->files[i], state) == -1)
      return out_of_memory ();
  }
  return 0;
}
