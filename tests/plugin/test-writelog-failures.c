/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin writelog when something goes wrong: bad parameters, a kill, a full disk. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/workdir.h"
#include "log/reader.h"
#include "tests/plugin/server.h"


static void
make_file (const char *path, const char *text)
{
  CLEANUP_FCLOSE FILE *file = fopen (path, "wxe");

  ck_assert_ptr_nonnull (file);
  ck_assert_int_ge (fputs (text, file), 0);
}

static const struct {
  const char *parameters[5];
  const char *named;            /* the message must name it */
} refused[] = {
  { { "size=1M" }, "log=" }, { { "log=log.bin" }, "size=" }, { { "log=log.bin", "size=0" }, "size=0" },
  { { "log=log.bin", "size=511" }, "size=511" }, { { "log=log.bin", "size=many" }, "many" },
  { { "log=log.bin", "base=missing.img" }, "missing.img" }, { { "log=log.bin", "base=empty.img" }, "empty.img" },
  { { "log=log.bin", "size=1M", "base=missing.img" }, "missing.img" },
  { { "log=log.bin", "size=1M", "base=." }, "base=" }, { { "log=log.bin", "size=1M", "base=/dev/zero" }, "/dev/zero" },
  { { "log=log.bin", "size=512", "base=large.img" }, "large.img" },
  { { "log=log.bin", "base=large.img", "base=missing.img" }, "missing.img" },
  { { "log=log.bin", "size=1M", "colour=red" }, "colour" },
  { { "log=log.bin", "size=1M", "info=nothing" }, "info=nothing" },
  { { "log=missing/log.bin", "size=1M" }, "missing/log.bin" },
};

START_TEST (bad_parameters_give_one_line_and_no_log)
{
  char large[514] = "";

  memset (large, 'x', sizeof large - 1);
  make_file ("large.img", large);
  make_file ("empty.img", "");
  CLEANUP_FREE char *line = server_refuse ("writelog", refused[_i].parameters);
  ck_assert_msg (strstr (line, refused[_i].named) != NULL, "%s", line);
  ck_assert_int_eq (access ("log.bin", F_OK), -1);
}
END_TEST

START_TEST (a_log_that_exists_is_kept)
{
  CLEANUP_FCLOSE FILE *file = NULL;
  char content[16] = "";

  make_file ("log.bin", "precious");
  CLEANUP_FREE char *line = server_refuse ("writelog", (const char *const[]) { "log=log.bin", "size=1M", NULL });
  ck_assert_msg (strstr (line, "log.bin") != NULL, "%s", line);
  file = fopen ("log.bin", "re");
  ck_assert_ptr_nonnull (file);
  ck_assert_uint_eq (fread (content, 1, sizeof content, file), 8);
  ck_assert_str_eq (content, "precious");
}
END_TEST

START_TEST (a_base_that_exists_is_kept)
{
  static const char request[] = "save\0image\0";
  struct stat status;

  make_file ("image", "precious");
  server_start ("writelog", "log=log.bin", "directory=.", "size=1M", NULL);
  struct nbd_handle *control = client_open ("control");
  ck_assert_int_eq (nbd_pwrite (control, request, sizeof request, 0, 0), -1);
  ck_assert_int_eq (nbd_get_errno (), EINVAL);  /* which is how the protocol tells EEXIST */
  client_close (control);
  server_stop ();
  ck_assert_int_eq (stat ("image", &status), 0);
  ck_assert_int_eq (status.st_size, 8);
}
END_TEST

START_TEST (a_server_that_is_stopped_closes_its_log)
{
  char data[4096];

  server_start ("writelog", "log=log.bin", "size=1M", NULL);
  struct nbd_handle *client = client_open ("disk0");
  fill (data, sizeof data, 1);
  ck_nbd (nbd_pwrite (client, data, sizeof data, 0, 0));
  nbd_close (client);           /* without a word, as a guest whose power was cut */
  server_stop ();
  struct write_log *log = write_log_open ("log.bin");
  ck_assert_ptr_nonnull (log);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_uint_eq (log->write_count, 1);
  ck_assert_mem_eq (log->map + log->writes[0].data, data, sizeof data);
  write_log_close (log);
}
END_TEST

/* Writes of the kill test: number N has N in each of its sectors.  Large ones push all before them into the file, so
 * that only a run without them shows what a flush does.
 */
#define CLIENT_COUNT 2
#define ROUND_WRITES 8
#define WRITE_BYTES_MAX (64 * KIB)

static bool large_writes;

static uint32_t
write_bytes (uint64_t number)
{
  return 512u << number % (large_writes ? 8 : 4);
}

static void
fill_sectors (char *buffer, uint64_t number)
{
  fill (buffer, write_bytes (number), number);
  for (uint32_t at = 0; at < write_bytes (number); at += 512)
    memcpy (buffer + at, &number, sizeof number);
}

/* Send a round of writes, beginning with NUMBER, over all clients, and wait for the answers.  Returns -1 once the
 * server is gone.
 */
static int
write_round (struct nbd_handle **clients, char *buffers, uint64_t number)
{
  int64_t cookies[ROUND_WRITES];

  for (size_t i = 0; i < ROUND_WRITES; i++) {
    char *buffer = buffers + i * WRITE_BYTES_MAX;

    fill_sectors (buffer, number + i);
    cookies[i] = nbd_aio_pwrite (clients[i % CLIENT_COUNT], buffer, write_bytes (number + i),
                                 (number + i) % 8 * WRITE_BYTES_MAX, NBD_NULL_COMPLETION, 0);
    if (cookies[i] == -1)
      return -1;
  }
  for (size_t i = 0; i < ROUND_WRITES; i++) {
    int completed;

    while ((completed = nbd_aio_command_completed (clients[i % CLIENT_COUNT], (uint64_t) cookies[i])) == 0)
      if (nbd_poll (clients[i % CLIENT_COUNT], -1) == -1)
        return -1;
    if (completed == -1)
      return -1;
  }
  return 0;
}

/* How many writes had been answered before the last answered flush. */
static _Atomic uint64_t durable;

/* Kill the server some time after the first flush was answered. */
static void *
kill_later (void *opaque)
{
  const struct timespec *delay = opaque;

  do
    nanosleep (delay, NULL);
  while (durable == 0);
  kill (server_pid (), SIGKILL);
  return NULL;
}

static void
write_until_killed (struct timespec delay)
{
  CLEANUP_FREE char *buffers = malloc ((size_t) ROUND_WRITES * WRITE_BYTES_MAX);
  struct nbd_handle *clients[CLIENT_COUNT];
  pthread_t killer;

  for (size_t i = 0; i < CLIENT_COUNT; i++)
    clients[i] = client_open ("disk0");
  durable = 0;
  ck_assert_int_eq (pthread_create (&killer, NULL, kill_later, &delay), 0);
  for (uint64_t number = 0; write_round (clients, buffers, number) == 0; number += ROUND_WRITES)
    if (number / ROUND_WRITES % 4 == 3) {
      if (nbd_flush (clients[number / ROUND_WRITES / 4 % CLIENT_COUNT], 0) == -1)
        break;
      durable = number + ROUND_WRITES;
    }
  pthread_join (killer, NULL);
  server_kill ();
  for (size_t i = 0; i < CLIENT_COUNT; i++)
    nbd_close (clients[i]);
}

START_TEST (a_killed_server_leaves_all_that_was_flushed)
{
  char expected[WRITE_BYTES_MAX];
  uint64_t missing = 0;

  large_writes = _i % 2;
  server_start ("writelog", "log=log.bin", "size=1M", NULL);
  write_until_killed ((struct timespec) { .tv_nsec = (20 + 30 * _i) * 1000000 });
  struct write_log *log = write_log_open ("log.bin");
  ck_assert_ptr_nonnull (log);
  ck_assert_int_eq (log->end, LOG_END_CUT);
  CLEANUP_FREE char *seen = calloc (1, durable);
  for (uint32_t i = 0; i < log->write_count; i++) {
    uint64_t number;

    memcpy (&number, log->map + log->writes[i].data, sizeof number);
    ck_assert_uint_eq (log->writes[i].length_bytes, write_bytes (number));
    fill_sectors (expected, number);
    if (memcmp (log->map + log->writes[i].data, expected, write_bytes (number)) != 0)
      ck_abort_msg ("write %ju has other data", (uintmax_t) number);
    if (number < durable)
      seen[number] = 1;
  }
  for (uint64_t number = 0; number < durable; number++)
    missing += !seen[number];
  ck_assert_msg (missing == 0, "%ju of %ju flushed writes are missing", (uintmax_t) missing, (uintmax_t) durable);
  write_log_close (log);
}
END_TEST

static void
write_text_file (const char *path, const char *text)
{
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd != -1 && write (fd, text, strlen (text)) == -1)
    perror (path);
}

/* Make `small` a file system of 2 MiB that only this process and its children see.  Whoever is not root needs a user
 * namespace for it, and may be refused one.  Returns 0 or -1.
 */
static int
mount_small (void)
{
  char map[64];

  snprintf (map, sizeof map, "0 %ju 1", (uintmax_t) geteuid ());
  if (unshare (CLONE_NEWNS) == -1) {
    if (unshare (CLONE_NEWUSER | CLONE_NEWNS) == -1)
      return -1;
    write_text_file ("/proc/self/setgroups", "deny");
    write_text_file ("/proc/self/uid_map", map);
    snprintf (map, sizeof map, "0 %ju 1", (uintmax_t) getegid ());
    write_text_file ("/proc/self/gid_map", map);
  }
  if (mkdir ("small", 0700) == -1 || mount ("none", "/", "", MS_REC | MS_SLAVE, "") == -1)
    return -1;
  return mount ("none", "small", "tmpfs", 0, "size=2M");
}

static bool
can_mount_small (void)
{
  CLEANUP_FREE char *folder = workdir_create ();
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    _exit (folder && chdir (folder) == 0 && mount_small () == 0 ? 0 : 1);
  if (child != -1)
    waitpid (child, &status, 0);
  workdir_remove (folder);
  return status == 0;
}

#define DEVICE_BYTES (4 * MIB)

/* Write blocks of SIZE bytes from OFFSET on, and keep them at DATA, until the server refuses one.  Returns where that
 * was.
 */
static size_t
write_until_full (struct nbd_handle *client, char *data, size_t size, size_t offset)
{
  for (;; offset += size) {
    ck_assert_uint_le (offset + size, DEVICE_BYTES - 512);
    fill (data + offset, size, offset);
    if (nbd_pwrite (client, data + offset, size, offset, 0) == -1)
      break;
  }
  ck_assert_int_eq (nbd_get_errno (), ENOSPC);
  memset (data + offset, 0, size);
  return offset;
}

/* Trim the last sector until the server refuses it.  Returns how often it did not. */
static size_t
trim_until_full (struct nbd_handle *client)
{
  size_t count = 0;

  while (nbd_trim (client, 512, DEVICE_BYTES - 512, 0) == 0)
    count++;
  ck_assert_int_eq (nbd_get_errno (), ENOSPC);
  return count;
}

/* The log must be closed, with USED bytes of writes, from DATA, and some trims, all completed. */
static void
check_full_log (const char *data, size_t used, size_t trims)
{
  struct write_log *log = write_log_open ("small/log.bin");

  ck_assert_ptr_nonnull (log);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  for (uint32_t i = 0; i < log->write_count; i++) {
    const struct log_write *write = &log->writes[i];

    ck_assert_uint_ne (write->completion, LOG_NEVER);
    if (write->kind == LOG_TRIM)
      trims--;
    else {
      ck_assert (memcmp (log->map + write->data, data + write->offset_bytes, write->length_bytes) == 0);
      used -= write->length_bytes;
    }
  }
  ck_assert_uint_eq (used, 0);
  ck_assert_uint_eq (trims, 0);
  write_log_close (log);
}

/* Ever smaller operations until nothing fits; one run begins with writes that go through the recorder's buffer. */
START_TEST (a_full_disk_refuses_writes_and_leaves_a_closed_log)
{
  CLEANUP_FREE char *data = calloc (1, DEVICE_BYTES);
  size_t used = 0;

  ck_assert_int_eq (mount_small (), 0);
  server_start ("writelog", "log=small/log.bin", "size=4M", NULL);
  struct nbd_handle *client = client_open ("disk0");
  for (size_t size = _i ? 4 * KIB : 64 * KIB; size >= 512; size /= 2)
    used = write_until_full (client, data, size, used);
  ck_assert_uint_gt (used, MIB);
  size_t trims = trim_until_full (client);
  for (unsigned tries = 0; tries < 3; tries++) {
    ck_nbd_fails (nbd_pwrite (client, data, 512, 0, 0), ENOSPC);
    ck_nbd_fails (nbd_flush (client, 0), ENOSPC);
  }
  check_content (client, data, DEVICE_BYTES, 0);
  client_close (client);
  server_stop ();
  check_full_log (data, used, trims);
  ck_assert_int_eq (umount2 ("small", MNT_DETACH), 0);
}
END_TEST

START_TEST (a_base_that_does_not_fit_on_the_disk_is_refused)
{
  CLEANUP_FREE char *data = malloc (4 * MIB + 1);

  memset (data, 'x', 4 * MIB);
  data[4 * MIB] = '\0';
  make_file ("base.img", data);
  ck_assert_int_eq (mount_small (), 0);
  CLEANUP_FREE char *line
    = server_refuse ("writelog", (const char *const[]) { "log=small/log.bin", "base=base.img", NULL });
  ck_assert_msg (strstr (line, strerror (ENOSPC)) != NULL, "%s", line);
  ck_assert_int_eq (access ("small/log.bin", F_OK), -1);
  ck_assert_int_eq (umount2 ("small", MNT_DETACH), 0);
}
END_TEST

/* A limit on the size of files, unlike a full disk, is noticed only when data are written. */
START_TEST (a_write_error_ends_the_recording_and_not_the_server)
{
  CLEANUP_FREE char *data = calloc (1, DEVICE_BYTES);
  struct rlimit limit, small;

  ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &limit), 0);
  small = (struct rlimit) { .rlim_cur = MIB, .rlim_max = limit.rlim_max };
  signal (SIGXFSZ, SIG_IGN);
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &small), 0);
  server_start ("writelog", "log=log.bin", "size=4M", NULL);
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);

  struct nbd_handle *client = client_open ("disk0");
  size_t used = write_until_full (client, data, 64 * KIB, 0);
  ck_assert_uint_gt (used, 0);
  ck_nbd_fails (nbd_pwrite (client, data, 512, 0, 0), EIO);
  ck_nbd_fails (nbd_flush (client, 0), EIO);
  check_content (client, data, DEVICE_BYTES, 0);
  client_close (client);
  server_stop ();

  struct write_log *log = write_log_open ("log.bin");
  ck_assert_ptr_nonnull (log);
  ck_assert_int_eq (log->end, LOG_END_CUT);
  ck_assert_uint_eq (log->write_count, used / (64 * KIB));
  for (size_t i = 0; i < log->write_count; i++)
    ck_assert (memcmp (log->map + log->writes[i].data, data + i * 64 * KIB, 64 * KIB) == 0);
  write_log_close (log);
}
END_TEST

int
main (void)
{
  const TTest *const tests[] = {
    LOOP_OVER (bad_parameters_give_one_line_and_no_log, refused), a_log_that_exists_is_kept, a_base_that_exists_is_kept,
    a_server_that_is_stopped_closes_its_log, unit_loop (a_killed_server_leaves_all_that_was_flushed, 4),
    a_write_error_ends_the_recording_and_not_the_server,
    /* Where a small file system can be mounted: */
    unit_loop (a_full_disk_refuses_writes_and_leaves_a_closed_log, 2), a_base_that_does_not_fit_on_the_disk_is_refused
  };
  const size_t count = sizeof tests / sizeof tests[0];

  return run_plugin_tests ("writelog-failures", tests, can_mount_small () ? count : count - 2);
}
