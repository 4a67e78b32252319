/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "checker/observe/content.h"
#include "checker/observe/sectors.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "common/escape.h"

#define PIECE_SIZE (256 << 10)
#define CHUNK_SIZE 4096         /* what is tried at once near what cannot be read */

struct observer {
  FILE *lines;                  /* in the order of the walk: they are sorted at the end */
  XXH3_state_t *hash;
  char *piece;
  bool out_of_memory;

  const struct sector_request *request; /* NULL: nobody asks for sectors */
  FILE *sectors;                /* the lines about them, in the order of the walk, too */
  uint64_t sectors_left;        /* when all files are asked for: what may still be added */
  long path_bytes;
  bool too_many_sectors;
};

/* An object: NAME in the open folder FOLDER_FD. */
struct place {
  const struct place *parent;   /* NULL for the root, whose name is `.` */
  const char *name;
  int folder_fd;
  unsigned depth;
};

static void
format_error (int error, char text[CONTENT_WORD_SIZE])
{
  const char *name = strerrorname_np (error);

  if (name)
    snprintf (text, CONTENT_WORD_SIZE, "!%s", name);
  else
    snprintf (text, CONTENT_WORD_SIZE, "!%d", error);
}

static void
print_path (FILE *file, const struct place *place)
{
  if (place->parent && place->parent->parent) {
    print_path (file, place->parent);
    putc_unlocked ('/', file);
  }
  escape_word (place->name, strlen (place->name), file);
}

static char
type_letter (unsigned mode)
{
  switch (mode & S_IFMT) {
  case S_IFREG: return 'f';
  case S_IFDIR: return 'd';
  case S_IFLNK: return 'l';
  case S_IFCHR: return 'c';
  case S_IFBLK: return 'b';
  case S_IFIFO: return 'p';
  case S_IFSOCK: return 's';
  default: return '?';
  }
}

/* Put NUMBER, at least DIGITS long, and a space at TO.  Returns its end. */
static char *
put_number (char *to, uint64_t number, unsigned base, int digits)
{
  char text[24], *start = text + sizeof text;

  for (; number > 0 || digits > 0; number /= base, digits--)
    *--start = (char) ('0' + number % base);
  to = mempcpy (to, start, (size_t) (text + sizeof text - start));
  *to++ = ' ';
  return to;
}

/* By hand: where a guest's processor is emulated, printf would take as long for a small file as everything else. */
static void
print_head (FILE *file, const struct statx *status)
{
  char text[96], *end = text;

  *end++ = type_letter (status->stx_mode);
  *end++ = ' ';
  end = put_number (end, status->stx_mode & 07777, 8, 4);
  end = put_number (end, status->stx_uid, 10, 1);
  end = put_number (end, status->stx_gid, 10, 1);
  if (S_ISREG (status->stx_mode))
    end = put_number (end, status->stx_size, 10, 1);
  else
    end = stpcpy (end, "- ");
  fwrite_unlocked (text, 1, (size_t) (end - text), file);
}

static void
print_tail (FILE *file, const char *xattrs, const struct place *place)
{
  putc_unlocked (' ', file);
  fputs_unlocked (xattrs, file);
  putc_unlocked (' ', file);
  print_path (file, place);
  putc_unlocked ('\n', file);
}

static void
print_unknown (FILE *file, const struct place *place, int error)
{
  char text[CONTENT_WORD_SIZE];

  format_error (error, text);
  fprintf (file, "? - - - - %s", text);
  print_tail (file, "-", place);
}

/* Open without leaving a trace in the access time, which only the owner may ask for. */
static int
open_quietly (const struct place *place, int flags)
{
  flags |= O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat (place->folder_fd, place->name, flags | O_NOATIME);

  if (fd == -1 && errno == EPERM)
    fd = openat (place->folder_fd, place->name, flags);
  return fd;
}

/* Get the attribute NAME, or the list of names if NAME is NULL, from FD or, if that is -1, by path: what cannot be
 * opened without side effects has no descriptor for these calls.
 */
static ssize_t
call_xattr (const struct place *place, int fd, const char *name, char *data, size_t size)
{
  char path[sizeof "/proc/self/fd/2147483647/" + NAME_MAX];

  if (fd >= 0)
    return name ? fgetxattr (fd, name, data, size) : flistxattr (fd, data, size);
  snprintf (path, sizeof path, "/proc/self/fd/%d/%s", place->folder_fd, place->name);
  return name ? lgetxattr (path, name, data, size) : llistxattr (path, data, size);
}

/* Returns the attribute or list, to free, its length in *length; or NULL with errno.  The length is asked for first:
 * given a large buffer, the kernel would allocate and clear as much for each file, and most have no attribute.
 */
static char *
read_xattr (struct observer *observer, const struct place *place, int fd, const char *name, size_t *length)
{
  ssize_t size = call_xattr (place, fd, name, NULL, 0);

  if (size == -1)
    return NULL;
  char *data = malloc ((size_t) size + 1);
  if (data == NULL) {
    observer->out_of_memory = true;
    return NULL;
  }
  if (size > 0)
    size = call_xattr (place, fd, name, data, (size_t) size);
  if (size == -1) {
    free (data);
    return NULL;
  }
  data[size] = '\0';
  *length = (size_t) size;
  return data;
}

static int
compare_names (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static const char **
sort_names (const char *list, size_t length, size_t *count)
{
  const char **names = malloc ((length + 1) * sizeof *names);

  if (names == NULL)
    return NULL;
  *count = 0;
  for (const char *name = list; name < list + length; name += strlen (name) + 1)
    names[(*count)++] = name;
  qsort (names, *count, sizeof *names, compare_names);
  return names;
}

/* Returns 0, or -1 with errno. */
static int
hash_xattrs (struct observer *observer, const struct place *place, int fd, const char *const *names, size_t count)
{
  XXH3_128bits_reset (observer->hash);
  for (size_t i = 0; i < count; i++) {
    size_t length;
    CLEANUP_FREE char *value = read_xattr (observer, place, fd, names[i], &length);

    if (value == NULL)
      return -1;
    content_add_xattr (observer->hash, names[i], value, length);
  }
  return 0;
}

static void
format_xattrs (struct observer *observer, const struct place *place, int fd, char text[CONTENT_WORD_SIZE])
{
  size_t length, count;
  CLEANUP_FREE char *list = read_xattr (observer, place, fd, NULL, &length);

  if (list == NULL ? errno == ENOTSUP : length == 0) {
    snprintf (text, CONTENT_WORD_SIZE, "-");
    return;
  }
  if (list == NULL) {
    format_error (errno, text);
    return;
  }
  CLEANUP_FREE const char **names = sort_names (list, length, &count);
  if (names == NULL)
    observer->out_of_memory = true;
  if (names == NULL || hash_xattrs (observer, place, fd, names, count) == -1)
    format_error (errno, text);
  else
    content_format_hash (XXH3_128bits_digest (observer->hash), text);
}

/* Read SIZE bytes, fewer only at the end of the file or before what cannot be read.  Returns how many, or -1 with errno. */
static ssize_t
read_piece (int fd, char *piece, size_t size)
{
  size_t done = 0;
  ssize_t length = 1;

  while (done < size && length > 0) {
    length = TEMP_FAILURE_RETRY (read (fd, piece + done, size - done));
    if (length > 0)
      done += (size_t) length;
  }
  return done > 0 ? (ssize_t) done : length;
}

/* Take the SIZE bytes of a file for *content; each piece goes to WRITER, too, unless it is NULL.  Returns 0 or the error
 * that kept them from being read.
 */
static int
read_data (struct observer *observer, int fd, uint64_t size, struct sector_writer *writer, struct content *content)
{
  content_begin (content, observer->hash);
  while (content->size < size) {
    uint64_t left = size - content->size;
    ssize_t length = read_piece (fd, observer->piece, left < PIECE_SIZE ? (size_t) left : PIECE_SIZE);

    if (length <= 0)
      return length == 0 ? ENODATA : errno;
    content_add (content, observer->piece, (size_t) length);
    if (writer)
      sectors_add (writer, observer->piece, (size_t) length);
  }
  return 0;
}

/* Print WORD for CONTENT of a file, which could not be read if ERROR is not 0. */
static void
print_data (FILE *file, const char *word, const struct content *content, int error)
{
  fputs_unlocked (word, file);
  if (error == 0 && content->size <= CONTENT_TEXT_MAX && content_is_text (content->start, (size_t) content->size)) {
    putc_unlocked ('=', file);
    escape_word (content->start, (size_t) content->size, file);
  }
}

/* Behind what cannot be read there may be more that can. */
static void
add_sectors_behind_error (struct observer *observer, int fd, uint64_t size, struct sector_writer *writer)
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

/* Whether a file of SIZE bytes is one whose sectors are asked for. */
static bool
wants_sectors (struct observer *observer, const struct place *place, uint64_t size)
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
    print_path (file, place);
  if (file == NULL || fclose (file) == EOF) {
    observer->out_of_memory = true;
    return false;
  }
  return bsearch (&path, request->paths, request->count, sizeof *request->paths, compare_names) != NULL;
}

/* End the line about the sectors of a file with its path. */
static void
end_sectors (struct observer *observer, const struct place *place)
{
  long before = ftell (observer->sectors);

  putc (' ', observer->sectors);
  print_path (observer->sectors, place);
  putc ('\n', observer->sectors);
  observer->path_bytes += ftell (observer->sectors) - before;
  observer->too_many_sectors |= observer->request->paths == NULL && observer->path_bytes > SECTOR_PATHS_MAX;
}

static void
observe_file (struct observer *observer, const struct place *place, const struct statx *status)
{
  CLEANUP_CLOSE int fd = open_quietly (place, 0);
  char word[CONTENT_WORD_SIZE], xattrs[CONTENT_WORD_SIZE];
  struct content content;
  struct sector_writer writer = { .file = observer->sectors };
  int error = fd == -1 ? errno : 0;
  bool sectors = wants_sectors (observer, place, status->stx_size);

  if (sectors)
    fputs ("= ", observer->sectors);
  if (error == 0)
    error = read_data (observer, fd, status->stx_size, sectors ? &writer : NULL, &content);
  /* Now: the attributes' hash takes the place of the contents'. */
  if (error == 0)
    content_word (&content, word);
  else
    format_error (error, word);
  if (sectors) {
    add_sectors_behind_error (observer, fd, status->stx_size, &writer);
    sectors_end (&writer);
    end_sectors (observer, place);
  }
  format_xattrs (observer, place, fd, xattrs);
  print_head (observer->lines, status);
  print_data (observer->lines, word, &content, error);
  print_tail (observer->lines, xattrs, place);
}

static void
observe_link (struct observer *observer, const struct place *place, const struct statx *status)
{
  char error[CONTENT_WORD_SIZE], xattrs[CONTENT_WORD_SIZE];
  CLEANUP_FREE char *word = NULL;
  ssize_t length = readlinkat (place->folder_fd, place->name, observer->piece, PIECE_SIZE - 1);

  if (length <= 0)
    format_error (length == 0 ? ENODATA : errno, error);
  else {
    observer->piece[length] = '\0';
    word = content_target (observer->piece);
    observer->out_of_memory |= word == NULL;
  }
  format_xattrs (observer, place, -1, xattrs);
  print_head (observer->lines, status);
  fputs (length <= 0 ? error : word ? word : "", observer->lines);
  print_tail (observer->lines, xattrs, place);
}

static void
observe_special (struct observer *observer, const struct place *place, const struct statx *status)
{
  char xattrs[CONTENT_WORD_SIZE];

  format_xattrs (observer, place, -1, xattrs);
  print_head (observer->lines, status);
  if (S_ISCHR (status->stx_mode) || S_ISBLK (status->stx_mode))
    fprintf (observer->lines, "%u:%u", status->stx_rdev_major, status->stx_rdev_minor);
  else
    putc ('-', observer->lines);
  print_tail (observer->lines, xattrs, place);
}

static void observe_object (struct observer *observer, const struct place *place);

/* Observe all in the folder open as FD, which is closed.  Returns 0 or the error that kept it from being read. */
static int
observe_entries (struct observer *observer, const struct place *folder, int fd)
{
  DIR *directory = fdopendir (fd);
  struct dirent *entry;

  if (directory == NULL) {
    observer->out_of_memory = true;
    close (fd);
    return ENOMEM;
  }
  while (errno = 0, (entry = readdir (directory)) != NULL) {
    if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
      continue;
    struct place place = { folder, entry->d_name, dirfd (directory), folder->depth + 1 };
    observe_object (observer, &place);
  }
  int error = errno;
  closedir (directory);
  return error;
}

/* The device number would not tell: each subvolume of btrfs has its own.  Kernels before 5.8 do not say. */
static bool
is_mount_point (const struct statx *status)
{
  return status->stx_attributes & status->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT;
}

static void
observe_folder (struct observer *observer, const struct place *place, const struct statx *status)
{
  char content[CONTENT_WORD_SIZE] = "-", xattrs[CONTENT_WORD_SIZE] = "-";
  int error = 0;

  if (place->parent && is_mount_point (status))
    error = EXDEV;
  else {
    int fd = open_quietly (place, O_DIRECTORY);
    if (fd == -1)
      error = errno;
    format_xattrs (observer, place, fd, xattrs);
    if (fd >= 0 && place->depth < TREE_DEPTH_MAX)
      error = observe_entries (observer, place, fd);
    else if (fd >= 0) {
      error = ELOOP;
      close (fd);
    }
  }
  if (error != 0)
    format_error (error, content);
  print_head (observer->lines, status);
  fputs_unlocked (content, observer->lines);
  print_tail (observer->lines, xattrs, place);
}

static int
look_at (int folder_fd, const char *name, struct statx *status)
{
  return statx (folder_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, status);
}

static void
observe_object (struct observer *observer, const struct place *place)
{
  struct statx status;

  if (look_at (place->folder_fd, place->name, &status) == -1) {
    print_unknown (observer->lines, place, errno);
    return;
  }
  switch (type_letter (status.stx_mode)) {
  case 'f': observe_file (observer, place, &status); break;
  case 'd': observe_folder (observer, place, &status); break;
  case 'l': observe_link (observer, place, &status); break;
  case '?': print_unknown (observer->lines, place, EUCLEAN); break;
  default: observe_special (observer, place, &status);
  }
}

/* Write PATH into NORMAL (of at least its size) without empty and `.` components; `.` itself if nothing is
 * left.  False if it is absolute or has a `..`.
 */
static bool
normalise (const char *path, char *normal)
{
  char *end = normal;

  if (path[0] == '/' || path[0] == '\0')
    return false;
  while (*path) {
    size_t length = strcspn (path, "/");
    if (length == 2 && memcmp (path, "..", 2) == 0)
      return false;
    if (length > 0 && !(length == 1 && path[0] == '.')) {
      if (end != normal)
        *end++ = '/';
      end = mempcpy (end, path, length);
    }
    path += length + (path[length] == '/');
  }
  if (end == normal)
    *end++ = '.';
  *end = '\0';
  return true;
}

/* Open the folder PATH below ROOT_FD only to name things in it, through no link and no mount point. */
static int
open_parent (int root_fd, const char *path)
{
  int fd = openat (root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

  while (fd >= 0 && *path) {
    CLEANUP_CLOSE int above = fd;
    size_t length = strcspn (path, "/");
    char name[NAME_MAX + 1];
    struct statx status;

    fd = -1;
    if (length > NAME_MAX) {
      errno = ENAMETOOLONG;
      return -1;
    }
    *(char *) mempcpy (name, path, length) = '\0';
    if (look_at (above, name, &status) == -1)
      return -1;
    if (is_mount_point (&status)) {
      errno = EXDEV;
      return -1;
    }
    fd = openat (above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    path += length + (path[length] == '/');
  }
  return fd;
}

static bool
means_absent (int error)
{
  return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

static void
observe_path (struct observer *observer, const struct place *root, const char *path)
{
  CLEANUP_FREE char *normal = malloc (strlen (path) + 2);
  struct statx status;

  if (normal == NULL) {
    observer->out_of_memory = true;
    return;
  }
  if (!normalise (path, normal))
    return;
  if (strcmp (normal, ".") == 0) {
    observe_object (observer, root);
    return;
  }
  char *slash = strrchr (normal, '/');
  if (slash)
    *slash = '\0';
  /* The folders above are one place: they are only ever printed. */
  struct place above = { root, normal, -1, 0 };
  struct place place = { slash ? &above : root, slash ? slash + 1 : normal, -1, 1 };
  CLEANUP_CLOSE int parent_fd = open_parent (root->folder_fd, slash ? normal : "");
  place.folder_fd = parent_fd;
  if (parent_fd >= 0 && look_at (parent_fd, place.name, &status) == 0)
    observe_object (observer, &place);
  else if (!means_absent (errno))
    print_unknown (observer->lines, &place, errno);
}

struct line {
  const char *path;             /* "" for the root, which comes first */
  const char *text;
};

static int
compare_lines (const void *a, const void *b)
{
  return strcmp (((const struct line *) a)->path, ((const struct line *) b)->path);
}

/* Cut TEXT of LENGTH bytes into its lines, in the order of their paths.  Returns an array to free, or NULL. */
static struct line *
sort_lines (char *text, size_t length, size_t *count)
{
  size_t room = 1;

  for (const char *at = text; (at = memchr (at, '\n', length - (size_t) (at - text))) != NULL; at++)
    room++;
  struct line *lines = malloc (room * sizeof *lines);
  if (lines == NULL)
    return NULL;
  *count = 0;
  for (char *at = text, *end; at < text + length; at = end + 1) {
    end = memchr (at, '\n', length - (size_t) (at - text));
    *end = '\0';
    const char *path = strrchr (at, ' ') + 1;
    lines[(*count)++] = (struct line) { strcmp (path, ".") == 0 ? "" : path, at };
  }
  qsort (lines, *count, sizeof *lines, compare_lines);
  return lines;
}

/* The final text, to free, or NULL.  Paths given twice, or within one another, have left lines with the same path. */
static char *
sort_text (char *text, size_t length)
{
  size_t count;
  CLEANUP_FREE struct line *lines = sort_lines (text, length, &count);
  char *sorted = malloc (length + 1), *end = sorted;

  if (lines == NULL || sorted == NULL) {
    free (sorted);
    return NULL;
  }
  for (size_t i = 0; i < count; i++)
    if (i == 0 || compare_lines (&lines[i - 1], &lines[i]) != 0) {
      end = stpcpy (end, lines[i].text);
      *end++ = '\n';
    }
  *end = '\0';
  return sorted;
}

/* The lines of TEXT and then of SECTORS, each sorted, to free; or NULL. */
static char *
join_texts (char *text, size_t length, char *sectors, size_t sectors_length)
{
  CLEANUP_FREE char *sorted_sectors = sectors_length > 0 ? sort_text (sectors, sectors_length) : NULL;
  char *sorted = sort_text (text, length);

  if (sectors_length == 0 || sorted == NULL)
    return sorted;
  char *longer = sorted_sectors ? realloc (sorted, length + sectors_length + 1) : NULL;
  if (longer == NULL) {
    free (sorted);
    return NULL;
  }
  return strcat (longer, sorted_sectors);
}

static bool
close_stream (FILE *file)
{
  bool good = file && !ferror (file);

  return (file == NULL || fclose (file) == 0) && good;
}

/* Walk and give the final text, to free, or NULL with errno. */
static char *
observe_all (struct observer *observer, int root_fd, const char *const *paths, size_t path_count)
{
  const struct place root = { NULL, ".", root_fd, 0 };
  CLEANUP_FREE char *text = NULL, *sectors = NULL;
  size_t length = 0, sectors_length = 0;

  observer->lines = open_memstream (&text, &length);
  observer->sectors = open_memstream (&sectors, &sectors_length);
  if (observer->lines && observer->sectors) {
    if (path_count == 0)
      observe_object (observer, &root);
    for (size_t i = 0; i < path_count; i++)
      observe_path (observer, &root, paths[i]);
  }
  bool good = close_stream (observer->lines);
  good = close_stream (observer->sectors) && good && !observer->out_of_memory;
  if (good && observer->too_many_sectors) {
    errno = EFBIG;
    return NULL;
  }
  char *joined = good ? join_texts (text, length, sectors, sectors_length) : NULL;
  if (joined == NULL)
    errno = ENOMEM;
  return joined;
}

char *
tree_observe_sectors (int root_fd, const char *const *paths, size_t path_count, const struct sector_request *request)
{
  struct observer observer = {
    .hash = XXH3_createState (), .piece = malloc (PIECE_SIZE), .request = request, .sectors_left = SECTORS_MAX
  };
  char *text = NULL;

  if (observer.hash && observer.piece)
    text = observe_all (&observer, root_fd, paths, path_count);
  else
    errno = ENOMEM;
  free (observer.piece);
  XXH3_freeState (observer.hash);
  return text;
}

char *
tree_observe (int root_fd, const char *const *paths, size_t path_count)
{
  return tree_observe_sectors (root_fd, paths, path_count, NULL);
}

void
tree_content (const void *data, size_t size, char content[TREE_DIGEST_LENGTH + 1])
{
  content_format_hash (XXH3_128bits (data, size), content);
}

void
tree_digest (const char *text, char digest[TREE_DIGEST_LENGTH + 1])
{
  tree_content (text, strlen (text), digest);
}
