/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/publish.h"
#include "common/stop.h"
#include "filesystem/filesystem.h"
#include "guest/agent/protocol.h"
#include "guest/machine-state.h"
#include "guest/qmp.h"

#define SLEEP_MS 120000
#define SAVE_MS 60000
#define COMMAND_MS 10000
#define STEP_MS 5
#define BUFFER_BYTES (1 << 20)
#define LEVEL "1"               /* of compression: what is decompressed each time is decompressed fast */

/* What QEMU calls the descriptor to which it writes the state. */
#define FD_NAME "state"

int
machine_sleep (struct vm *vm)
{
  CLEANUP_FREE const char **words = NULL;
  const struct filesystem *row;
  size_t count = 0;

  while (filesystem_at (count))
    count++;
  words = calloc (count + 3, sizeof *words);
  if (words == NULL)
    return -1;
  words[0] = "sleep";
  words[1] = AGENT_NBD_MODULES;
  for (size_t i = 0; (row = filesystem_at (i)) != NULL; i++)
    words[2 + i] = row->name;
  struct vm_answer answer = vm_call (vm, SLEEP_MS, words);
  free (answer.text);
  return answer.failure == VM_OK ? 0 : -1;
}

/* Write what comes from the socket STATE, to its end, to ARCHIVE. */
static int
copy_state (int state, struct archive *archive)
{
  const int64_t deadline_ms = clock_ms () + SAVE_MS;
  CLEANUP_FREE char *buffer = malloc (BUFFER_BYTES);
  ssize_t count = -1;

  while (buffer && stop_wait (state, POLLIN, deadline_ms) && (count = read (state, buffer, BUFFER_BYTES)) > 0)
    if (archive_write_data (archive, buffer, (size_t) count) != count)
      return -1;
  return (int) count;
}

/* Write what comes from STATE to FD, compressed. */
static int
compress_state (int state, int fd)
{
  struct archive *archive = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();
  int r = -1;

  if (archive && entry) {
    archive_entry_set_pathname (entry, FD_NAME);
    archive_entry_set_filetype (entry, AE_IFREG);
    /* ARCHIVE_WARN: the program zstd would do it. */
    if (archive_write_set_format_raw (archive) == ARCHIVE_OK && archive_write_add_filter_zstd (archive) == ARCHIVE_OK
        && archive_write_set_filter_option (archive, "zstd", "compression-level", LEVEL) == ARCHIVE_OK
        && archive_write_open_fd (archive, fd) == ARCHIVE_OK && archive_write_header (archive, entry) == ARCHIVE_OK)
      r = copy_state (state, archive);
    if (archive_write_close (archive) != ARCHIVE_OK)
      r = -1;
  }
  archive_entry_free (entry);
  archive_write_free (archive);
  return r;
}

/* Let QEMU begin to write its state to STATE. */
static int
begin_saving (int commands, int state)
{
  static const char *const words[] = {
    "{\"execute\": \"migrate-set-parameters\", \"arguments\": {\"max-bandwidth\": 1099511627776}}",
    "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"fd:" FD_NAME "\"}}",
  };

  if (qmp_begin (commands, COMMAND_MS) == -1
      || qmp_command (commands, COMMAND_MS, "{\"execute\": \"getfd\", \"arguments\": {\"fdname\": \"" FD_NAME "\"}}",
                      state, NULL) == -1)
    return -1;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (qmp_command (commands, COMMAND_MS, words[i], -1, NULL) == -1)
      return -1;
  return 0;
}

/* Whether QEMU has written all of its state, of which it may take a moment to be sure. */
static int
end_saving (int commands)
{
  for (int waited_ms = 0; waited_ms < COMMAND_MS; waited_ms += STEP_MS) {
    if (qmp_command (commands, COMMAND_MS, "{\"execute\": \"query-migrate\"}", -1, "completed") == 0)
      return 0;
    usleep (STEP_MS * 1000);
  }
  return -1;
}

static int
save_to (int commands, int fd)
{
  int ends[2], r = -1;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
    return -1;
  const int begun = begin_saving (commands, ends[1]);
  close (ends[1]);
  if (begun == 0)
    r = compress_state (ends[0], fd) == -1 ? -1 : end_saving (commands);
  close (ends[0]);
  return r;
}

int
machine_save (int commands, const char *path, const char *head)
{
  struct publication publication;

  if (publish_begin_silently (&publication, path) == -1)
    return -1;
  const int r = fchmod (publication.fd, 0600) == 0 && dprintf (publication.fd, "%s", head) > 0
    ? save_to (commands, publication.fd) : -1;
  return publish_end (&publication, r);
}

static int
send_bytes (int socket, const char *bytes, size_t length, int64_t deadline_ms)
{
  while (length > 0) {
    if (!stop_wait (socket, POLLOUT, deadline_ms))
      return -1;
    const ssize_t count = send (socket, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count == -1 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (count == -1)
      return -1;
    bytes += count;
    length -= (size_t) count;
  }
  return 0;
}

int
machine_load (int machine, int fd, int timeout_ms)
{
  const int64_t deadline_ms = clock_ms () + timeout_ms;
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry;
  const void *piece;
  size_t length;
  la_int64_t offset;
  int r = 0, status = ARCHIVE_FATAL;

  if (archive && archive_read_support_filter_zstd (archive) == ARCHIVE_OK
      && archive_read_support_format_raw (archive) == ARCHIVE_OK
      && archive_read_open_fd (archive, fd, BUFFER_BYTES) == ARCHIVE_OK
      && archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    while (r == 0 && (status = archive_read_data_block (archive, &piece, &length, &offset)) == ARCHIVE_OK)
      r = send_bytes (machine, piece, length, deadline_ms);
  archive_read_free (archive);
  return status == ARCHIVE_EOF ? r : -1;
}
