/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of a base begins with a line that says which version of it this is, and one with the release of the kernel.
 * Lines for each file of the host that it was made of follow, as initramfs_list_sources prints them, then an empty line
 * and the archive.
 */
#include <config.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/parts.h"
#include "common/stamp.h"
#include "common/text.h"
#include "guest/agent/protocol.h"
#include "guest/base.h"
#include "guest/initramfs/initramfs.h"
#include "guest/kernel/modules.h"
#include "guest/saved.h"

#define FIRST_LINE "powercut base 1\n"
#define KIND "base"
#define HEAD_MAX 65536          /* bytes before the archive */
#define ARCHIVE_END_BYTES 16    /* at least the name of its last object, and zeros up to a multiple of 4 */

size_t
base_filesystem_modules (const char *filesystem, const char **names, size_t count)
{
  const struct filesystem *row = filesystem_find (filesystem);

  names[count++] = row->driver ? row->driver : filesystem;
  for (const char *const *name = row->asked_for; *name; name++)
    names[count++] = *name;
  return count;
}

/* Where the agent is, by one path for all programs here, to free, or NULL after a message. */
static char *
agent_path (void)
{
  CLEANUP_FREE char *path = part_path (PART_AGENT);
  char *real = path ? realpath (path, NULL) : NULL;

  if (path && real == NULL)
    error_message ("%s: %m", path);
  return real;
}

/* The agent is init, and under other names a tool for the programs that it runs. */
static int
add_agent (struct initramfs *base)
{
  static const char *const tools[] = {
    "/bin/powercut-freeze", "/bin/powercut-mark", "/bin/powercut-path", "/bin/powercut-thaw",
    AGENT_MODPROBE_TOOL, AGENT_TRACE_TOOL, AGENT_WORKLOAD_TOOL
  };
  CLEANUP_FREE char *agent = agent_path ();

  if (agent == NULL || initramfs_add_file (base, agent, "/init") == -1)
    return -1;
  for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
    if (initramfs_add_link (base, tools[i], "/init") == -1)
      return -1;
  return 0;
}

/* Add the modules that file systems of TYPE need, if KERNEL has them. */
static int
add_filesystem (struct initramfs *base, const struct kernel *kernel, const char *type)
{
  const char *names[BASE_MODULES_MAX + 1] = { NULL };
  CLEANUP_FREE char *driver = NULL;

  base_filesystem_modules (type, names, 0);
  driver = text_format ("%s?", names[0]);
  names[0] = driver;
  return driver ? initramfs_add_modules (base, kernel, type, names) : -1;
}

static int
add_modules (struct initramfs *base, const struct kernel *kernel)
{
  static const char *const devices[] = { "virtio_pci", "virtio_console", "virtio_blk", "crc32c_intel?",
                                         "crc32c_generic?", NULL };
  static const char *const nbd[] = { "virtio_net?", "nbd?", NULL };
  const struct filesystem *row;

  /* User Mode Linux has a bus of its own, built in. */
  if (initramfs_add_modules (base, kernel, NULL, devices + (kernel_runs_alone (kernel) ? 1 : 0)) == -1
      || initramfs_add_modules (base, kernel, AGENT_NBD_MODULES, nbd) == -1)
    return -1;
  for (size_t i = 0; (row = filesystem_at (i)) != NULL; i++)
    if (add_filesystem (base, kernel, row->name) == -1)
      return -1;
  return 0;
}

static struct initramfs *
make_archive (const struct kernel *kernel)
{
  struct initramfs *base = initramfs_new ();

  if (base && add_agent (base) == 0 && add_modules (base, kernel) == 0)
    return base;
  initramfs_free (base);
  return NULL;
}

/* Print what the base of KERNEL is made of: its files, and the index of its modules, by which others would be found. */
static int
print_head (const struct initramfs *archive, const struct kernel *kernel, FILE *file)
{
  CLEANUP_FREE char *index = kernel->modules ? text_format ("%s/modules.dep", kernel->modules) : NULL;
  CLEANUP_FREE char *stamp = index ? file_stamp (index) : NULL;

  fprintf (file, FIRST_LINE SAVED_RELEASE, kernel->release);
  if (stamp)
    fprintf (file, "%s %s\n", stamp, index);
  return initramfs_list_sources (archive, file);
}

/* Write the base of KERNEL to FD, which is called NAME in messages. */
static int
write_base (const struct kernel *kernel, int fd, const char *name)
{
  struct initramfs *archive = make_archive (kernel);
  struct text_stream head;
  CLEANUP_FREE char *text = NULL;
  int r = -1;

  if (archive && text_begin (&head)) {
    r = print_head (archive, kernel, head.file);
    text = text_end (&head);
    if (text == NULL || r == -1)
      r = out_of_memory ();
    else if ((r = dprintf (fd, "%s\n", text) < 0 ? -1 : 0) == -1)
      error_message ("%s: %m", name);
    else
      r = initramfs_write_to (archive, fd, name);
  }
  initramfs_free (archive);
  return r;
}

/* Whether the file of LINE, `STAMP PATH`, is still the same. */
static bool
is_same (char *line)
{
  const char *stamp = strsep (&line, " ");
  CLEANUP_FREE char *now = line ? file_stamp (line) : NULL;

  return now && strcmp (now, stamp) == 0;
}

/* Whether the files that HEAD, which is changed, names after two lines are still the same. */
static bool
are_same (char *head)
{
  char *line;

  strsep (&head, "\n");
  strsep (&head, "\n");
  while ((line = strsep (&head, "\n")) != NULL)
    if (*line && !is_same (line))
      return false;
  return true;
}

/* Whether the file FD ends as an archive does: a host that goes down may leave one that is cut short, and a kernel
 * makes do with as much of it as there is.
 */
static bool
is_whole (int fd)
{
  char end[ARCHIVE_END_BYTES];
  struct stat status;

  return fstat (fd, &status) == 0 && status.st_size >= (off_t) sizeof end
    && pread (fd, end, sizeof end, status.st_size - (off_t) sizeof end) == (ssize_t) sizeof end
    && memmem (end, sizeof end, AGENT_ARCHIVE_END, sizeof AGENT_ARCHIVE_END) != NULL;
}

/* Take the base that is in *base's file, if that is complete, and of today. */
static int
take (struct guest_base *base)
{
  CLEANUP_FREE char *head = calloc (1, HEAD_MAX + 1);
  const ssize_t length = head ? pread (base->fd, head, HEAD_MAX, 0) : -1;
  char *end = length > 0 ? strstr (head, "\n\n") : NULL;

  if (end == NULL || strncmp (head, FIRST_LINE, strlen (FIRST_LINE)) != 0 || !is_whole (base->fd))
    return -1;
  end[1] = '\0';
  base->offset = end + 2 - head;
  base->identity = strdup (head);
  return base->identity && are_same (head) ? 0 : -1;
}

void
guest_base_release (struct guest_base *base)
{
  if (base->fd >= 0)
    close (base->fd);
  free (base->identity);
  *base = (struct guest_base) { .fd = -1 };
}

/* Open the base that is kept as PATH. */
static int
open_kept (const char *path, struct guest_base *base)
{
  base->fd = saved_open (path);
  if (base->fd >= 0 && take (base) == 0) {
    saved_touch (base->fd);
    return 0;
  }
  guest_base_release (base);
  return -1;
}

/* Make the base of KERNEL, in memory. */
static int
make (const struct kernel *kernel, struct guest_base *base)
{
  base->fd = memfd_create ("base", MFD_CLOEXEC);
  if (base->fd == -1) {
    error_message ("cannot make what guests are booted with: %m");
    return -1;
  }
  if (write_base (kernel, base->fd, "what guests are booted with") == -1)
    return -1;
  return take (base) == 0 ? 0 : out_of_memory ();
}

/* What the base of KERNEL is called in the cache, to free. */
static char *
name_base (const struct kernel *kernel)
{
  CLEANUP_FREE char *agent = agent_path ();
  CLEANUP_FREE char *text = agent ? text_format ("%s\n%s\n%s", kernel->image, kernel->modules ? kernel->modules : "",
                                                 agent) : NULL;

  return text ? text_format ("%016" PRIx64, XXH3_64bits (text, strlen (text))) : NULL;
}

int
guest_base_open (const struct kernel *kernel, struct guest_base *base)
{
  CLEANUP_FREE char *name = name_base (kernel);
  CLEANUP_FREE char *path = name ? saved_path (name, KIND) : NULL;

  *base = (struct guest_base) { .fd = -1 };
  if (name == NULL)
    return -1;
  if (path && open_kept (path, base) == 0)
    return 0;
  if (make (kernel, base) == -1)
    return -1;
  if (path)
    saved_write (path, base->fd);
  return 0;
}
