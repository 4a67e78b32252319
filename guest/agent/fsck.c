/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "filesystem/filesystem.h"
#include "filesystem/fsck.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"

#define OUTPUT_MAX (64 << 10)

/* The beginning of what was printed into OUTPUT, to free; NULL after a message. */
static char *
read_beginning (int output)
{
  char *text = malloc (OUTPUT_MAX + 1);

  if (text == NULL) {
    out_of_memory ();
    return NULL;
  }
  ssize_t length = pread (output, text, OUTPUT_MAX, 0);
  text[length > 0 ? length : 0] = '\0';
  return text;
}

#define COMMAND_WORDS (FILESYSTEM_WORDS_MAX + 4)

/* The words of FILESYSTEM's checker for what is on DEVICE and, unless that is NULL, has its journal on LOG_DEVICE; NULL
 * at the end, into ARGV.
 */
static void
make_command (const struct filesystem *filesystem, const char *device, const char *log_device,
              const char *argv[COMMAND_WORDS])
{
  size_t count = 0;

  for (; filesystem->fsck.words[count]; count++)
    argv[count] = filesystem->fsck.words[count];
  if (log_device) {
    argv[count++] = filesystem->log_disk.fsck;
    argv[count++] = log_device;
  }
  argv[count++] = device;
  argv[count] = NULL;
}

/* Where the mount OPTIONS of FILESYSTEM say that its journal is, in *device, to free, or NULL.  Returns 0 or -1. */
static int
find_log_device (const struct filesystem *filesystem, const char *options, char **device)
{
  size_t length;
  const char *found = filesystem_log_device (filesystem, options, &length);

  *device = found ? strndup (found, length) : NULL;
  return found && *device == NULL ? out_of_memory () : 0;
}

int
fsck_devices (const char *devices, const char *type, const char *options, FILE *payload)
{
  CLEANUP_FREE char *device = devices_first (devices), *log_device = NULL;
  const struct filesystem *filesystem = filesystem_find (type);
  const struct filesystem_fsck *fsck = &filesystem->fsck;
  const char *argv[COMMAND_WORDS];
  CLEANUP_CLOSE int output = -1;
  int status;

  if (device == NULL || find_log_device (filesystem, options, &log_device) == -1)
    return -1;
  make_command (filesystem, device, log_device, argv);
  if (program_run (argv, &output, &status) == -1)
    return -1;
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return 0;
  CLEANUP_FREE char *text = read_beginning (output);
  if (text == NULL)
    return -1;
  size_t length;
  const char *complaint = fsck_complaint (fsck, text, &length);
  if (WIFSIGNALED (status) ? WTERMSIG (status) == SIGKILL : !fsck_objects (WEXITSTATUS (status))) {
    error_message ("%s did not check the file system (%s %d): %.*s", argv[0], WIFEXITED (status) ? "exit" : "signal",
                   WIFEXITED (status) ? WEXITSTATUS (status) : WTERMSIG (status), (int) length, complaint);
    return -1;
  }
  answer_begin_line (ANSWER_FSCK, payload);
  /* One that is not killed for want of memory dies of what it has read. */
  if (WIFSIGNALED (status))
    fprintf (payload, "%s: died of signal %d\n", argv[0], WTERMSIG (status));
  else
    fprintf (payload, "%s: %.*s\n", argv[0], (int) length, complaint);
  return 1;
}
