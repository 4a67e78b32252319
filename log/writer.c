/* SPDX-License-Identifier: BSD-3-Clause */
/* Records are put together in a buffer, under one lock, and reach the file in their order: whenever the recorder is
 * killed, the file holds a prefix of the log.  The buffer is written when it is full, at every mark, and with the
 * completion of every flush and FUA write, so that what a guest was promised is in the file; large data go around it.
 * Side by side the threads only hash their data: several writers of one file would spin on its inode's lock.
 *
 * Space is allocated before a record takes its position, so that on a full disk the guest gets ENOSPC and the log stays
 * whole; any other write error ends the recording.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/checksum.h"
#include "log/writer.h"

#define CHUNK_BYTES (64 << 20)
#define BUFFER_BYTES (64 << 10) /* stays in the cache; writing a larger one keeps the other threads waiting longer */
#define DIRECT_BYTES (32 << 10) /* larger data are not worth a copy */
#define SPARE_BYTES (64 << 10)  /* kept free for the last completions and the end: so a full disk leaves a closed log */

struct log_writer {
  char *path;
  int fd;
  struct timespec start;

  pthread_mutex_t lock;         /* protects all below */
  uint64_t written;             /* file offset of the buffer's first byte */
  size_t buffered;              /* bytes in the buffer */
  uint64_t allocated;           /* file offset up to which space is allocated */
  uint32_t next_position;
  uint64_t end;                 /* file offset behind the end record, or 0 before there is one */
  bool broken;                  /* a write failed: nothing behind it would be found */
  char buffer[BUFFER_BYTES];
};

static int
write_fully (int fd, struct iovec *parts, int part_count, uint64_t offset)
{
  while (part_count > 0) {
    ssize_t count = pwritev (fd, parts, part_count, (off_t) offset);

    if (count == -1) {
      if (errno == EINTR)
        continue;
      return -1;
    }
    offset += (size_t) count;
    while (part_count > 0 && (size_t) count >= parts->iov_len) {
      count -= (ssize_t) parts->iov_len;
      parts++;
      part_count--;
    }
    if (part_count > 0) {
      parts->iov_base = (char *) parts->iov_base + count;
      parts->iov_len -= (size_t) count;
    }
  }
  return 0;
}

void *
log_make_header (const uint64_t *device_sizes, size_t device_count, const char *const *info, size_t info_count,
                 uint64_t created, size_t *size)
{
  size_t info_size = 0;
  char *header, *to;

  for (size_t i = 0; i < info_count; i++)
    info_size += strlen (info[i]) + 1;
  if (info_size > LOG_INFO_MAX) {
    errno = E2BIG;
    return NULL;
  }
  *size = sizeof (struct log_header) + device_count * sizeof (struct log_device_entry) + info_size;
  *size = (*size + LOG_ALIGN - 1) & ~(size_t) (LOG_ALIGN - 1);
  header = calloc (1, *size);
  if (header == NULL)
    return NULL;
  to = header + sizeof (struct log_header);
  for (size_t i = 0; i < device_count; i++) {
    struct log_device_entry entry = { .size_bytes = htole64 (device_sizes[i]) };
    memcpy (to, &entry, sizeof entry);
    to += sizeof entry;
  }
  for (size_t i = 0; i < info_count; i++)
    to = (char *) mempcpy (to, info[i], strlen (info[i]) + 1);
  struct log_header head = {
    .magic = LOG_MAGIC, .version = htole32 (LOG_VERSION), .header_size = htole32 (*size),
    .device_count = htole32 (device_count), .info_size = htole32 (info_size),
    .created = htole64 (created),
  };
  memcpy (header, &head, sizeof head);
  head.checksum = htole64 (log_header_checksum (header, *size));
  memcpy (header, &head, sizeof head);
  return header;
}

/* Make PATH, or take an empty file that is there, which somebody made to have the name.  -1 with errno. */
static int
open_new (const char *path)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  struct stat status;

  if (fd != -1 || errno != EEXIST)
    return fd;
  fd = open (path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd != -1 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode) && status.st_size == 0)
    return fd;
  if (fd != -1)
    close (fd);
  errno = EEXIST;
  return -1;
}

struct log_writer *
log_writer_create (const char *path, const uint64_t *device_sizes, size_t device_count, const char *const *info,
                   size_t info_count)
{
  struct timespec now;
  size_t size;

  clock_gettime (CLOCK_REALTIME, &now);
  CLEANUP_FREE void *header = log_make_header (device_sizes, device_count, info, info_count,
                                               (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec, &size);
  struct log_writer *writer = calloc (1, sizeof *writer);

  if (header == NULL || writer == NULL || (writer->path = strdup (path)) == NULL) {
    error_message ("%s: cannot make the log's header: %m", path);
    free (writer);
    return NULL;
  }
  writer->fd = open_new (path);
  if (writer->fd == -1) {
    error_message ("%s: cannot make the log: %m%s", path, errno == EEXIST ? ": remove it, or choose another name" : "");
    goto fail;
  }
  if (write_fully (writer->fd, &(struct iovec) { header, size }, 1, 0) == -1) {
    error_message ("%s: cannot write the log: %m", path);
    unlink (path);
    close (writer->fd);
    goto fail;
  }
  writer->written = writer->allocated = size;
  pthread_mutexattr_t spin_first;       /* the lock is held for less time than a sleep takes */

  pthread_mutexattr_init (&spin_first);
  pthread_mutexattr_settype (&spin_first, PTHREAD_MUTEX_ADAPTIVE_NP);
  pthread_mutex_init (&writer->lock, &spin_first);
  pthread_mutexattr_destroy (&spin_first);
  clock_gettime (CLOCK_MONOTONIC, &writer->start);
  return writer;

 fail:
  free (writer->path);
  free (writer);
  return NULL;
}

static uint64_t
elapsed_ns (const struct log_writer *writer)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t) (now.tv_sec - writer->start.tv_sec) * 1000000000 + (uint64_t) now.tv_nsec
    - (uint64_t) writer->start.tv_nsec;
}

/* Make sure that the disk has room up to END: a large step ahead, or on a nearly full disk just what is needed. */
static int
allocate (struct log_writer *writer, uint64_t end)
{
  uint64_t from = writer->allocated;

  if (end <= from)
    return 0;
  if (fallocate (writer->fd, FALLOC_FL_KEEP_SIZE, (off_t) from, (off_t) (end - from) + CHUNK_BYTES) == 0)
    writer->allocated = end + CHUNK_BYTES;
  else if (errno == EOPNOTSUPP)
    writer->allocated = UINT64_MAX;     /* this file system cannot promise room: a full disk will end the recording */
  else if (fallocate (writer->fd, FALLOC_FL_KEEP_SIZE, (off_t) from, (off_t) (end - from)) == 0)
    writer->allocated = end;
  else
    return -1;
  return 0;
}

/* Write PARTS behind what is written.  Called, like all below up to append, with the lock held. */
static int
write_parts (struct log_writer *writer, struct iovec *parts, int part_count, size_t bytes)
{
  if (write_fully (writer->fd, parts, part_count, writer->written) == -1) {
    writer->broken = true;
    return -1;
  }
  writer->written += bytes;
  return 0;
}

static int
write_buffer (struct log_writer *writer)
{
  if (writer->buffered == 0)
    return 0;
  if (write_parts (writer, &(struct iovec) { writer->buffer, writer->buffered }, 1, writer->buffered) == -1)
    return -1;
  writer->buffered = 0;
  return 0;
}

/* Put a finished record with its data and its padding behind all others. */
static int
put (struct log_writer *writer, const struct log_record *record, const void *data, size_t data_size)
{
  static const char zeros[LOG_ALIGN];
  size_t bytes = log_record_size ((uint32_t) data_size);
  size_t padding = bytes - sizeof *record - data_size;

  if (data_size > DIRECT_BYTES) {
    struct iovec parts[] = {
      { writer->buffer, writer->buffered }, { (void *) record, sizeof *record }, { (void *) data, data_size },
      { (void *) zeros, padding }
    };

    if (write_parts (writer, parts, 4, writer->buffered + bytes) == -1)
      return -1;
    writer->buffered = 0;
    return 0;
  }
  if (writer->buffered + bytes > BUFFER_BYTES && write_buffer (writer) == -1)
    return -1;
  char *to = mempcpy (writer->buffer + writer->buffered, record, sizeof *record);
  if (data_size > 0)
    to = mempcpy (to, data, data_size);
  memset (to, 0, padding);
  writer->buffered += bytes;
  return 0;
}

static int
append_locked (struct log_writer *writer, struct log_record *record, const void *data, uint64_t data_hash,
               bool write_out, struct log_issue *issue)
{
  uint32_t data_size = le32toh (record->data_size);
  uint64_t offset = writer->written + writer->buffered;
  uint64_t spare = record->kind == LOG_COMPLETION || record->kind == LOG_END ? 0 : SPARE_BYTES;

  if (writer->broken) {
    errno = EIO;
    return -1;
  }
  if (writer->next_position == UINT32_MAX && record->kind != LOG_END) {
    errno = EFBIG;
    return -1;
  }
  if (allocate (writer, offset + log_record_size (data_size) + spare) == -1)
    return -1;
  record->time = htole64 (elapsed_ns (writer));
  record->checksum = htole64 (log_record_checksum (record, data_hash, offset));
  if (put (writer, record, data, data_size) == -1)
    return -1;
  issue->position = writer->next_position++;
  issue->data_offset = data_size > 0 ? offset + sizeof *record : offset;
  return write_out ? write_buffer (writer) : 0;
}

/* Append RECORD with DATA behind all that came before; its place and position are in *issue.  With WRITE_OUT it is in
 * the file on return.
 */
static int
append (struct log_writer *writer, struct log_record *record, const void *data, bool write_out, struct log_issue *issue)
{
  uint64_t data_hash = log_data_hash (data, le32toh (record->data_size));
  int r;

  pthread_mutex_lock (&writer->lock);
  r = append_locked (writer, record, data, data_hash, write_out, issue);
  pthread_mutex_unlock (&writer->lock);
  return r;
}

int
log_writer_issue (struct log_writer *writer, const struct log_operation *operation, const void *data,
                  struct log_issue *issue)
{
  struct log_record record = {
    .kind = operation->kind, .flags = operation->flags, .device = htole16 (operation->device),
    .data_size = htole32 (operation->kind == LOG_WRITE ? operation->length_bytes : 0),
    .offset = htole64 (operation->offset_bytes), .length = htole32 (operation->length_bytes),
  };

  return append (writer, &record, data, false, issue);
}

int
log_writer_complete (struct log_writer *writer, uint32_t position, uint16_t device, int error, bool promise)
{
  struct log_record record = {
    .kind = LOG_COMPLETION, .device = htole16 (device), .offset = htole64 (position),
    .length = htole32 ((uint32_t) error)
  };
  struct log_issue ignored;

  return append (writer, &record, NULL, promise, &ignored);
}

int
log_writer_mark (struct log_writer *writer, const char *text, size_t length)
{
  struct log_record record = { .kind = LOG_MARK, .data_size = htole32 (length) };
  struct log_issue ignored;

  if (length > LOG_DATA_MAX) {
    errno = E2BIG;
    return -1;
  }
  return append (writer, &record, text, true, &ignored);
}

/* Read what is written to the file. */
static int
read_file (int fd, char *buffer, size_t count, uint64_t offset)
{
  while (count > 0) {
    ssize_t got = pread (fd, buffer, count, (off_t) offset);

    if (got == -1 && errno == EINTR)
      continue;
    if (got <= 0) {
      if (got == 0)
        errno = EIO;            /* somebody cut the log */
      return -1;
    }
    buffer += got;
    count -= (size_t) got;
    offset += (size_t) got;
  }
  return 0;
}

int
log_writer_read (struct log_writer *writer, void *buffer, size_t count, uint64_t offset)
{
  size_t in_file = count;

  pthread_mutex_lock (&writer->lock);
  if (offset + count > writer->written) {
    in_file = offset < writer->written ? writer->written - offset : 0;
    memcpy ((char *) buffer + in_file, writer->buffer + (offset + in_file - writer->written), count - in_file);
  }
  pthread_mutex_unlock (&writer->lock);
  return read_file (writer->fd, buffer, in_file, offset);
}

int
log_writer_end (struct log_writer *writer)
{
  struct log_record record = { .kind = LOG_END };
  struct log_issue end;

  if (append (writer, &record, NULL, true, &end) == -1) {
    error_message ("%s: cannot record the end: %m: what stands before is valid", writer->path);
    return -1;
  }
  writer->end = end.data_offset + log_record_size (0);
  return 0;
}

int
log_writer_close (struct log_writer *writer)
{
  int r = writer->end > 0 ? 0 : log_writer_end (writer);

  if (r == 0 && (r = ftruncate (writer->fd, (off_t) writer->end)) == -1)
    error_message ("%s: cannot give back the space allocated ahead: %m: the log is whole", writer->path);
  close (writer->fd);
  pthread_mutex_destroy (&writer->lock);
  free (writer->path);
  free (writer);
  return r;
}
