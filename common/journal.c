/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/journal.h"
#include "common/message.h"

#define SYNC_SECONDS 1.0        /* what was added is synced so often, while more is */

struct journal_file {
  char *path;
  char title[JOURNAL_TITLE_BYTES];
  int title_length;             /* without the spaces after it */
  int fd;
  uint64_t size;                /* of the title and the valid records, when it was opened */
  bool more;                    /* it is open for that */

  pthread_mutex_t lock;         /* of what follows */
  bool failed;
  double synced;                /* when (CLOCK_MONOTONIC) */
};

static uint64_t
hash_record (const struct journal_head *head, const void *bytes)
{
  const struct journal_head seed = { .bytes = head->bytes, .kind = head->kind, .key = head->key };

  return XXH3_64bits_withSeed (bytes, head->bytes, XXH3_64bits (&seed, offsetof (struct journal_head, hash)));
}

static void
make_title (char line[JOURNAL_TITLE_BYTES], const char *title)
{
  memset (line, ' ', JOURNAL_TITLE_BYTES);
  memcpy (line, title, strlen (title));
  line[JOURNAL_TITLE_BYTES - 1] = '\n';
}

/* Read COUNT bytes at OFFSET.  Returns how many there are, or -1 with errno. */
static ssize_t
read_at (int fd, void *buffer, size_t count, uint64_t offset)
{
  size_t done = 0;

  while (done < count) {
    ssize_t n = pread (fd, (char *) buffer + done, count - done, (off_t) (offset + done));

    if (n == -1 && errno == EINTR)
      continue;
    if (n == -1)
      return -1;
    if (n == 0)
      break;
    done += (size_t) n;
  }
  return (ssize_t) done;
}

/* Room for a record, which grows. */
struct buffer {
  char *bytes;
  size_t room;
};

/* Read the record at *offset of the file of SIZE bytes, and move there after it.  Returns 1; 0 if there is no valid
 * one, as when the file has been cut meanwhile; -1 with errno.
 */
static int
read_record (int fd, uint64_t size, uint64_t *offset, struct buffer *buffer, struct journal_record *record)
{
  struct journal_head head;

  if (size - *offset < sizeof head)
    return 0;
  ssize_t count = read_at (fd, &head, sizeof head, *offset);
  if (count != sizeof head)
    return count == -1 ? -1 : 0;
  if (head.bytes > JOURNAL_RECORD_MAX || head.bytes > size - *offset - sizeof head)
    return 0;
  if (head.bytes >= buffer->room) {
    char *larger = realloc (buffer->bytes, (size_t) head.bytes + 1);

    if (larger == NULL)
      return -1;
    buffer->bytes = larger;
    buffer->room = (size_t) head.bytes + 1;
  }
  count = read_at (fd, buffer->bytes, head.bytes, *offset + sizeof head);
  if (count != (ssize_t) head.bytes)
    return count == -1 ? -1 : 0;
  if (hash_record (&head, buffer->bytes) != head.hash)
    return 0;
  buffer->bytes[head.bytes] = '\0';
  *record = (struct journal_record) { .kind = head.kind, .key = head.key, .bytes = buffer->bytes, .count = head.bytes };
  *offset += sizeof head + head.bytes;
  return 1;
}

/* Visit the records, all of which are valid in the first JOURNAL->size bytes; with VISIT NULL find out how many are. */
static int
walk (struct journal_file *journal, journal_visit *visit, void *context)
{
  struct buffer buffer = { NULL, 0 };
  uint64_t offset = JOURNAL_TITLE_BYTES;
  struct journal_record record;
  int r;

  while ((r = read_record (journal->fd, journal->size, &offset, &buffer, &record)) == 1)
    if (visit && visit (context, &record) == -1)
      break;
  free (buffer.bytes);
  if (r == -1)
    error_message ("%s: %m", journal->path);
  if (visit == NULL)
    journal->size = offset;
  return r == 0 ? 0 : -1;
}

/* Make the file, which is empty or whose title was not written to its end, one of JOURNAL. */
static int
begin_file (struct journal_file *journal)
{
  if (pwrite (journal->fd, journal->title, sizeof journal->title, 0) != sizeof journal->title) {
    error_message ("%s: %m", journal->path);
    return -1;
  }
  journal->size = sizeof journal->title;
  return 0;
}

/* See that the open file is a journal, and how much of it is. */
static int
check_file (struct journal_file *journal)
{
  char title[JOURNAL_TITLE_BYTES];
  struct stat status;
  ssize_t count = fstat (journal->fd, &status);

  if (count == 0 && !S_ISREG (status.st_mode)) {
    error_message ("%s: is no regular file: name another one", journal->path);
    return -1;
  }
  if (count == 0)
    count = read_at (journal->fd, title, sizeof title, 0);
  if (count == -1) {
    error_message ("%s: %m", journal->path);
    return -1;
  }
  if (memcmp (title, journal->title, (size_t) count) != 0 || (!journal->more && count < (ssize_t) sizeof title)) {
    error_message ("%s: is no `%.*s' of this version of powercut: name another file", journal->path,
                   journal->title_length, journal->title);
    return -1;
  }
  if (count < (ssize_t) sizeof title)
    return begin_file (journal);
  journal->size = (uint64_t) status.st_size;
  return walk (journal, NULL, NULL);
}

/* Cut off what is no record, so that more can be added after those that are. */
static int
cut_file (const struct journal_file *journal)
{
  if (ftruncate (journal->fd, (off_t) journal->size) == 0 && lseek (journal->fd, 0, SEEK_END) != -1)
    return 0;
  error_message ("%s: %m", journal->path);
  return -1;
}

static int
lock_file (const struct journal_file *journal)
{
  if (flock (journal->fd, LOCK_EX | LOCK_NB) == 0)
    return 0;
  if (errno == EWOULDBLOCK)
    error_message ("%s: another process is adding to it: wait for that, or name another file", journal->path);
  else
    error_message ("%s: %m", journal->path);
  return -1;
}

static struct journal_file *
open_journal (const char *path, const char *title, bool more)
{
  struct journal_file *journal = calloc (1, sizeof *journal);

  if (journal == NULL || (journal->path = strdup (path)) == NULL) {
    free (journal);
    out_of_memory ();
    return NULL;
  }
  make_title (journal->title, title);
  journal->title_length = (int) strlen (title);
  pthread_mutex_init (&journal->lock, NULL);
  journal->more = more;
  journal->synced = clock_seconds (CLOCK_MONOTONIC);
  journal->fd = open (path, (more ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NONBLOCK, 0666);
  if (journal->fd == -1)
    error_message ("%s: %m", path);
  else if ((!more || lock_file (journal) == 0) && check_file (journal) == 0 && (!more || cut_file (journal) == 0))
    return journal;
  journal->failed = true;
  journal_close (journal);
  return NULL;
}

struct journal_file *
journal_open (const char *path, const char *title)
{
  return open_journal (path, title, true);
}

struct journal_file *
journal_look (const char *path, const char *title)
{
  return open_journal (path, title, false);
}

int
journal_close (struct journal_file *journal)
{
  int r = 0;

  if (journal == NULL)
    return 0;
  if (journal->more && !journal->failed && fsync (journal->fd) == -1) {
    error_message ("%s: %m", journal->path);
    r = -1;
  }
  if (journal->fd != -1)
    close (journal->fd);
  pthread_mutex_destroy (&journal->lock);
  free_all (journal->path, journal);
  return r;
}

const char *
journal_path (const struct journal_file *journal)
{
  return journal->path;
}

bool
journal_is (const char *path, const char *title)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char line[JOURNAL_TITLE_BYTES], wanted[JOURNAL_TITLE_BYTES];

  make_title (wanted, title);
  return fd != -1 && read_at (fd, line, sizeof line, 0) == sizeof line && memcmp (line, wanted, sizeof line) == 0;
}

int
journal_walk (struct journal_file *journal, journal_visit *visit, void *context)
{
  return walk (journal, visit, context);
}

/* Write head and bytes at the end.  Returns 0, or -1 with errno. */
static int
write_record (int fd, const struct journal_head *head, const void *bytes)
{
  struct iovec parts[] = { { (void *) head, sizeof *head }, { (void *) bytes, head->bytes } }, *part = parts;

  while (part < parts + 2) {
    ssize_t count = writev (fd, part, (int) (parts + 2 - part));

    if (count == -1 && errno == EINTR)
      continue;
    if (count == -1)
      return -1;
    for (; part < parts + 2 && (size_t) count >= part->iov_len; part++)
      count -= (ssize_t) part->iov_len;
    if (part < parts + 2) {
      part->iov_base = (char *) part->iov_base + count;
      part->iov_len -= (size_t) count;
    }
  }
  return 0;
}

/* Sync now and then.  Returns 0, or -1 with errno. */
static int
sync_at_times (struct journal_file *journal)
{
  const double now = clock_seconds (CLOCK_MONOTONIC);

  if (now - journal->synced < SYNC_SECONDS)
    return 0;
  journal->synced = now;
  return fdatasync (journal->fd);
}

int
journal_add (struct journal_file *journal, uint32_t kind, uint64_t key, const void *bytes, size_t count)
{
  struct journal_head head = { .bytes = (uint32_t) count, .kind = kind, .key = key };
  int r = -1;

  if (count > JOURNAL_RECORD_MAX) {
    error_message ("%s: a record of %zu bytes is too long", journal->path, count);
    return -1;
  }
  head.hash = hash_record (&head, bytes);
  pthread_mutex_lock (&journal->lock);
  if (!journal->failed) {
    r = write_record (journal->fd, &head, bytes) == -1 || sync_at_times (journal) == -1 ? -1 : 0;
    if (r == -1)
      error_message ("%s: %m", journal->path);
    journal->failed = r == -1;
  }
  pthread_mutex_unlock (&journal->lock);
  return r;
}
