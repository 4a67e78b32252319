/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/tree.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/number.h"
#include "common/process.h"
#include "replay/blame-names.h"
#include "replay/blame.h"
#include "replay/export.h"

#define FIELDS 8                /* of a line of a tree (checker/tree.h) */
#define TAIL_MAX 65536          /* the rest of a file's last block */

enum { IMAGE_AT_CRASH, IMAGE_OF_LOG, IMAGES };

struct blame {
  const struct write_log *log;
  const struct trees *trees;
  struct crash_state *state;
  struct image {
    char *path;
    uint32_t position;
    bool made;
  } images[IMAGES];
};

struct blame *
blame_new (const struct write_log *log, const struct trees *trees, const char *folder)
{
  struct blame *blame = calloc (1, sizeof *blame);

  if (blame == NULL)
    return NULL;
  blame->log = log;
  blame->trees = trees;
  blame->state = crash_state_new (log);
  if (asprintf (&blame->images[IMAGE_AT_CRASH].path, "%s/blame-crash.img", folder) == -1)
    blame->images[IMAGE_AT_CRASH].path = NULL;
  if (asprintf (&blame->images[IMAGE_OF_LOG].path, "%s/blame-log.img", folder) == -1)
    blame->images[IMAGE_OF_LOG].path = NULL;
  if (blame->state && blame->images[IMAGE_AT_CRASH].path && blame->images[IMAGE_OF_LOG].path)
    return blame;
  blame_free (blame);
  return NULL;
}

void
blame_free (struct blame *blame)
{
  if (blame == NULL)
    return;
  crash_state_free (blame->state);
  for (int i = 0; i < IMAGES; i++) {
    if (blame->images[i].made)
      unlink (blame->images[i].path);
    free (blame->images[i].path);
  }
  free (blame);
}

void
names_add (struct names *names, const char *format, ...)
{
  char *text;
  va_list args;

  va_start (args, format);
  if (vasprintf (&text, format, args) == -1)
    text = NULL;
  va_end (args);
  for (size_t i = 0; text && i < names->count; i++)
    if (strcmp (names->texts[i], text) == 0) {
      free (text);
      return;
    }
  if (text && names->count < NAMES_MAX) {
    names->texts[names->count++] = text;
    return;
  }
  names->more += text != NULL;
  free (text);
}

/* The names in one text, to free, or NULL if there are none; *names is empty then. */
static char *
join_names (struct names *names)
{
  char *text = NULL;
  size_t length;
  FILE *file = names->count > 0 ? open_memstream (&text, &length) : NULL;

  for (size_t i = 0; i < names->count; i++) {
    if (file)
      fprintf (file, "%s%s", i > 0 ? "; " : "", names->texts[i]);
    free (names->texts[i]);
  }
  if (file && names->more > 0)
    fputs ("; ...", file);
  *names = (struct names) { .count = 0 };
  if (file && fclose (file) == EOF) {
    free (text);
    return NULL;
  }
  return text;
}

/* Let the state be the one in which everything that was issued at POSITION or before is there. */
static bool
select_all (struct blame *blame, uint32_t position)
{
  const struct selection selection = { .point = position, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } } };

  return crash_state_select (blame->state, &selection) == 0;
}

/* An image of the first device at POSITION, its journal replayed if there is an e2fsck; NULL if there is none to be had. */
static const char *
ext_image (struct blame *blame, struct image *image, uint32_t position)
{
  CLEANUP_FREE char *e2fsck = process_find ("e2fsck");

  if (image->made && image->position == position)
    return image->path;
  CLEANUP_CLOSE int fd = open (image->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  image->made |= fd != -1;
  image->position = position;
  if (fd == -1 || !select_all (blame, position) || export_device (blame->state, blame->log, 0, fd) == -1) {
    image->position = UINT32_MAX;       /* of none */
    return NULL;
  }
  if (e2fsck)
    free (process_run ((const char *const[]) { e2fsck, "-y", "-E", "journal_only", image->path, NULL }));
  return image->path;
}

static void
ask_ext (struct blame *blame, const struct written *written, uint32_t position, struct names *names)
{
  const char *image = ext_image (blame, &blame->images[IMAGE_AT_CRASH], position);

  if (image)
    blame_ext (image, written, names);
  if (names->count > 0)
    return;
  image = ext_image (blame, &blame->images[IMAGE_OF_LOG], blame->log->event_count - 1);
  if (image)
    blame_ext (image, written, names);
}

/* The first line of TREE with a file whose whole content WRITTEN begins with, or NULL; *path, *path_length of it. */
static bool
find_content (const char *tree, const struct written *written, const char **path, size_t *path_length)
{
  char content[TREE_DIGEST_LENGTH + 1];
  uint64_t hashed = 0;

  for (const char *line = tree; *line; line += strcspn (line, "\n"), line += *line == '\n') {
    const char *fields[FIELDS] = { line }, *end = line + strcspn (line, "\n");
    uint64_t size;
    int count = 1;

    for (const char *at = line; at < end && count < FIELDS; at++)
      if (*at == ' ')
        fields[count++] = at + 1;
    if (count < FIELDS || *line != 'f' || fields[6] - fields[5] <= TREE_DIGEST_LENGTH)
      continue;
    CLEANUP_FREE char *number = strndup (fields[4], (size_t) (fields[5] - fields[4] - 1));
    if (number == NULL || parse_unsigned (number, written->length, &size) == -1 || size == 0
        || written->length - size >= TAIL_MAX)
      continue;
    if (size != hashed)
      tree_content (written->data, (size_t) size, content);
    hashed = size;
    if (strncmp (fields[5], content, TREE_DIGEST_LENGTH) != 0)
      continue;
    *path = fields[7];
    *path_length = (size_t) (end - fields[7]);
    return true;
  }
  return false;
}

/* Name a file of the expected trees, the newest first, that WRITTEN is the whole of. */
static void
ask_trees (const struct trees *trees, const struct written *written, struct names *names)
{
  const char *path;
  size_t length;

  for (size_t i = trees->count; i-- > 0;)
    if (find_content (trees->texts[i], written, &path, &length)) {
      names_add (names, "data of %.*s", (int) length, path);
      return;
    }
}

/* Ask what the blocks themselves tell on xfs and btrfs. */
static void
ask_blocks (struct blame *blame, const char *filesystem, const struct written *written, uint32_t position, struct names *names)
{
  bool btrfs = strcmp (filesystem, "btrfs") == 0;
  uint64_t offset = btrfs ? BTRFS_SUPERBLOCK : 0;
  unsigned char superblock[BLOCK_SIZE];

  if ((!btrfs && strcmp (filesystem, "xfs") != 0) || blame->log->device_sizes[0] < offset + sizeof superblock
      || !select_all (blame, position))
    return;
  crash_state_read (blame->state, 0, superblock, sizeof superblock, offset);
  (btrfs ? blame_btrfs : blame_xfs) (superblock, written, names);
}

char *
blame_write (struct blame *blame, uint32_t write, uint32_t position)
{
  const struct write_log *log = blame->log;
  const struct log_write *w = &log->writes[write];
  const char *filesystem = log_info (log, "filesystem", 0);
  const struct written written = {
    w->offset_bytes, w->length_bytes, w->kind == LOG_WRITE ? (const unsigned char *) log->map + w->data : NULL
  };
  struct names names = { .count = 0 };

  if (filesystem == NULL || w->device != 0)
    return NULL;
  if (strcmp (filesystem, "ext2") == 0 || strcmp (filesystem, "ext3") == 0 || strcmp (filesystem, "ext4") == 0)
    ask_ext (blame, &written, position, &names);
  if (names.count == 0 && written.data)
    ask_trees (blame->trees, &written, &names);
  if (names.count == 0)
    ask_blocks (blame, filesystem, &written, position, &names);
  CLEANUP_FREE char *text = join_names (&names);
  return text ? safe_text (text) : NULL;
}
