/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/agent/protocol.h"
#include "guest/initramfs/host.h"
#include "guest/initramfs/initramfs.h"

/* Directories that a PATH may lack, and where programs are looked for after all others. */
#define LAST_DIRECTORIES "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Who runs powercut. */
static const char *const names[] = { "LOGNAME", "USER" };

/* Lists of directories by which programs find what they need. */
static const char *const variables[] = { "PATH", "LD_LIBRARY_PATH", "PERL5LIB", "PYTHONPATH" };

/* The directory of LENGTH bytes, of which the current one is a relative one's parent, as the guest has it: to free. */
static char *
guest_directory (const char *directory, size_t length)
{
  CLEANUP_FREE char *current = length > 0 && *directory == '/' ? NULL : getcwd (NULL, 0);
  CLEANUP_FREE char *absolute = text_format ("%s%s%.*s/", current ? current : "", current ? "/" : "", (int) length,
                                             directory);
  char *guest = absolute ? initramfs_guest_path (absolute) : NULL;

  if (guest)
    guest[strlen (guest) - 1] = '\0';
  return guest;
}

/* Write the directories LIST, with `:` between them, to TEXT.  Returns 0 or -1. */
static int
write_directories (const char *list, FILE *text)
{
  for (const char *rest = list; rest; rest = strchr (rest, ':') ? strchr (rest, ':') + 1 : NULL) {
    CLEANUP_FREE char *directory = guest_directory (rest, strcspn (rest, ":"));

    if (directory == NULL)
      return -1;
    fprintf (text, "%s%s", rest == list ? "" : ":", *directory ? directory : "/");
  }
  return 0;
}

static int
write_variables (FILE *text)
{
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    const char *list = getenv (variables[i]);
    const bool is_path = i == 0;

    if (!is_path && (list == NULL || *list == '\0'))
      continue;
    fprintf (text, "%s=", variables[i]);
    if (list && *list && write_directories (list, text) == -1)
      return -1;
    if (is_path)
      fprintf (text, "%s%s", list && *list ? ":" : "", LAST_DIRECTORIES);
    putc ('\0', text);
  }
  return 0;
}

static void
write_names (FILE *text)
{
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *name = getenv (names[i]);

    if (name && *name)
      fprintf (text, "%s=%s%c", names[i], name, '\0');
  }
}

/* The home directory of who runs powercut: files that are taken from there have the same path in the guest. */
static int
write_home (struct initramfs *initramfs, FILE *text)
{
  const char *home = getenv ("HOME");
  CLEANUP_FREE char *guest = home && *home == '/' ? guest_directory (home, strlen (home)) : NULL;
  bool is_new;

  if (home == NULL || *home != '/')
    return 0;
  if (guest == NULL)
    return -1;
  initramfs->guessing++;
  /* One that cannot be, below a file, is not. */
  if (*guest)
    initramfs_entry (initramfs, guest, S_IFDIR | 0755, &is_new);
  initramfs->guessing--;
  fprintf (text, "HOME=%s%c", *guest ? guest : "/", '\0');
  return 0;
}

int
initramfs_add_environment (struct initramfs *initramfs)
{
  CLEANUP_FREE char *data = NULL;
  size_t length;
  FILE *text = open_memstream (&data, &length);

  if (text == NULL)
    return out_of_memory ();
  int result = write_variables (text) == -1 ? -1 : write_home (initramfs, text);
  write_names (text);
  if (fclose (text) == EOF || result == -1)
    return out_of_memory ();
  return initramfs_add_data (initramfs, AGENT_ENVIRONMENT, data, length, 0644);
}
