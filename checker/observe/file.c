/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/observe/allocation.h"
#include "checker/observe/layout.h"
#include "checker/observe/observer.h"
#include "checker/observe/paths.h"
#include "checker/observe/sectors.h"
#include "common/cleanup.h"
#include "common/text.h"

#define CHUNK_SIZE 4096         /* what is tried at once near what cannot be read */

/* Read SIZE bytes at OFFSET, which is where the file is, fewer only at the end of the file or before what cannot be
 * read.  Returns how many, or -1 with errno.
 */
static ssize_t
read_piece (int fd, uint64_t offset, char *piece, size_t size)
{
  size_t done = 0;
  ssize_t length = 1;

  /* Without readahead each page is a request of its own, unless they are asked for together. */
  if (size > CHUNK_SIZE)
    posix_fadvise (fd, (off_t) offset, (off_t) size, POSIX_FADV_WILLNEED);
  while (done < size && length > 0) {
    length = TEMP_FAILURE_RETRY (read (fd, piece + done, size - done));
    if (length > 0)
      done += (size_t) length;
  }
  return done > 0 ? (ssize_t) done : length;
}

/* Take the SIZE bytes of a file for *content; each piece goes to WRITER, too, unless it is NULL.  Returns 0 or the
 * error that kept them from being read.
 */
static int
read_data (struct observer *observer, int fd, uint64_t size, struct sector_writer *writer, struct content *content)
{
  content_begin (content, observer->hash);
  while (content->size < size) {
    uint64_t left = size - content->size;
    ssize_t length = read_piece (fd, content->size, observer->piece, left < PIECE_SIZE ? (size_t) left : PIECE_SIZE);

    if (length <= 0)
      return length == 0 ? ENODATA : errno;
    content_add (content, observer->piece, (size_t) length);
    if (writer)
      sectors_add (writer, observer->piece, (size_t) length);
  }
  return 0;
}

/* After what cannot be read there may be more that can. */
static void
add_sectors_after_error (struct observer *observer, int fd, uint64_t size, struct sector_writer *writer)
{
  size_t count = sectors_touched (size);

  while (writer->count < count) {
    uint64_t offset = (uint64_t) writer->count * SECTOR_SIZE;
    size_t room = CHUNK_SIZE - offset % CHUNK_SIZE, length = size - offset < room ? (size_t) (size - offset) : room;
    ssize_t read = fd == -1 ? -1 : TEMP_FAILURE_RETRY (pread (fd, observer->piece, length, (off_t) offset));

    if (read == (ssize_t) length)
      sectors_add (writer, observer->piece, length);
    else
      sectors_add_unreadable (writer, sectors_touched (length));
  }
}

static int
compare_paths (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Whether a file of SIZE bytes is one whose sectors are asked for. */
static bool
wants_sectors (struct observer *observer, const struct tree_place *place, uint64_t size)
{
  const struct sector_request *request = observer->request;
  CLEANUP_FREE char *path = NULL;
  size_t length;

  if (request == NULL)
    return false;
  if (request->paths == NULL) {
    uint64_t count = size / SECTOR_SIZE + (size % SECTOR_SIZE != 0);

    observer->too_many_sectors |= count > observer->sectors_left;
    observer->sectors_left -= count <= observer->sectors_left ? count : 0;
    return !observer->too_many_sectors;
  }
  FILE *file = open_memstream (&path, &length);
  if (file)
    tree_print_path (file, place);
  if (file == NULL || fclose (file) == EOF) {
    observer->out_of_memory = true;
    return false;
  }
  return bsearch (&path, request->paths, request->count, sizeof *request->paths, compare_paths) != NULL;
}

/* End the line about the sectors of a file with its path. */
static void
end_sectors (struct observer *observer, const struct tree_place *place)
{
  long before = ftell (observer->sectors);

  putc (' ', observer->sectors);
  tree_print_path (observer->sectors, place);
  putc ('\n', observer->sectors);
  observer->path_bytes += ftell (observer->sectors) - before;
  observer->too_many_sectors |= observer->request->paths == NULL && observer->path_bytes > SECTOR_PATHS_MAX;
}

/* End the line of a file that is open as FD, or -1, and has XATTRS. */
static void
end_file (struct observer *observer, const struct tree_place *place, int fd, const struct statx *status,
          const char *xattrs)
{
  struct text_stream attributes;
  CLEANUP_FREE char *text = NULL;

  if (observer->facts & FACT_EXTENTS && fd >= 0) {
    if (text_begin (&attributes)) {
      fputs (xattrs, attributes.file);
      allocation_print (fd, status, attributes.file);
      text = text_end (&attributes);
    }
    observer->out_of_memory |= text == NULL;
  }
  observe_end (observer, place, status, text ? text : xattrs, observer->links.count);
}

/* Write the line of a file that is located.  False if it has to be read. */
static bool
locate_file (struct observer *observer, const struct tree_place *place, int fd, const struct statx *status)
{
  char xattrs[ATTRIBUTES_SIZE];
  struct file_layout layout;

  if (!observer->locates || fd == -1 || status->stx_size == 0 || !layout_find (fd, status, &layout))
    return false;
  observe_attributes (observer, place, fd, status, xattrs);
  tree_print_head (observer->lines, status);
  layout_print (&layout, observer->lines);
  end_file (observer, place, fd, status, xattrs);
  layout_free (&layout);
  return true;
}

void
observe_file (struct observer *observer, const struct tree_place *place, const struct statx *status)
{
  CLEANUP_CLOSE int fd = open_quietly (place->folder_fd, place->name, 0);
  char word[CONTENT_WORD_SIZE], xattrs[ATTRIBUTES_SIZE];
  struct content content;
  struct sector_writer writer = { .file = observer->sectors };
  int error = fd == -1 ? errno : 0;

  if (locate_file (observer, place, fd, status))
    return;
  bool sectors = wants_sectors (observer, place, status->stx_size);
  if (sectors)
    fputs ("= ", observer->sectors);
  if (error == 0)
    error = read_data (observer, fd, status->stx_size, sectors ? &writer : NULL, &content);
  /* Now: the attributes' hash takes the place of the contents'. */
  if (error == 0)
    content_word (&content, word);
  else
    content_format_error (error, word);
  if (sectors) {
    add_sectors_after_error (observer, fd, status->stx_size, &writer);
    sectors_end (&writer);
    end_sectors (observer, place);
  }
  observe_attributes (observer, place, fd, status, xattrs);
  tree_print_head (observer->lines, status);
  if (error == 0)
    content_print (&content, word, observer->lines);
  else
    fputs_unlocked (word, observer->lines);
  end_file (observer, place, fd, status, xattrs);
}
