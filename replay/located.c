/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/order.h"
#include "checker/observe/pages.h"
#include "checker/observe/tree-text.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/text.h"
#include "replay/located.h"

/* The field number FIELD of the line at LINE: where it begins; *length is its length.  NULL if there is none. */
static const char *
find_field (const char *line, enum tree_field field, size_t *length)
{
  *length = 0;
  for (int i = 0; i < (int) field; i++) {
    line += strcspn (line, " \n");
    if (*line != ' ')
      return NULL;
    line++;
  }
  *length = strcspn (line, " \n");
  return line;
}

/* Note the file of the line at LINE if its data are located.  Returns 0, or -1 with errno. */
static int
add_file (struct located *located, const char *line, uint64_t device_bytes)
{
  size_t length, path_length, size_length;
  const char *word = find_field (line, TREE_CONTENT, &length), *path = find_field (line, TREE_PATH, &path_length);
  const char *size = find_field (line, TREE_SIZE, &size_length);
  struct located_file file = { .word_length = length };
  char digits[24] = "";

  if (line[0] != 'f' || word == NULL || path == NULL || *word != LAYOUT_MARK)
    return 0;
  errno = EINVAL;
  if (size_length >= sizeof digits)
    return -1;
  memcpy (digits, size, size_length);
  if (parse_unsigned (digits, INT64_MAX, &file.size_bytes) == -1
      || layout_parse (word, file.size_bytes, device_bytes, &file.layout) == -1)
    return -1;
  file.word = (size_t) (word - located->text);
  file.path = strndup (path, path_length);
  struct located_file *added = file.path ? array_add (located->files, located->file_count) : NULL;
  if (added == NULL) {
    layout_free (&file.layout);
    free (file.path);
    return -1;
  }
  *added = file;
  return 0;
}

struct located *
located_new (char *text, const char *text_digest, uint64_t device_bytes)
{
  struct located *located = calloc (1, sizeof *located);
  int r = 0;

  if (located == NULL) {
    out_of_memory ();
    free (text);
    return NULL;
  }
  located->text = text;
  memcpy (located->text_digest, text_digest, sizeof located->text_digest);
  for (const char *line = text; r == 0 && *line; line = strchr (line, '\n') + 1) {
    r = strchr (line, '\n') ? add_file (located, line, device_bytes) : -1;
    if (r == -1)
      break;
  }
  if (r == 0)
    return located;
  error_message ("the guest's agent says of data that they are where they cannot be");
  located_free (located);
  return NULL;
}

void
located_free (struct located *located)
{
  if (located == NULL)
    return;
  for (size_t i = 0; i < located->file_count; i++) {
    free (located->files[i].path);
    layout_free (&located->files[i].layout);
  }
  free (located->files);
  free (located->written);
  free (located->text);
  free (located);
}

int
located_add_written (struct located *located, uint64_t sector, const char *bytes)
{
  struct written_sector *added = array_add (located->written, located->written_count);

  if (added == NULL)
    return -1;
  added->sector = sector;
  memcpy (added->bytes, bytes, LOG_SECTOR);
  return 0;
}

bool
located_has_sector (const struct located *located, uint64_t sector)
{
  for (size_t i = 0; i < located->file_count; i++) {
    const struct file_layout *layout = &located->files[i].layout;

    for (size_t j = 0; j < layout->run_count; j++)
      if (layout->runs[j].first != LAYOUT_ZEROS && sector >= layout->runs[j].first
          && sector - layout->runs[j].first < layout->runs[j].count)
        return true;
  }
  return false;
}

static int
compare_written (const void *left, const void *right)
{
  const struct written_sector *a = left, *b = right;

  return a->sector < b->sector ? -1 : a->sector > b->sector;
}

void
located_seal (struct located *located)
{
  XXH3_state_t *hash = XXH3_createState ();

  if (located->written_count > 0)
    qsort (located->written, located->written_count, sizeof *located->written, compare_written);
  if (hash == NULL)
    abort ();
  XXH3_128bits_reset (hash);
  XXH3_128bits_update (hash, located->text_digest, TREE_DIGEST_LENGTH);
  XXH3_128bits_update (hash, located->written, located->written_count * sizeof *located->written);
  content_format_hash (XXH3_128bits_digest (hash), located->digest);
  XXH3_freeState (hash);
}

const char *
located_written (const struct located *located, uint64_t sector)
{
  const struct written_sector *written = located->written;
  size_t place = array_place (located->written_count, i, written[i].sector < sector);

  return place < located->written_count && written[place].sector == sector ? written[place].bytes : NULL;
}

void
located_read (const struct located *located, const struct located_file *file, struct crash_state *state, char *bytes)
{
  for (size_t i = 0; i < file->layout.run_count; i++) {
    const struct layout_run *run = &file->layout.runs[i];

    if (run->first == LAYOUT_ZEROS)
      bytes = (char *) memset (bytes, 0, run->count * LOG_SECTOR) + run->count * LOG_SECTOR;
    for (uint64_t sector = run->first; run->first != LAYOUT_ZEROS && sector < run->first + run->count; sector++) {
      const char *written = located_written (located, sector);

      if (written)
        memcpy (bytes, written, LOG_SECTOR);
      else
        crash_state_read (state, LOCATED_DEVICE, bytes, LOG_SECTOR, sector * LOG_SECTOR);
      bytes += LOG_SECTOR;
    }
  }
}

struct data_sector *
located_sectors (const struct located *located, const struct located_file *file)
{
  struct data_sector *sectors = calloc (file->layout.sectors + 1, sizeof *sectors);
  static const char zeros[LOG_SECTOR];
  size_t count = 0;

  for (size_t i = 0; sectors && i < file->layout.run_count; i++) {
    const struct layout_run *run = &file->layout.runs[i];

    for (uint64_t j = 0; j < run->count; j++, count++) {
      const uint64_t left = file->size_bytes - count * LOG_SECTOR;

      sectors[count].bytes = left < LOG_SECTOR ? (uint32_t) left : LOG_SECTOR;
      sectors[count].device = LOCATED_DEVICE;
      sectors[count].sector = run->first + j;
      sectors[count].known = run->first == LAYOUT_ZEROS ? zeros : located_written (located, run->first + j);
    }
  }
  return sectors;
}

char *
located_word (const struct located_file *file, const char *bytes)
{
  XXH3_state_t *hash = XXH3_createState ();
  char word[CONTENT_WORD_SIZE];
  struct content content;
  struct text_stream stream;

  if (hash == NULL || !text_begin (&stream)) {
    XXH3_freeState (hash);
    return NULL;
  }
  content_begin (&content, hash);
  content_add (&content, bytes, file->size_bytes);
  content_word (&content, word);
  content_print (&content, word, stream.file);
  XXH3_freeState (hash);
  return text_end (&stream);
}

/* The line about the sectors of FILE with the data BYTES, to free, or NULL if out of memory. */
static char *
sector_line (const struct located_file *file, const char *bytes)
{
  struct sector_writer writer = { .count = 0 };
  struct text_stream stream;

  if (!text_begin (&stream))
    return NULL;
  writer.file = stream.file;
  fputs ("= ", stream.file);
  sectors_add (&writer, bytes, file->size_bytes);
  sectors_end (&writer);
  fprintf (stream.file, " %s\n", file->path);
  return text_end (&stream);
}

int
located_words_make (const struct located_file *file, const char *bytes, bool sectors, struct located_words *words)
{
  words->content = located_word (file, bytes);
  words->sectors = sectors ? sector_line (file, bytes) : NULL;
  return words->content && (words->sectors || !sectors) ? 0 : -1;
}

void
located_words_free (struct located_words *words)
{
  free_all (words->content, words->sectors);
  *words = (struct located_words) { NULL, NULL };
}

/* Write the lines about objects, with the files' WORDS. */
static void
put_objects (const struct located *located, const struct located_words *words, FILE *file)
{
  const char *end = pages_begin (located->text);
  size_t at = 0;

  for (size_t i = 0; i < located->file_count; i++) {
    fwrite (located->text + at, 1, located->files[i].word - at, file);
    fputs (words[i].content, file);
    at = located->files[i].word + located->files[i].word_length;
  }
  fwrite (located->text + at, 1, (size_t) (end - located->text) - at, file);
}

/* Write the lines about sectors, of the files that were read and of those that were not. */
static void
put_sectors (const struct located *located, const struct located_words *words, FILE *file)
{
  fputs (pages_begin (located->text), file);
  for (size_t i = 0; i < located->file_count; i++)
    if (words[i].sectors)
      fputs (words[i].sectors, file);
}

char *
located_text (const struct located *located, const struct located_words *words)
{
  struct text_stream objects, sectors;
  char *text = NULL;

  if (!text_begin (&objects))
    return NULL;
  put_objects (located, words, objects.file);
  CLEANUP_FREE char *object_lines = text_end (&objects);
  if (!text_begin (&sectors))
    return NULL;
  put_sectors (located, words, sectors.file);
  CLEANUP_FREE char *sector_lines = text_end (&sectors);
  if (object_lines && sector_lines)
    text = order_lines (object_lines, objects.length, sector_lines, sectors.length);
  return text;
}

/* The tree with this DIGEST.  Called with the lock held. */
static struct located *
find_tree (const struct located_trees *trees, const char *digest)
{
  for (size_t i = 0; i < trees->count; i++)
    if (strcmp (trees->list[i]->digest, digest) == 0)
      return trees->list[i];
  return NULL;
}

const struct located *
located_trees_find (struct located_trees *trees, const char *digest)
{
  pthread_mutex_lock (&trees->lock);
  const struct located *found = find_tree (trees, digest);
  pthread_mutex_unlock (&trees->lock);
  return found;
}

char *
located_trees_text (struct located_trees *trees, const char *text_digest)
{
  char *text = NULL;

  pthread_mutex_lock (&trees->lock);
  for (size_t i = 0; i < trees->count && text == NULL; i++)
    if (strcmp (trees->list[i]->text_digest, text_digest) == 0)
      text = strdup (trees->list[i]->text);
  pthread_mutex_unlock (&trees->lock);
  return text;
}

const struct located *
located_trees_add (struct located_trees *trees, struct located *located)
{
  pthread_mutex_lock (&trees->lock);
  struct located *kept = find_tree (trees, located->digest), **added;

  if (kept)
    located_free (located);
  else if ((added = array_add (trees->list, trees->count)) != NULL)
    *added = kept = located;
  else
    located_free (located);
  pthread_mutex_unlock (&trees->lock);
  return kept;
}

void
located_trees_free (struct located_trees *trees)
{
  for (size_t i = 0; i < trees->count; i++)
    located_free (trees->list[i]);
  free (trees->list);
  pthread_mutex_destroy (&trees->lock);
}
