/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"

#define OUTPUT_MAX 4096

/* sh(1): the exit status of a program that was not run. */
#define NOT_EXECUTABLE 126
#define NOT_FOUND 127

/* fsck(8): the exit status has this bit or a higher one if the file system is not right now. */
#define UNREPAIRED 4

/* The last line with something in it of what was printed into OUTPUT, in TEXT. */
static const char *
last_line (int output, char text[OUTPUT_MAX + 1])
{
  struct stat st = { 0 };
  fstat (output, &st);
  ssize_t length = pread (output, text, OUTPUT_MAX, st.st_size > OUTPUT_MAX ? st.st_size - OUTPUT_MAX : 0);

  while (length > 0 && strchr ("\n ", text[length - 1]))
    length--;
  text[length > 0 ? length : 0] = '\0';
  size_t line_length;
  return text_last_line (text, &line_length);
}

/* What has to be run on the file system of TYPE that is on DEVICE, or NULL. */
static const struct filesystem_repair *
find_repair (const char *device, const char *type)
{
  const struct filesystem *filesystem = filesystem_find (type);
  uint8_t start[FILESYSTEM_START_BYTES] = { 0 };

  /* Where it does not depend on features nothing is read that recovery would not read. */
  if (filesystem->repair.feature) {
    CLEANUP_CLOSE int fd = open (device, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd == -1 ? -1 : pread (fd, start, sizeof start, 0);

    if (length < (ssize_t) sizeof start)
      memset (start, 0, sizeof start);  /* the mount will find it unreadable, too */
  }
  return filesystem_repair (filesystem, filesystem_features (filesystem, start));
}

int
repair_device (const char *devices, const char *type, FILE *payload)
{
  CLEANUP_FREE char *device = devices_first (devices);
  const struct filesystem_repair *repair = device ? find_repair (device, type) : NULL;
  CLEANUP_CLOSE int output = -1;
  char text[OUTPUT_MAX + 1];
  int status;

  if (repair == NULL)
    return device ? 0 : -1;
  if (program_run ((const char *const[]) { repair->program, repair->option, device, NULL }, &output, &status) == -1)
    return -1;
  if (WIFEXITED (status) && WEXITSTATUS (status) < UNREPAIRED)
    return 0;
  if (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL) {   /* of which the file system is not the reason */
    error_message ("%s was killed: has the guest too little memory? see --memory", repair->program);
    return -1;
  }
  if (WIFEXITED (status) && (WEXITSTATUS (status) == NOT_EXECUTABLE || WEXITSTATUS (status) == NOT_FOUND)) {
    error_message ("%s cannot be run: exit %d: %s", repair->program, WEXITSTATUS (status), last_line (output, text));
    return -1;
  }
  answer_begin_line (ANSWER_REPAIR, payload);
  fprintf (payload, "%s %s: %s %d: %s\n", repair->program, repair->option, WIFEXITED (status) ? "exit" : "signal",
           WIFEXITED (status) ? WEXITSTATUS (status) : WTERMSIG (status), last_line (output, text));
  return 1;
}
