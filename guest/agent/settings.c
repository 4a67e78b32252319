/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel is told by files of /proc/sys and /sys: it is on no disk, and there for whoever comes next in this
 * guest.
 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"

#define READ_AT_ONCE 4096       /* bytes */
#define BLOCK_DEVICES "/sys/class/block"

static FILE *settings;          /* for put_setting, which nftw gives no argument */

void
setting_tell (const char *path, FILE *file)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  char text[READ_AT_ONCE];
  ssize_t count;

  fprintf (file, "%s ", path);
  while (fd >= 0 && (count = read (fd, text, sizeof text)) > 0)
    escape_word (text, (size_t) count, file);
  putc ('\n', file);
}

/* What can be read and set. */
static int
put_setting (const char *path, const struct stat *status, int type, struct FTW *position)
{
  const mode_t both = S_IRUSR | S_IWUSR;

  (void) position;
  if (type == FTW_F && (status->st_mode & both) == both)
    setting_tell (path, settings);
  return 0;
}

/* How each block device is served. */
static void
put_queues (void)
{
  DIR *directory = opendir (BLOCK_DEVICES);
  const struct dirent *entry;

  while (directory && (entry = readdir (directory)) != NULL) {
    CLEANUP_FREE char *path = text_format (BLOCK_DEVICES "/%s/queue", entry->d_name);

    if (path && entry->d_name[0] != '.')
      nftw (path, put_setting, 16, FTW_PHYS);   /* a partition has none */
  }
  if (directory)
    closedir (directory);
}

void
settings_tell (FILE *file)
{
  static const char *const directories[] = { "/proc/sys/fs", "/proc/sys/vm" };

  settings = file;
  for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
    nftw (directories[i], put_setting, 16, FTW_PHYS);
  put_queues ();
}

/* All of them, to free, or NULL after a message. */
static char *
take_settings (void)
{
  struct text_stream stream;

  if (text_begin (&stream)) {
    settings_tell (stream.file);
    char *text = text_end (&stream);
    if (text)
      return text;
  }
  out_of_memory ();
  return NULL;
}

int
settings_note (struct agent *agent)
{
  if (agent->settings == NULL)
    agent->settings = take_settings ();
  return agent->settings ? 0 : -1;
}

/* The line of TEXT that begins with the LENGTH bytes of PATH and a blank, or NULL. */
static const char *
find_line (const char *text, const char *path, size_t length)
{
  while (text && *text && (strncmp (text, path, length) != 0 || text[length] != ' ')) {
    const char *end = strchr (text, '\n');

    text = end ? end + 1 : NULL;
  }
  return text && *text ? text : NULL;
}

const char *
settings_other (const char *before, const char *now, size_t *length)
{
  for (const char *line = now; *line; line = strchr (line, '\n') + 1) {
    *length = strcspn (line, " ");
    const char *old = find_line (before, line, *length);

    if (old && strncmp (old, line, strcspn (line, "\n") + 1) != 0)
      return line;
  }
  return NULL;
}

int
settings_check (const struct agent *agent)
{
  CLEANUP_FREE char *now = agent->settings ? take_settings () : NULL;
  size_t length;

  if (agent->settings == NULL)
    return 0;
  const char *other = now ? settings_other (agent->settings, now, &length) : NULL;
  if (other)
    error_message ("programs have changed %.*s", (int) length, other);
  return now && other == NULL ? 0 : -1;
}
