/* SPDX-License-Identifier: BSD-3-Clause */
/* Tools for the programs that run in the guest: the agent under other names. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/mark-text.h"
#include "guest/agent/protocol.h"

#define SECTOR_SIZE 512
#define FREEZE_AT_SECONDS 1

/* Is there after a mark `freeze`, until `thaw`, so that who thaws knows whether the log has a stretch to be closed. */
#define FROZEN_NOTE "/run/powercut-frozen"

enum { TOOL_DONE = 0, TOOL_FAILED = 1, TOOL_MISUSED = 2 };

int
mark_write (const char *device, const char *text)
{
  static _Alignas (AGENT_MARK_MAX) char buffer[AGENT_MARK_MAX];
  size_t length = strlen (text);

  if (length > AGENT_MARK_MAX) {
    error_message ("a mark of %zu bytes: at most %d are possible", length, AGENT_MARK_MAX);
    return -1;
  }
  memset (buffer, 0, sizeof buffer);
  memcpy (buffer, text, length);
  length = length ? (length + SECTOR_SIZE - 1) / SECTOR_SIZE * SECTOR_SIZE : SECTOR_SIZE;
  CLEANUP_CLOSE int fd = open (device, O_WRONLY | O_DIRECT | O_SYNC | O_CLOEXEC);
  if (fd == -1) {
    error_message ("%s: %m", device);
    return -1;
  }
  ssize_t written = pwrite (fd, buffer, length, 0);
  if (written != (ssize_t) length) {
    errno = written == -1 ? errno : EIO;
    error_message ("cannot write a mark to %s: %m", device);
    return -1;
  }
  return 0;
}

const char *
mark_device (void)
{
  const char *device = getenv (AGENT_MARK_DEVICE_VARIABLE);

  if (device == NULL)
    error_message ("nothing is being recorded: %s is not set", AGENT_MARK_DEVICE_VARIABLE);
  return device;
}

/* Whether the first word of TEXT is NAME. */
static bool
is_named (const char *text, const char *name)
{
  size_t length = strlen (name);

  return strncmp (text, name, length) == 0 && (text[length] == ' ' || text[length] == '\0');
}

static int
mark (const char *text)
{
  const char *device = mark_device ();

  if (device == NULL || mark_write (device, text) == -1)
    return -1;
  if (is_named (text, "thaw"))
    unlink (FROZEN_NOTE);
  else if (is_named (text, "freeze")) {
    CLEANUP_CLOSE int note = open (FROZEN_NOTE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (note == -1) {
      error_message ("%s: %m", FROZEN_NOTE);
      return -1;
    }
  }
  return 0;
}

static int
open_path (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd == -1)
    error_message ("%s: %m", path);
  return fd;
}

/* Nothing may be written between the two marks, so each is inside: `freeze` after the one call, `thaw` before the other. */
static int
freeze (const char *path)
{
  if (mark_device () == NULL)
    return -1;
  CLEANUP_CLOSE int fd = open_path (path);
  if (fd == -1)
    return -1;
  if (ioctl (fd, FIFREEZE, 0) == -1) {
    if (errno == EOPNOTSUPP)
      error_message ("%s: a file system of this type cannot be frozen", path);
    else if (errno == EBUSY)
      error_message ("%s: the file system is frozen already: powercut-thaw thaws it", path);
    else
      error_message ("cannot freeze %s: %m", path);
    return -1;
  }
  if (mark ("freeze") == -1) {
    ioctl (fd, FITHAW, 0);
    return -1;
  }
  return 0;
}

/* Whatever becomes of the mark, the file system is thawed: programs wait for that. */
static int
mark_thaw (void)
{
  return access (FROZEN_NOTE, F_OK) == 0 ? mark ("thaw") : 0;
}

static int
thaw (const char *path)
{
  CLEANUP_CLOSE int fd = open_path (path);

  if (fd == -1)
    return -1;
  int marked = mark_thaw ();
  if (ioctl (fd, FITHAW, 0) == 0)
    return marked;
  if (errno == EINVAL)
    error_message ("%s: the file system is not frozen", path);
  else
    error_message ("cannot thaw %s: %m", path);
  return -1;
}

int
thaw_all (const char *path)
{
  CLEANUP_CLOSE int fd = open_path (path);
  int count = 0;

  if (fd == -1)
    return -1;
  int marked = mark_thaw ();
  while (ioctl (fd, FITHAW, 0) == 0)
    count++;
  if (errno == EINVAL)
    return marked == -1 ? -1 : count;
  error_message ("cannot thaw %s: %m", path);
  return -1;
}

/* Freeze at the mark just written, if the recorder wants that: who wrote it waits, all others run into it. */
static int
freeze_at (const char *text)
{
  const char *wanted = getenv (AGENT_FREEZE_AT_VARIABLE);

  if (wanted == NULL || strcmp (wanted, text) != 0)
    return 0;
  if (freeze (AGENT_MOUNT_POINT) == -1)
    return -1;
  sleep (FREEZE_AT_SECONDS);
  return thaw (AGENT_MOUNT_POINT);
}

/* WORDS with single spaces between them, and without a newline at the end, which is not recorded; to free, or NULL after a
 * message.
 */
static char *
join_words (char **words)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file) {
    for (char **word = words; *word; word++)
      fprintf (file, "%s%s", word == words ? "" : " ", *word);
    if (fclose (file) == 0) {
      if (length > 0 && text[length - 1] == '\n')
        text[length - 1] = '\0';
      return text;
    }
  }
  error_message ("out of memory");
  free (text);
  return NULL;
}

static int
tool_mark (char **words)
{
  CLEANUP_FREE char *text = join_words (words);

  if (text == NULL)
    return TOOL_FAILED;
  const char *fault = mark_text_fault (text);
  if (fault) {
    error_message ("%s", fault);
    return TOOL_MISUSED;
  }
  return mark (text) == 0 && freeze_at (text) == 0 ? TOOL_DONE : TOOL_FAILED;
}

/* The only word, or the mount point if there is none; NULL after a message. */
static const char *
path_of (char **words, const char *usage)
{
  if (words[0] == NULL)
    return AGENT_MOUNT_POINT;
  if (words[1] == NULL && words[0][0] != '-')
    return words[0];
  error_message ("usage: %s", usage);
  return NULL;
}

static int
tool_freeze (char **words)
{
  const char *path = path_of (words, "powercut-freeze [PATH]");

  if (path == NULL)
    return TOOL_MISUSED;
  return freeze (path) == 0 ? TOOL_DONE : TOOL_FAILED;
}

static int
tool_thaw (char **words)
{
  bool all = words[0] && strcmp (words[0], "--all") == 0;
  const char *path = path_of (words + all, "powercut-thaw [--all] [PATH]");

  if (path == NULL)
    return TOOL_MISUSED;
  if (all)
    return thaw_all (path) == -1 ? TOOL_FAILED : TOOL_DONE;
  return thaw (path) == 0 ? TOOL_DONE : TOOL_FAILED;
}

int
tool_run (const char *name, char **words)
{
  static const struct {
    const char *name;
    int (*run) (char **words);
  } tools[] = {
    { "powercut-freeze", tool_freeze }, { "powercut-mark", tool_mark }, { "powercut-modprobe", tool_modprobe },
    { "powercut-thaw", tool_thaw }, { "powercut-workload", tool_workload },
  };

  for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
    if (strcmp (tools[i].name, name) == 0)
      return tools[i].run (words);
  return -1;
}
