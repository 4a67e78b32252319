/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "nbd-plugin/busy.h"

#define GENERATIONS_MAX 8       /* of processes: a guest's are two or three */
#define LIST_MAX 4096           /* bytes of a list of children */

/* Read the file NAME of the thread TID of PID, as much as there is room for.  Returns false if it is gone. */
static bool
read_of_thread (pid_t pid, const char *tid, const char *name, char *text, size_t size)
{
  char path[128];

  snprintf (path, sizeof path, "/proc/%d/task/%s/%s", (int) pid, tid, name);
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  const ssize_t length = fd == -1 ? -1 : read (fd, text, size - 1);

  text[length > 0 ? length : 0] = '\0';
  return length >= 0;
}

/* The state stands after the name, which is in parentheses and may have some (proc(5)). */
static bool
thread_runs (pid_t pid, const char *tid)
{
  char text[256];

  if (!read_of_thread (pid, tid, "stat", text, sizeof text))
    return false;
  const char *end = strrchr (text, ')');
  return end && strncmp (end, ") R", 3) == 0;
}

static bool is_busy (pid_t pid, unsigned generations);

/* Whether a child of the thread TID of PID is busy. */
static bool
children_are_busy (pid_t pid, const char *tid, unsigned generations)
{
  char text[LIST_MAX], *rest = text, *word;
  bool busy = false;

  read_of_thread (pid, tid, "children", text, sizeof text);
  while (!busy && (word = strsep (&rest, " ")) != NULL)
    busy = *word && is_busy (atoi (word), generations - 1);
  return busy;
}

static bool
is_busy (pid_t pid, unsigned generations)
{
  char path[64];
  struct dirent *entry;
  bool busy = false;

  snprintf (path, sizeof path, "/proc/%d/task", (int) pid);
  /* Who asks runs, and may have been started by the client. */
  DIR *threads = generations > 0 && pid != getpid () ? opendir (path) : NULL;
  if (threads == NULL)
    return false;
  while (!busy && (entry = readdir (threads)) != NULL)
    if (*entry->d_name != '.')
      busy = thread_runs (pid, entry->d_name) || children_are_busy (pid, entry->d_name, generations);
  closedir (threads);
  return busy;
}

bool
busy_process (pid_t pid)
{
  return is_busy (pid, GENERATIONS_MAX);
}

bool
busy_sockets (void)
{
  DIR *files = opendir ("/proc/self/fd");
  struct dirent *entry;
  bool busy = false;

  while (files && !busy && (entry = readdir (files)) != NULL) {
    const int fd = atoi (entry->d_name);
    struct stat status;
    int unread = 0;

    if (fd > 2 && fstat (fd, &status) == 0 && S_ISSOCK (status.st_mode) && ioctl (fd, FIONREAD, &unread) == 0)
      busy = unread > 0;
  }
  if (files)
    closedir (files);
  return busy;
}
