/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/persistence/attributes.h"
#include "common/array.h"
#include "common/message.h"

#define WORDS_MAX 1024          /* combinations of values that are worked out */

static void
free_value (struct attribute_value *value)
{
  free (value->bytes);
}

static void
free_attribute (struct attribute *attribute)
{
  free (attribute->name);
  array_free (attribute->values, attribute->count, free_value);
}

void
attributes_free (struct attribute_set *attributes)
{
  array_free (attributes->list, attributes->count, free_attribute);
  free (attributes->words);
  free (attributes->modes.list);
  free (attributes->owners.list);
  free (attributes->projects.list);
  free (attributes->times.list);
  free (attributes->flags.list);
}

static bool
same_value (const struct attribute_value *value, const struct sim_xattr *xattr)
{
  if (xattr == NULL || value->bytes == NULL)
    return xattr == NULL && value->bytes == NULL;
  return value->length == xattr->length && memcmp (value->bytes, xattr->value, value->length) == 0;
}

/* ATTRIBUTE may be as XATTR is; NULL: it may be missing. */
static int
add_value (struct attribute *attribute, const struct sim_xattr *xattr)
{
  for (size_t i = 0; i < attribute->count; i++)
    if (same_value (&attribute->values[i], xattr))
      return 0;
  struct attribute_value *value = array_add (attribute->values, attribute->count);
  if (value == NULL)
    return out_of_memory ();
  if (xattr == NULL)
    return 0;
  value->bytes = malloc (xattr->length + 1);
  if (value->bytes == NULL)
    return out_of_memory ();
  memcpy (value->bytes, xattr->value, xattr->length);
  value->length = xattr->length;
  return 0;
}

static int
compare_names (const void *left, const void *right)
{
  return strcmp (((const struct attribute *) left)->name, ((const struct attribute *) right)->name);
}

/* The attribute NAME, which was not there so far if it is new.  NULL after a message. */
static struct attribute *
make_attribute (struct attribute_set *attributes, const char *name, bool was_missing)
{
  struct attribute *attribute = array_named (attributes->list, attributes->count, name);
  char *copy = attribute ? NULL : strdup (name);

  if (attribute)
    return attribute;
  attribute = copy ? array_add (attributes->list, attributes->count) : NULL;
  if (attribute == NULL) {
    free (copy);
    out_of_memory ();
    return NULL;
  }
  attribute->name = copy;
  if (was_missing && add_value (attribute, NULL) == -1)
    return NULL;
  qsort (attributes->list, attributes->count, sizeof *attributes->list, compare_names);
  return array_named (attributes->list, attributes->count, name);
}

/* Add the values that INODE has, those of attributes that it did not have before with WAS_MISSING. */
static int
add_values (struct attribute_set *attributes, const struct sim_inode *inode, bool was_missing)
{
  for (size_t i = 0; i < inode->xattr_count; i++) {
    struct attribute *attribute = make_attribute (attributes, inode->xattrs[i].name, was_missing);

    if (attribute == NULL || add_value (attribute, &inode->xattrs[i]) == -1)
      return -1;
  }
  return 0;
}

/* It may have NUMBER. */
static int
add_number (struct number_set *set, int64_t number)
{
  if (array_has (set->list, set->count, number))
    return 0;
  int64_t *added = array_add (set->list, set->count);
  if (added == NULL)
    return out_of_memory ();
  *added = number;
  return 0;
}

/* It may have the mode, the owner and so on of INODE. */
static int
add_numbers (struct attribute_set *attributes, const struct sim_inode *inode)
{
  const int64_t flags = (int64_t) ((uint64_t) inode->flags_known << 32 | (inode->flags & inode->flags_known));

  attributes->unknown |= inode->xattrs_unknown;
  return add_number (&attributes->modes, inode->mode) == -1 || add_number (&attributes->owners, inode->owner) == -1
    || add_number (&attributes->flags, flags) == -1 || add_number (&attributes->projects, inode->project) == -1
    || add_number (&attributes->times, inode->mtime) == -1 ? -1 : 0;
}

int
attributes_promise (struct attribute_set *attributes, const struct sim_inode *inode)
{
  array_free (attributes->list, attributes->count, free_attribute);
  attributes->modes.count = attributes->owners.count = attributes->projects.count = 0;
  attributes->flags.count = attributes->times.count = 0;
  attributes->unknown = false;
  return add_values (attributes, inode, false) == -1 ? -1 : add_numbers (attributes, inode);
}

int
attributes_touch (struct attribute_set *attributes, const struct sim_inode *inode)
{
  if (add_values (attributes, inode, true) == -1)
    return -1;
  for (size_t i = 0; i < attributes->count; i++)
    if (sim_xattr_find (inode, attributes->list[i].name) == NULL && add_value (&attributes->list[i], NULL) == -1)
      return -1;
  return add_numbers (attributes, inode);
}

/* How many combinations of values there are, or 0: too many, or nobody knows. */
static size_t
count_words (const struct attribute_set *attributes)
{
  size_t count = attributes->unknown ? 0 : 1;

  for (size_t i = 0; i < attributes->count; i++) {
    count *= attributes->list[i].count;
    if (count > WORDS_MAX)
      return 0;
  }
  return count;
}

/* The word of combination NUMBER: the value of each attribute is a digit of it. */
static void
make_word (const struct attribute_set *attributes, size_t number, XXH3_state_t *hash, char word[CONTENT_WORD_SIZE])
{
  bool any = false;

  XXH3_128bits_reset (hash);
  for (size_t i = 0; i < attributes->count; i++) {
    const struct attribute *attribute = &attributes->list[i];
    const struct attribute_value *value = &attribute->values[number % attribute->count];

    number /= attribute->count;
    if (value->bytes)
      content_add_xattr (hash, attribute->name, value->bytes, value->length);
    any = any || value->bytes;
  }
  if (any)
    content_format_hash (XXH3_128bits_digest (hash), word);
  else
    snprintf (word, CONTENT_WORD_SIZE, "-");
}

int
attributes_finish (struct attribute_set *attributes, XXH3_state_t *hash)
{
  free (attributes->words);
  attributes->word_count = count_words (attributes);
  attributes->words = calloc (attributes->word_count + 1, sizeof *attributes->words);
  if (attributes->words == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < attributes->word_count; i++)
    make_word (attributes, i, hash, attributes->words[i]);
  return 0;
}

bool
attributes_allow_word (const struct attribute_set *attributes, const char *word)
{
  for (size_t i = 0; i < attributes->word_count; i++)
    if (strcmp (attributes->words[i], word) == 0)
      return true;
  return attributes->word_count == 0;
}

static bool
has_number (const struct number_set *set, int64_t number)
{
  return array_has (set->list, set->count, number) || array_has (set->list, set->count, -1);
}

bool
attributes_allow_mode (const struct attribute_set *attributes, int mode)
{
  return has_number (&attributes->modes, mode);
}

bool
attributes_allow_owner (const struct attribute_set *attributes, int64_t owner)
{
  return has_number (&attributes->owners, owner);
}

bool
attributes_allow_flags (const struct attribute_set *attributes, uint32_t flags)
{
  for (size_t i = 0; i < attributes->flags.count; i++) {
    const uint64_t value = (uint64_t) attributes->flags.list[i];

    if ((flags & (uint32_t) (value >> 32)) == (uint32_t) value)
      return true;
  }
  return false;
}

bool
attributes_allow_project (const struct attribute_set *attributes, uint32_t project)
{
  return has_number (&attributes->projects, project);
}

bool
attributes_allow_time (const struct attribute_set *attributes, int64_t time)
{
  return has_number (&attributes->times, time);
}
