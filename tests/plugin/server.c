/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "common/text.h"
#include "tests/plugin/server.h"

#define SOCKET "nbd.sock"
#define PID_FILE "nbd.pid"
#define ERRORS "nbd.err"
#define THREADS "128"           /* as many requests of a client are served at once */
#define TIMEOUT_MS 30000
#define PARAMETERS_MAX 32

static const char *plugin_folder;
static pid_t pid;

static void
enter_folder (void)
{
  CLEANUP_FREE char *path = new_path ();

  ck_assert_msg (mkdir (path, 0700) == 0 && chdir (path) == 0, "%s: %m", path);
}

int
run_plugin_tests (const char *name, const TTest *const *tests, size_t count)
{
  plugin_folder = getenv ("PLUGIN_DIR");
  if (plugin_folder == NULL || *plugin_folder != '/') {
    fprintf (stderr, "PLUGIN_DIR: set it to the absolute path of nbd-plugin/.libs in the build tree\n");
    return EXIT_FAILURE;
  }
  return run_unit_tests (name, enter_folder, NULL, tests, count);
}

static pid_t
start (const char *plugin, const char *const *parameters)
{
  CLEANUP_FREE char *path = text_format ("%s/nbdkit-%s-plugin.so", plugin_folder, plugin);
  CLEANUP_CLOSE int errors = open (ERRORS, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct process_io io = { .stdout_fd = -1, .stderr_fd = errors };
  const char *argv[9 + PARAMETERS_MAX + 1] = {
    "nbdkit", "--foreground", "-U", SOCKET, "-P", PID_FILE, "-t", THREADS, path
  };
  size_t count = 9;

  ck_assert_int_ne (errors, -1);
  for (size_t i = 0; parameters[i]; i++) {
    ck_assert_uint_lt (i, PARAMETERS_MAX);
    argv[count++] = parameters[i];
  }
  unlink (SOCKET);
  unlink (PID_FILE);
  return process_start (argv, &io);
}

/* What nbdkit printed, to free. */
static char *
read_errors (void)
{
  CLEANUP_FCLOSE FILE *file = fopen (ERRORS, "re");
  char *text = NULL;
  size_t room = 0;

  ck_assert_ptr_nonnull (file);
  if (getdelim (&text, &room, '\0', file) == -1) {
    free (text);
    text = strdup ("");
  }
  return text;
}

void
server_start (const char *plugin, ...)
{
  const char *parameters[PARAMETERS_MAX + 1];
  size_t count = 0;
  va_list args;
  int status;

  va_start (args, plugin);
  do {
    ck_assert_uint_le (count, PARAMETERS_MAX);
    parameters[count] = va_arg (args, const char *);
  } while (parameters[count++]);
  va_end (args);
  pid = start (plugin, parameters);
  ck_assert_int_gt (pid, 0);
  for (int waited_ms = 0; access (PID_FILE, F_OK) == -1; waited_ms += 2) {
    ck_assert_int_lt (waited_ms, TIMEOUT_MS);
    if (process_wait (pid, 2, &status) != 0)
      ck_abort_msg ("nbdkit did not start: %s", read_errors ());
  }
}

pid_t
server_pid (void)
{
  return pid;
}

void
server_stop (void)
{
  int status = -1;

  kill (pid, SIGTERM);
  ck_assert_int_eq (process_wait (pid, TIMEOUT_MS, &status), 1);
  ck_assert_msg (status == 0, "nbdkit ended with wait status %d: %s", status, read_errors ());
}

void
server_kill (void)
{
  int status;

  kill (pid, SIGKILL);
  ck_assert_int_eq (process_wait (pid, TIMEOUT_MS, &status), 1);
  ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

char *
server_refuse (const char *plugin, const char *const *parameters)
{
  pid_t child = start (plugin, parameters);
  int status = 0;
  char *text, *newline;

  ck_assert_int_gt (child, 0);
  ck_assert_msg (process_wait (child, TIMEOUT_MS, &status) == 1, "nbdkit did not end");
  text = read_errors ();
  ck_assert_msg (WIFEXITED (status) && WEXITSTATUS (status) != 0, "nbdkit ended with wait status %d: %s", status, text);
  newline = strchr (text, '\n');
  ck_assert_msg (newline && newline[1] == '\0', "not one line: %s", text);
  return text;
}

struct nbd_handle *
client_open (const char *export_name)
{
  struct nbd_handle *client = nbd_create ();

  ck_assert_ptr_nonnull (client);
  ck_nbd (nbd_set_export_name (client, export_name));
  ck_nbd (nbd_connect_unix (client, SOCKET));
  return client;
}

void
client_close (struct nbd_handle *client)
{
  ck_nbd (nbd_shutdown (client, 0));
  nbd_close (client);
}

void
check_offers (struct nbd_handle *client)
{
  ck_assert_int_eq (nbd_is_read_only (client), 0);
  ck_assert_int_eq (nbd_can_flush (client), 1);
  ck_assert_int_eq (nbd_can_fua (client), 1);
  ck_assert_int_eq (nbd_can_zero (client), 1);
  ck_assert_int_eq (nbd_can_trim (client), 1);
  ck_assert_int_eq (nbd_can_multi_conn (client), 1);
  ck_assert_int_eq (nbd_get_block_size (client, LIBNBD_SIZE_MINIMUM), 512);
}

void
check_content (struct nbd_handle *client, const void *expected, size_t count, uint64_t offset)
{
  CLEANUP_FREE char *seen = malloc (count);
  CLEANUP_FREE char *zeros = calloc (1, count);
  const char *want = expected ? expected : zeros;

  ck_assert (seen && zeros);
  memset (seen, 0xaa, count);
  ck_nbd (nbd_pread (client, seen, count, offset, 0));
  for (size_t i = 0; i < count; i++)
    if (seen[i] != want[i])
      ck_abort_msg ("byte %zu of %zu at %ju is %d and not %d", i, count, (uintmax_t) offset, seen[i], want[i]);
}

void
fill (void *buffer, size_t size, uint64_t seed)
{
  char *to = buffer;

  for (uint64_t i = 0; i < size / sizeof seed; i++) {
    uint64_t word = (seed + 1) * UINT64_C (0x9e3779b97f4a7c15) + i;

    to = mempcpy (to, &word, sizeof word);
  }
}

uint32_t
random_below (uint64_t *state, uint32_t limit)
{
  *state = *state * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
  return (uint32_t) ((*state >> 33) % limit);
}

static int
add_name (void *opaque, const char *name, const char *description)
{
  (void) description;
  fprintf (opaque, "%s ", name);
  return 0;
}

char *
client_list_exports (void)
{
  char *names = NULL;
  size_t length;
  FILE *file = open_memstream (&names, &length);
  struct nbd_handle *client = nbd_create ();

  ck_nbd (nbd_set_opt_mode (client, true));
  ck_nbd (nbd_connect_unix (client, SOCKET));
  ck_nbd (nbd_opt_list (client, (nbd_list_callback) { .callback = add_name, .user_data = file }));
  ck_nbd (nbd_opt_abort (client));
  nbd_close (client);
  fclose (file);
  return names;
}
