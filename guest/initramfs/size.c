/* SPDX-License-Identifier: BSD-3-Clause */
/* How much an initramfs holds, and how much memory a guest with it needs. */
#include <config.h>

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

#define NAMED_MAX 3             /* of the largest files */
#define MIB (UINT64_C (1) << 20)
#define SYSTEM_BYTES (192 * MIB)        /* the kernel, its modules, and programs that run */
#define QUIET_BYTES (48 * MIB)   /* a mkfs, a shell and a language: nobody needs to be told of them */
#define STEP_BYTES (128 * MIB)  /* in few sizes: guests of each start from a snapshot of their own */

struct file {
  const char *path;
  uint64_t bytes;
};

struct files {
  struct file *files;
  size_t count;
  uint64_t bytes;               /* of all */
  bool failed;
};

static uint64_t
entry_bytes (const struct initramfs_entry *entry)
{
  struct stat status;

  if (entry->host == NULL || entry->data)
    return entry->length;
  return stat (entry->host, &status) == 0 ? (uint64_t) status.st_size : 0;
}

static void
visit (const void *node, VISIT order, void *closure)
{
  const struct initramfs_entry *entry = *(struct initramfs_entry *const *) node;
  struct files *files = closure;

  if ((order != postorder && order != leaf) || !S_ISREG (entry->mode))
    return;
  struct file *file = array_add (files->files, files->count);
  if (file == NULL) {
    files->failed = true;
    return;
  }
  *file = (struct file) { entry->path, entry_bytes (entry) };
  files->bytes += file->bytes;
}

/* Largest first. */
static int
compare_files (const void *left, const void *right)
{
  const struct file *one = left, *other = right;

  if (one->bytes != other->bytes)
    return one->bytes < other->bytes ? 1 : -1;
  return strcmp (one->path, other->path);
}

/* All files of INITRAMFS, largest first: files->files to free.  Returns 0, or -1 after a message. */
static int
collect (const struct initramfs *initramfs, struct files *files)
{
  *files = (struct files) { .files = NULL };
  twalk_r (initramfs->entries, visit, files);
  if (files->failed) {
    free (files->files);
    return out_of_memory ();
  }
  if (files->count > 0)
    qsort (files->files, files->count, sizeof *files->files, compare_files);
  return 0;
}

int
initramfs_list (const struct initramfs *initramfs, FILE *file)
{
  struct files files;

  if (collect (initramfs, &files) == -1)
    return -1;
  fprintf (file, "taken into the guest: %zu files, %" PRIu64 " KiB\n", files.count, files.bytes >> 10);
  for (size_t i = 0; i < files.count; i++)
    fprintf (file, "%10" PRIu64 " %s\n", files.files[i].bytes, files.files[i].path);
  free (files.files);
  return 0;
}

/* Say what is so large. */
static int
refuse (const struct files *files)
{
  CLEANUP_FREE char *names = NULL;
  size_t length;
  FILE *text = open_memstream (&names, &length);

  for (size_t i = 0; text && i < NAMED_MAX && i < files->count; i++)
    fprintf (text, "%s%s (%" PRIu64 " MiB)", i > 0 ? ", " : "", files->files[i].path, files->files[i].bytes >> 20);
  if (text == NULL || fclose (text) == EOF)
    error_message ("out of memory");
  else
    error_message ("what the guest needs has %" PRIu64 " MiB, too much for this host's memory: the largest are %s",
                   files->bytes >> 20, names);
  return -1;
}

/* The kernel gives files half of the memory that the archive leaves, and unpacks it into that. */
static uint64_t
needed_bytes (const struct files *files)
{
  return (3 * files->bytes + SYSTEM_BYTES + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
}

int
initramfs_fit (const struct initramfs *initramfs, uint64_t *memory_bytes)
{
  const uint64_t host_bytes = (uint64_t) sysconf (_SC_PHYS_PAGES) * (uint64_t) sysconf (_SC_PAGESIZE);
  struct files files;
  int r = 0;

  if (collect (initramfs, &files) == -1)
    return -1;
  const uint64_t needed = needed_bytes (&files);
  if (needed > *memory_bytes && needed > host_bytes / 2)
    r = refuse (&files);
  else if (needed > *memory_bytes) {
    if (files.bytes > QUIET_BYTES)
      error_message ("the guest gets %" PRIu64 " MiB of memory, because %" PRIu64 " MiB of programs and files are "
                     "taken into it: --verbose lists them", needed >> 20, files.bytes >> 20);
    *memory_bytes = needed;
  }
  free (files.files);
  return r;
}
