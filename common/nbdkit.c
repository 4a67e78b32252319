/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/nbdkit.h"
#include "common/process.h"
#include "common/stop.h"

#define START_TIMEOUT_MS 60000  /* loading a large base image takes its time */
#define STOP_GRACE_MS 30000     /* writing out the end of a log, too */
#define PARAMETERS_MAX 8192

/* Wait for the file that nbdkit writes once its socket is there. */
static int
wait_until_ready (const struct nbdkit *nbdkit, const char *pid_file)
{
  for (int waited_ms = 0; waited_ms < START_TIMEOUT_MS && !stop_requested (); waited_ms += 2) {
    int status;

    if (access (pid_file, F_OK) == 0)
      return 0;
    if (process_wait (nbdkit->pid, 2, &status) != 0) {
      CLEANUP_FREE char *line = nbdkit_error_line (nbdkit, "");

      error_message ("%s", line ? line : "nbdkit did not start");
      return -1;
    }
  }
  if (!stop_requested ())
    error_message ("nbdkit did not start in time");
  process_end (nbdkit->pid, STOP_GRACE_MS);
  return -1;
}

void
nbdkit_free (struct nbdkit *nbdkit)
{
  free (nbdkit->socket);
  free (nbdkit->errors);
  memset (nbdkit, 0, sizeof *nbdkit);
}

/* Start the server with its errors in a file. */
static pid_t
start (const struct nbdkit *nbdkit, const char *plugin, const char *pid_file, const char *threads,
       const char *const *parameters)
{
  const char *const head[] = {
    "nbdkit", "--foreground", "--exit-with-parent", "-U", nbdkit->socket, "-P", pid_file, "-t", threads, plugin
  };
  const char *argv[PARAMETERS_MAX + sizeof head / sizeof head[0] + 1];
  CLEANUP_CLOSE int errors = open (nbdkit->errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct process_io io = { .stdout_fd = -1, .stderr_fd = errors };
  size_t count = 0;

  if (errors == -1) {
    error_message ("%s: %m", nbdkit->errors);
    return -1;
  }
  for (; count < sizeof head / sizeof head[0]; count++)
    argv[count] = head[count];
  for (size_t i = 0; parameters[i] && i < PARAMETERS_MAX; i++)
    argv[count++] = parameters[i];
  argv[count] = NULL;
  return process_start (argv, &io);
}

int
nbdkit_start (struct nbdkit *nbdkit, enum part plugin, const char *const *parameters, unsigned threads,
              const char *folder, const char *name)
{
  char thread_count[16];
  CLEANUP_FREE char *plugin_path = part_path (plugin);
  CLEANUP_FREE char *pid_file = NULL;

  memset (nbdkit, 0, sizeof *nbdkit);
  if (plugin_path == NULL)
    return -1;
  if (asprintf (&nbdkit->socket, "%s/%s.sock", folder, name) == -1
      || asprintf (&nbdkit->errors, "%s/%s.err", folder, name) == -1
      || asprintf (&pid_file, "%s/%s.pid", folder, name) == -1)
    return out_of_memory ();
  unlink (nbdkit->socket);      /* of a server that was there before */
  unlink (pid_file);
  snprintf (thread_count, sizeof thread_count, "%u", threads);
  nbdkit->pid = start (nbdkit, plugin_path, pid_file, thread_count, parameters);
  if (nbdkit->pid == -1 || wait_until_ready (nbdkit, pid_file) == -1) {
    nbdkit_free (nbdkit);
    return -1;
  }
  return 0;
}

void
nbdkit_stop (struct nbdkit *nbdkit)
{
  if (nbdkit->pid > 0)
    process_end (nbdkit->pid, STOP_GRACE_MS);
  nbdkit->pid = 0;
}

char *
nbdkit_error_line (const struct nbdkit *nbdkit, const char *words)
{
  static const char word[] = "error: ";
  CLEANUP_FCLOSE FILE *file = nbdkit->errors ? fopen (nbdkit->errors, "re") : NULL;
  CLEANUP_FREE char *line = NULL;
  size_t room = 0;
  ssize_t length;

  while (file && (length = getline (&line, &room, file)) > 0) {
    char *text = strstr (line, word);

    if (text == NULL || strstr (text, words) == NULL)
      continue;
    if (line[length - 1] == '\n')
      line[length - 1] = '\0';
    return strdup (text + strlen (word));
  }
  return NULL;
}
