/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/number.h"
#include "common/sandbox.h"
#include "filesystem/filesystem.h"
#include "log/info.h"
#include "replay/explain/blame-layout.h"
#include "replay/explain/blame.h"
#include "replay/explain/names.h"

#define FIELDS 8                /* of a line of a tree (checker/observe/tree.h) */
#define MEMORY_BYTES (UINT64_C (1) << 30)       /* for one question, as is the next */
#define CPU_SECONDS 20
#define TAIL_MAX 65536          /* the rest of a file's last block */

struct blame {
  const struct write_log *log;
  const struct trees *trees;
  struct crash_state *state;
  bool failed;                  /* that was reported */
};

void
blame_free (struct blame *blame)
{
  if (blame)
    crash_state_free (blame->state);
  free (blame);
}

struct blame *
blame_new (const struct write_log *log, const struct trees *trees)
{
  struct blame *blame = calloc (1, sizeof *blame);

  if (blame == NULL)
    return NULL;
  blame->log = log;
  blame->trees = trees;
  blame->state = crash_state_new (log);
  if (blame->state)
    return blame;
  blame_free (blame);
  return NULL;
}

/* Let the state be the one in which everything that was issued at POSITION or before is there. */
static bool
select_all (struct blame *blame, uint32_t position)
{
  const struct selection selection = { .point = position, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } } };

  return crash_state_select (blame->state, &selection) == 0;
}

/* How an image reads the first device. */
static int
read_device (void *opaque, void *buffer, size_t count, uint64_t offset)
{
  struct blame *blame = opaque;

  crash_state_read (blame->state, 0, buffer, count, offset);
  return 0;
}

static void
ask_ext (struct blame *blame, const struct written *written, uint32_t position, struct names *names)
{
  const struct image image = { read_device, blame, blame->log->device_sizes[0] };

  if (select_all (blame, position))
    blame_ext (&image, written, names);
  if (names->count == 0 && select_all (blame, blame->log->event_count - 1))
    blame_ext (&image, written, names);
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

/* Ask what the blocks themselves tell, by a LAYOUT in which they do. */
static void
ask_blocks (struct blame *blame, enum filesystem_layout layout, const struct written *written, uint32_t position,
            struct names *names)
{
  static const struct {
    void (*name) (const unsigned char *superblock, const struct written *written, struct names *names);
    uint64_t superblock;        /* where that is */
  } layouts[] = {
    [FILESYSTEM_LAYOUT_XFS] = { blame_xfs, 0 }, [FILESYSTEM_LAYOUT_BTRFS] = { blame_btrfs, BTRFS_SUPERBLOCK },
  };
  unsigned char superblock[BLOCK_SIZE];

  if (layout >= sizeof layouts / sizeof layouts[0] || layouts[layout].name == NULL)
    return;
  const uint64_t offset = layouts[layout].superblock;
  if (blame->log->device_sizes[0] < offset + sizeof superblock || !select_all (blame, position))
    return;
  crash_state_read (blame->state, 0, superblock, sizeof superblock, offset);
  layouts[layout].name (superblock, written, names);
}

struct inquiry {
  struct blame *blame;
  uint32_t write, position;
};

/* Of what layout the bytes are that the device of WRITE has: not the file system's where it is on something that is
 * made of disks, or on another one.
 */
static enum filesystem_layout
layout_of (const struct write_log *log, const struct log_write *write)
{
  return write->device != 0 || log_info (log, LOG_KEY_ASSEMBLE) ? FILESYSTEM_LAYOUT_UNKNOWN
    : filesystem_find (log_info (log, LOG_KEY_FILESYSTEM))->layout;
}

/* Write what is known of the write in question: in a process without rights, as all of it comes from a stranger. */
static void
answer_inquiry (void *argument, FILE *answer)
{
  const struct inquiry *inquiry = argument;
  struct blame *blame = inquiry->blame;
  const struct write_log *log = blame->log;
  const struct log_write *w = &log->writes[inquiry->write];
  const enum filesystem_layout layout = layout_of (log, w);
  const struct written written = {
    w->offset_bytes, w->length_bytes,
    w->kind == LOG_WRITE ? (const unsigned char *) log_bytes (log, w->data, w->length_bytes) : NULL
  };
  struct names names = { .count = 0 };

  if (layout == FILESYSTEM_LAYOUT_EXT)
    ask_ext (blame, &written, inquiry->position, &names);
  if (names.count == 0 && written.data)
    ask_trees (blame->trees, &written, &names);
  if (names.count == 0)
    ask_blocks (blame, layout, &written, inquiry->position, &names);
  CLEANUP_FREE char *text = names_join (&names);
  fputs (text ? text : "", answer);
}

char *
blame_write (struct blame *blame, uint32_t write, uint32_t position)
{
  struct inquiry inquiry = { blame, write, position };
  CLEANUP_FREE char *why = NULL, *answer = NULL;

  if (log_info (blame->log, LOG_KEY_FILESYSTEM) == NULL)
    return NULL;
  answer = sandbox_run (&(struct sandbox) { answer_inquiry, &inquiry, MEMORY_BYTES, CPU_SECONDS }, &why);
  if (answer == NULL && !blame->failed)
    error_message ("what a write wrote cannot be told: the process that reads the file system failed: %s",
                   why ? why : "no memory");
  blame->failed |= answer == NULL;
  return answer && *answer ? safe_text (answer) : NULL;
}
